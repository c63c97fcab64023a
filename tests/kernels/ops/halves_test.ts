// Images that are stored as halves: every kernel that takes or gives some, against float64, and who refuses.
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { relu as reluOperation } from "../../../kernels/ops/relu.ts";
import { type NdArray, runForward } from "../../../kernels/operation.ts";
import { conv2d } from "../../../kernels/ops/conv2d/mod.ts";
import { convolve } from "../../../kernels/ops/conv2d/reference.ts";
import { convolutionVariants } from "../../../kernels/ops/conv2d/variants.ts";
import { maxPool2d, maxPool2dCheck } from "../../../kernels/ops/max_pool2d.ts";
import { upConv2dCheck } from "../../../kernels/ops/up_conv2d/mod.ts";
import { upConvolutionVariants } from "../../../kernels/ops/up_conv2d/variants.ts";
import { asFloats } from "../../../kernels/parts/elementwise.ts";
import { declareOperand, declareResult } from "../../../kernels/parts/operand.ts";
import { canBeHalf, type Shape, sizeOf } from "../../../kernels/gpu/shape.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { Random } from "../../../train/images/random.ts";
import { assertClose, device, randomArray, upload } from "../fixtures/check_operation.ts";

/** What a half may be off by, and a little for sums. */
const HALF = 6e-4;

/** Numbers that halves hold exactly: whole multiples of 1/256 up to 4. */
function exactArray(shape: Shape, random: Random): NdArray {
  const { data } = randomArray(shape, { random });
  return {
    shape,
    data: data.map((value) => Math.round(Math.min(4, Math.max(-4, value)) * 256) / 256),
  };
}

/** Stores a tensor as halves. */
function asHalves(x: Tensor<"f32">): Tensor<"f32"> {
  const y = device.empty(x.shape, "f32", { isHalf: true });
  device.dispatch({
    label: "floats to halves",
    shader: `struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
${declareResult("y", { type: "vec4f", isHalf: true })}
${declareOperand("x", { binding: 2 })}
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < p.count) { y[id.x] = stored(x_at(i32(id.x))); }
}`,
    uniforms: { count: x.size / 4 },
    tensors: [y, x],
    workgroups: [Math.ceil(x.size / 256)],
  });
  return y;
}

function uploadHalves(array: NdArray): Tensor<"f32"> {
  return asHalves(upload(array));
}

Deno.test("halves keep zeros, small numbers and NaN, and end at 65504", async () => {
  using _scope = device.scope();
  const values = [
    0,
    -0,
    1,
    -2.5,
    2 ** -24,
    2 ** -14,
    65504,
    1e6,
    -1e6,
    Infinity,
    NaN,
    1 + 2 ** -11,
  ];
  const x = asHalves(device.upload([12], Float32Array.from(values)));
  assertEquals([...await device.read(asFloats(device, x))], [
    ...[0, -0, 1, -2.5, 2 ** -24, 2 ** -14, 65504, 65504, -65504, 65504, NaN, 1],
  ]);
  assertEquals([x.byteLength, x.size], [24, 12]);
});

/** Whether what is read is stored as halves, and what is written. */
const STORAGES = [[true, false], [false, true], [true, true]] as const;

Deno.test("every kernel of a convolution takes halves, floats or both, and gives either", async () => {
  using _scope = device.scope();
  const random = new Random(5);
  const arrays = [[2, 3, 6, 8], [5, 3, 3, 3], [5]].map((shape) => exactArray(shape, random));
  const [x, weight, bias] = arrays.map(upload);
  const images = { true: asHalves(x), false: x };
  const ran = new Set<string>();
  for (const [isImageHalf, isHalf] of STORAGES) {
    const expected = convolve(arrays, { relu: isHalf }).data;
    const image = images[`${isImageHalf}`];
    const problem = { x: image, weight, bias, transposed: false, relu: isHalf, isHalf };
    for (const variant of convolutionVariants) {
      if (!variant.supports(device, problem)) continue;
      ran.add(variant.name);
      const y = variant.run(device, problem);
      assertEquals(y.isHalf, isHalf);
      const limit = variant.name.endsWith("f16") ? 2e-3 : isHalf ? HALF : 2e-6;
      const what = `${variant.name} with ${isImageHalf} and ${isHalf}`;
      assertClose(await device.read(asFloats(device, y)), expected, { limit, what });
    }
  }
  const others = convolutionVariants.filter(({ name }) => !ran.has(name)).map(({ name }) => name);
  assert(others.every((name) => name.startsWith("winograd")), others.join());
});

Deno.test("what a convolution stores as halves is off by no more than they are", async () => {
  using _scope = device.scope();
  const random = new Random(6);
  const arrays = [[1, 8, 12, 16], [12, 8, 3, 3], [12]].map((shape) => exactArray(shape, random));
  const inputs = arrays.map(upload);
  const params = { relu: true };
  const [y, exact] = [true, false].map((isHalf) =>
    runForward(device, conv2d, { inputs, params, isHalf })
  );
  const [halves, floats] = await Promise.all(
    [asFloats(device, y), exact].map((t) => device.read(t)),
  );
  floats.forEach((value, i) =>
    assert(Math.abs(halves[i] - value) <= value * 2 ** -11, `${value} ${halves[i]}`)
  );
});

/** The two images of a step up, weights and bias: rows in fours, and rows of which only the second's are. */
const STEPS_UP = [
  [[2, 3, 3, 4], [2, 5, 6, 8], [6, 8, 3, 3], [6]],
  [[1, 2, 3, 6], [1, 3, 6, 12], [6, 5, 3, 3], [6]],
];

Deno.test("every kernel of a step up takes halves, floats or both, and gives halves", async () => {
  const random = new Random(7);
  const stored = (tensor: Tensor<"f32">) => canBeHalf(tensor.shape) ? asHalves(tensor) : tensor;
  for (const shapes of STEPS_UP) {
    using _scope = device.scope();
    const arrays = shapes.map((shape) => exactArray(shape, random));
    const [low, skip, weight, bias] = arrays.map(upload);
    const expected = upConv2dCheck.reference.forward(arrays, { relu: true }).data;
    for (const images of [{ low: stored(low), skip: stored(skip) }, { low, skip: stored(skip) }]) {
      for (const variant of upConvolutionVariants) {
        const problem = { ...images, weight, bias, relu: true, isHalf: true };
        if (!variant.supports(device, problem)) continue;
        const y = variant.run(device, problem);
        assertEquals(y.isHalf, true);
        const what = `${variant.name} of ${JSON.stringify(shapes)}`;
        assertClose(await device.read(asFloats(device, y)), expected, { limit: HALF, what });
      }
    }
  }
});

Deno.test("maxPool2d() of halves gives their very maxima, as halves where rows are in fours", async () => {
  const random = new Random(8);
  for (const shape of [[2, 3, 8, 16], [1, 2, 6, 12], [1, 1, 7, 8], [1, 2, 5, 4]]) {
    using _scope = device.scope();
    const x = exactArray(shape, random);
    const y = runForward(device, maxPool2d, {
      inputs: [uploadHalves(x)],
      params: {},
      isHalf: true,
    });
    assertEquals(y.isHalf, shape[2] % 2 === 0 && shape[3] % 8 === 0);
    const expected = maxPool2dCheck.reference.forward([x], {}).data;
    assertEquals([...await device.read(asFloats(device, y))], [...expected]);
  }
});

Deno.test("an operation stores no halves unless it is asked and its rows are in fours", () => {
  const found: boolean[] = [];
  device.plan(() => {
    for (
      const [w, relu, isHalf] of [[8, true, true], [8, true, false], [8, false, true], [
        6,
        true,
        true,
      ]] as const
    ) {
      const inputs = [[1, 2, 4, w], [3, 2, 3, 3], [3]].map((shape) => device.empty(shape));
      found.push(runForward(device, conv2d, { inputs, params: { relu }, isHalf }).isHalf);
    }
  });
  assertEquals(found, [true, false, false, false]);
});

Deno.test("whoever knows no halves is refused them, and told what to do", async () => {
  using _scope = device.scope();
  const x = uploadHalves({ shape: [8], data: new Float64Array(8).fill(2) });
  const y = device.empty([8]);
  const refused = (run: () => unknown, message: string) => assertThrows(run, TypeError, message);
  const shader = `@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@compute @workgroup_size(1) fn main() { y[0] = x[0]; }`;
  const dispatch = { label: "k", uniforms: {}, workgroups: [1] } as const;
  refused(
    () => device.dispatch({ ...dispatch, shader, tensors: [y, x] }),
    "Cannot dispatch k: x is stored as halves; see asFloats()",
  );
  const textured = (value: string) => `
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var x: texture_storage_2d<rgba32float, read>;
@compute @workgroup_size(1) fn main() { let v = textureLoad(x, vec2i(0, 0)); y[0] = ${value}; }`;
  const throughTexture = { ...dispatch, tensors: [y], textures: [x] };
  refused(
    () => device.dispatch({ ...throughTexture, shader: textured("v") }),
    "Cannot dispatch k: x is stored as halves; see asFloats()",
  );
  const unpacked = textured("vec4f(unpack2x16float(bitcast<u32>(v.w)), 0, 0)");
  device.dispatch({ ...throughTexture, shader: unpacked });
  assertEquals([...(await device.read(y)).slice(0, 4)], [2, 2, 0, 0]);
  refused(() => device.copy({ from: x, to: y, count: 8 }), "Cannot copy: it is stored as halves");
  refused(
    () => device.write(x, new Float32Array(8)),
    "Cannot write to a tensor: it is stored as h",
  );
  refused(() => device.blocks.gather([x]), "Cannot move a tensor: it is stored as halves");
  const error = await device.read(x).catch((error) => error);
  assertEquals(error.message, "Cannot read a tensor: it is stored as halves; see asFloats()");
  // What works by elements takes them as they are.
  const [z] = [runForward(device, reluOperation, { inputs: [x], params: {} })];
  assertEquals([...await device.read(z)], new Array(8).fill(2));
});

Deno.test("halves take half of the buffers and of the textures", () => {
  const shape = [1, 16, 256, 256];
  const peak = (isHalf: boolean) =>
    device.plan(() => {
      const x = device.empty(shape, "f32", { isHalf });
      const [weight, bias] = [device.empty([16, 16, 3, 3]), device.empty([16])];
      runForward(device, conv2d, { inputs: [x, weight, bias], params: { relu: true }, isHalf });
    }).peak;
  assertLess(peak(true), 0.52 * peak(false));
  assert(peak(false) >= 2 * 4 * sizeOf(shape));
});
