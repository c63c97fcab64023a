/**
 * Logistic function, y = 1 / (1 + e⁻ˣ). The gradient uses the output: dx = dy · y (1 − y).
 *
 * Below −30 the result stays at 1e-13, which differs from 0 by less than float32 tells apart from 1.
 * Without that floor the gradients of a confident network sink to denormal numbers, on which a CPU
 * computes several times slower.
 *
 * @module
 */

import { elementwise } from "../parts/elementwise.ts";
import type { Operation, OperationCheck, Reference } from "../operation.ts";

const LOWEST = -30;

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/**
 * y = 1 / (1 + e⁻ˣ), for any shape.
 *
 * @category Operations
 */
export const sigmoid: Operation<Record<never, never>, ["x"]> = {
  name: "sigmoid",
  inputs: ["x"],
  shape: ([x]) => x,
  forward: (device, [x]) =>
    elementwise(device, {
      label: "sigmoid",
      inputs: [x],
      expression: `keep_nan(1.0 / (1.0 + exp(-max(a, vec4f(${LOWEST})))), a)`,
    }),
  backward: (device, { output, dy }) => [
    elementwise(device, {
      label: "sigmoid dx",
      inputs: [dy, output],
      expression: "a * b * (1.0 - b)",
    }),
  ],
};

/** The same in float64, which the self-test of a device computes too. */
export const sigmoidReference: Reference<Record<never, never>> = {
  forward: ([x]) => ({ shape: x.shape, data: x.data.map(logistic) }),
  backward: ([x], dy) => [{
    shape: x.shape,
    data: dy.data.map((g, i) => g * logistic(x.data[i]) * (1 - logistic(x.data[i]))),
  }],
};

/** What {@linkcode sigmoid} is held against. */
export const sigmoidCheck: OperationCheck<Record<never, never>> = {
  reference: sigmoidReference,
  samples: [
    { shapes: [[2, 3, 5, 7]], params: {} },
    { shapes: [[1]], params: {} },
    { shapes: [[4, 16, 128, 128]], params: {}, bench: true },
  ],
};
