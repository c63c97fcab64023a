// Every kernel that can compute a convolution, forced one by one, against float64.
import { assert, assertEquals } from "@std/assert";
import { Device } from "../../../kernels/gpu/device.ts";
import type { NdArray } from "../../../kernels/operation.ts";
import { gemmConvolution } from "../../../kernels/ops/conv2d/gemm/gemm.ts";
import { slabOf } from "../../../kernels/ops/conv2d/gemm/slabs.ts";
import { gemmWeightGradient } from "../../../kernels/ops/conv2d/gemm/gemm_weight_gradient.ts";
import { convolve, convolveBackward } from "../../../kernels/ops/conv2d/reference.ts";
import {
  convolutionVariants,
  weightGradientVariants,
} from "../../../kernels/ops/conv2d/variants.ts";
import type { Shape } from "../../../kernels/gpu/shape.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { sumSlabs } from "../../../kernels/parts/reduce.ts";
import { Random } from "../../../train/images/random.ts";
import { assertClose, device, randomArray, upload } from "../fixtures/check_operation.ts";

/** Batch, channels in and out, height, width, side of the kernel. */
const SIZES = [
  [1, 1, 1, 1, 1, 1],
  [2, 3, 5, 8, 12, 3],
  [3, 33, 17, 5, 7, 3],
  [1, 4, 4, 6, 4, 3],
  [1, 8, 12, 13, 20, 3],
  [2, 16, 9, 17, 36, 3],
  [1, 6, 4, 1, 9, 1],
  [2, 20, 70, 9, 8, 1],
  [1, 5, 3, 11, 14, 5],
  [1, 2, 3, 6, 16, 7],
  [1, 9, 66, 3, 3, 3],
  [1, 64, 40, 8, 8, 3],
  [1, 3, 34, 91, 92, 1],
  [1, 1, 20, 7, 9, 5],
  [2, 2, 37, 5, 8, 3],
  [3, 35, 1, 6, 12, 3],
] as const;

type Size = readonly [n: number, cIn: number, cOut: number, h: number, w: number, k: number];

/** Some of them: whole vectors and not, one tap and many, channels that fill no tile. */
const FEW_SIZES: readonly Size[] = [SIZES[1], SIZES[2], SIZES[6], SIZES[13]];

/** F(4) scales by up to 24 on the way, f16 has 11 bits; everything else rounds like a plain sum. */
function limitOf(name: string): number {
  if (name.endsWith("f16")) return 2e-3;
  return name.startsWith("winograd4") ? 3e-5 : 2e-6;
}

interface Layer {
  readonly x: NdArray;
  readonly weight: NdArray;
  readonly bias: NdArray;
  readonly dy: NdArray;
}

function layerOf([n, cIn, cOut, h, w, k]: Size): Layer {
  const random = new Random(n + cIn + cOut + h + w + k);
  return {
    x: randomArray([n, cIn, h, w], { random }),
    weight: randomArray([cOut, cIn, k, k], { random }),
    bias: randomArray([cOut], { random }),
    dy: randomArray([n, cOut, h, w], { random }),
  };
}

/** What a ReLU has given: half of it 0, and one number that is none, which lets everything pass. */
function gateOf({ shape, data }: NdArray): NdArray {
  return { shape, data: data.map((value, i) => i === 1 ? NaN : Math.max(0, value)) };
}

Deno.test("every convolution kernel equals the float64 reference, forward and to the input", async () => {
  const ran = new Set<string>();
  for (const size of SIZES) {
    const { x, weight, bias, dy } = layerOf(size);
    const [dx] = convolveBackward([x, weight, bias], dy, { relu: false });
    using _scope = device.scope();
    const tensors = { weight: upload(weight), bias: upload(bias) };
    for (const variant of convolutionVariants) {
      for (const relu of [false, true]) {
        const problem = { ...tensors, x: upload(x), transposed: false, relu };
        if (!variant.supports(device, problem)) continue;
        ran.add(variant.name);
        const what = `${variant.name} of ${size}`;
        const limit = limitOf(variant.name);
        const y = variant.run(device, problem);
        const expected = convolve([x, weight, bias], { relu });
        assertEquals(y.shape, expected.shape);
        assertClose(await device.read(y), expected.data, { limit, what });
      }
      const turned = { ...tensors, x: upload(dy), bias: null, transposed: true, relu: false };
      if (!variant.supports(device, turned)) continue;
      const gradient = variant.run(device, turned);
      const what = `${variant.name} to the input of ${size}`;
      assertEquals(gradient.shape, x.shape);
      assertClose(await device.read(gradient), dx.data, { limit: limitOf(variant.name), what });
      if (!FEW_SIZES.includes(size)) continue;
      const gate = gateOf(x);
      const gated = variant.run(device, { ...turned, gate: upload(gate) });
      const passed = (value: number, i: number) => gate.data[i] <= 0 ? 0 : value;
      assertEquals(await device.read(gated), (await device.read(gradient)).map(passed), what);
    }
  }
  assertEquals([...ran].sort(), convolutionVariants.map(({ name }) => name).sort());
});

Deno.test("every weight gradient kernel equals the float64 reference", async () => {
  for (const size of SIZES) {
    const { x, weight, bias, dy } = layerOf(size);
    const [, dw] = convolveBackward([x, weight, bias], dy, { relu: false });
    for (const variant of weightGradientVariants) {
      using _scope = device.scope();
      const problem = { x: upload(x), dz: upload(dy), k: size[5] };
      assert(variant.supports(device, problem));
      const gradient = variant.run(device, problem);
      assertEquals(gradient.shape, weight.shape);
      const what = `${variant.name} of ${size}`;
      assertClose(await device.read(gradient), dw.data, { limit: 2e-6, what });
    }
  }
});

Deno.test("a matrix product of a weight gradient sums the gradients of the bias on its way", async () => {
  const [gemm] = weightGradientVariants.filter(({ name }) => name === "gemm");
  for (const size of FEW_SIZES) {
    const { x, weight, bias, dy } = layerOf(size);
    const [, dw, db] = convolveBackward([x, weight, bias], dy, { relu: false });
    using _scope = device.scope();
    const found: Tensor<"f32">[] = [];
    const problem = {
      ...{ x: upload(x), dz: upload(dy), k: size[5] },
      sumBias(partial: Tensor<"f32">) {
        found.push(sumSlabs(device, { partial, shape: bias.shape }));
        return found[0];
      },
    };
    const gradient = gemm.run(device, problem);
    assertClose(await device.read(gradient), dw.data, { limit: 2e-6, what: `dw of ${size}` });
    assertClose(await device.read(found[0]), db.data, { limit: 2e-6, what: `db of ${size}` });
  }
});

Deno.test("few-inputs takes all channels in one dispatch on a GPU, to the same bits", async () => {
  const gpu = new Device(device.gpu, { ...device.adapter, style: "registers" }).task();
  const [few] = convolutionVariants.filter(({ name }) => name === "few-inputs");
  const sizes: Size[] = [[2, 1, 40, 5, 8, 3], [1, 2, 32, 4, 7, 1], [1, 1, 5, 6, 8, 3]];
  for (const size of sizes) {
    const { x, weight, bias } = layerOf(size);
    using _scope = device.scope();
    using _own = gpu.scope();
    const run = async (on: Device) => {
      const put = ({ shape, data }: NdArray) => on.upload(shape, Float32Array.from(data));
      const layer = { x: put(x), weight: put(weight), bias: put(bias) };
      const y = few.run(on, { ...layer, relu: true, transposed: false });
      return await on.read(y);
    };
    assertEquals(await run(gpu), await run(device), `${size}`);
    const empty = (shape: Shape) => gpu.empty(shape);
    const { commands } = gpu.plan(() => {
      const layer = { x: empty(x.shape), weight: empty(weight.shape), bias: empty(bias.shape) };
      few.run(gpu, { ...layer, relu: true, transposed: false });
    });
    assertEquals(commands.dispatches, 1);
  }
});

Deno.test("a matrix product of few tiles is split over its terms on a GPU, and only there", async () => {
  const gpu = new Device(device.gpu, { ...device.adapter, style: "registers" }).task();
  const [gemm] = convolutionVariants.filter(({ name }) => name === "gemm");
  const sizes: Size[] = [
    [2, 64, 40, 8, 8, 3],
    [1, 33, 70, 5, 7, 3],
    [1, 300, 5, 6, 6, 1],
    [1, 31, 8, 4, 4, 5],
  ];
  for (const size of sizes) {
    const { x, weight, bias, dy } = layerOf(size);
    const [dx] = convolveBackward([x, weight, bias], dy, { relu: false });
    const gate = gateOf(x);
    using _scope = gpu.scope();
    const put = ({ shape, data }: NdArray) => gpu.upload(shape, Float32Array.from(data));
    const layer = { weight: put(weight), bias: put(bias) };
    for (const relu of [false, true]) {
      const problem = { ...layer, x: put(x), transposed: false, relu };
      const expected = convolve([x, weight, bias], { relu });
      const found = await gpu.read(gemm.run(gpu, problem));
      assertClose(found, expected.data, { limit: 2e-6, what: `${size}` });
      assertEquals(await gpu.read(gemm.run(gpu, problem)), found, "the same bits each time");
      const dispatchesOn = (on: Device) =>
        on.plan(() => {
          const empty = ({ shape }: NdArray) => on.empty(shape);
          gemm.run(on, { ...problem, x: empty(x), weight: empty(weight), bias: empty(bias) });
        }).commands.dispatches;
      assertEquals(
        [dispatchesOn(gpu), dispatchesOn(device)],
        [3, 2],
        "packing, the product, slabs",
      );
    }
    const turned = { weight: layer.weight, x: put(dy), bias: null, transposed: true, relu: false };
    const gradient = await gpu.read(gemm.run(gpu, { ...turned, gate: put(gate) }));
    const expected = dx.data.map((value, i) => gate.data[i] <= 0 ? 0 : value);
    assertClose(gradient, expected, { limit: 2e-6, what: `to the input of ${size}` });
  }
});

Deno.test("a matrix product is split into slabs of whole steps, and large ones are not", () => {
  const gpu = new Device(device.gpu, { ...device.adapter, style: "registers" });
  const slabsOf = (groups: number, terms: number) =>
    Math.ceil(terms / slabOf(gpu, { groups, terms }));
  assertEquals(slabsOf(64, 1152), 4);
  assertEquals(slabsOf(32, 1152), 8);
  assertEquals(slabsOf(1, 1152), 9);
  assertEquals(slabsOf(32, 200), 1);
  assertEquals(slabsOf(65, 1152), 1);
  assertEquals(slabOf(gpu, { groups: 64, terms: 1152 }) % 16, 0);
});

Deno.test("matrix products stay within the workgroup memory that every WebGPU device has", () => {
  const bytes = (shader: string) =>
    [...shader.matchAll(/var<workgroup> \w+: array<(\S+), (\d+)>/g)]
      .map(([, type, count]) => (type === "vec4f" ? 16 : 8) * Number(count))
      .reduce((sum, size) => sum + size);
  for (const size of SIZES) {
    const [n, cIn, cOut, h, w, k] = size;
    const shaders: string[] = [];
    const noted = {
      adapter: device.adapter,
      ...{ scope: () => device.scope(), empty: (shape: Shape) => device.empty(shape) },
      dispatch: ({ shader }: { shader: string }) => void shaders.push(shader),
    } as unknown as Device;
    using _scope = device.scope();
    const x = device.empty([n, cIn, h, w]);
    const weight = device.empty([cOut, cIn, k, k]);
    const layer = { x, weight, bias: null, transposed: false, relu: false };
    gemmConvolution(noted, layer, { half: false });
    gemmWeightGradient(noted, { x, dz: device.empty([n, cOut, h, w]), k });
    const tiled = shaders.filter((shader) => shader.includes("var<workgroup>"));
    assertEquals(tiled.length, 2);
    for (const shader of tiled) assert(bytes(shader) <= 16384, `${bytes(shader)} bytes`);
  }
});

Deno.test("kernels give the same bits each time", async () => {
  const { x, weight, bias, dy } = layerOf([2, 16, 9, 17, 36, 3]);
  for (const variant of convolutionVariants) {
    using _scope = device.scope();
    const problem = {
      x: upload(x),
      weight: upload(weight),
      bias: upload(bias),
      transposed: false,
      relu: true,
    };
    const [first, second] = [variant.run(device, problem), variant.run(device, problem)];
    assertEquals(await device.read(first), await device.read(second));
  }
  for (const variant of weightGradientVariants) {
    using _scope = device.scope();
    const problem = { x: upload(x), dz: upload(dy), k: 3 };
    const [first, second] = [variant.run(device, problem), variant.run(device, problem)];
    assertEquals(await device.read(first), await device.read(second));
  }
});
