/**
 * Sum of two tensors of the same shape; both receive the upstream gradient.
 *
 * @module
 */

import { elementwise } from "../parts/elementwise.ts";
import type { Operation } from "../operation.ts";
import { requireSameShape } from "../gpu/shape.ts";

/** y = a + b, for any shape. */
export const add: Operation<Record<never, never>> = {
  name: "add",
  inputs: ["a", "b"],
  shape: (shapes) => requireSameShape(shapes, "add"),
  forward: (device, inputs) => elementwise(device, { label: "add", inputs, expression: "a + b" }),
  backward: (_device, { dy }) => [dy, dy],
  reference: {
    forward: ([a, b]) => ({ shape: a.shape, data: a.data.map((value, i) => value + b.data[i]) }),
    backward: (_inputs, dy) => [dy, dy],
  },
  samples: [
    { shapes: [[2, 3, 5, 7], [2, 3, 5, 7]], params: {} },
    { shapes: [[1], [1]], params: {} },
    { shapes: [[4, 16, 128, 128], [4, 16, 128, 128]], params: {}, bench: true },
  ],
};
