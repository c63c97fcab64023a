/**
 * StarDist's segmentation in two halves: candidates, which take the GPU, and the objects among them, for which
 * somebody else may have the time.
 *
 * @module
 */

import { type Candidates, selectCandidates } from "../../../nn/labels/stardist/candidates.ts";
import { findObjects, type RayObjects } from "../../../nn/labels/stardist/objects.ts";
import type { LabelImage, Plane } from "../../images/image.ts";
import type { SegmentHalves } from "../model_kind.ts";
import type { StarDecoding } from "./border.ts";
import { enlarged } from "./candidates.ts";
import { doubtfulLabels } from "./doubtful.ts";
import { rayOutlines } from "./outlines.ts";
import { proposeStars } from "./propose.ts";

/** Proposals have at least this probability. */
export const DOUBTFUL = 0.15;

/** What a network proposes, and what is to be made of it. */
export interface ProposedStars {
  /** All candidates. */
  readonly candidates: Candidates;
  /** The map of probabilities, where it is wanted. */
  readonly prob: Plane | null;
  /** What is in the image counts from this probability on. */
  readonly threshold: number;
  /** The highest overlap of two objects. */
  readonly nms: number;
  /** Columns of the image. */
  readonly width: number;
  /** Rows of the image. */
  readonly height: number;
  /** Pixels of the image for each point of the map, along each axis. */
  readonly grid: number;
  /** Whether doubtful objects are wanted too. */
  readonly wantsDoubtful: boolean;
}

/** Objects of an image. */
export interface FoundStars {
  /** The image of labels. */
  readonly labels: LabelImage;
  /** What their outlines are made of. */
  readonly objects: Pick<RayObjects, "count" | "rays" | "vertices" | "prob">;
  /** The map of probabilities, where it is wanted. */
  readonly map: Plane | null;
  /** Doubtful objects, where they are wanted. */
  readonly doubtful: LabelImage | null;
}

/** The two halves. */
export const starHalves: SegmentHalves<StarDecoding, ProposedStars, FoundStars> = {
  *answer(device, { decode, wantsMap = false, wantsDoubtful = false, ...options }) {
    const { network: { grid }, image: { width, height } } = options;
    const { prob: threshold, nms, border } = decode;
    const lowest = wantsDoubtful ? Math.min(threshold, DOUBTFUL) : threshold;
    const proposing = { ...options, threshold: lowest, border };
    const { candidates, prob } = yield* proposeStars(device, proposing);
    return {
      ...{ candidates, prob: wantsMap ? prob : null },
      ...{ threshold, nms, width, height, grid, wantsDoubtful },
    };
  },
  find({ candidates, prob, threshold, nms, wantsDoubtful, ...size }) {
    const { width, height } = size;
    const found = findObjects(above(candidates, threshold), { nmsThreshold: nms, width, height });
    const { labels: data, count, rays, vertices, prob: probabilities } = found;
    const labels = { width, height, data };
    return {
      labels,
      objects: { count, rays, vertices, prob: probabilities },
      map: prob && enlarged(prob, size),
      doubtful: wantsDoubtful ? doubtfulLabels(candidates, { kept: found, labels }) : null,
    };
  },
  segmentation({ labels, objects, map, doubtful }) {
    const { count } = objects;
    return { labels, count, map, doubtful, outlines: () => rayOutlines(objects) };
  },
};

/** The candidates that are more probable than a threshold; they are sorted by probability. */
function above(candidates: Candidates, threshold: number): Candidates {
  const limit = Math.fround(threshold);
  const end = candidates.prob.findIndex((prob) => !(prob > limit));
  if (end < 0) return candidates;
  return selectCandidates(candidates, Uint32Array.from({ length: end }, (_, index) => index));
}
