/**
 * The outlines of an image's objects, as the exports take them: polygons that a network gives, or
 * traced along the edges of labelled pixels.
 *
 * @module
 */

import { type Loop, traceContours } from "./contours.ts";
import type { LabelImage } from "../images/image.ts";
import { doubleArea } from "./polygons.ts";

/**
 * The outline of one object.
 *
 * @category Objects
 */
export interface Outline {
  /** Its id in the label image. */
  readonly label: number;
  /**
   * Its parts, mostly one: closed polygons of `[x, y]` in pixels, counted from the upper left corner of
   * the first pixel, clockwise on a screen.
   */
  readonly parts: readonly Loop[];
  /** Closed polygons around its holes, the other way round; left out where it has none. */
  readonly holes?: readonly Loop[];
  /** Its object probability, if the network gives one. */
  readonly probability?: number;
}

/**
 * The outlines of labelled objects, along the edges of their pixels. An object whose pixels hang together
 * at corners only has several parts.
 *
 * @category Objects
 */
export function tracedOutlines(labels: LabelImage): Outline[] {
  return [...traceContours(labels)].map(([label, loops]) => {
    const holes = loops.filter((loop) => doubleArea(loop) < 0);
    return {
      label,
      parts: loops.filter((loop) => doubleArea(loop) > 0),
      ...(holes.length > 0 && { holes }),
    };
  });
}
