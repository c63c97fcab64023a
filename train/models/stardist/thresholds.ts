/**
 * The choice of StarDist's thresholds on labelled stills, as in its implementation: those with the
 * highest mean accuracy over IoU 0.3, 0.5 and 0.7, pooled over all stills.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { runSteps } from "../../../kernels/masks/mod.ts";
import type { Network } from "../../../nn/module.ts";
import type { Candidates } from "../../../nn/labels/stardist/candidates.ts";
import { findObjects, objectsAbove } from "../../../nn/labels/stardist/objects.ts";
import {
  defaultRayThresholds,
  optimizeThresholds,
  type RayThresholds,
} from "../../../nn/labels/stardist/thresholds.ts";
import type { LabelImage } from "../../images/image.ts";
import type { Sample } from "../../images/sample.ts";
import { matchingDataset } from "../../objects/scores/matching.ts";
import { candidateSteps } from "./candidates.ts";

const IOU_THRESHOLDS: readonly number[] = [0.3, 0.5, 0.7];

/** A labelled still and what a network proposes for it. */
interface Proposed {
  readonly truth: LabelImage;
  readonly candidates: Candidates;
}

/**
 * Picks the thresholds with which a network finds most of the labelled stills' objects.
 *
 * @returns StarDist's 0.5 and 0.4 if no still has labels, or no thresholds find anything.
 */
export async function pickThresholds(
  device: Device,
  { network, stills }: { network: Network; stills: readonly Sample[] },
): Promise<RayThresholds> {
  const images = stills.flatMap(({ channels, width, height, image, labels }) =>
    labels
      ? [{
        image: { channels, width, height, data: image },
        truth: { width, height, data: labels },
      }]
      : []
  );
  let maxProb = 0;
  for (const { image } of images) {
    const { prob } = await runSteps(
      device,
      candidateSteps(device, { network, image, threshold: 1 }),
    );
    maxProb = prob.data.reduce((max, value) => Math.max(max, value), maxProb);
  }
  if (maxProb === 0) return defaultRayThresholds;
  const proposed: Proposed[] = [];
  for (const { image, truth } of images) {
    const steps = candidateSteps(device, { network, image, threshold: maxProb / 2 });
    proposed.push({ truth, candidates: (await runSteps(device, steps)).candidates });
  }
  const { score, ...thresholds } = await optimizeThresholds(scoring(proposed), { maxProb });
  return score > 0 ? thresholds : defaultRayThresholds;
}

/**
 * The score of thresholds. For each overlap threshold objects are searched once, see `objectsAbove`, and kept
 * until another one is tried: networks that have hardly learned propose nearly everywhere.
 */
function scoring(proposed: readonly Proposed[]): (thresholds: RayThresholds) => number {
  let objects: Candidates[] = [];
  let found = NaN;
  return ({ prob, nms }) => {
    if (nms !== found) {
      objects = [];
      objects = proposed.map(({ truth, candidates }) =>
        findObjects(candidates, { ...truth, nmsThreshold: nms })
      );
      found = nms;
    }
    const pairs = proposed.map(({ truth }, i) => {
      const { labels } = objectsAbove(objects[i], { ...truth, threshold: prob });
      return { truth, prediction: { ...truth, data: labels } };
    });
    const scores = matchingDataset(pairs, { thresholds: IOU_THRESHOLDS });
    return scores.reduce((sum, { accuracy }) => sum + accuracy, 0) / scores.length;
  };
}
