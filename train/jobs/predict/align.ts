/**
 * Frames of a moving video as a network is to see them, and its answers in the geometry of the frames.
 *
 * @module
 */

import { type Channels, isObject, type Plane, type Shift } from "../../images/image.ts";
import { Registration } from "../../images/registration/phase_correlation.ts";
import { type Margin, NO_MARGIN, withoutMargin } from "../../images/registration/pixel_grid.ts";
import { movedImage, movedLabels, NO_WAY, type Way } from "../../images/registration/sub_pixel.ts";
import type { Video } from "../../images/series/video.ts";
import { referencesOf } from "../../models/videos/prepare_video.ts";
import type { FrameResult } from "../../objects/formats/output_format.ts";
import type { Outline } from "../../objects/outline.ts";

/** Finds how far the frames of a video have moved, in whatever part of it frames are wanted. */
export class Aligner {
  readonly #video: Video;
  readonly #registration = new Registration();
  #shift: Shift = { y: 0, x: 0 };
  #next = 0;

  /** Starts with the first frame. */
  constructor(video: Video) {
    this.#video = video;
  }

  /**
   * How far a frame has moved since the first one; frames are asked for in their order. One that cannot be
   * read has not moved.
   *
   * @param frame That frame, as it was read.
   */
  async shiftOf(i: number, frame: Plane | Channels): Promise<Shift> {
    // Of several channels the first one tells how far the scene has moved.
    const [reference] = referencesOf(this.#video);
    for (; this.#next <= i; this.#next++) {
      const isRead = this.#next === i && reference === this.#video.frame;
      const plane = isRead ? frame : await reference(this.#next).catch(() => null);
      if (plane !== null) this.#shift = this.#registration.add(plane);
    }
    return this.#shift;
  }
}

/** The result of a frame that had a margin, without it; objects that lie in the margin alone are none. */
export function withoutMarginIn<R extends FrameResult & { readonly objects: number }>(
  result: R,
  margin: Margin,
): R {
  const labels = withoutMargin(result.labels, margin);
  if (labels === result.labels) return result;
  return {
    ...result,
    labels,
    map: result.map && withoutMargin(result.map, margin),
    doubtful: result.doubtful && withoutMargin(result.doubtful, margin),
    objects: new Set(labels.data.filter(isObject)).size,
  };
}

/** The result of a frame whose image was moved the other way. */
export function movedResult<R extends FrameResult>(result: R, way: Way): R {
  if (way === NO_WAY) return result;
  return {
    ...result,
    labels: movedLabels(result.labels, way),
    map: result.map && movedImage(result.map, way),
    doubtful: result.doubtful && movedLabels(result.doubtful, way),
  };
}

/**
 * The outlines of objects that are there without a margin, where they lie without it.
 *
 * @param place.rest The way that they have to go besides; none unless told.
 */
export function outlinesWithout(
  outlines: readonly Outline[],
  { labels, margin, rest = NO_WAY }: {
    labels: FrameResult["labels"];
    margin: Margin;
    rest?: Way;
  },
): readonly Outline[] {
  if (margin === NO_MARGIN && rest === NO_WAY) return outlines;
  const [top, left] = [margin.top - rest.y, margin.left - rest.x];
  const there = new Set(labels.data);
  const moved = (loops: Outline["parts"]) =>
    loops.map((loop) => loop.map(([x, y]) => [x - left, y - top] as const));
  return outlines.filter(({ label }) => there.has(label)).map((outline) => ({
    ...outline,
    parts: moved(outline.parts),
    ...(outline.holes && { holes: moved(outline.holes) }),
  }));
}
