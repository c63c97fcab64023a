/**
 * A convolution at large shapes against its float64 reference, at a few pixels and weights: a pixel
 * of the output or of the input gradient depends on no more than the k × k pixels around it, and the
 * gradient of one weight on one channel of each side.
 *
 * @module
 */

import type { NdArray } from "../../kernels/operation.ts";
import { convolve, convolveBackward } from "../../kernels/ops/conv2d/reference.ts";
import { type Shape, sizeOf } from "../../kernels/gpu/shape.ts";
import { Random } from "../../train/images/random.ts";
import type { Comparison, Results } from "./results.ts";

/** An image tensor on the CPU, of whatever numbers. */
interface Values {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

interface Pixel {
  readonly image: number;
  readonly row: number;
  readonly column: number;
}

const RANDOM_PLACES = 3;
/** What comes before the ReLU. */
const LINEAR = { relu: false };

/** Compares all channels of a few pixels, and the gradients of a few weights and biases. */
export function compareConv2d(results: Results): Comparison[] {
  const random = new Random(1);
  const pixels = somePixels(results.dy.shape, random);
  const dz = maskedGradient(results);
  return [
    compareForward(results, pixels),
    compareInputGradient(results, { dz, pixels }),
    ...compareWeightGradients(results, { dz, random }),
  ].filter(({ actual }) => actual.length > 0);
}

/** The gradient before the ReLU. Its mask is taken from the checked y: a rounding at 0 is no error. */
function maskedGradient({ y, dy, params }: Results): NdArray {
  const { shape, data } = dy;
  return { shape, data: params.relu ? data.map((g, i) => y[i] > 0 ? g : 0) : data };
}

function compareForward(
  { inputs: [x, w, b], params, y, dy }: Results,
  pixels: Pixel[],
): Comparison {
  const output = { shape: dy.shape, data: y };
  const expected = pixels.flatMap((pixel) => {
    const { around, centre } = crop(x, { pixel, radius: (w.shape[2] - 1) / 2 });
    return channelsAt(convolve([around, w, b], { relu: params.relu === true }), centre);
  });
  const actual = pixels.flatMap((pixel) => channelsAt(output, pixel));
  return { pass: "forward", actual, expected };
}

function compareInputGradient(
  { inputs: [x, w, b], gradients: [dx] }: Results,
  { dz, pixels }: { dz: NdArray; pixels: Pixel[] },
): Comparison {
  if (!dx) return { pass: "dx", actual: [], expected: [] };
  const radius = (w.shape[2] - 1) / 2;
  const expected = pixels.flatMap((pixel) => {
    const { around, centre } = crop(dz, { pixel, radius });
    const inputs = [crop(x, { pixel, radius }).around, w, b];
    return channelsAt(convolveBackward(inputs, around, LINEAR)[0], centre);
  });
  const gradient = { shape: x.shape, data: dx };
  return { pass: "dx", actual: pixels.flatMap((pixel) => channelsAt(gradient, pixel)), expected };
}

function compareWeightGradients(
  { inputs: [x, w], gradients: [, dw, db] }: Results,
  { dz, random }: { dz: NdArray; random: Random },
): Comparison[] {
  const [cOut, cIn, k] = w.shape;
  const weights = { pass: "dw", actual: [] as number[], expected: [] as number[] };
  const biases = { pass: "db", actual: [] as number[], expected: [] as number[] };
  for (let i = 0; i < RANDOM_PLACES; i++) {
    const [to, from] = [random.integer(cOut), random.integer(cIn)];
    const kernel = { shape: [1, 1, k, k], data: new Float64Array(k * k) };
    const bias = { shape: [1], data: new Float64Array(1) };
    const inputs = [channelOf(x, from), kernel, bias];
    const [, expectedW, expectedB] = convolveBackward(inputs, channelOf(dz, to), LINEAR);
    if (dw) {
      const first = (to * cIn + from) * k * k;
      weights.actual.push(...dw.subarray(first, first + k * k));
      weights.expected.push(...expectedW.data);
    }
    if (db) {
      biases.actual.push(db[to]);
      biases.expected.push(...expectedB.data);
    }
  }
  return [weights, biases];
}

/** Two corners, where the padding is, and a few others. */
function somePixels([n, , h, w]: Shape, random: Random): Pixel[] {
  const others = Array.from({ length: RANDOM_PLACES }, () => ({
    image: random.integer(n),
    row: random.integer(h),
    column: random.integer(w),
  }));
  return [
    { image: 0, row: 0, column: 0 },
    { image: n - 1, row: h - 1, column: w - 1 },
    ...others,
  ];
}

/**
 * The pixels around one, cut at the image's edge, and where that one then lies. What a convolution of
 * them gives there is what it gives in the whole image.
 */
function crop(
  { shape: [, channels, h, w], data }: Values,
  { pixel: { image, row, column }, radius }: { pixel: Pixel; radius: number },
): { around: NdArray; centre: Pixel } {
  const [top, left] = [Math.max(0, row - radius), Math.max(0, column - radius)];
  const height = Math.min(h, row + radius + 1) - top;
  const width = Math.min(w, column + radius + 1) - left;
  const around = new Float64Array(channels * height * width);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = ((image * channels + c) * h + top + y) * w + left + x;
        around[(c * height + y) * width + x] = data[from];
      }
    }
  }
  return {
    around: { shape: [1, channels, height, width], data: around },
    centre: { image: 0, row: row - top, column: column - left },
  };
}

/** The values of all channels at one pixel. */
function channelsAt(
  { shape: [, channels, h, w], data }: Values,
  { image, row, column }: Pixel,
): number[] {
  return Array.from(
    { length: channels },
    (_, c) => data[((image * channels + c) * h + row) * w + column],
  );
}

/** One channel of every image, `[n, 1, h, w]`. */
function channelOf({ shape: [n, channels, h, w], data }: NdArray, channel: number): NdArray {
  const shape = [n, 1, h, w];
  const values = new Float64Array(sizeOf(shape));
  for (let image = 0; image < n; image++) {
    const first = (image * channels + channel) * h * w;
    values.set(data.subarray(first, first + h * w), image * h * w);
  }
  return { shape, data: values };
}
