/**
 * What a run report is made from: plain data, no tensors and no files.
 *
 * @module
 */

import type { LabelImage, Plane } from "../images/image.ts";
import type { TrackRecord } from "../objects/sequence/track_record.ts";
import type { Stage } from "../learn/stages.ts";

/**
 * The three trained models of a run. The control gets the same extra steps, but no consistency.
 *
 * @category Results
 */
export type ModelName = Stage;

/**
 * What the control (the baseline, if there is none) gives without any training: at exposure 1, after the
 * temporal filter, after votes of the frames around each, and with several views averaged.
 *
 * @category Results
 */
export type Rival = "plain" | "filtered" | "voted" | "views";

/**
 * Whatever gives labels for a frame: a model, one that was not trained further, the truth.
 *
 * @category Results
 */
export type LabelSource = ModelName | Rival | "truth";

/** One line of a training plot. */
export interface CurveSeries {
  /** What was measured. Series of one name share a plot; the names in `curves.ts` get a caption. */
  readonly name: string;
  /** The model it was measured on. Several series of one model (seeds) are drawn alike. */
  readonly model: ModelName;
  /** `[training step, value]`, in order of steps. Values that are not finite leave a gap. */
  readonly points: readonly (readonly [step: number, value: number])[];
}

/**
 * A measured value over the seeds.
 *
 * @category Results
 */
export interface Measured {
  /** Mean over the seeds, or the only value. */
  readonly mean: number;
  /** Standard deviation over the seeds; left out for one seed. */
  readonly sd?: number;
}

/**
 * One measure of the results table.
 *
 * @category Results
 */
export interface TableColumn {
  /** The key of its values in {@linkcode TableRow.values}. */
  readonly key: string;
  /** The name shown, such as "Area change". */
  readonly label: string;
  /** Which values are better: a direction, or those nearest to the truth's. Nothing: no best. */
  readonly better?: "higher" | "lower" | "truth";
  /** The unit, such as "%" or "objects". */
  readonly unit?: string;
  /** Digits after the decimal point; 3 if left out. */
  readonly digits?: number;
  /** One sentence that explains the measure to a biologist. */
  readonly about?: string;
  /** Heading shared by neighbouring measures, such as "Accuracy" and "Flicker". */
  readonly group?: string;
  /** Also show it in large type at the top of the page. */
  readonly headline?: boolean;
}

/**
 * The results of one model, or of the truth.
 *
 * @category Results
 */
export interface TableRow {
  /** Whose results these are. */
  readonly source: LabelSource;
  /** The values by {@linkcode TableColumn.key}; what is missing was not measured. */
  readonly values: Readonly<Record<string, Measured | undefined>>;
}

/**
 * The results table: measures, and their values by model.
 *
 * @category Results
 */
export interface ResultsTable {
  /** The measures, in the order shown. */
  readonly columns: readonly TableColumn[];
  /** The models, and the truth where it is known, in any order. */
  readonly rows: readonly TableRow[];
  /** What to know when comparing them. */
  readonly notes?: readonly string[];
}

/** One video frame with the labels that are known for it. */
export interface FrameView {
  /** The frame's number in the video. Frames with consecutive numbers are shown in one strip. */
  readonly index: number;
  /** The picture. */
  readonly image: Plane;
  /** Label images of the size of `image`. */
  readonly labels: Readonly<Partial<Record<LabelSource, LabelImage>>>;
}

/** Average precision at one threshold. */
export interface PrecisionPoint {
  /** The intersection over union from which on an object counts as found. */
  readonly iou: number;
  /** True positives as a share of true positives, false positives and misses. */
  readonly precision: Measured;
}

/** Average precision over thresholds by model, in ascending order of the thresholds. */
export type PrecisionCurves = Readonly<Partial<Record<ModelName, readonly PrecisionPoint[]>>>;

/** A number per frame of the video and source; NaN where a frame has none. */
export type PerFrame = Readonly<Partial<Record<LabelSource, readonly number[]>>>;

/**
 * A frame to draw: labels with the picture beneath, if there is one.
 *
 * @category Results
 */
export interface ShownFrame {
  /** When it was taken. */
  readonly time: number;
  /** Labels whose numbers are tracks. */
  readonly labels: LabelImage;
  /** The first channel of its image. */
  readonly image: Plane | null;
  /** Tracks that were put back in it. */
  readonly putBack: ReadonlySet<number>;
}

/**
 * Frames around something that happens, and where.
 *
 * @category Results
 */
export interface EventStrip {
  /** What it is. */
  readonly kind: "division" | "put back";
  /** The tracks it happens to; a mother first. */
  readonly tracks: readonly number[];
  /** The part of frames around it. */
  readonly window: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
  /** The frames. */
  readonly frames: readonly ShownFrame[];
}

/**
 * A track over time.
 *
 * @category Results
 */
export interface TrackSeries {
  /** The track. */
  readonly track: number;
  /** Frame and area in pixels. */
  readonly areas: readonly (readonly [number, number])[];
  /** Frame and mean of the first channel; empty without images. */
  readonly means: readonly (readonly [number, number])[];
}

/**
 * What the report shows.
 *
 * @category Results
 */
export interface TrackReportData {
  /** What was tracked. */
  readonly title: string;
  /** All tracks. */
  readonly tracks: readonly TrackRecord[];
  /** Frames in all. */
  readonly frames: number;
  /** Objects that were put back. */
  readonly putBack: number;
  /** Objects that were dropped; left out where that was not asked for. */
  readonly dropped?: number;
  /** Typical step in pixels besides the drift; null where none is known. */
  readonly step: number | null;
  /** The first, middle and last frame. */
  readonly shown: readonly ShownFrame[];
  /** Divisions and objects that were put back. */
  readonly events: readonly EventStrip[];
  /** Some long tracks. */
  readonly series: readonly TrackSeries[];
}

/** Everything a report shows. */
export interface ReportData {
  /** The page's title, such as the name of the run or the video. */
  readonly title: string;
  /** When the run ended, as it is to be shown. */
  readonly created: string;
  /** All settings of the run, nested as in its configuration file. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Versions by program, such as `{ kymo: "0.1.0", deno: "2.9.6" }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** The GPU adapter the run was computed on. */
  readonly adapter: string;
  /** Seeds of the runs that the table summarises. */
  readonly seeds: readonly number[];
  /** The training plots. */
  readonly curves: readonly CurveSeries[];
  /** The results table. */
  readonly table: ResultsTable;
  /** Average precision over thresholds, by what it was measured on. */
  readonly precision: {
    /** On the held-back stills. */
    readonly stills?: PrecisionCurves;
    /** On the frames of the video that have truth. */
    readonly video?: PrecisionCurves;
  };
  /** A frame per seed, with truth and the labels of that seed's models; the first one is drawn. */
  readonly judged: readonly FrameView[];
  /** A few frames, best three consecutive ones. */
  readonly frames: readonly FrameView[];
  /** Tracks of what each model finds in the video; left out or empty where they were not asked for. */
  readonly tracks?: readonly { readonly stage: Stage; readonly tracked: TrackReportData }[];
  /** Foreground pixels per frame of the video. */
  readonly area: PerFrame;
  /** Number of objects per frame of the video. */
  readonly objects: PerFrame;
  /** Warnings, such as a collapse alarm, shown at the top of the page. */
  readonly notes: readonly string[];
}
