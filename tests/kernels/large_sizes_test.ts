// Operations at sizes beyond their samples, against float64 sums in plain loops: long reductions,
// which software adapters silently cut short, and dispatches folded over two axes.
import { assert, assertEquals } from "@std/assert";
import { checked } from "../../kernels/checks.ts";
import { type NdArray, type Params, runForward } from "../../kernels/operation.ts";
import type { AnyOperation } from "../../kernels/operations.ts";
import { add } from "../../kernels/ops/arithmetic.ts";
import { binaryCrossEntropy } from "../../kernels/ops/binary_cross_entropy.ts";
import { conv2d } from "../../kernels/ops/conv2d/mod.ts";
import { dice } from "../../kernels/ops/dice.ts";
import { foregroundSum } from "../../kernels/ops/foreground_sum.ts";
import { generalisedDice } from "../../kernels/ops/generalised_dice.ts";
import { maxPool2d } from "../../kernels/ops/max_pool2d.ts";
import { meanSquaredError } from "../../kernels/ops/mean_squared_error.ts";
import { squaredDice } from "../../kernels/ops/squared_dice.ts";
import { type Shape, sizeOf } from "../../kernels/gpu/shape.ts";
import { Random } from "../../train/images/random.ts";
import { assertClose, device } from "./fixtures/check_operation.ts";

/** Positive values: a part of a sum that is lost cannot hide behind cancellation. */
function positive(shape: Shape, seed: number): NdArray {
  const random = new Random(seed);
  const data = Float64Array.from(
    { length: sizeOf(shape) },
    () => Math.fround(random.uniform(0.2, 0.9)),
  );
  return { shape, data };
}

function upload({ shape, data }: NdArray) {
  return device.upload(shape, Float32Array.from(data));
}

/** dw[o, i, ky, kx] as one plain sum over images and pixels. */
function tapGradient(
  { x, dy, o, i, ky, kx, k }: {
    x: NdArray;
    dy: NdArray;
    o: number;
    i: number;
    ky: number;
    kx: number;
    k: number;
  },
): number {
  const [batch, cIn, height, width] = x.shape;
  const cOut = dy.shape[1];
  const pad = (k - 1) / 2;
  let sum = 0;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < height; row++) {
      const from = row + ky - pad;
      if (from < 0 || from >= height) continue;
      for (let column = 0; column < width; column++) {
        const at = column + kx - pad;
        if (at < 0 || at >= width) continue;
        sum += dy.data[((n * cOut + o) * height + row) * width + column] *
          x.data[((n * cIn + i) * height + from) * width + at];
      }
    }
  }
  return sum;
}

Deno.test("conv2d() sums its weight and bias gradients over large images", async () => {
  const cases: { shape: Shape; cOut: number; k: number }[] = [
    { shape: [1, 1, 1024, 1040], cOut: 1, k: 3 },
    { shape: [1, 2, 521, 1030], cOut: 3, k: 3 },
    { shape: [3, 2, 255, 255], cOut: 2, k: 5 },
    { shape: [2, 1, 1, 70_004], cOut: 1, k: 3 },
    { shape: [1, 1, 2, 70_001], cOut: 1, k: 1 },
    { shape: [1, 1, 2, 270_004], cOut: 2, k: 3 },
    { shape: [1, 1, 70_001, 1], cOut: 1, k: 3 },
  ];
  for (const { shape, cOut, k } of cases) {
    using _scope = device.scope();
    const [x, dy] = [positive(shape, 1), positive([shape[0], cOut, shape[2], shape[3]], 2)];
    const weight = positive([cOut, shape[1], k, k], 3);
    const inputs = [x, weight, positive([cOut], 4)].map(upload);
    const output = runForward(device, conv2d, { inputs, params: { relu: false } });
    assert(conv2d.backward !== "none");
    const [, dw, db] = conv2d.backward(
      device,
      { inputs, output, dy: upload(dy), needs: [false, true, true] },
      { relu: false },
    );
    const expected = Float64Array.from({ length: sizeOf(weight.shape) }, (_, at) => {
      const [kx, ky] = [at % k, Math.floor(at / k) % k];
      const [i, o] = [Math.floor(at / k / k) % shape[1], Math.floor(at / k / k / shape[1])];
      return tapGradient({ x, dy, o, i, ky, kx, k });
    });
    const plane = shape[2] * shape[3];
    const expectedBias = new Float64Array(cOut);
    dy.data.forEach((value, at) => expectedBias[Math.floor(at / plane) % cOut] += value);
    const what = `conv2d [${shape}] to ${cOut}, k ${k}`;
    assertClose(await device.read(dw!), expected, { limit: 1e-4, what: `${what} dw` });
    assertClose(await device.read(db!), expectedBias, { limit: 1e-4, what: `${what} db` });
  }
});

Deno.test("conv2d() is right at the far end of a large image, forward and to its input", async () => {
  using _scope = device.scope();
  const [height, width] = [1030, 1042];
  const x = positive([1, 1, height, width], 5);
  const weight = positive([1, 1, 3, 3], 6);
  const bias = { shape: [1], data: Float64Array.of(0.5) };
  const inputs = [x, weight, bias].map(upload);
  const output = runForward(device, conv2d, { inputs, params: { relu: false } });
  assert(conv2d.backward !== "none");
  const [dx] = conv2d.backward(
    device,
    { inputs, output, dy: upload(x), needs: [true, false, false] },
    { relu: false },
  );
  const [y, gradient] = await Promise.all([device.read(output), device.read(dx!)]);
  const places = [[0, 0], [0, width - 1], [517, 3], [height - 1, 0], [height - 1, width - 1]];
  const at = ([row, column]: number[]) => row * width + column;
  const sums = places.map(([row, column]) => {
    let [forward, backward] = [bias.data[0], 0];
    for (let t = 0; t < 9; t++) {
      const [from, beside] = [row + Math.floor(t / 3) - 1, column + t % 3 - 1];
      if (from < 0 || from >= height || beside < 0 || beside >= width) continue;
      forward += weight.data[t] * x.data[at([from, beside])];
      backward += weight.data[8 - t] * x.data[at([from, beside])];
    }
    return { forward, backward };
  });
  assertClose(places.map((place) => y[at(place)]), sums.map((s) => s.forward), {
    limit: 1e-6,
    what: "y",
  });
  assertClose(places.map((place) => gradient[at(place)]), sums.map((s) => s.backward), {
    limit: 1e-6,
    what: "dx",
  });
});

/** Runs a loss forward and backward and compares with its float64 reference. */
async function compareLoss(
  operation: AnyOperation,
  { inputs, params }: { inputs: NdArray[]; params: Params },
): Promise<void> {
  using _scope = device.scope();
  const tensors = inputs.map(upload);
  const output = runForward(device, operation, { inputs: tensors, params });
  const what = `${operation.name} [${inputs[0].shape}]`;
  const { reference } = checked(operation);
  const expected = reference.forward(inputs, params);
  assertClose(await device.read(output), expected.data, { limit: 1e-5, what });
  assert(operation.backward !== "none" && reference.backward !== "none");
  const [da] = operation.backward(
    device,
    { inputs: tensors, output, dy: device.upload([1], Float32Array.of(1)), needs: [true, false] },
    params,
  );
  const dy = { shape: [1], data: Float64Array.of(1) };
  const [expectedGradient] = reference.backward(inputs, dy, params);
  assertClose(await device.read(da!), expectedGradient.data, {
    limit: 1e-4,
    what: `${what} gradient`,
  });
}

Deno.test("every loss over pixels is right on more than a million of them", async () => {
  const cases: [AnyOperation, Params][] = [
    [dice, { smooth: 1 }],
    [squaredDice, { smooth: 1 }],
    [generalisedDice, { epsilon: 1e-6, shares: true }],
    [binaryCrossEntropy, {}],
    [meanSquaredError, {}],
    [foregroundSum, {}],
  ];
  const shape = [2, 1, 733, 751];
  const a = positive(shape, 7);
  // Another fraction of foreground in each image, so that no loss is a difference of equal sums.
  const b = {
    shape,
    data: positive(shape, 8).data.map((value, i) =>
      Number(value > (i < sizeOf(shape) / 2 ? 0.6 : 0.3))
    ),
  };
  for (const [operation, params] of cases) {
    await compareLoss(operation, { inputs: [a, b], params });
  }
});

Deno.test("every loss over pixels is right on a batch of many small images", async () => {
  const shape = [300, 1, 3, 5];
  const [a, b] = [positive(shape, 9), positive(shape, 10)];
  for (const operation of [foregroundSum, meanSquaredError]) {
    await compareLoss(operation, { inputs: [a, b], params: {} });
  }
});

Deno.test("an element-by-element kernel over more than 65535 workgroups reaches every element", async () => {
  using _scope = device.scope();
  const size = 65_535 * 64 * 4 + 5;
  const values = Float32Array.from({ length: size }, (_, i) => i % 8191);
  const x = device.upload([size], values);
  const y = runForward(device, add, { inputs: [x, x], params: {} });
  const read = await device.read(y);
  assertEquals(read.findIndex((value, i) => value !== 2 * values[i]), -1);
  device.trim();
});

Deno.test("maxPool2d() over more than 65535 workgroups reaches every window", async () => {
  using _scope = device.scope();
  const [height, width] = [2 * 2048 + 1, 2 * 2100];
  const values = Float32Array.from({ length: height * width }, (_, i) => (i * 7919) % 65_521);
  const y = runForward(device, maxPool2d, {
    inputs: [device.upload([1, 1, height, width], values)],
    params: {},
  });
  const read = await device.read(y);
  const wrong = read.findIndex((value, i) => {
    const at = Math.floor(i / 2100) * 2 * width + i % 2100 * 2;
    return value !==
      Math.max(values[at], values[at + 1], values[at + width], values[at + width + 1]);
  });
  assertEquals(wrong, -1);
});
