/**
 * What the convolution kernels share: how a row of the image is cut into segments that are loaded
 * whole, and how the value at a column is taken out of them.
 *
 * A segment is one `f32` or, where the width is a multiple of 4, one `vec4f`: a load costs about the
 * same either way. An output tile needs its own segments and, for the taps that reach past its edge,
 * `halo` more on each side; outside the image they are zero, which is the same padding.
 *
 * @module
 */

import type { VectorWidth } from "../../parts/vector_width.ts";

/** Segments needed on each side of a tile for a kernel of side k. */
export function haloSegments(k: number, vector: VectorWidth): number {
  return Math.ceil((k - 1) / 2 / vector);
}

/** Kernel rows that one pass over the input unrolls: all of a small kernel, one of a large one. */
export function unrolledKernelRows(k: number): number {
  return k <= 3 ? k : 1;
}

/**
 * WGSL expression for the value `offset` columns from the tile's left edge, out of the segments
 * `${row}_0`, `${row}_1`, … of which the first lies `halo` segments left of the tile.
 */
export function columnOf(
  row: string,
  { offset, halo, vector }: { offset: number; halo: number; vector: VectorWidth },
): string {
  const position = offset + halo * vector;
  const segment = Math.floor(position / vector);
  return vector === 4 ? `${row}_${segment}.${"xyzw"[position % 4]}` : `${row}_${segment}`;
}
