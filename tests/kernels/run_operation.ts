/**
 * Runs one operation on plain numbers and gives plain numbers back, for tests of single values.
 *
 * @module
 */

import { type Params, runForward } from "../../kernels/operation.ts";
import type { AnyOperation } from "../../kernels/operations.ts";
import { type Shape, sizeOf } from "../../kernels/shape.ts";
import { device } from "./check_operation.ts";

/** What an operation gives for some inputs. */
export interface OperationResult {
  /** Its output. */
  readonly y: Float32Array;
  /** Gradients to the inputs; null where it gives none. */
  readonly gradients: (Float32Array | null)[];
}

/** Forward and backward of one operation; the upstream gradient is all ones unless told. */
export async function runOperation(
  operation: AnyOperation,
  inputs: readonly { shape: Shape; data: ArrayLike<number> }[],
  { params = {}, dy, needs }: { params?: Params; dy?: ArrayLike<number>; needs?: boolean[] } = {},
): Promise<OperationResult> {
  using _scope = device.scope();
  const tensors = inputs.map(({ shape, data }) => device.upload(shape, Float32Array.from(data)));
  const output = runForward(device, operation, { inputs: tensors, params });
  const ones = new Float32Array(sizeOf(output.shape)).fill(1);
  const gradients = operation.backward === "none" ? [] : operation.backward(device, {
    inputs: tensors,
    output,
    dy: device.upload(output.shape, dy ? Float32Array.from(dy) : ones),
    needs: needs ?? inputs.map(() => true),
  }, params);
  const [y, ...read] = await Promise.all(
    [output, ...gradients].map((tensor) => tensor ? device.read(tensor) : null),
  );
  return { y: y!, gradients: read };
}
