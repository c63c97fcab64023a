/**
 * The filter by votes: removes objects of which the frames around them are not sure. Where the temporal
 * filter asks one neighbour for one pixel, this asks up to four frames how sure they are of the same
 * object, so what flickers at the edge of being seen stays or goes in all of them alike.
 *
 * @module
 */

import type { LabelImage } from "../../images/image.ts";
import { objectMeans } from "../object_means.ts";
import type { FilterCounts } from "./temporal_filter.ts";
import { type ScoredFrame, votesOver } from "./votes.ts";

/**
 * The vote from which an object stays, unless told otherwise; chosen on HeLa nuclei.
 *
 * @category Sequences
 */
export const DEFAULT_VOTE = 0.45;

/**
 * Removes the objects of label images whose vote is too small, see {@linkcode votesOver}.
 *
 * @param frames Label images of one size with scores, in the order of time; an id without a score is
 *   removed. Whatever else they carry comes out with them; they are not changed.
 * @param options.vote From which vote on an object stays, from 0 to 1.
 * @returns One label image for each, ids as they were, with what was removed.
 * @throws {RangeError} If the vote makes no sense, or sizes differ.
 *
 * @example An object that only one of three frames shows
 * ```ts
 * import { filterByVotes } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const frames = [[1, 0, 0], [1, 0, 2], [1, 0, 0]].map((ids) => ({
 *   ...{ width: 3, height: 1, data: Uint32Array.from(ids) },
 *   scores: new Map([[1, 1], [2, 1]]),
 * }));
 * const filtered = await Array.fromAsync(filterByVotes(frames));
 * assertEquals(filtered.map(({ data }) => [...data]), [[1, 0, 0], [1, 0, 0], [1, 0, 0]]);
 * ```
 *
 * @category Sequences
 */
export function filterByVotes<F extends ScoredFrame>(
  frames: AsyncIterable<F> | Iterable<F>,
  { vote = DEFAULT_VOTE }: { vote?: number } = {},
): AsyncGenerator<F & FilterCounts> {
  if (!(vote >= 0 && vote <= 1)) {
    throw new RangeError(`Cannot filter labels: vote is ${vote}, expected a number from 0 to 1`);
  }
  return voted(frames, vote);
}

async function* voted<F extends ScoredFrame>(
  frames: AsyncIterable<F> | Iterable<F>,
  vote: number,
): AsyncGenerator<F & FilterCounts> {
  for await (const frame of votesOver(frames)) {
    const stays = (id: number) => (frame.votes.get(id) ?? -1) >= vote;
    const ids = new Set(frame.data);
    ids.delete(0);
    const dropped = new Set([...ids].filter((id) => !stays(id)));
    const data = frame.data.map((id) => dropped.has(id) ? 0 : id);
    yield { ...frame, data, dropped: dropped.size, filled: 0 };
  }
}

/**
 * How sure a probability map is of the objects of a label image: the mean within each.
 *
 * @param probability As many values as the label image has pixels; without one all objects score 1.
 * @category Sequences
 */
export function objectScores(
  labels: LabelImage,
  probability?: ArrayLike<number>,
): Map<number, number> {
  return objectMeans(labels, probability ?? new Uint8Array(labels.data.length).fill(1));
}
