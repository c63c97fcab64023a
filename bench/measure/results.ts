/**
 * Results of an operation, and what they are compared with.
 *
 * @module
 */

import type { NdArray, Params } from "../../kernels/operation.ts";

/** What an operation computed on the GPU for a problem. */
export interface Results {
  /** The inputs. */
  readonly inputs: readonly NdArray[];
  /** The upstream gradient. */
  readonly dy: NdArray;
  /** The parameters. */
  readonly params: Params;
  /** The output. */
  readonly y: Float32Array;
  /** The gradients by input; undefined where none was computed. */
  readonly gradients: readonly (Float32Array | undefined)[];
}

/** Numbers from the GPU and what they should be. */
export interface Comparison {
  /** The name of the pass. */
  readonly pass: string;
  /** What the GPU gave. */
  readonly actual: ArrayLike<number>;
  /** What float64 gives. */
  readonly expected: ArrayLike<number>;
}
