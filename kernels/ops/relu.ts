/**
 * Rectified linear unit, y = max(x, 0). The gradient at 0 is 0; at NaN, which stays one, it passes.
 *
 * @module
 */

import { elementwise } from "../parts/elementwise.ts";
import type { Operation, OperationCheck } from "../operation.ts";

/**
 * y = max(x, 0), for any shape.
 *
 * @category Operations
 */
export const relu: Operation<Record<never, never>, ["x"]> = {
  name: "relu",
  inputs: ["x"],
  shape: ([x]) => x,
  forward: (device, [x]) =>
    elementwise(device, { label: "relu", inputs: [x], expression: "rectify(a)" }),
  backward: (device, { inputs: [x], dy }) => [
    elementwise(device, {
      label: "relu dx",
      inputs: [dy, x],
      expression: "select(a, vec4f(0.0), is_blocked(b))",
    }),
  ],
};

/** What {@linkcode relu} is held against. */
export const reluCheck: OperationCheck<Record<never, never>> = {
  reference: {
    forward: ([x]) => ({ shape: x.shape, data: x.data.map((value) => Math.max(0, value)) }),
    backward: ([x], dy) => [
      { shape: x.shape, data: dy.data.map((g, i) => x.data[i] <= 0 ? 0 : g) },
    ],
  },
  samples: [
    { shapes: [[2, 3, 5, 7]], params: {} },
    { shapes: [[1]], params: {} },
    { shapes: [[4, 16, 128, 128]], params: {}, bench: true },
  ],
};
