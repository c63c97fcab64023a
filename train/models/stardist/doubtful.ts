/**
 * What StarDist proposes and does not keep: candidates that are less probable than the threshold, and those
 * that overlap a more probable one too much.
 *
 * @module
 */

import { type Candidates, selectCandidates } from "../../../nn/labels/stardist/candidates.ts";
import { rayPolygons, truncatePolygons } from "../../../nn/labels/stardist/polygons.ts";
import { paintPolygons } from "../../../nn/labels/stardist/render.ts";
import { suppressPolygons } from "../../../nn/labels/stardist/suppression.ts";
import type { LabelImage } from "../../images/image.ts";

/** How much doubtful objects may overlap others: more than objects, but not as much as their doubles. */
const OVERLAP = 0.7;

/**
 * The doubtful objects of an image, where no object is: numbered by falling probability, the more probable
 * one on top.
 *
 * @param candidates All that is proposed, also with little probability.
 * @param objects Those of them that were kept, and the labels that they became.
 */
export function doubtfulLabels(
  candidates: Candidates,
  { kept, labels }: { kept: Candidates; labels: LabelImage },
): LabelImage {
  const { width, height } = labels;
  const { rays, points } = candidates;
  const place = (of: Candidates["points"], i: number) => of[2 * i] * width + of[2 * i + 1];
  const objects = new Set(Array.from({ length: kept.count }, (_, i) => place(kept.points, i)));
  const polygons = truncatePolygons(rayPolygons(candidates));
  const loose = suppressPolygons(polygons, { rays, threshold: OVERLAP });
  const doubtful = selectCandidates(
    candidates,
    loose.filter((index) => !objects.has(place(points, index))),
  );
  const data = paintPolygons(rayPolygons(doubtful), { rays, width, height });
  labels.data.forEach((label, at) => {
    if (label !== 0) data[at] = 0;
  });
  return { width, height, data };
}
