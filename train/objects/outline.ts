/**
 * The outlines of an image's objects, as the exports take them: StarDist's polygons, or traced along
 * the edges of labelled pixels.
 *
 * @module
 */

import type { RayObjects } from "../../nn/labels/stardist/objects.ts";
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
  /** Its object probability, from StarDist. */
  readonly probability?: number;
}

/**
 * StarDist's polygons as outlines. The network counts from the centre of the first pixel, so half a
 * pixel is added.
 */
export function rayOutlines(
  { count, rays, vertices, prob }: Pick<RayObjects, "count" | "rays" | "vertices" | "prob">,
): Outline[] {
  const vertex = (at: number) => [vertices[2 * at + 1] + 0.5, vertices[2 * at] + 0.5] as const;
  return Array.from({ length: count }, (_, index) => ({
    label: index + 1,
    parts: [Array.from({ length: rays }, (_, ray) => vertex(index * rays + ray))],
    probability: prob[index],
  }));
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
