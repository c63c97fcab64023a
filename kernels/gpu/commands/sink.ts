/**
 * Where what is asked of a device goes: to the GPU, into a plan, or into a recording. A device asks
 * whichever sink is in place, and does not know which it is.
 *
 * @module
 */

import type { Tensor } from "../tensor.ts";
import type { Dispatch } from "./dispatch.ts";

/** Elements to copy from one tensor to another; offsets in elements. */
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

/** A way with commands. */
export interface CommandSink {
  /** Whether nothing is computed: tensors then have no buffers, and nothing may be counted. */
  readonly isPlan: boolean;
  /** Takes a dispatch. */
  dispatch(dispatch: Dispatch): void;
  /** Takes a copy. */
  copy(copy: TensorCopy): void;
  /** Takes a tensor that is to become 0. */
  clear(tensor: Tensor): void;
  /**
   * Is asked before values cross between CPU and GPU: `what` happens to a tensor.
   *
   * @throws {TypeError} If that would be lost, with the remedy.
   */
  cross(what: string, remedy: string): void;
}
