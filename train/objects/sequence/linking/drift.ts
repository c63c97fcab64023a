/**
 * The motion that all objects of a frame have in common, from their places alone, and how far each goes
 * besides.
 *
 * Every pair of objects of two frames votes for the way between them. Ways that belong to nothing lie
 * anywhere, those of a common drift lie together; the drift is taken where clearly more pairs agree on it
 * than on standing still. It is then made exact as the median way of the pairs that are each other's
 * nearest.
 *
 * @module
 */

import type { Shift } from "../../../images/image.ts";
import { cellKey, type Point, PointGrid } from "./point_grid.ts";
import { medianOf } from "../seen_object.ts";

/**
 * How objects go from one frame to the next.
 *
 * @category Sequences
 */
export interface Motion {
  /** The way that all have in common. */
  readonly drift: Shift;
  /** The median distance that an object goes besides; NaN where no pair is known. */
  readonly step: number;
}

/** Fewer pairs than these do not show whether the frame moved or its objects. */
const FEWEST_PAIRS = 4;
/** Objects that go less than this share of the distance between them have not drifted far. */
const SMALL_STEP = 0.15;
/** How far drift is looked for, in distances between objects. */
const DRIFT_REACH = 3;

/**
 * The motion from one frame to the next.
 *
 * @param before Where objects were.
 * @param after Where objects are.
 * @param size Their typical diameter, and the frame; the drift where it is known otherwise.
 * @category Sequences
 */
export function motionBetween(
  before: readonly Point[],
  after: readonly Point[],
  size: { diameter: number; width: number; height: number; known?: Shift },
): Motion {
  const { known: still = { y: 0, x: 0 } } = size;
  if (before.length === 0 || after.length === 0) return { drift: still, step: NaN };
  if (size.known) {
    const ways = nearestPairs(before, after, still);
    return {
      drift: still,
      step: medianOf(ways.map(({ y, x }) => Math.hypot(y - still.y, x - still.x))),
    };
  }
  const spacing = Math.sqrt(size.width * size.height / after.length);
  const atRest = refined(before, after, still);
  // Where objects stay near their places, nothing else is looked for.
  if (atRest.step < SMALL_STEP * spacing) return atRest;
  const grid = new PointGrid(after, spacing);
  const reach = Math.min(
    DRIFT_REACH * Math.max(spacing, size.diameter),
    Math.min(size.width, size.height) / 2,
  );
  const bin = Math.max(1, size.diameter / 4);
  const voted = votedShift(before, grid, { after, reach, bin });
  return voted === null ? atRest : refined(before, after, voted);
}

/** A drift made exact, and the step besides. */
function refined(before: readonly Point[], after: readonly Point[], voted: Shift): Motion {
  let drift = voted;
  let pairs = nearestPairs(before, after, drift);
  for (let turn = 0; turn < 2 && pairs.length >= FEWEST_PAIRS; turn++) {
    drift = { y: medianOf(pairs.map(({ y }) => y)), x: medianOf(pairs.map(({ x }) => x)) };
    pairs = nearestPairs(before, after, drift);
  }
  const steps = pairs.map(({ y, x }) => Math.hypot(y - drift.y, x - drift.x));
  return { drift, step: medianOf(steps) };
}

/** The way that most pairs agree on; null where hardly more agree than on standing still. */
function votedShift(
  before: readonly Point[],
  grid: PointGrid,
  { after, reach, bin }: { after: readonly Point[]; reach: number; bin: number },
): Shift | null {
  if (Math.min(before.length, after.length) < FEWEST_PAIRS) return null;
  const votes = new Map<number, { row: number; column: number; count: number }>();
  for (const point of before) {
    for (const { index } of grid.near(point, reach)) {
      const row = Math.round((after[index].y - point.y) / bin);
      const column = Math.round((after[index].x - point.x) / bin);
      const key = cellKey(row, column);
      const known = votes.get(key);
      if (known) known.count++;
      else votes.set(key, { row, column, count: 1 });
    }
  }
  const around = (row: number, column: number) => {
    let count = 0;
    for (const down of [-1, 0, 1]) {
      for (const right of [-1, 0, 1]) {
        count += votes.get(cellKey(row + down, column + right))?.count ?? 0;
      }
    }
    return count;
  };
  const atRest = around(0, 0);
  let best = { row: 0, column: 0, count: atRest };
  for (const { row, column } of votes.values()) {
    const count = around(row, column);
    const isNearer = count === best.count &&
      Math.hypot(row, column) < Math.hypot(best.row, best.column);
    if (count > best.count || isNearer) best = { row, column, count };
  }
  const isClear = best.count >= atRest + 3 * Math.sqrt(atRest + 1) &&
    2 * best.count >= Math.min(before.length, after.length);
  return isClear ? { y: best.row * bin, x: best.column * bin } : null;
}

/** The ways of objects that are each other's nearest once the drift is taken off. */
function nearestPairs(before: readonly Point[], after: readonly Point[], drift: Shift): Shift[] {
  const moved = before.map(({ y, x }) => ({ y: y + drift.y, x: x + drift.x }));
  const forth = nearestOf(moved, after);
  const back = nearestOf(after, moved);
  return before.flatMap(({ y, x }, i) => {
    const j = forth[i];
    return j >= 0 && back[j] === i ? [{ y: after[j].y - y, x: after[j].x - x }] : [];
  });
}

/** For each point the nearest of others, or −1 without any. */
function nearestOf(points: readonly Point[], others: readonly Point[]): number[] {
  if (others.length === 0) return points.map(() => -1);
  const [ys, xs] = [others.map(({ y }) => y), others.map(({ x }) => x)];
  const extent = (values: readonly number[]) =>
    values.reduce((most, v) => Math.max(most, v), -Infinity) -
    values.reduce((least, v) => Math.min(least, v), Infinity);
  const side = Math.max(1, Math.sqrt((extent(ys) + 1) * (extent(xs) + 1) / others.length));
  const grid = new PointGrid(others, side);
  return points.map((point) => {
    // The reach doubles until something is in it; beyond the fourth time nothing is a neighbour.
    for (let reach = side; reach <= 16 * side; reach *= 2) {
      const found = grid.nearest(point, reach);
      if (found) return found.index;
    }
    return -1;
  });
}
