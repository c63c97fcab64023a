/**
 * Computations that need values from the GPU on their way, without waiting for them themselves.
 *
 * Every wait for the GPU is slow, whatever is waited for. So such a computation is a generator: it
 * yields the tensors whose values it needs and is resumed with the values. Whoever drives it decides
 * when to wait, and several computations can share one wait.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import type { DType, Tensor, TypedArrayOf } from "../gpu/tensor.ts";

/**
 * A computation of an R that yields tensors and is resumed with their values, in their order.
 *
 * @category Masks
 */
export type Steps<R> = Generator<readonly Tensor[], R, readonly TypedArrayOf<DType>[]>;

/**
 * The step that reads one tensor.
 *
 * @category Masks
 */
export function* readValues<D extends DType>(tensor: Tensor<D>): Steps<TypedArrayOf<D>> {
  const [values] = yield [tensor];
  return values as TypedArrayOf<D>;
}

/**
 * Reads the values of several tensors with one wait.
 *
 * @throws {ShaderError | DeviceLostError | OutOfMemoryError} If anything on the GPU before it failed.
 * @category Masks
 */
export async function readAll(
  device: Device,
  tensors: readonly Tensor[],
): Promise<TypedArrayOf<DType>[]> {
  return await Promise.all(tensors.map((tensor) => device.read(tensor)));
}

/**
 * Drives one computation to its end, waiting at each of its steps.
 *
 * @returns What the computation returns; it throws what the computation throws.
 *
 * @example
 * ```ts ignore
 * const threshold = await runSteps(device, otsuSteps(device, prob));
 * ```
 *
 * @category Masks
 */
export async function runSteps<R>(device: Device, steps: Steps<R>): Promise<R> {
  let step = steps.next([]);
  while (!step.done) {
    const values = await readAll(device, step.value).catch((error) => {
      steps.throw(error); // Lets the computation free its tensors, and throws the error again.
      throw error;
    });
    step = steps.next(values);
  }
  return step.value;
}
