/**
 * Votes over time: how sure the frames around it are of an object. A score that one frame alone gives is
 * an accident; one that its neighbours give too is not.
 *
 * An object is linked to its partner in the next frame where each is the other's best and their
 * intersection over union is at least 0.3. Its vote is the weighted mean of the scores along its chain
 * over two frames each way, with weights 1, 0.7 and 0.4 and 0 where the chain breaks. Frames beyond the
 * ends of the sequence have no say, nor do those beyond a gap, where frames are missing.
 *
 * @module
 */

import { type Overlap, overlapOf, pairScore } from "../overlap.ts";
import { areNeighbours, type TimedFrame } from "./timed_frame.ts";

/** From this intersection over union on, best partners are linked. */
const LINK_IOU = 0.3;
/** The weight of a score by how many frames it is away. */
const WEIGHTS = [1, 0.7, 0.4];
const REACH = WEIGHTS.length - 1;

/**
 * A frame whose objects have scores.
 *
 * @category Sequences
 */
export interface ScoredFrame extends TimedFrame {
  /** How sure the frame itself is of each object, by its id; from 0 to 1. */
  readonly scores: ReadonlyMap<number, number>;
}

/**
 * What was found of a frame's objects.
 *
 * @category Sequences
 */
export interface Voted {
  /** The vote for each object, by its id; from 0 to 1. */
  readonly votes: ReadonlyMap<number, number>;
}

/** A frame on its way through the window. */
interface Held<F> {
  readonly frame: F;
  /** Partners in the frame before, by id. */
  readonly before: ReadonlyMap<number, number>;
  /** Partners in the frame after, by id; known once that frame is there. */
  after: ReadonlyMap<number, number>;
}

/**
 * Votes on the objects of frames in the order of time, as they come; at most five are in memory.
 *
 * @returns The frames in their order, with the votes.
 * @throws {RangeError} If the sizes of frames differ.
 *
 * @example An object that two of three frames are sure of
 * ```ts
 * import { votesOver } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const frames = [0.9, 0.2, 0.9].map((score) => ({
 *   ...{ width: 2, height: 1, data: Uint32Array.of(0, 4) },
 *   scores: new Map([[4, score]]),
 * }));
 * const voted = await Array.fromAsync(votesOver(frames));
 * assertEquals(voted.map(({ votes }) => votes.get(4)!.toFixed(2)), ["0.67", "0.61", "0.67"]);
 * ```
 *
 * @category Sequences
 */
export async function* votesOver<F extends ScoredFrame>(
  frames: AsyncIterable<F> | Iterable<F>,
): AsyncGenerator<F & Voted> {
  const window: Held<F>[] = [];
  let next = 0;
  for await (const frame of frames) {
    if (window.length > 0 && !areNeighbours(window.at(-1)!.frame, frame)) {
      for (; next < window.length; next++) yield voted(window, next);
      window.length = next = 0;
    }
    const last = window.at(-1);
    const links = last ? linksOf(overlapOf(last.frame, frame)) : new Map<number, number>();
    if (last) last.after = links;
    window.push({ frame, before: inverted(links), after: new Map() });
    if (window.length > next + REACH) {
      yield voted(window, next++);
      if (next > REACH) {
        window.shift();
        next--;
      }
    }
  }
  for (; next < window.length; next++) yield voted(window, next);
}

function voted<F extends ScoredFrame>(window: readonly Held<F>[], at: number): F & Voted {
  const { frame } = window[at];
  const votes = new Map<number, number>();
  for (const [id, own] of frame.scores) {
    let sum = WEIGHTS[0] * own;
    let weight = WEIGHTS[0];
    for (const step of [-1, 1]) {
      let partner: number | undefined = id;
      for (let away = 1; away <= REACH; away++) {
        const other = window[at + step * away];
        if (!other) break;
        weight += WEIGHTS[away];
        const here: Held<F> = window[at + step * (away - 1)];
        if (partner !== undefined) partner = (step < 0 ? here.before : here.after).get(partner);
        if (partner !== undefined) sum += WEIGHTS[away] * (other.frame.scores.get(partner) ?? 0);
      }
    }
    votes.set(id, sum / weight);
  }
  return { ...frame, votes };
}

/** Partners of the first frame's objects in the second, by id. */
function linksOf(overlap: Overlap): Map<number, number> {
  const { first, second, pairs } = overlap;
  const scored = pairs.map((pair) => ({ ...pair, iou: pairScore(overlap, pair) }));
  const best = (side: "first" | "second") => {
    const found = new Map<number, (typeof scored)[number]>();
    for (const pair of scored) {
      const known = found.get(pair[side]);
      if (!known || pair.iou > known.iou) found.set(pair[side], pair);
    }
    return found;
  };
  const [ofFirst, ofSecond] = [best("first"), best("second")];
  return new Map(
    [...ofFirst.values()]
      .filter((pair) => pair.iou >= LINK_IOU && ofSecond.get(pair.second) === pair)
      .map((pair) => [first.ids[pair.first], second.ids[pair.second]]),
  );
}

function inverted(links: ReadonlyMap<number, number>): Map<number, number> {
  return new Map([...links].map(([a, b]) => [b, a]));
}
