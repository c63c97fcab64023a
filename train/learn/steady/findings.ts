/**
 * What the parts of making a video steady find, as plain JSON.
 *
 * @module
 */

import type { MovieFacts } from "../../images/quality/movie_facts.ts";
import type { IntensityRange } from "../../images/normalize.ts";
import type { Candidates, Choice } from "./choose.ts";
import type { Judgement } from "./judge.ts";

/** What was seen in the video. */
export interface Seen {
  /** What the movie is like. */
  readonly movie: MovieFacts;
  /** The intensities that become 0 and 1. */
  readonly range: IntensityRange;
  /** Frames that are left out of the range, from 0. */
  readonly stray: readonly number[];
  /** The gain at which it is seen. */
  readonly exposure: number;
  /** First frames of the pairs on which models are compared. */
  readonly pairs: readonly number[];
  /** What the unadapted model is worth there. */
  readonly unadapted: Judgement;
  /** Seconds that a megapixel took. */
  readonly secondsPerMegapixel: number;
  /** What a user should know. */
  readonly warnings: readonly string[];
  /** What it is like, in words. */
  readonly described: readonly string[];
}

/** What came of adapting. */
export interface Adapted {
  /** Why the model is not adapted; null where it was. */
  readonly left: string | null;
  /** What the collapse alarm said; null if it was silent. */
  readonly alarm: string | null;
}

/** Which model was taken. */
export interface Chosen extends Choice {
  /** The judgements that it rests on; null where there was nothing to choose from. */
  readonly candidates: Candidates | null;
}
