/**
 * Takes some images out of a batch. A Siamese pass runs both frames as one batch and slices the two
 * answers apart; the gradient of what was not taken is zero.
 *
 * @module
 */

import { type Operation, type OperationCheck, zeros } from "../operation.ts";
import { formatShape, type Shape, sizeOf } from "../gpu/shape.ts";

/**
 * Parameters of {@linkcode sliceBatch}.
 *
 * @category Operations
 */
export type SliceBatchParams = {
  /** Index of the first image taken. */
  readonly start: number;
  /** How many images are taken. */
  readonly count: number;
};

function sliceShape([x]: readonly Shape[], { start, count }: SliceBatchParams): Shape {
  const isWhole = Number.isInteger(start) && Number.isInteger(count);
  if (!(isWhole && start >= 0 && count > 0 && start + count <= x[0])) {
    throw new RangeError(
      `Cannot run sliceBatch: x is ${formatShape(x)}, images ${start} to ${
        start + count
      } asked for`,
    );
  }
  return [count, ...x.slice(1)];
}

/**
 * y = x[start … start + count − 1] along the first axis.
 *
 * @category Operations
 */
export const sliceBatch: Operation<SliceBatchParams, ["x"]> = {
  name: "sliceBatch",
  inputs: ["x"],
  shape: sliceShape,
  forward(device, [x], params) {
    const y = device.empty(sliceShape([x.shape], params));
    const image = sizeOf(x.shape.slice(1));
    device.copy({ from: x, fromOffset: params.start * image, to: y, count: y.size });
    return y;
  },
  backward(device, { inputs: [x], dy }, { start }) {
    const dx = device.empty(x.shape);
    device.clear(dx);
    const image = sizeOf(x.shape.slice(1));
    device.copy({ from: dy, to: dx, toOffset: start * image, count: dy.size });
    return [dx];
  },
};

/** What {@linkcode sliceBatch} is held against. */
export const sliceBatchCheck: OperationCheck<SliceBatchParams> = {
  reference: {
    forward([x], { start, count }) {
      const image = sizeOf(x.shape.slice(1));
      return {
        shape: [count, ...x.shape.slice(1)],
        data: x.data.slice(start * image, (start + count) * image),
      };
    },
    backward([x], dy, { start }) {
      const dx = zeros(x.shape);
      dx.data.set(dy.data, start * sizeOf(x.shape.slice(1)));
      return [dx];
    },
  },
  samples: [
    { shapes: [[3, 2, 3, 5]], params: { start: 1, count: 2 } },
    { shapes: [[1, 1, 1, 1]], params: { start: 0, count: 1 } },
    { shapes: [[4, 16, 128, 128]], params: { start: 2, count: 2 }, bench: true },
  ],
};
