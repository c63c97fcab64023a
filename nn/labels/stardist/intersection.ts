/**
 * The area that two polygons with whole-numbered vertices share, for any polygons: also where one
 * crosses itself, turns back on itself or has no area, as star-shaped polygons do once their vertices
 * are cut to whole pixels. A point is inside when the polygon winds around it (non-zero rule).
 *
 * The polygons are cut into vertical slabs at their vertices and, within a slab, where edges cross.
 * Between two such cuts the length of a column inside both polygons is linear, so its mean times the
 * width is the area. Small polygons have vertices in few different columns, so there are few slabs,
 * and in nearly all of them each polygon has two edges that cross no other. Only crossings and
 * fractions are rounded (to float64); StarDist's Clipper moves crossings to whole pixels instead.
 *
 * @module
 */

/**
 * An edge that is not vertical, from left to right.
 *
 * @category Labels and targets
 */
export interface SweepEdge {
  /** Column of its left end. */
  readonly left: number;
  /** Row of its left end. */
  readonly leftRow: number;
  /** Column of its right end. */
  readonly right: number;
  /** Row of its right end. */
  readonly rightRow: number;
  /** 1 if the polygon runs along it from left to right, otherwise -1. */
  readonly turn: number;
}

/**
 * A polygon prepared for {@linkcode intersectionArea}: its edges by ascending left column.
 *
 * @category Labels and targets
 */
export type Sweep = readonly SweepEdge[];

/** The piece of an edge that lies in a slab. */
interface Piece {
  /** Rows at the left and the right side of the slab. */
  readonly start: number;
  readonly end: number;
  readonly turn: number;
  readonly second: boolean;
}

/** How far the sweep over one polygon has come. */
interface Cursor {
  readonly edges: Sweep;
  /** Index of the first edge that the sweep has not reached. */
  next: number;
  /** The edges at the sweep's column. */
  active: SweepEdge[];
}

/** Areas are whole multiples of 1 / this, so that rounding does not decide between equal areas. */
const STEPS = 2 ** 24;

/**
 * Prepares a polygon for {@linkcode intersectionArea}.
 *
 * @param vertices Rows and columns, shape `[n, 2]`.
 * @category Labels and targets
 */
export function sweepPolygon(vertices: Int32Array): Sweep {
  const edges: SweepEdge[] = [];
  for (let at = 0; at < vertices.length; at += 2) {
    const next = at + 2 < vertices.length ? at + 2 : 0;
    const turn = Math.sign(vertices[next + 1] - vertices[at + 1]);
    if (turn === 0) continue;
    const [from, to] = turn > 0 ? [at, next] : [next, at];
    edges.push({
      left: vertices[from + 1],
      leftRow: vertices[from],
      right: vertices[to + 1],
      rightRow: vertices[to],
      turn,
    });
  }
  return edges.sort((a, b) => a.left - b.left);
}

/**
 * The area inside both of two polygons, by the non-zero rule.
 *
 * @param a One polygon.
 * @param b The other.
 * @returns Square pixels, rounded to a multiple of 2^-24.
 *
 * @example
 * ```ts
 * import { intersectionArea, sweepPolygon } from "@kymo/kymo/labels";
 * import { assertEquals } from "@std/assert";
 *
 * const square = sweepPolygon(Int32Array.of(0, 0, 0, 4, 4, 4, 4, 0));
 * const triangle = sweepPolygon(Int32Array.of(0, 2, 0, 6, 4, 2));
 * assertEquals(intersectionArea(square, triangle), 6);
 * ```
 *
 * @category Labels and targets
 */
export function intersectionArea(a: Sweep, b: Sweep): number {
  if (a.length === 0 || b.length === 0) return 0;
  const first: Cursor = { edges: a, next: 0, active: [] };
  const second: Cursor = { edges: b, next: 0, active: [] };
  let column = Math.max(a[0].left, b[0].left);
  let area = 0;
  while (true) {
    advance(first, column);
    advance(second, column);
    // A closed polygon has edges everywhere between its ends.
    if (first.active.length === 0 || second.active.length === 0) break;
    const next = Math.min(nextColumn(first), nextColumn(second));
    const pieces: Piece[] = [];
    for (const edge of first.active) pieces.push(cut(edge, { column, next, second: false }));
    for (const edge of second.active) pieces.push(cut(edge, { column, next, second: true }));
    area += (next - column) * meanLength(pieces);
    column = next;
  }
  return Math.round(area * STEPS) / STEPS;
}

/** Moves the sweep to a column: edges that end there are left, those that start there are entered. */
function advance(cursor: Cursor, column: number): void {
  const { edges, active } = cursor;
  let kept = 0;
  for (const edge of active) {
    if (edge.right > column) active[kept++] = edge;
  }
  active.length = kept;
  while (cursor.next < edges.length && edges[cursor.next].left <= column) {
    const edge = edges[cursor.next++];
    if (edge.right > column) active.push(edge);
  }
}

/** The next column where an edge ends or starts. */
function nextColumn({ edges, next, active }: Cursor): number {
  let column = next < edges.length ? edges[next].left : Infinity;
  for (const edge of active) {
    if (edge.right < column) column = edge.right;
  }
  return column;
}

function cut(
  edge: SweepEdge,
  { column, next, second }: { column: number; next: number; second: boolean },
): Piece {
  return { start: rowAt(edge, column), end: rowAt(edge, next), turn: edge.turn, second };
}

/** The row of an edge at a whole-numbered column: only the division is rounded. */
function rowAt({ left, leftRow, right, rightRow }: SweepEdge, column: number): number {
  return (leftRow * (right - column) + rightRow * (column - left)) / (right - left);
}

/** The mean length of a slab's columns inside both polygons. */
function meanLength(pieces: Piece[]): number {
  sortPieces(pieces);
  for (let at = 1; at < pieces.length; at++) {
    if (pieces[at].end < pieces[at - 1].end) return meanLengthCrossed(pieces);
  }
  return lengthInside(pieces);
}

/** The same where pieces cross: between two crossings, the length in the middle is the mean. */
function meanLengthCrossed(pieces: readonly Piece[]): number {
  const crossings = [0, 1];
  pieces.forEach((upper, at) => {
    for (const lower of pieces.slice(at + 1)) {
      const before = lower.start - upper.start;
      const after = upper.end - lower.end;
      if (before > 0 && after > 0) crossings.push(before / (before + after));
    }
  });
  crossings.sort((a, b) => a - b);
  let mean = 0;
  for (let at = 1; at < crossings.length; at++) {
    const middle = (crossings[at - 1] + crossings[at]) / 2;
    const points = pieces.map(({ start, end, ...piece }) => {
      const row = start + (end - start) * middle;
      return { ...piece, start: row, end: row };
    });
    mean += (crossings[at] - crossings[at - 1]) * lengthInside(sortPieces(points));
  }
  return mean;
}

/** Sorts pieces from the upper to the lower one, by insertion: there are about four. */
function sortPieces(pieces: Piece[]): Piece[] {
  for (let at = 1; at < pieces.length; at++) {
    const piece = pieces[at];
    let to = at;
    for (; to > 0 && isAbove(piece, pieces[to - 1]); to--) pieces[to] = pieces[to - 1];
    pieces[to] = piece;
  }
  return pieces;
}

function isAbove(a: Piece, b: Piece): boolean {
  return a.start < b.start || (a.start === b.start && a.end < b.end);
}

/** The mean length between sorted pieces that do not cross, where both polygons wind around it. */
function lengthInside(pieces: readonly Piece[]): number {
  let first = 0;
  let second = 0;
  let length = 0;
  for (let at = 0; at < pieces.length - 1; at++) {
    const piece = pieces[at];
    if (piece.second) second += piece.turn;
    else first += piece.turn;
    if (first === 0 || second === 0) continue;
    const below = pieces[at + 1];
    length += (below.start - piece.start + below.end - piece.end) / 2;
  }
  return length;
}
