/**
 * Non-maximum suppression of candidates: the same as of their polygons, most of which are never made.
 *
 * Of the candidates of one object nearly all hold the core of the most probable one (see `core.ts`). So each is
 * asked about the first candidate near which it lies. Those that hold its core are set aside, and only the others
 * are compared in full. If all those that somebody was set aside for are kept, that is the answer: who was set
 * aside would have been suppressed, and so would have suppressed nobody. If one is not, its candidates are
 * compared after all.
 *
 * @module
 */

import { boundingBoxes } from "./box_index.ts";
import type { Candidates } from "./candidates.ts";
import { Core } from "./core.ts";
import { polygonFiller, wholePolygons } from "./polygons.ts";
import { suppressPolygons } from "./suppression.ts";

/** As a share of its rays, how near to a candidate others lie that are asked about it. */
const NEAR = 0.75;
/** The most cells of the map of who is near, for each candidate. */
const CELLS_PER_CANDIDATE = 4;

/**
 * Chooses among candidates as {@linkcode suppressPolygons} does among their polygons.
 *
 * @param candidates Candidates, the most probable one first.
 * @param options.threshold A candidate is suppressed when it overlaps a more probable one by more than this.
 * @returns The indices of those kept, ascending.
 * @throws {RangeError} If the threshold is no number.
 */
export function suppressCandidates(
  candidates: Candidates,
  { threshold }: { threshold: number },
): Uint32Array<ArrayBuffer> {
  const { rays } = candidates;
  const holders = findHolders(candidates, threshold);
  for (;;) {
    const compared = holders.filter((holder, index) => holder === index);
    // Where most are compared anyway, as of a network that has learned little, all are at once.
    if (2 * compared.length > holders.length) {
      return suppressPolygons(wholePolygons(candidates), { rays, threshold });
    }
    const polygons = wholePolygons(candidates, compared);
    const kept = suppressPolygons(polygons, { rays, threshold }).map((place) => compared[place]);
    if (freeOthers(holders, kept) === 0) return kept;
  }
}

/** Makes candidates their own holders whose holder is not kept; gives how many there are. */
function freeOthers(holders: Uint32Array, kept: Uint32Array): number {
  const isKept = new Uint8Array(holders.length);
  for (const index of kept) isKept[index] = 1;
  let freed = 0;
  for (let index = 0; index < holders.length; index++) {
    if (holders[index] === index || isKept[holders[index]]) continue;
    holders[index] = index;
    freed++;
  }
  return freed;
}

/** For each candidate a more probable one whose core it surely holds; itself where none was found. */
function findHolders(candidates: Candidates, threshold: number): Uint32Array<ArrayBuffer> {
  const holders = nearestBefore(candidates);
  const { count, rays } = candidates;
  // The candidates of each holder in a list; none is candidate 0, so that 0 ends it.
  const [firsts, next] = [new Uint32Array(count), new Uint32Array(count)];
  for (let index = count - 1; index > 0; index--) {
    if (holders[index] === index) continue;
    next[index] = firsts[holders[index]];
    firsts[holders[index]] = index;
  }
  const asked = Uint32Array.from(firsts.keys()).filter((index) => firsts[index] > 0);
  const polygons = wholePolygons(candidates, asked);
  const boxes = boundingBoxes(polygons, rays);
  const core = new Core();
  const fill = polygonFiller(candidates);
  const size = 2 * rays;
  const other = new Int32Array(size);
  asked.forEach((holder, i) => {
    const place = { from: size * i, to: size * (i + 1), boxes, box: 4 * i };
    const hasCore = core.take(polygons, { ...place, share: threshold });
    for (let index = firsts[holder]; index > 0; index = next[index]) {
      if (hasCore) fill(other, 0, index);
      if (!hasCore || !core.isIn(other, 0, size)) holders[index] = index;
    }
  });
  return holders;
}

/** For each candidate the most probable one near which it lies; itself if there is none before it. */
function nearestBefore({ count, rays, points, dist }: Candidates): Uint32Array<ArrayBuffer> {
  const holders = new Uint32Array(count);
  let [top, left, bottom, right] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < 2 * count; at += 2) {
    top = Math.min(top, points[at]);
    bottom = Math.max(bottom, points[at]);
    left = Math.min(left, points[at + 1]);
    right = Math.max(right, points[at + 1]);
  }
  if (count === 0) return holders;
  const [height, width] = [bottom - top + 1, right - left + 1];
  const side = Math.ceil(Math.sqrt(height * width / (CELLS_PER_CANDIDATE * count)));
  const [rows, columns] = [Math.ceil(height / side), Math.ceil(width / side)];
  /** One more than the index of the candidate to which a cell is near. */
  const map = new Uint32Array(rows * columns);
  const quarter = rays >> 2;
  for (let index = 0; index < count; index++) {
    const row = points[2 * index] - top;
    const column = points[2 * index + 1] - left;
    const cell = Math.floor(row / side) * columns + Math.floor(column / side);
    if (map[cell] > 0) {
      holders[index] = map[cell] - 1;
      continue;
    }
    holders[index] = index;
    // Rays go to the right, down, to the left and up.
    const reach = (turn: number) => NEAR * dist[index * rays + turn * quarter];
    const lastRow = Math.min(rows - 1, Math.floor((row + reach(1)) / side));
    const lastColumn = Math.min(columns - 1, Math.floor((column + reach(0)) / side));
    const firstColumn = Math.max(0, Math.floor((column - reach(2)) / side));
    for (let y = Math.max(0, Math.floor((row - reach(3)) / side)); y <= lastRow; y++) {
      for (let x = firstColumn; x <= lastColumn; x++) map[y * columns + x] ||= index + 1;
    }
  }
  return holders;
}
