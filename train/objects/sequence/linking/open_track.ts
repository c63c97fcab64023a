/**
 * What a tracker remembers of tracks that may go on.
 *
 * @module
 */

import type { Shift } from "../../../images/image.ts";
import type { SeenObject } from "../seen_object.ts";
import type { TrackedObject, TrackRecord } from "../track_record.ts";

/** A track that may go on. */
export interface OpenTrack {
  /** What is known of it, as it will be told. */
  readonly record: { -readonly [K in keyof TrackRecord]: TrackRecord[K] };
  /** Its last object. */
  object: SeenObject;
  /** When that was seen. */
  time: number;
  /** The drift when it was last seen. */
  drift: Shift;
  /** Its own last step, per frame. */
  step: Shift;
  /** The division that it began with, if it did. */
  birth: Birth | null;
}

/** A division, as its daughters remember it. */
export interface Birth {
  /** The track that ended. */
  readonly mother: OpenTrack;
  /** The two that began. */
  readonly daughters: readonly OpenTrack[];
  /** The frame that they began in. */
  readonly time: number;
}

/** A track that turned out to be the going on of another one. */
export interface Joined {
  /** The other one. */
  readonly track: number;
  /** The last object of that before this one's first. */
  readonly before: TrackedObject["before"];
}
