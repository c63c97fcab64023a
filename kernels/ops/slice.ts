/**
 * A part of a tensor along one axis; the gradient of what was left out is zero.
 *
 * @module
 */

import type { Operation, OperationCheck } from "../operation.ts";
import { axesOf } from "../parts/axes/layout.ts";
import { type Window, windowOf, windowOfArray } from "../parts/axes/window.ts";
import { formatShape, type Shape } from "../gpu/shape.ts";

/**
 * Parameters of {@linkcode slice}.
 *
 * @category Operations
 */
export type SliceParams = {
  /** The axis; −1 is the last. */
  readonly axis: number;
  /** The first index taken. */
  readonly start: number;
  /** The index after the last one taken; all from the first on unless told. */
  readonly end?: number;
};

/** The part as a window on x. */
function windowFor(x: Shape, { axis: named, start, end }: SliceParams): Window {
  const [axis] = axesOf([named], { shape: x, operation: "slice" });
  const last = end ?? x[axis];
  const isWhole = Number.isInteger(start) && Number.isInteger(last);
  if (!(isWhole && start >= 0 && start < last && last <= x[axis])) {
    throw new RangeError(
      `Cannot run slice: x is ${formatShape(x)}, ${start} to ${last} along axis ${axis} asked for`,
    );
  }
  return {
    from: x.map((_, i) => i === axis ? start : 0),
    shape: x.map((extent, i) => i === axis ? last - start : extent),
  };
}

/** The window on dy that is dx: all of it, with zeros around. */
function windowBack(x: Shape, params: SliceParams): Window {
  return { from: windowFor(x, params).from.map((at) => at === 0 ? 0 : -at), shape: x };
}

/**
 * y = x[…, start … end − 1, …] along one axis.
 *
 * @category Operations
 */
export const slice: Operation<SliceParams, ["x"]> = {
  name: "slice",
  inputs: ["x"],
  shape: ([x], params) => windowFor(x, params).shape,
  forward: (device, [x], params) =>
    windowOf(device, x, { label: "slice", ...windowFor(x.shape, params) }),
  backward: (device, { inputs: [x], dy }, params) => [
    windowOf(device, dy, { label: "slice dx", ...windowBack(x.shape, params) }),
  ],
};

/** What {@linkcode slice} is held against. */
export const sliceCheck: OperationCheck<SliceParams> = {
  reference: {
    forward: ([x], params) => windowOfArray(x, windowFor(x.shape, params)),
    backward: ([x], dy, params) => [windowOfArray(dy, windowBack(x.shape, params))],
  },
  samples: [
    { shapes: [[3, 4, 5]], params: { axis: 0, start: 1 } },
    { shapes: [[3, 4, 5]], params: { axis: 1, start: 1, end: 3 } },
    { shapes: [[3, 4, 5]], params: { axis: -1, start: 0, end: 1 } },
    { shapes: [[2, 3, 12]], params: { axis: 2, start: 4, end: 12 } },
    { shapes: [[1]], params: { axis: 0, start: 0, end: 1 } },
    { shapes: [[4, 16, 128, 128]], params: { axis: 1, start: 5, end: 13 }, bench: true },
  ],
};
