/**
 * What tracking is asked for, and what it tells while it runs.
 *
 * @module
 */

import type { MaskKind } from "../../images/masks/reading.ts";
import type { PlaneChoice } from "../../images/series/plane_choice.ts";
import type { Source } from "../../images/source.ts";
import type { Fill } from "../../objects/sequence/fill_gaps.ts";
import type { TrackSettings } from "../../objects/sequence/track.ts";

/**
 * What to track, how, and where to.
 *
 * @category Jobs
 */
export interface TrackFilesOptions extends Partial<TrackSettings> {
  /** A folder or stack of label images. */
  readonly labels: string;
  /**
   * What their numbers are: each an object (`instances`), or all but the lowest foreground, whose connected
   * pixels are the objects (`binary`). Unless told they are objects, and what looks like an image is refused.
   */
  readonly masks?: MaskKind;
  /** The images of the same frames, for intensities. */
  readonly images?: string;
  /** The probability maps of the same frames; unless told, those that `predict` wrote beside the labels. */
  readonly probability?: string;
  /** Output folder. */
  readonly out: string;
  /** Which objects that frames miss are put back; none unless told. */
  readonly fill?: Fill;
  /** Drop what is seen in one frame alone, of no division; only if told. */
  readonly dropUnsupported?: boolean;
  /**
   * Find the common drift by phase correlation of the images instead of from the objects, and write it to
   * `shifts.csv`. Labels stay in the geometry of their images.
   */
  readonly stabilise?: boolean;
  /** Also write `movie.html`, a player of the images with the outlines of tracks. */
  readonly movie?: boolean;
  /** Also write `animation.png`, the images with the outlines of tracks as an animated PNG. */
  readonly animation?: boolean;
  /** Also write `maskNNN.tif` and `res_track.txt`, as the Cell Tracking Challenge does. */
  readonly ctc?: boolean;
  /** Replace results that exist. */
  readonly overwrite?: boolean;
  /** Whether the output folder may hold other things; otherwise it must be new or empty. */
  readonly isAmongOthers?: boolean;
  /** Which slice of images is read that have several. */
  readonly slice?: PlaneChoice["slice"];
  /** Where images are read from; the disk unless told. */
  readonly source?: Source;
}

/**
 * A frame has been tracked.
 *
 * @category Jobs
 */
export interface FrameTracked {
  /** What kind of event this is. */
  readonly type: "frame";
  /** The image's name. */
  readonly name: string;
  /** The folder or stack that it is in. */
  readonly path: string;
  /** Frames done, this one included. */
  readonly done: number;
  /** Frames in all. */
  readonly total: number;
  /** Its objects, those that were put back included. */
  readonly objects: number;
  /** Objects that were put back. */
  readonly put_back: number;
  /** Objects that were dropped; only where that was asked for. */
  readonly dropped?: number;
}

/**
 * Everything is written.
 *
 * @category Jobs
 */
export interface TrackingDone {
  /** What kind of event this is. */
  readonly type: "done";
  /** The output folder. */
  readonly out: string;
  /** Label files written. */
  readonly written: number;
  /** Tracks. */
  readonly tracks: number;
  /** Mothers that divided. */
  readonly divisions: number;
  /** Frames in which tracks are missing, of all tracks together. */
  readonly gaps: number;
  /** Objects that were put back. */
  readonly put_back: number;
  /** Objects that were dropped; only where that was asked for. */
  readonly dropped?: number;
  /** The typical step of an object from frame to frame besides the drift, in pixels; null where none is known. */
  readonly step: number | null;
}

/**
 * Something a user should know.
 *
 * @category Jobs
 */
export interface TrackNote {
  /** What kind of event this is. */
  readonly type: "note";
  /** One sentence. */
  readonly text: string;
}

/**
 * What tracking tells while it runs.
 *
 * @category Jobs
 */
export type TrackEvent = FrameTracked | TrackingDone | TrackNote;
