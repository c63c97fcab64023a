/**
 * Where what is asked of a device goes: to the GPU, into a plan, or into a recording. A device asks
 * whichever sink is in place, and does not know which it is.
 *
 * @module
 */

import type { Owner } from "../failures.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Dispatch } from "./dispatch.ts";

/**
 * Elements to copy from one tensor to another; offsets in elements.
 *
 * @category Device
 */
export interface TensorCopy {
  /** Where they are. */
  readonly from: Tensor;
  /** The first of them; 0 unless told. */
  readonly fromOffset?: number;
  /** Where they go. */
  readonly to: Tensor;
  /** The place of the first; 0 unless told. */
  readonly toOffset?: number;
  /** How many. */
  readonly count: number;
}

/**
 * Checks that a copy stays inside its two tensors.
 *
 * @throws {RangeError} If it does not, with both shapes.
 * @throws {TypeError} If both are the same tensor, which WebGPU does not copy within.
 */
export function checkCopy({ from, fromOffset = 0, to, toOffset = 0, count }: TensorCopy): void {
  const numbers = [fromOffset, toOffset, count];
  const isInside = numbers.every((number) => Number.isInteger(number) && number >= 0) &&
    fromOffset + count <= from.size && toOffset + count <= to.size;
  if (!isInside) {
    throw new RangeError(
      `Cannot copy ${count} elements from ${fromOffset} of ${formatShape(from.shape)} to ` +
        `${toOffset} of ${formatShape(to.shape)}: they are not all inside`,
    );
  }
  if (from === to) throw new TypeError("Cannot copy within a tensor: copy to another one first");
}

/** A way with commands; each is somebody's, who is told if it fails. */
export interface CommandSink {
  /** Whether nothing is computed: tensors then have no buffers, and nothing may be counted. */
  readonly isPlan: boolean;
  /** Takes a dispatch. */
  dispatch(dispatch: Dispatch, owner: Owner): void;
  /** Takes a copy. */
  copy(copy: TensorCopy, owner: Owner): void;
  /** Takes a tensor that is to become 0. */
  clear(tensor: Tensor, owner: Owner): void;
  /**
   * Is asked before values cross between CPU and GPU: `what` happens to a tensor.
   *
   * @throws {TypeError} If that would be lost, with the remedy.
   */
  cross(what: string, remedy: string): void;
}
