/**
 * A margin of one number around a tensor, along any axes.
 *
 * @module
 */

import type { Operation, OperationCheck } from "../operation.ts";
import { type Window, windowOf, windowOfArray } from "../parts/axes/window.ts";
import { formatShape, type Shape } from "../gpu/shape.ts";

/**
 * Parameters of {@linkcode pad}.
 *
 * @category Operations
 */
export type PadParams = {
  /** Elements added before the first one along each axis. */
  readonly before: readonly number[];
  /** Elements added after the last one along each axis; as many as before unless told. */
  readonly after?: readonly number[];
  /** What they are; 0 unless told. */
  readonly value?: number;
};

/** The padded tensor as a window on x. */
function windowFor(x: Shape, { before, after = before, value = 0 }: PadParams): Window {
  const isMargin = (margin: readonly number[]) =>
    margin.length === x.length && margin.every((count) => Number.isInteger(count) && count >= 0);
  if (!isMargin(before) || !isMargin(after)) {
    throw new RangeError(
      `Cannot run pad: x is ${formatShape(x)}, margins of [${before.join(",")}] before and ` +
        `[${after.join(",")}] after asked for, expected a whole number ≥ 0 for each axis`,
    );
  }
  return {
    from: before.map((count) => count === 0 ? 0 : -count),
    shape: x.map((extent, axis) => before[axis] + extent + after[axis]),
    outside: value,
  };
}

/**
 * y = x inside, the value around it.
 *
 * @category Operations
 */
export const pad: Operation<PadParams, ["x"]> = {
  name: "pad",
  inputs: ["x"],
  shape: ([x], params) => windowFor(x, params).shape,
  forward: (device, [x], params) =>
    windowOf(device, x, { label: "pad", ...windowFor(x.shape, params) }),
  backward: (device, { inputs: [x], dy }, { before }) => [
    windowOf(device, dy, { label: "pad dx", from: before, shape: x.shape }),
  ],
};

/** What {@linkcode pad} is held against. */
export const padCheck: OperationCheck<PadParams> = {
  reference: {
    forward: ([x], params) => windowOfArray(x, windowFor(x.shape, params)),
    backward: ([x], dy, { before }) => [windowOfArray(dy, { from: before, shape: x.shape })],
  },
  samples: [
    { shapes: [[2, 3, 5]], params: { before: [0, 1, 2] } },
    { shapes: [[2, 3, 5]], params: { before: [0, 0, 0], after: [1, 0, 3], value: -1.5 } },
    { shapes: [[2, 3, 4]], params: { before: [0, 2, 0] } },
    { shapes: [[3, 8]], params: { before: [1, 4], after: [0, 8] } },
    { shapes: [[1]], params: { before: [2], after: [0] } },
    { shapes: [[4]], params: { before: [0] } },
    { shapes: [[4, 16, 128, 128]], params: { before: [0, 0, 1, 1] }, bench: true },
  ],
};
