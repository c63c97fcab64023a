/**
 * The outlines of an image's objects, as the exports take them: polygons that a network gives, or
 * traced along the edges of labelled pixels.
 *
 * @module
 */

import { type Loop, traceContours } from "./contours.ts";
import type { LabelImage } from "../images/image.ts";

/** The outline of one object. */
export interface Outline {
  /** Its id in the label image. */
  readonly label: number;
  /**
   * Its parts, mostly one: closed polygons of `[x, y]` in pixels, counted from the upper left corner of
   * the first pixel, clockwise on a screen.
   */
  readonly parts: readonly Loop[];
  /** Its object probability, if the network gives one. */
  readonly probability?: number;
}

/**
 * The outer outlines of labelled objects; holes are left out. An object whose pixels hang together at
 * corners only has several parts.
 */
export function tracedOutlines(labels: LabelImage): Outline[] {
  return [...traceContours(labels)].map(([label, loops]) => ({
    label,
    parts: loops.filter((loop) => doubleArea(loop) > 0),
  }));
}

/** Twice the area of a loop, negative for a hole, which runs the other way round. */
function doubleArea(loop: Loop): number {
  return loop.reduce((sum, [x, y], at) => {
    const [nextX, nextY] = loop[at + 1] ?? loop[0];
    return sum + x * nextY - nextX * y;
  }, 0);
}
