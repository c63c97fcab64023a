/**
 * Softmax along an axis, y = eˣ / Σ eˣ, and its logarithm, y = x − ln Σ eˣ. The largest value is taken off
 * first, so that nothing overflows.
 *
 * Backward: dx = y · (dy − Σ dy · y), and of the logarithm dx = dy − eʸ · Σ dy, with sums along the axis.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { exponentials, linesOf } from "../parts/axes/exponentials.ts";
import { reduceAxes } from "../parts/axes/reduction.ts";
import { broadcast } from "../parts/axes/views.ts";
import { elementwise } from "../parts/elementwise.ts";
import type { Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Parameters of {@linkcode softmax} and {@linkcode logSoftmax}.
 *
 * @category Operations
 */
export type SoftmaxParams = {
  /** The axis along which the values are one distribution, −1 being the last; −1 unless told. */
  readonly axis?: number;
};

/** What both do with one line of values, in plain loops. */
interface LineRule {
  /** y from x. */
  value(x: readonly number[]): number[];
  /** dx from y and dy. */
  gradient(y: readonly number[], dy: readonly number[]): number[];
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function eachLine(
  arrays: readonly NdArray[],
  { axis = -1 }: SoftmaxParams,
  rule: (...lines: number[][]) => number[],
): NdArray {
  const { shape } = arrays[0];
  const { extent, inner, count } = linesOf(shape, { axis, operation: "softmax" });
  const result = zeros(shape);
  for (let line = 0; line < count; line++) {
    const first = Math.floor(line / inner) * extent * inner + line % inner;
    const places = Array.from({ length: extent }, (_, i) => first + i * inner);
    const values = rule(...arrays.map(({ data }) => places.map((place) => data[place])));
    places.forEach((place, i) => result.data[place] = values[i]);
  }
  return result;
}

/** What softmax and its logarithm do differently. */
interface AlongAxis {
  readonly name: string;
  forward(device: Device, x: Tensor<"f32">, axis: number): Tensor<"f32">;
  backward(
    device: Device,
    tensors: { y: Tensor<"f32">; dy: Tensor<"f32"> },
    line: { axes: readonly number[]; shape: Shape },
  ): Tensor<"f32">;
  readonly rule: LineRule;
}

function alongAxis({ name, forward, backward }: AlongAxis): Operation<SoftmaxParams, ["x"]> {
  return {
    name,
    inputs: ["x"],
    shape([x], { axis = -1 }) {
      linesOf(x, { axis, operation: name });
      return x;
    },
    forward: (device, [x], { axis = -1 }) => forward(device, x, axis),
    backward(device, { output: y, dy }, { axis = -1 }) {
      const { axis: found, kept } = linesOf(y.shape, { axis, operation: name });
      using scope = device.scope();
      return [scope.keep(backward(device, { y, dy }, { axes: [found], shape: kept }))];
    },
  };
}

/** What such an operation is held against. */
function alongAxisCheck({ rule }: AlongAxis): OperationCheck<SoftmaxParams> {
  return {
    reference: {
      forward: ([x], params) => eachLine([x], params, rule.value),
      backward: ([x], dy, params) => {
        const y = eachLine([x], params, rule.value);
        return [eachLine([y, dy], params, rule.gradient)];
      },
    },
    samples: [
      { shapes: [[3, 10]], params: {} },
      { shapes: [[2, 5, 3, 4]], params: { axis: 1 } },
      { shapes: [[4, 3]], params: { axis: 0 } },
      { shapes: [[1]], params: {} },
      { shapes: [[2, 7, 1]], params: { axis: -1 } },
      { shapes: [[2, 300]], params: {} },
      { shapes: [[4, 8, 128, 128]], params: { axis: 1 }, bench: true },
    ],
  };
}

const SOFTMAX: AlongAxis = {
  name: "softmax",
  forward(device, x, axis) {
    using scope = device.scope();
    const { terms, sums } = exponentials(
      device,
      x,
      linesOf(x.shape, { axis, operation: "softmax" }),
    );
    const what = { label: "softmax", shape: x.shape, expression: "a / b" };
    return scope.keep(broadcast(device, { ...what, inputs: [terms, sums] }));
  },
  backward(device, { y, dy }, line) {
    const products = elementwise(device, {
      label: "softmax dy · y",
      inputs: [dy, y],
      expression: "a * b",
    });
    const sums = reduceAxes(device, products, { label: "softmax sums", kind: "sum", ...line });
    return broadcast(device, {
      label: "softmax dx",
      shape: y.shape,
      inputs: [y, dy, sums],
      expression: "a * (b - c)",
    });
  },
  rule: {
    value(x) {
      const terms = x.map((value) => Math.exp(value - Math.max(...x)));
      return terms.map((term) => term / total(terms));
    },
    gradient(y, dy) {
      const sum = total(y.map((value, i) => value * dy[i]));
      return y.map((value, i) => value * (dy[i] - sum));
    },
  },
};

/**
 * y = eˣ / Σ eˣ along an axis: positive numbers that add up to 1.
 *
 * @category Operations
 */
export const softmax: Operation<SoftmaxParams, ["x"]> = /* @__PURE__ */ alongAxis(SOFTMAX);

/** What {@linkcode softmax} is held against. */
export const softmaxCheck: OperationCheck<SoftmaxParams> = /* @__PURE__ */ alongAxisCheck(SOFTMAX);

const LOG_SOFTMAX: AlongAxis = {
  name: "logSoftmax",
  forward(device, x, axis) {
    using scope = device.scope();
    const { largest, sums } = exponentials(
      device,
      x,
      linesOf(x.shape, { axis, operation: "logSoftmax" }),
    );
    return scope.keep(broadcast(device, {
      label: "logSoftmax",
      shape: x.shape,
      inputs: [x, largest, sums],
      expression: "a - b - log(c)",
    }));
  },
  backward(device, { y, dy }, line) {
    const sums = reduceAxes(device, dy, { label: "logSoftmax sums", kind: "sum", ...line });
    return broadcast(device, {
      label: "logSoftmax dx",
      shape: y.shape,
      inputs: [dy, y, sums],
      expression: "a - exp(b) * c",
    });
  },
  rule: {
    value(x) {
      const largest = Math.max(...x);
      const sum = total(x.map((value) => Math.exp(value - largest)));
      return x.map((value) => value - largest - Math.log(sum));
    },
    gradient(y, dy) {
      const sum = total(dy);
      return dy.map((g, i) => g - Math.exp(y[i]) * sum);
    },
  },
};

/**
 * y = x − ln Σ eˣ along an axis: the logarithm of {@linkcode softmax}, exact also where that is 0.
 *
 * @category Operations
 */
export const logSoftmax: Operation<SoftmaxParams, ["x"]> = /* @__PURE__ */ alongAxis(LOG_SOFTMAX);

/** What {@linkcode logSoftmax} is held against. */
export const logSoftmaxCheck: OperationCheck<SoftmaxParams> = /* @__PURE__ */ alongAxisCheck(
  LOG_SOFTMAX,
);
