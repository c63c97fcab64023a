/**
 * Joins two image tensors along the channels, a first. Both halves are plain copies, forward and
 * backward, image by image.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import { type Operation, zeros } from "../operation.ts";
import { formatShape, imageShape, type Shape, sizeOf } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

function concatShape([a, b]: readonly Shape[]): Shape {
  const [n, channels, h, w] = imageShape(a, "concat");
  imageShape(b, "concat");
  if (b[0] !== n || b[2] !== h || b[3] !== w) {
    throw new RangeError(
      `Cannot concat ${formatShape(a)} and ${formatShape(b)}: all but the channels must be equal`,
    );
  }
  return [n, channels + b[1], h, w];
}

/** Copies the channels `first` … of `whole` to or from `part`, for every image. */
function copyChannels(
  device: Device,
  { whole, part, first, split }: {
    whole: Tensor<"f32">;
    part: Tensor<"f32">;
    first: number;
    split: boolean;
  },
): void {
  const [n, channels, h, w] = part.shape;
  const count = channels * h * w;
  for (let image = 0; image < n; image++) {
    const wholeOffset = (image * whole.shape[1] + first) * h * w;
    device.copy(
      split
        ? { from: whole, fromOffset: wholeOffset, to: part, toOffset: image * count, count }
        : { from: part, fromOffset: image * count, to: whole, toOffset: wholeOffset, count },
    );
  }
}

/** Copies the channels from `first` on out of an image tensor. */
export function takeChannels(
  device: Device,
  whole: Tensor<"f32">,
  { first, count }: { first: number; count: number },
): Tensor<"f32"> {
  const [n, , h, w] = whole.shape;
  const part = device.empty([n, count, h, w]);
  copyChannels(device, { whole, part, first, split: true });
  return part;
}

/** y = [a, b] along the channels: `[n, c_a, h, w]` and `[n, c_b, h, w]` to `[n, c_a + c_b, h, w]`. */
export const concat: Operation<Record<never, never>> = {
  name: "concat",
  inputs: ["a", "b"],
  shape: concatShape,
  forward(device, [a, b]) {
    const y = device.empty(concatShape([a.shape, b.shape]));
    copyChannels(device, { whole: y, part: a, first: 0, split: false });
    copyChannels(device, { whole: y, part: b, first: a.shape[1], split: false });
    return y;
  },
  backward(device, { inputs: [a, b], dy, needs }) {
    const part = (input: Tensor<"f32">, first: number) =>
      takeChannels(device, dy, { first, count: input.shape[1] });
    return [needs[0] ? part(a, 0) : null, needs[1] ? part(b, a.shape[1]) : null];
  },
  reference: {
    forward([a, b]) {
      const y = zeros(concatShape([a.shape, b.shape]));
      const [sizeA, sizeB] = [sizeOf(a.shape.slice(1)), sizeOf(b.shape.slice(1))];
      for (let n = 0; n < y.shape[0]; n++) {
        const start = n * (sizeA + sizeB);
        y.data.set(a.data.subarray(n * sizeA, (n + 1) * sizeA), start);
        y.data.set(b.data.subarray(n * sizeB, (n + 1) * sizeB), start + sizeA);
      }
      return y;
    },
    backward([a, b], dy) {
      const [da, db] = [zeros(a.shape), zeros(b.shape)];
      const [sizeA, sizeB] = [sizeOf(a.shape.slice(1)), sizeOf(b.shape.slice(1))];
      for (let n = 0; n < dy.shape[0]; n++) {
        const start = n * (sizeA + sizeB);
        da.data.set(dy.data.subarray(start, start + sizeA), n * sizeA);
        db.data.set(dy.data.subarray(start + sizeA, start + sizeA + sizeB), n * sizeB);
      }
      return [da, db];
    },
  },
  samples: [
    { shapes: [[2, 3, 5, 7], [2, 5, 5, 7]], params: {} },
    { shapes: [[1, 1, 1, 1], [1, 2, 1, 1]], params: {} },
    { shapes: [[4, 16, 128, 128], [4, 16, 128, 128]], params: {}, bench: true },
  ],
};
