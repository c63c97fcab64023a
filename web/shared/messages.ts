/**
 * What page and workers say to each other.
 *
 * @module
 */

import type { PenStroke } from "../../train/objects/edits.ts";

/** A file that a user gave, under its path in the folder that was given, or its name. */
export type GivenFile = readonly [path: string, file: File];

/** Files that a worker has been given, under a name. */
export interface FileBundle {
  /** The name. */
  readonly id: string;
  /** The files. */
  readonly files: readonly GivenFile[];
}

/** A movie to open. */
export interface MovieChoice {
  /** The name under which a worker has its files. */
  readonly bundle: string;
  /** The folder or file to open among them. */
  readonly path: string;
  /** The channel, from 1; needed where there are several. */
  readonly channel?: string;
}

/** What a movie is. */
export interface MovieFacts {
  /** What to call it. */
  readonly name: string;
  /** Frames. */
  readonly frames: number;
  /** Columns of each. */
  readonly width: number;
  /** Rows of each. */
  readonly height: number;
  /** Channels of its files. */
  readonly channels: number;
  /** What a user should know about how it is read. */
  readonly notes: readonly string[];
  /** The lowest and highest intensity of some frames. */
  readonly extremes: Levels;
  /** Intensities that show what is in them. */
  readonly auto: Levels;
  /** Tells movies apart. */
  readonly key: string;
}

/** Intensities that are black and white. */
export interface Levels {
  /** Black. */
  readonly low: number;
  /** White. */
  readonly high: number;
}

/** How objects are drawn. */
export type ObjectStyle = "outlines" | "filled" | "none";

/** Which results are drawn: those of now, or those before the model was adapted. */
export type ResultSet = "now" | "before";

/** What is drawn, and how. */
export interface Look {
  /** The frame, from 0. */
  readonly frame: number;
  /** Black and white. */
  readonly levels: Levels;
  /** How objects are drawn. */
  readonly style: ObjectStyle;
  /** How much of a filled object covers the image, from 0 to 1. */
  readonly opacity: number;
  /** Screen pixels of a pixel of the image. */
  readonly scale: number;
  /** Where the image's upper left corner is, in screen pixels. */
  readonly x: number;
  /** The same, from the top. */
  readonly y: number;
  /** The canvas in screen pixels. */
  readonly width: number;
  /** The same, from the top. */
  readonly height: number;
  /** Device pixels of a screen pixel. */
  readonly ratio: number;
  /** From the left, how much of the canvas shows the results before; null for none of it. */
  readonly wipe: number | null;
  /** The object that is followed; null for none. */
  readonly chosen: number | null;
  /** A stroke that is being drawn, in pixels of the image. */
  readonly stroke?: PenStroke | null;
}

/** What came of drawing. */
export interface Drawn {
  /** The frame. */
  readonly frame: number;
  /** Objects in it; null where it was not segmented. */
  readonly objects: number | null;
}

/** A label image on its way. */
export interface SentLabels {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Ids. */
  readonly data: Uint32Array<ArrayBuffer>;
}

/** What the machine offers. */
export interface Machine {
  /** The adapter's name. */
  readonly adapter: string;
  /** Whether it computes on the processor. */
  readonly isSoftware: boolean;
}

/** How far work is. */
export interface ProgressMessage {
  /** What kind of event this is. */
  readonly type: "progress";
  /** What is done. */
  readonly what:
    | "opening"
    | "reading"
    | "exposing"
    | "looking"
    | "teaching"
    | "comparing"
    | "stills";
  /** Parts done. */
  readonly done: number;
  /** All parts; null where nobody knows. */
  readonly total: number | null;
}

/** A frame has been segmented. */
export interface FrameMessage {
  /** What kind of event this is. */
  readonly type: "frame";
  /** Which, from 0. */
  readonly frame: number;
  /** Its objects. */
  readonly labels: SentLabels;
}

/** Something a user should know. */
export interface NoteMessage {
  /** What kind of event this is. */
  readonly type: "note" | "warning";
  /** One sentence. */
  readonly text: string;
}

/** Tracks in short. */
export interface TrackSummary {
  /** How many. */
  readonly tracks: number;
  /** Those that ended in a division. */
  readonly divisions: number;
  /** Objects that were put back because single frames miss them. */
  readonly putBack: number;
}

/** A track in the table. */
export interface TrackRow {
  /** Its number. */
  readonly track: number;
  /** The track that it came from by a division; 0 for none. */
  readonly parent: number;
  /** Its first frame, from 0. */
  readonly first: number;
  /** Its last frame, from 0. */
  readonly last: number;
  /** How it began. */
  readonly begin: string;
  /** How it ended. */
  readonly end: string;
  /** Its mean area in pixels. */
  readonly area: number;
  /** Its mean intensity. */
  readonly intensity: number;
}

/** What the table is sorted by. */
export type SortKey = "track" | "first" | "last" | "area" | "intensity";

/** Some rows of the table. */
export interface TrackPage {
  /** The rows. */
  readonly rows: readonly TrackRow[];
  /** How many there are in all. */
  readonly all: number;
}

/** What can be downloaded. */
export type DownloadKind = "labels" | "tracks" | "objects" | "rois" | "geojson";

/** A file for the user. */
export interface Download {
  /** Its name. */
  readonly name: string;
  /** What is in it. */
  readonly blob: Blob;
}

/** What a plot shows. */
export interface PlotWish {
  /** The track; null for the mean of all. */
  readonly track: number | null;
  /** Columns of the plot in screen pixels. */
  readonly width: number;
}

/** Plots as SVG. */
export interface Plots {
  /** Area by frame. */
  readonly area: string;
  /** Intensity by frame. */
  readonly intensity: string;
}

/** What learning takes, told before its first step. */
export interface PlanMessage {
  /** What kind of event this is. */
  readonly type: "plan";
  /** GPU memory that it needs, in bytes. */
  readonly plannedBytes: number;
}

/** A step of learning was made. */
export interface StepMessage {
  /** What kind of event this is. */
  readonly type: "step";
  /** What was learned: `segmentation` from stills, `pupil` from the movie. */
  readonly kind: string;
  /** Its loss. */
  readonly loss: number;
  /** Steps so far, in all stages. */
  readonly done: number;
  /** All steps. */
  readonly total: number;
}

/** Curves of learning. */
export interface CurveWish {
  /** Losses on stills by step. */
  readonly stills: readonly (readonly [number, number])[];
  /** Losses on the movie by step. */
  readonly movie: readonly (readonly [number, number])[];
  /** Columns of the plot in screen pixels. */
  readonly width: number;
}

/** A correction by hand. */
export type Edit =
  | { readonly kind: "delete"; readonly object: number }
  | { readonly kind: "merge"; readonly first: number; readonly second: number }
  | { readonly kind: "split"; readonly stroke: PenStroke }
  | { readonly kind: "paint"; readonly stroke: PenStroke; readonly object: number | null };

/** A labelled still that was made on the page. */
export interface SentStill {
  /** The intensities. */
  readonly image: { width: number; height: number; data: Float32Array<ArrayBuffer> };
  /** One id per object. */
  readonly labels: SentLabels;
}

/** What the page kept of an earlier visit, in short. */
export interface KeptSummary {
  /** The movie's name. */
  readonly name: string;
  /** How many frames have labels. */
  readonly frames: number;
}

/** What a movie is segmented with. */
export interface SegmentedWith {
  /** Tells the model from others, which may have the same name and size. */
  readonly model: string;
  /** The gain that was asked for; null where the model says. */
  readonly exposure: number | null;
}

/** What of an earlier visit is here again. */
export interface Restored {
  /** A model that was learned. */
  readonly model: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> } | null;
  /** Frames that have labels, each with its number of objects. */
  readonly found: readonly (readonly [frame: number, objects: number])[];
  /** Corrected frames to learn from. */
  readonly stills: readonly (readonly [frame: number, still: SentStill])[];
  /** What segmenting was done with that has not come to its end; null where it has. */
  readonly unfinished: SegmentedWith | null;
}
