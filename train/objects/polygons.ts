/**
 * Valid polygons of outlines: rings that neither cross nor touch themselves, each with its holes, as
 * OGC's Simple Features and the programs that are built on them (JTS, GEOS, Shapely, QuPath) want them.
 *
 * @module
 */

import type { Loop } from "./contours.ts";

/**
 * A polygon without self-intersection.
 *
 * @category Objects
 */
export interface Polygon {
  /** Its outer ring, clockwise on a screen; the first corner is not repeated. */
  readonly shell: Loop;
  /** Rings of its holes, the other way round; they may touch the shell and each other in points. */
  readonly holes: readonly Loop[];
}

type Corner = Loop[number];

/** Coordinates are in thousandths of a pixel. */
const GRID = 1000;

/**
 * The polygons inside the loops of one object. Corners are rounded to thousandths of a pixel, so that
 * what is valid stays so when it is written with three digits. A loop that comes to a corner twice is
 * split there, and corners at which a loop of rays would cross itself are left out.
 *
 * @param loops Outlines, clockwise on a screen, and holes, the other way round, such as
 *   {@linkcode traceContours} gives.
 * @returns Polygons that touch each other in points at most; none where nothing has an area.
 *
 * @example Two pixels that touch at a corner, and a hole that touches the outside
 * ```ts
 * import { polygonsOf, traceContours } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = { width: 3, height: 3, data: Uint32Array.of(1, 1, 1, 1, 0, 1, 1, 1, 0) };
 * const [{ shell, holes }] = polygonsOf(traceContours(labels).get(1)!);
 * assertEquals(shell, [[0, 0], [3, 0], [3, 2], [2, 2], [2, 3], [0, 3]]);
 * assertEquals(holes, [[[2, 2], [2, 1], [1, 1], [1, 2]]]);
 * ```
 *
 * @category Objects
 */
export function polygonsOf(loops: readonly Loop[]): Polygon[] {
  const rings = loops.flatMap((loop) => {
    const corners = loop.map(([x, y]): Corner => [Math.round(GRID * x), Math.round(GRID * y)]);
    return isTraced(corners) ? cyclesOf(corners) : cyclesOf(withoutCrossings(corners));
  });
  const shells = rings.filter((ring) => doubleArea(ring) > 0)
    .map((ring) => ({ ring, area: doubleArea(ring), holes: [] as Loop[] }))
    .toSorted((a, b) => a.area - b.area);
  for (const hole of rings.filter((ring) => doubleArea(ring) < 0)) {
    // The smallest shell around the pixel outside of a hole is that of the object it is in.
    const beside = besideOf(hole);
    shells.find(({ ring }) => isInside(beside, ring))?.holes.push(inPixels(hole));
  }
  const ordered = rings.flatMap((ring) => shells.filter((shell) => shell.ring === ring));
  return ordered.map(({ ring, holes }) => ({ shell: inPixels(ring), holes }));
}

/** The area of a polygon in pixels, without its holes. */
export function areaOf({ shell, holes }: Polygon): number {
  return [shell, ...holes].reduce((sum, loop) => sum + doubleArea(loop) / 2, 0);
}

/** Twice the area of a loop, negative for a hole, which runs the other way round. */
export function doubleArea(loop: Loop): number {
  return loop.reduce((sum, [x, y], at) => {
    const [nextX, nextY] = loop[at + 1] ?? loop[0];
    return sum + x * nextY - nextX * y;
  }, 0);
}

function inPixels(ring: Loop): Loop {
  return ring.map(([x, y]) => [x / GRID, y / GRID] as const);
}

/** Whether a loop follows the edges of pixels: it may touch itself, but never crosses itself. */
function isTraced(loop: Loop): boolean {
  return loop.every(([x, y], at) => {
    const [nextX, nextY] = loop[at + 1] ?? loop[0];
    return x === nextX || y === nextY;
  });
}

/** Parts of a loop between visits of a corner, each a ring of its own; those without area are left out. */
function cyclesOf(loop: Loop): Loop[] {
  const cycles: Loop[] = [];
  const path: Corner[] = [];
  const places = new Map<string, number>();
  const close = (from: number) => {
    const cycle = path.splice(from);
    for (const corner of cycle) places.delete(String(corner));
    if (cycle.length > 2 && doubleArea(cycle) !== 0) cycles.push(cycle);
  };
  for (const corner of loop) {
    const before = places.get(String(corner));
    if (before !== undefined) close(before);
    places.set(String(corner), path.length);
    path.push(corner);
  }
  close(0);
  return cycles;
}

/** A loop of a few corners without those whose sides cross or touch other sides. */
function withoutCrossings(loop: Loop): Loop {
  let left = loop.filter((corner, at) => String(corner) !== String(loop.at(at - 1)));
  while (left.length > 2) {
    const involved = crossingCorners(left);
    if (involved.size === 0) break;
    // What changes the area least goes first.
    const cost = (at: number) =>
      Math.abs(doubleArea([left.at(at - 1)!, left[at], left[at + 1] ?? left[0]]));
    const least = [...involved].reduce((a, b) => cost(b) < cost(a) ? b : a);
    left = left.filter((_, at) => at !== least);
  }
  return left;
}

/** The corners of sides that meet others anywhere but in a corner that both have. */
function crossingCorners(loop: Loop): Set<number> {
  const count = loop.length;
  const involved = new Set<number>();
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      const corners = [i, (i + 1) % count, j, (j + 1) % count];
      const [a, b, c, d] = corners.map((at) => loop[at]);
      // Neighbours have a corner in common; they must not run back on each other.
      const meets = corners[1] === j && (isOn(d, [a, b]) || isOn(a, [c, d])) ||
        corners[3] === i && (isOn(c, [a, b]) || isOn(b, [c, d])) ||
        corners[1] !== j && corners[3] !== i && doMeet([a, b], [c, d]);
      if (meets) corners.forEach((corner) => involved.add(corner));
    }
  }
  return involved;
}

type Side = readonly [Corner, Corner];

/** On which side of a line a point is: the sign of a cross product, exact for whole numbers. */
function turn([[ax, ay], [bx, by]]: Side, [x, y]: Corner): number {
  return Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));
}

function isOn(point: Corner, side: Side): boolean {
  const [[ax, ay], [bx, by]] = side;
  const [x, y] = point;
  return turn(side, point) === 0 && x >= Math.min(ax, bx) && x <= Math.max(ax, bx) &&
    y >= Math.min(ay, by) && y <= Math.max(ay, by);
}

function doMeet(a: Side, b: Side): boolean {
  if (turn(a, b[0]) * turn(a, b[1]) < 0 && turn(b, a[0]) * turn(b, a[1]) < 0) return true;
  return isOn(b[0], a) || isOn(b[1], a) || isOn(a[0], b) || isOn(a[1], b);
}

/** The centre of the pixel that is outside of a hole, at the beginning of its first side. */
function besideOf([[x, y], [nextX, nextY]]: Loop): Corner {
  const [right, down] = [Math.sign(nextX - x), Math.sign(nextY - y)];
  const half = GRID / 2;
  return [x + half * (right - down), y + half * (down + right)];
}

/** Whether a point that is on no side is inside a ring: whether a ray to the right leaves it. */
function isInside([x, y]: Corner, ring: Loop): boolean {
  let inside = false;
  ring.forEach(([ax, ay], at) => {
    const [bx, by] = ring[at + 1] ?? ring[0];
    if (ay > y !== by > y && x < ax + (y - ay) * (bx - ax) / (by - ay)) inside = !inside;
  });
  return inside;
}
