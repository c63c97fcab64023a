/**
 * What is known of tracks and of their objects.
 *
 * @module
 */

import type { Shift } from "../../images/image.ts";
import type { SeenObject } from "./seen_object.ts";

/**
 * How a track began: in the first frame, at the edge of the frame, by a division, after a cut in the video, or
 * elsewhere. A cut is a stretch longer than a gap may be that no frame shows, or in whose frames nothing is
 * seen.
 *
 * @category Sequences
 */
export type TrackBegin = "first" | "entered" | "divided" | "cut" | "appeared";

/**
 * How a track ended: in the last frame, at the edge of the frame, by a division, before a cut in the video, or
 * elsewhere.
 *
 * @category Sequences
 */
export type TrackEnd = "last" | "left" | "divided" | "cut" | "lost";

/**
 * What is known of a track.
 *
 * @category Sequences
 */
export interface TrackRecord {
  /** Its number, from 1. */
  readonly track: number;
  /** The track that divided into this and another one; 0 for none. */
  readonly parent: number;
  /** The frame it is first seen in. */
  readonly first: number;
  /** The frame it is last seen in. */
  readonly last: number;
  /** Frames from the first to the last, both included. */
  readonly length: number;
  /** Frames among them in which it is not seen. */
  readonly gaps: number;
  /** How it began. */
  readonly begin: TrackBegin;
  /** How it ended. */
  readonly end: TrackEnd;
}

/**
 * An object on its track.
 *
 * @category Sequences
 */
export interface TrackedObject extends SeenObject {
  /** The track. */
  readonly track: number;
  /** The track's object before this one, and when it was; null for the first. */
  readonly before: { readonly object: SeenObject; readonly time: number } | null;
}

/**
 * What tracking adds to a frame, whose labels are now tracks.
 *
 * @category Sequences
 */
export interface Tracked {
  /** When it was taken: its own time, or else its place in the sequence. */
  readonly time: number;
  /** Its objects in the order of their first pixels; `label` is the number they came with. */
  readonly objects: readonly TrackedObject[];
  /** How far all objects have drifted since the first frame, as far as it shows. */
  readonly drift: Shift;
}
