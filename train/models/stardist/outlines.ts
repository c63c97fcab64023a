/**
 * From StarDist's objects to outlines.
 *
 * @module
 */

import type { RayObjects } from "../../../nn/labels/stardist/objects.ts";
import type { Outline } from "../../objects/outline.ts";

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
