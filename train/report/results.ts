/**
 * What was measured of the models of a run: plain data, from which table and report are made.
 *
 * @module
 */

import type { LabelImage } from "../images/image.ts";
import type { Stage } from "../learn/stages.ts";
import type { Evaluation } from "../objects/scores/evaluate.ts";
import type { Rival, TrackReportData } from "./data.ts";

/**
 * Average precision (accuracy) of objects over a set of images.
 *
 * @category Results
 */
export interface Precision {
  /** At IoU 0.5. */
  readonly ap50: number;
  /** Mean over {@linkcode IOU_THRESHOLDS}. */
  readonly meanAp: number;
  /** At each of {@linkcode IOU_THRESHOLDS}. */
  readonly accuracies: readonly number[];
}

/**
 * What one model achieved.
 *
 * @category Results
 */
export interface ModelResults {
  /** The exposure of the video; 1 unless told. */
  readonly exposure?: number;
  /** Precision on the held-back stills; null where none are held back. */
  readonly stills: Precision | null;
  /** Measures on the first video; null without one. */
  readonly video: Evaluation | null;
  /** The same after the temporal filter; null without a video, or if it was not asked for. */
  readonly filtered: Evaluation | null;
  /** The same for other ways to look at the video, as far as they were asked for. */
  readonly rivals?: Readonly<Partial<Record<Exclude<Rival, "filtered">, Evaluation>>>;
  /** How many objects it finds on the video, and their median diameter; left out without one. */
  readonly sizes?: { readonly median: number | null; readonly objects: number };
  /** What its tuned decoding is, and what it finds untuned; null where nothing is tuned. */
  readonly tuned: TunedResults | null;
  /** Its tracks on the video; left out where they were not asked for. */
  readonly tracked?: TrackReportData;
  /** Label images of the frames that the report shows, by frame index. */
  readonly shown: ReadonlyMap<number, LabelImage>;
  /** The labels of the frame that the report compares with the truth; null without truth. */
  readonly judged: { readonly index: number; readonly labels: LabelImage } | null;
}

/**
 * What is measured of a model whose decoding is tuned, such as StarDist's thresholds.
 *
 * @category Results
 */
export interface TunedResults {
  /** The decoding that was picked on the validation stills. */
  readonly decode: object;
  /** Precision on the held-back stills with the decoding that was not tuned. */
  readonly fixedStills: Precision | null;
  /** Precision on the frames with truth with the decoding that was not tuned. */
  readonly fixedVideo: Precision | null;
}

/**
 * Results of every model of one seed.
 *
 * @category Results
 */
export type SeedResults = Readonly<Partial<Record<Stage, ModelResults>>>;
