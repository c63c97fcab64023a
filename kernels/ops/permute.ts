/**
 * Axes in another order.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import type { NdArray, Operation, OperationCheck, OperationSample, Params } from "../operation.ts";
import { stepsOf, walkArray } from "../parts/axes/layout.ts";
import { viewwise } from "../parts/axes/views.ts";
import { formatShape, type Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Parameters of {@linkcode permute}.
 *
 * @category Operations
 */
export type PermuteParams = {
  /** Which axis of x each axis of y is: `[0, 2, 3, 1]` makes `[n, c, h, w]` `[n, h, w, c]`. */
  readonly axes: readonly number[];
};

function permuteShape(x: Shape, axes: readonly number[]): Shape {
  const isOrder = axes.length === x.length && x.every((_, axis) => axes.includes(axis));
  if (!isOrder) {
    throw new RangeError(
      `Cannot run permute: x is ${formatShape(x)}, axes [${axes.join(",")}] asked for, ` +
        "expected each axis once",
    );
  }
  return axes.map((axis) => x[axis]);
}

/** The order in which the last two axes have changed places. */
function transposedOrder(x: Shape): number[] {
  if (x.length < 2) {
    throw new TypeError(`Cannot run transpose: x is ${formatShape(x)}, expected [rows,columns]`);
  }
  const last = x.length - 1;
  return [...x.keys()].map((axis) => axis === last ? last - 1 : axis === last - 1 ? last : axis);
}

/** The order that undoes another. */
function inverse(axes: readonly number[]): number[] {
  return axes.map((_, axis) => axes.indexOf(axis));
}

function reorder(
  device: Device,
  x: Tensor<"f32">,
  { label, axes }: { label: string; axes: readonly number[] },
): Tensor<"f32"> {
  const all = stepsOf(x.shape);
  const views = [{ tensor: x, steps: axes.map((axis) => all[axis]) }];
  const shape = axes.map((axis) => x.shape[axis]);
  return viewwise(device, { label, shape, views, expression: "a" });
}

function reorderArray(x: NdArray, axes: readonly number[]): NdArray {
  const all = stepsOf(x.shape);
  const shape = axes.map((axis) => x.shape[axis]);
  return walkArray(x, { shape, steps: axes.map((axis) => all[axis]) });
}

/** An operation that reorders axes as its rule says of the shape of x. */
function reordering<P extends Params>({ name, orderOf }: {
  name: string;
  orderOf: { rule(x: Shape, params: P): readonly number[] }["rule"];
}): Operation<P, ["x"]> {
  return {
    name,
    inputs: ["x"],
    shape: ([x], params) => permuteShape(x, orderOf(x, params)),
    forward: (device, [x], params) =>
      reorder(device, x, { label: name, axes: orderOf(x.shape, params) }),
    backward: (device, { inputs: [x], dy }, params) => [
      reorder(device, dy, { label: `${name} dx`, axes: inverse(orderOf(x.shape, params)) }),
    ],
  };
}

/** What such an operation is held against. */
function reorderingCheck<P extends Params>({ orderOf, samples }: {
  orderOf: { rule(x: Shape, params: P): readonly number[] }["rule"];
  samples: readonly OperationSample<P>[];
}): OperationCheck<P> {
  return {
    reference: {
      forward: ([x], params) => reorderArray(x, orderOf(x.shape, params)),
      backward: ([x], dy, params) => [reorderArray(dy, inverse(orderOf(x.shape, params)))],
    },
    samples,
  };
}

/**
 * y = x with its axes in another order.
 *
 * @category Operations
 */
export const permute: Operation<PermuteParams, ["x"]> = /* @__PURE__ */ reordering({
  name: "permute",
  orderOf: (_, { axes }) => axes,
});

/** What {@linkcode permute} is held against. */
export const permuteCheck: OperationCheck<PermuteParams> = /* @__PURE__ */ reorderingCheck({
  orderOf: (_, { axes }) => axes,
  samples: [
    { shapes: [[2, 3, 5, 7]], params: { axes: [0, 2, 3, 1] } },
    { shapes: [[2, 3, 4, 8]], params: { axes: [2, 0, 1, 3] } },
    { shapes: [[3, 4, 5]], params: { axes: [2, 1, 0] } },
    { shapes: [[6, 1, 4]], params: { axes: [1, 0, 2] } },
    { shapes: [[1]], params: { axes: [0] } },
    { shapes: [[4, 16, 128, 128]], params: { axes: [0, 2, 3, 1] }, bench: true },
  ],
});

/**
 * y = xᵀ: the last two axes change places, of each matrix of a batch.
 *
 * @category Operations
 */
export const transpose: Operation<Record<never, never>, ["x"]> = /* @__PURE__ */ reordering({
  name: "transpose",
  orderOf: transposedOrder,
});

/** What {@linkcode transpose} is held against. */
export const transposeCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ reorderingCheck(
  {
    orderOf: transposedOrder,
    samples: [
      { shapes: [[5, 7]], params: {} },
      { shapes: [[2, 3, 4, 8]], params: {} },
      { shapes: [[1, 1]], params: {} },
      { shapes: [[1024, 1024]], params: {}, bench: true },
    ],
  },
);
