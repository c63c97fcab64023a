// NaN in is NaN out, and where it is: forward, in every gradient, and in every variant of a kernel.
import { assert, assertEquals } from "@std/assert";
import { checked } from "../../kernels/checks.ts";
import type { NdArray, OperationSample, Params } from "../../kernels/operation.ts";
import { type AnyOperation, operations } from "../../kernels/operations.ts";
import { convolve } from "../../kernels/ops/conv2d/reference.ts";
import { convolutionVariants } from "../../kernels/ops/conv2d/variants.ts";
import { upConv2dCheck } from "../../kernels/ops/up_conv2d/mod.ts";
import { upConvolutionVariants } from "../../kernels/ops/up_conv2d/variants.ts";
import { type Shape, sizeOf } from "../../kernels/gpu/shape.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import { Random } from "../../train/images/random.ts";
import { device, randomArray } from "./fixtures/check_operation.ts";

const LARGEST = 400;
/** Operations that multiply with the zeros around an image or of a mask, where references leave out. */
const SPREADS = new Set(["conv2d", "upConv2d", "starDistanceLoss"]);

/** Puts an array on the GPU, with NaN of one sign or the other. */
function uploadNaN({ shape, data }: NdArray, sign: 0 | 1): Tensor<"f32"> {
  const values = Float32Array.from(data);
  const bits = new Uint32Array(values.buffer);
  values.forEach((value, i) => {
    if (Number.isNaN(value)) bits[i] = sign === 0 ? 0x7fc00000 : 0xffc00000;
  });
  return device.upload(shape, values);
}

function withNaN({ shape, data }: NdArray, at: number): NdArray {
  const changed = data.slice();
  changed[at] = NaN;
  return { shape, data: changed };
}

function placesOf(values: ArrayLike<number>): number[] {
  return Array.from(values, (value, i) => Number.isNaN(value) ? i : -1).filter((i) => i >= 0);
}

/**
 * Runs a sample with one NaN, in an input or (at `which` behind the last) in the upstream gradient. All is
 * queued when it is called, so that many can wait together.
 */
async function compareNaN(
  operation: AnyOperation,
  { sample: { shapes, params, fills }, which, random }: {
    sample: OperationSample<Params>;
    which: number;
    random: Random;
  },
): Promise<void> {
  const arrays = [...shapes, operation.shape(shapes, params)].map((shape, i) => {
    const array = randomArray(shape, { random, fill: i < shapes.length ? fills?.[i] : "normal" });
    return i === which ? withNaN(array, random.integer(sizeOf(shape))) : array;
  });
  const sign = random.chance(0.5) ? 1 : 0;
  const tensors = arrays.map((array) => uploadNaN(array, sign));
  const [inputs, dy] = [tensors.slice(0, -1), tensors.at(-1)!];
  const output = operation.forward(device, inputs, params);
  const { backward, reference } = checked(operation);
  const gradients = backward === "none" ? [] : backward(device, {
    inputs,
    output,
    dy,
    needs: inputs.map(() => true),
  }, params);
  const expected = [
    reference.forward(arrays.slice(0, -1), params),
    ...reference.backward === "none"
      ? []
      : reference.backward(arrays.slice(0, -1), arrays.at(-1)!, params),
  ];
  const read = await Promise.all([output, ...gradients].map((t) => t && device.read(t)));
  const name = (i: number) => ["y", ...operation.inputs.map((input) => `d${input}`)][i];
  for (const [i, values] of read.entries()) {
    if (!values) continue;
    const what = `${name(i)} of ${operation.name} ${JSON.stringify({ shapes, params })}, NaN in ${
      [...operation.inputs, "dy"][which]
    } at ${placesOf(arrays[which].data)}`;
    const [found, places] = [placesOf(values), placesOf(expected[i].data)];
    if (!SPREADS.has(operation.name)) assertEquals(found, places, what);
    else assert(places.every((place) => found.includes(place)), `${what}: ${found}, not ${places}`);
  }
}

Deno.test("every operation gives NaN where its reference does, forward and to every input", async () => {
  const random = new Random(13);
  for (const operation of operations) {
    const samples = checked(operation).samples.filter(({ shapes }) =>
      shapes.every((shape) => sizeOf(shape) <= LARGEST)
    );
    assert(samples.length > 0, `${operation.name} has no small sample`);
    using _scope = device.scope();
    await Promise.all(
      samples.flatMap((sample) =>
        [...operation.inputs, "dy"].map((_, which) =>
          compareNaN(operation, { sample, which, random })
        )
      ),
    );
  }
});

/** Fails unless NaN is where it must be; some kernels spread it over a tile or multiply it with 0. */
async function checkVariant(
  y: Tensor<"f32">,
  { expected, name }: { expected: NdArray; name: string },
): Promise<void> {
  const found = placesOf(await device.read(y));
  const places = placesOf(expected.data);
  assert(places.every((place) => found.includes(place)), `${name}: ${found}, not ${places}`);
  assert(found.length < y.size, `${name}: all is NaN`);
}

Deno.test("every variant of a convolution with bias and ReLU gives NaN where its reference does", async () => {
  const random = new Random(14);
  const shapes: Shape[] = [[1, 3, 6, 16], [5, 3, 3, 3], [5]];
  for (let which = 0; which < 3; which++) {
    using _scope = device.scope();
    const arrays = shapes.map((shape, i) => {
      const array = randomArray(shape, { random });
      return i === which ? withNaN(array, random.integer(sizeOf(shape))) : array;
    });
    const [x, weight, bias] = arrays.map((array) => uploadNaN(array, which === 1 ? 1 : 0));
    const problem = { x, weight, bias, relu: true, transposed: false };
    const expected = convolve(arrays, { relu: true });
    for (const { name, supports, run } of convolutionVariants) {
      if (!supports(device, problem) || name.endsWith("f16")) continue;
      await checkVariant(run(device, problem), { expected, name });
    }
  }
});

Deno.test("every variant of a step up gives NaN where its reference does", async () => {
  const random = new Random(15);
  const shapes: Shape[] = [[1, 2, 3, 8], [1, 3, 6, 16], [4, 5, 3, 3], [4]];
  for (let which = 0; which < 4; which++) {
    using _scope = device.scope();
    const arrays = shapes.map((shape, i) => {
      const array = randomArray(shape, { random });
      return i === which ? withNaN(array, random.integer(sizeOf(shape))) : array;
    });
    const [low, skip, weight, bias] = arrays.map((array) => uploadNaN(array, 0));
    const problem = { low, skip, weight, bias, relu: true };
    const expected = upConv2dCheck.reference.forward(arrays, { relu: true });
    for (const { name, supports, run } of upConvolutionVariants) {
      if (!supports(device, problem)) continue;
      await checkVariant(run(device, problem), { expected, name });
    }
  }
});
