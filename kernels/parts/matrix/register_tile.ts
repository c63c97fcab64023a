/**
 * What the matrix products share: how a workgroup's tile is divided, and the product of what its
 * memory holds. Terms of both factors lie in workgroup memory one below the other, as vectors of 4
 * rows (of a convolution: channels) on the left and of 4 columns (pixels, terms) on the right; an
 * invocation multiplies 2 × 2 of these vectors, 8 × 8 numbers.
 *
 * @module
 */

import { range } from "../range.ts";

/** Rows of both factors in workgroup memory. */
export const DEPTH = 16;
/** Vectors of each factor in an invocation's register tile. */
export const SIDE = 2;

/** A workgroup's tile. */
export interface WorkgroupTile {
  /** Vectors of 4 channels, a multiple of 4. */
  readonly blocks: number;
  /** Vectors of 4 pixels or terms, a multiple of 2. */
  readonly groups: number;
}

/** Where a factor lies in workgroup memory. */
export interface Factor {
  /** The variable, an array of vectors. */
  readonly name: string;
  /** Vectors from one row to the next. */
  readonly stride: number;
}

/** Invocations of a workgroup. */
export function threadsOf({ blocks, groups }: WorkgroupTile): number {
  return blocks * groups / SIDE ** 2;
}

/** WGSL that finds an invocation's vectors: `thread_block` and `thread_group` are its first. */
export function placeInTile({ groups }: WorkgroupTile): string {
  return `let thread_block = local / ${groups / SIDE}u;
  let thread_group = local % ${groups / SIDE}u;`;
}

/** The block, counted from the first of the workgroup, of channel o of the register tile. */
export function blockOf({ blocks }: WorkgroupTile, o: number): string {
  return `thread_block + ${Math.floor(o / 4) * blocks / SIDE}u`;
}

/** The group, counted from the first of the workgroup, of vector g of the register tile. */
export function groupOf({ groups }: WorkgroupTile, g: number): string {
  return `thread_group + ${g * groups / SIDE}u`;
}

/** WGSL that declares the sums, `a0_0` … `a7_1`: channel, then vector. */
export function declareSums(): string {
  return range(4 * SIDE).flatMap((o) => range(SIDE).map((g) => `var a${o}_${g} = vec4f(0.0);`))
    .join("\n  ");
}

/**
 * WGSL that multiplies all rows in workgroup memory and waits until everyone has done so, and has done
 * what else there is to do with them.
 */
export function multiplyRows(
  tile: WorkgroupTile,
  { left, right, also = "" }: { left: Factor; right: Factor; also?: string },
): string {
  const sides = range(SIDE);
  const loads = [
    ...sides.map((b) =>
      `let left${b} = vec4f(${left.name}[d * ${left.stride}u + ${blockOf(tile, 4 * b)}]);`
    ),
    ...sides.map((g) =>
      `let right${g} = vec4f(${right.name}[d * ${right.stride}u + ${groupOf(tile, g)}]);`
    ),
  ];
  const sums = range(4 * SIDE).flatMap((o) =>
    sides.map((g) =>
      `a${o}_${g} = fma(vec4f(left${Math.floor(o / 4)}[${o % 4}]), right${g}, a${o}_${g});`
    )
  );
  return `workgroupBarrier();
    for (var d = 0u; d < ${DEPTH}u; d++) {
      ${[...loads, ...sums].join("\n      ")}
    }
    ${also}
    workgroupBarrier();`;
}
