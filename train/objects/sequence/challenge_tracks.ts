/**
 * Tracks as the Cell Tracking Challenge wants them: none has a gap. A track that goes on after a gap is a new
 * one there, which descends from the one before.
 *
 * @module
 */

import type { LabelImage } from "../../images/image.ts";
import type { ChallengeTrack } from "./track_tables.ts";

/**
 * A frame whose labels are tracks.
 *
 * @category Sequences
 */
export interface NumberedFrame extends LabelImage {
  /** When it was taken. */
  readonly time: number;
  /** Its objects. */
  readonly objects: readonly { readonly track: number }[];
}

/**
 * Numbers tracks as the challenge does, frame by frame.
 *
 * @category Sequences
 */
export class ChallengeTracks {
  readonly #tracks: { track: number; first: number; last: number; parent: number }[] = [];
  /** The newest part of each track. */
  readonly #parts = new Map<
    number,
    { track: number; first: number; last: number; parent: number }
  >();

  /**
   * Numbers the objects of the next frame.
   *
   * @param parentOf The track that a track descends from, 0 for none.
   * @returns The frame with the challenge's numbers.
   */
  add(frame: NumberedFrame, parentOf: (track: number) => number): LabelImage {
    const { time, objects, width, height } = frame;
    const numbers = new Map<number, number>();
    for (const { track } of objects) {
      const part = this.#parts.get(track);
      if (part && part.last === time - 1) {
        part.last = time;
        numbers.set(track, part.track);
        continue;
      }
      const parent = part ?? this.#parts.get(parentOf(track));
      const number = this.#tracks.length + 1;
      const next = { track: number, first: time, last: time, parent: parent?.track ?? 0 };
      this.#tracks.push(next);
      this.#parts.set(track, next);
      numbers.set(track, number);
    }
    // Pixels that are to be ignored are none of an object.
    return { width, height, data: frame.data.map((track) => numbers.get(track) ?? 0) };
  }

  /** The tracks so far, in the order of their numbers. */
  get tracks(): readonly ChallengeTrack[] {
    return this.#tracks;
  }
}
