/**
 * A tensor times a constant number: the weight of a loss among others.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import { elementwise } from "../parts/elementwise.ts";
import type { NdArray, Operation, OperationCheck } from "../operation.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Parameters of {@linkcode scale}.
 *
 * @category Operations
 */
export type ScaleParams = {
  /** What every element is multiplied by. */
  readonly factor: number;
};

function multiply(device: Device, x: Tensor<"f32">, { factor }: ScaleParams): Tensor<"f32"> {
  return elementwise(device, {
    label: "scale",
    inputs: [x],
    expression: "a * p.factor",
    floats: { factor },
  });
}

function multiplyArray({ shape, data }: NdArray, { factor }: ScaleParams): NdArray {
  return { shape, data: data.map((value) => factor * value) };
}

/**
 * y = factor · x, for any shape.
 *
 * @category Operations
 */
export const scale: Operation<ScaleParams, ["x"]> = {
  name: "scale",
  inputs: ["x"],
  shape: ([x]) => x,
  forward: (device, [x], params) => multiply(device, x, params),
  backward: (device, { dy }, params) => [multiply(device, dy, params)],
};

/** What {@linkcode scale} is held against. */
export const scaleCheck: OperationCheck<ScaleParams> = {
  reference: {
    forward: ([x], params) => multiplyArray(x, params),
    backward: (_inputs, dy, params) => [multiplyArray(dy, params)],
  },
  samples: [
    { shapes: [[2, 3, 5, 7]], params: { factor: 0.2 } },
    { shapes: [[1]], params: { factor: -3 } },
    { shapes: [[4, 16, 128, 128]], params: { factor: 1e-7 }, bench: true },
  ],
};
