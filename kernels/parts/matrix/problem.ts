/**
 * What a product of matrices is.
 *
 * @module
 */

import type { Tensor } from "../../gpu/tensor.ts";

/** A factor as it lies in a tensor. */
export interface Factor {
  /** The tensor. */
  readonly tensor: Tensor<"f32">;
  /** Elements from one matrix of the batch to the next; 0 if there is only one for all. */
  readonly matrix: number;
  /** Elements from one row of the result (on the right: one column) to the next. */
  readonly line: number;
  /** Elements from one term of a sum to the next; 1, or else `line` is. */
  readonly term: number;
}

/** result[i, r, c] = Σ_t left[i, r, t] · right[i, c, t], plus bias[c]. */
export interface Product {
  /** What it is for, in profiles and errors. */
  readonly label: string;
  /** The left factor. */
  readonly left: Factor;
  /** The right factor. */
  readonly right: Factor;
  /** Matrices, rows and columns of the result. */
  readonly size: readonly [matrices: number, rows: number, columns: number];
  /** Terms of each sum. */
  readonly terms: number;
  /** Added to every row; none unless told. */
  readonly bias?: Tensor<"f32"> | null;
}

/** How the terms of each sum are divided: into slabs of so many, which a second pass adds. */
export interface Slabs {
  /** Terms of a slab. */
  readonly length: number;
  /** The number of slabs. */
  readonly count: number;
}
