/**
 * Bounds of the area that two polygons share: nearly always they tell whether it is above a limit, at a
 * small part of what the exact area takes.
 *
 * A polygon is cut at every whole column. Its vertices have whole columns, so within such a slab its edges
 * are straight from side to side. Where two edges pass through a slab and do not cross, the polygon is what
 * lies between them; in any other slab it is at most what lies between the outermost ones, and at least
 * nothing.
 *
 * @module
 */

/** The widest polygon that has a profile, in columns. */
const WIDEST = 512;
/** Rows of vertices lie below this in size: rounding then stays far below {@linkcode SLACK}. */
const FARTHEST = 2 ** 18;
/** Bounds are off by less than this, in pixels and relative to areas. */
const SLACK = 1e-6;

/** A polygon cut into slabs, in place of the one before. */
export class Profile {
  /** The first column. */
  left = 0;
  /** The column after the last slab. */
  right = 0;
  /** Rows of the upper edge at the left and the right side of each slab. */
  readonly upper: Float64Array = new Float64Array(2 * WIDEST);
  /** The same of the lower edge. */
  readonly lower: Float64Array = new Float64Array(2 * WIDEST);
  /** Edges in each slab; 2 where the polygon is exactly what lies between the two. */
  readonly edges: Uint16Array = new Uint16Array(WIDEST);

  /**
   * Takes a polygon.
   *
   * @param vertices Whole-numbered rows and columns of polygons.
   * @param options.from Where this one's begin.
   * @param options.to Where they end.
   * @param options.boxes Bounding boxes of all polygons, see `boundingBoxes`.
   * @param options.box Where that of this one begins.
   * @returns Whether it has a profile; it has none if it is very large or far away.
   */
  take(
    vertices: Int32Array,
    { from, to, boxes, box }: { from: number; to: number; boxes: Int32Array; box: number },
  ): boolean {
    const left = boxes[box + 1];
    const right = boxes[box + 3];
    const isNear = Math.min(boxes[box], left) > -FARTHEST &&
      Math.max(boxes[box + 2], right) < FARTHEST;
    if (!isNear || right - left > WIDEST) return false;
    this.left = left;
    this.right = right;
    const { edges } = this;
    edges.fill(0, 0, right - left);
    let row0 = vertices[to - 2];
    let column0 = vertices[to - 1];
    for (let at = from; at < to; at += 2) {
      const row1 = vertices[at];
      const column1 = vertices[at + 1];
      if (column0 < column1) this.#add(column0 - left, row0, column1 - left, row1);
      else if (column1 < column0) this.#add(column1 - left, row1, column0 - left, row0);
      row0 = row1;
      column0 = column1;
    }
    return true;
  }

  /** Adds an edge from its left to its right end; columns are counted from the first slab. */
  #add(from: number, fromRow: number, to: number, toRow: number): void {
    const { upper, lower, edges } = this;
    const slope = (toRow - fromRow) / (to - from);
    let start = fromRow;
    for (let slab = from; slab < to; slab++) {
      const end = slab + 1 === to ? toRow : fromRow + slope * (slab + 1 - from);
      const at = 2 * slab;
      const count = edges[slab]++;
      if (count === 0) {
        upper[at] = lower[at] = start;
        upper[at + 1] = lower[at + 1] = end;
      } else {
        // Of two that cross, the outermost ends are taken, and the slab counts as one of several edges.
        const isAbove = start <= upper[at] && end <= upper[at + 1];
        const isBelow = start >= lower[at] && end >= lower[at + 1];
        if (!isAbove && !isBelow) edges[slab] = 3;
        if (start < upper[at]) upper[at] = start;
        if (end < upper[at + 1]) upper[at + 1] = end;
        if (start > lower[at]) lower[at] = start;
        if (end > lower[at + 1]) lower[at + 1] = end;
      }
      start = end;
    }
  }
}

/**
 * Whether the area that two polygons share is above a limit: 1 if it surely is, -1 if it surely is not, 0 if
 * that takes the exact area.
 */
export function compareShared(a: Profile, b: Profile, limit: number): number {
  const slack = SLACK * (1 + Math.abs(limit));
  const left = Math.max(a.left, b.left);
  const right = Math.max(left, Math.min(a.right, b.right));
  // From the middle, where most is shared, so that enough of it is found early.
  const middle = (left + right) >> 1;
  const sums = { least: 0, most: 0 };
  addSlabs(sums, { a, b, from: middle, step: 1, end: right, enough: limit + slack });
  if (sums.least > limit + slack) return 1;
  addSlabs(sums, { a, b, from: middle - 1, step: -1, end: left - 1, enough: limit + slack });
  if (sums.least > limit + slack) return 1;
  return sums.most < limit - slack ? -1 : 0;
}

/** Adds what is shared at least and at most in some slabs, until it is enough. */
function addSlabs(
  sums: { least: number; most: number },
  { a, b, from, step, end: last, enough }: {
    a: Profile;
    b: Profile;
    from: number;
    step: number;
    end: number;
    enough: number;
  },
): void {
  const { upper: upperA, lower: lowerA, edges: edgesA } = a;
  const { upper: upperB, lower: lowerB, edges: edgesB } = b;
  let { least, most } = sums;
  for (let column = from; column !== last && !(least > enough); column += step) {
    const slabA = column - a.left;
    const slabB = column - b.left;
    const i = 2 * slabA;
    const k = 2 * slabB;
    const top0 = upperA[i] - upperB[k];
    const top1 = upperA[i + 1] - upperB[k + 1];
    const end0 = lowerA[i] - lowerB[k];
    const end1 = lowerA[i + 1] - lowerB[k + 1];
    // The column's length inside both, at the two sides of the slab; concave in between.
    const start = (end0 < 0 ? lowerA[i] : lowerB[k]) - (top0 > 0 ? upperA[i] : upperB[k]);
    const end = (end1 < 0 ? lowerA[i + 1] : lowerB[k + 1]) -
      (top1 > 0 ? upperA[i + 1] : upperB[k + 1]);
    const chord = start >= 0 && end >= 0
      ? (start + end) / 2
      : start <= 0 && end <= 0
      ? 0
      : start > 0
      ? start * start / (2 * (start - end))
      : end * end / (2 * (end - start));
    if (edgesA[slabA] === 2 && edgesB[slabB] === 2) least += chord;
    most += chord;
    // Where edges change places, the length rises above the chord by at most what they are apart.
    if (top0 * top1 < 0) most += Math.min(Math.abs(top0), Math.abs(top1));
    if (end0 * end1 < 0) most += Math.min(Math.abs(end0), Math.abs(end1));
  }
  sums.least = least;
  sums.most = most;
}
