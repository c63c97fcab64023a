/**
 * Sum, mean and largest value over axes: all of them unless told.
 *
 * The gradient of a largest value goes to where it stands; several equal ones share it. Among values of
 * which one is NaN the largest is NaN.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import {
  type Fill,
  type NdArray,
  type Operation,
  type OperationCheck,
  zeros,
} from "../operation.ts";
import { axesOf, stepsOf, visitIndices } from "../parts/axes/layout.ts";
import { reduceAxes } from "../parts/axes/reduction.ts";
import { type View, viewwise } from "../parts/axes/views.ts";
import { elementwise } from "../parts/elementwise.ts";
import { isLarger } from "../parts/nan.ts";
import { formatShape, type Shape, sizeOf } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Parameters of {@linkcode sum}, {@linkcode mean} and {@linkcode max}.
 *
 * @category Operations
 */
export type ReductionParams = {
  /** The axes that are reduced, −1 being the last; all unless told. */
  readonly axes?: readonly number[];
  /** Whether they stay, with extent 1; not unless told. */
  readonly keepDims?: boolean;
};

/** What a reduction does with a shape. */
interface Plan {
  /** The axes that are reduced. */
  readonly axes: readonly number[];
  /** Shape of the result. */
  readonly shape: Shape;
  /** Steps along the axes of x through the result: none along those that are reduced. */
  readonly steps: readonly number[];
  /** Elements of x for one of the result. */
  readonly count: number;
}

function planOf(x: Shape, name: string, { axes: named, keepDims = false }: ReductionParams): Plan {
  const axes = axesOf(named ?? [...x.keys()], { shape: x, operation: name });
  if (sizeOf(x) === 0) {
    throw new RangeError(`Cannot run ${name}: x is ${formatShape(x)}, an axis is empty`);
  }
  const kept = x.map((extent, axis) => axes.includes(axis) ? 1 : extent);
  return {
    axes,
    shape: keepDims ? kept : x.filter((_, axis) => !axes.includes(axis)),
    steps: stepsOf(kept).map((step, axis) => axes.includes(axis) ? 0 : step),
    count: sizeOf(axes.map((axis) => x[axis])),
  };
}

/** What sum, mean and max do differently. */
interface Reduction {
  readonly name: string;
  forward(device: Device, x: Tensor<"f32">, plan: Plan): Tensor<"f32">;
  backward(
    device: Device,
    tensors: { x: Tensor<"f32">; y: Tensor<"f32">; dy: Tensor<"f32"> },
    plan: Plan,
  ): Tensor<"f32">;
  /** Plain loops over the elements that one result is made of. */
  reference: {
    forward(values: readonly number[]): number;
    /** The slope by each of them. */
    backward(values: readonly number[]): number[];
  };
  readonly fill?: Fill;
}

/** The places in x of the elements of each result. */
function partsOf(x: Shape, { steps, shape }: Plan): number[][] {
  const parts = Array.from({ length: sizeOf(shape) }, (): number[] => []);
  let i = 0;
  visitIndices(x, { steps }, (place) => parts[place].push(i++));
  return parts;
}

function reduction(rule: Reduction): Operation<ReductionParams, ["x"]> {
  const { name } = rule;
  return {
    name,
    inputs: ["x"],
    shape: ([x], params) => planOf(x, name, params).shape,
    forward: (device, [x], params) => rule.forward(device, x, planOf(x.shape, name, params)),
    backward: (device, { inputs: [x], output: y, dy }, params) => [
      rule.backward(device, { x, y, dy }, planOf(x.shape, name, params)),
    ],
  };
}

/** What a reduction is held against. */
function reductionCheck(rule: Reduction): OperationCheck<ReductionParams> {
  const { name, reference } = rule;
  const sample = (shape: Shape, params: ReductionParams, fill = rule.fill ?? "normal") => ({
    shapes: [shape],
    params,
    fills: [fill],
    bench: sizeOf(shape) > 1e6,
  });
  return {
    reference: {
      forward([x], params) {
        const plan = planOf(x.shape, name, params);
        const values = partsOf(x.shape, plan).map((part) =>
          reference.forward(part.map((i) => x.data[i]))
        );
        return { shape: plan.shape, data: Float64Array.from(values) };
      },
      backward([x], dy, params): NdArray[] {
        const dx = zeros(x.shape);
        partsOf(x.shape, planOf(x.shape, name, params)).forEach((part, at) => {
          const slopes = reference.backward(part.map((i) => x.data[i]));
          part.forEach((i, k) => dx.data[i] = dy.data[at] * slopes[k]);
        });
        return [dx];
      },
    },
    samples: [
      sample([2, 3, 5, 7], {}),
      sample([2, 3, 5, 7], { axes: [1] }),
      sample([2, 3, 4, 8], { axes: [0, 2], keepDims: true }),
      sample([3, 1, 6], { axes: [-1] }),
      sample([5, 300], { axes: [1] }),
      sample([300, 8], { axes: [0], keepDims: true }),
      sample([4, 3], { axes: [] }),
      sample([1], { axes: [0] }),
      sample([2, 6, 4], { axes: [1] }, "ties"),
      sample([4, 16, 128, 128], {}),
      sample([4, 16, 128, 128], { axes: [0, 2, 3] }),
    ],
  };
}

/** A tensor of the shape of x, from y or dy repeated and x itself. */
function spread(
  device: Device,
  x: Tensor<"f32">,
  { views, ...what }: {
    label: string;
    views: readonly View[];
    expression: string;
    floats?: Readonly<Record<string, number>>;
  },
): Tensor<"f32"> {
  return viewwise(device, { shape: x.shape, views, ...what });
}

const SUM: Reduction = {
  name: "sum",
  forward: (device, x, { axes, shape }) =>
    reduceAxes(device, x, { label: "sum", kind: "sum", axes, shape }),
  backward: (device, { x, dy }, { steps }) =>
    spread(device, x, { label: "sum dx", views: [{ tensor: dy, steps }], expression: "a" }),
  reference: {
    forward: (values) => values.reduce((sum, value) => sum + value, 0),
    backward: (values) => values.map(() => 1),
  },
};

/**
 * y = Σ x over axes.
 *
 * @category Operations
 */
export const sum: Operation<ReductionParams, ["x"]> = /* @__PURE__ */ reduction(SUM);

/** What {@linkcode sum} is held against. */
export const sumCheck: OperationCheck<ReductionParams> = /* @__PURE__ */ reductionCheck(SUM);

const MEAN: Reduction = {
  name: "mean",
  forward(device, x, { axes, shape, count }) {
    using scope = device.scope();
    const total = reduceAxes(device, x, { label: "mean", kind: "sum", axes, shape });
    const share = { label: "mean", expression: "a / p.n", floats: { n: count } };
    return scope.keep(elementwise(device, { inputs: [total], ...share }));
  },
  backward: (device, { x, dy }, { steps, count }) =>
    spread(device, x, {
      label: "mean dx",
      views: [{ tensor: dy, steps }],
      expression: "a / p.n",
      floats: { n: count },
    }),
  reference: {
    forward: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
    backward: (values) => values.map(() => 1 / values.length),
  },
};

/**
 * y = the mean of x over axes.
 *
 * @category Operations
 */
export const mean: Operation<ReductionParams, ["x"]> = /* @__PURE__ */ reduction(MEAN);

/** What {@linkcode mean} is held against. */
export const meanCheck: OperationCheck<ReductionParams> = /* @__PURE__ */ reductionCheck(MEAN);

function largestOf(values: readonly number[]): number {
  return values.reduce((a, b) => isLarger(b, a) ? b : a);
}

const MAX: Reduction = {
  name: "max",
  forward: (device, x, { axes, shape }) =>
    reduceAxes(device, x, { label: "max", kind: "max", axes, shape }),
  backward(device, { x, y, dy }, { axes, shape, steps }) {
    using scope = device.scope();
    const views = [{ tensor: x, steps: stepsOf(x.shape) }, { tensor: y, steps }];
    const isLargest = spread(device, x, {
      label: "max places",
      views,
      expression: "select(vec4f(0.0), vec4f(1.0), a == b)",
    });
    const count = reduceAxes(device, isLargest, { label: "max ties", kind: "sum", axes, shape });
    // Where y is NaN nothing equals it, and 0 · (dy / 0) is NaN too.
    return scope.keep(spread(device, x, {
      label: "max dx",
      views: [
        { tensor: isLargest, steps: stepsOf(x.shape) },
        { tensor: dy, steps },
        { tensor: count, steps },
      ],
      expression: "a * (b / c)",
    }));
  },
  reference: {
    forward: largestOf,
    backward(values) {
      const largest = largestOf(values);
      if (Number.isNaN(largest)) return values.map(() => NaN);
      const ties = values.filter((value) => value === largest).length;
      return values.map((value) => value === largest ? 1 / ties : 0);
    },
  },
};

/**
 * y = the largest x over axes.
 *
 * @category Operations
 */
export const max: Operation<ReductionParams, ["x"]> = /* @__PURE__ */ reduction(MAX);

/** What {@linkcode max} is held against. */
export const maxCheck: OperationCheck<ReductionParams> = /* @__PURE__ */ reductionCheck(MAX);
