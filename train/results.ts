/**
 * What a run achieved: every model is applied to the held-back stills and to the first video, and
 * measured.
 *
 * @module
 */

import type { Device } from "../kernels/device.ts";
import type { Network } from "../nn/module.ts";
import type { TrainConfig } from "./config.ts";
import type { LabelImage, Plane } from "./data/image.ts";
import { evaluateFrames, type Evaluation } from "./evaluate/evaluate.ts";
import type { Flicker } from "./evaluate/flicker.ts";
import { matchingDataset } from "./evaluate/matching.ts";
import { postprocess } from "./postprocess.ts";
import { queueProbability } from "./probability.ts";
import type { Sample } from "./data/sample.ts";
import type { TrainingSet } from "./training_set.ts";

/** What one model achieved. */
export interface ModelResults {
  /**
   * Object-level average precision on the held-back stills, at IoU 0.5 and over ten thresholds; null
   * where none are held back.
   */
  readonly stills: { readonly ap50: number; readonly meanAp: number } | null;
  /** Measures on the first video; null without one. */
  readonly video: Evaluation | null;
  /** Label images of the frames that the report shows, by frame index. */
  readonly shown: ReadonlyMap<number, LabelImage>;
}

const THRESHOLDS = Array.from({ length: 10 }, (_, i) => 0.5 + 0.05 * i);

/** Segments one normalised image. */
export async function segment(
  device: Device,
  { network, image, config }: { network: Network; image: Plane; config: TrainConfig },
): Promise<LabelImage> {
  const prob = queueProbability(device, { network, image });
  try {
    return await postprocess(device, prob, config.postprocess);
  } finally {
    device.free(prob);
  }
}

/** Measures a network; `shown` names the frames whose labels are kept. */
export async function measureModel(
  device: Device,
  { network, set, config, shown }: {
    network: Network;
    set: TrainingSet;
    config: TrainConfig;
    shown: readonly number[];
  },
): Promise<ModelResults> {
  const context = { network, config };
  const stills = await measureStills(device, { ...context, samples: set.test });
  const [video] = set.videos;
  const kept = new Map<number, LabelImage>();
  if (!video) return { stills, video: null, shown: kept };
  const segmentFrames = async function* () {
    for (const [number, image] of video.frames.entries()) {
      const labels = await segment(device, { ...context, image });
      if (shown.includes(number)) kept.set(number, labels);
      yield {
        number,
        labels,
        truth: video.truth.get(number),
        markers: video.markers.get(number),
      };
    }
  };
  return { stills, video: await evaluateFrames(segmentFrames()), shown: kept };
}

async function measureStills(
  device: Device,
  { network, samples, config }: {
    network: Network;
    samples: readonly Sample[];
    config: TrainConfig;
  },
): Promise<ModelResults["stills"]> {
  const pairs = [];
  for (const { width, height, image, labels } of samples) {
    if (!labels) continue;
    const plane = { width, height, data: image };
    pairs.push({
      truth: { width, height, data: labels },
      prediction: await segment(device, { network, image: plane, config }),
    });
  }
  if (pairs.length === 0) return null;
  const scores = matchingDataset(pairs, { thresholds: THRESHOLDS });
  const accuracies = scores.map(({ accuracy }) => accuracy);
  return {
    ap50: accuracies[0],
    meanAp: accuracies.reduce((sum, ap) => sum + ap, 0) / accuracies.length,
  };
}

/** Three consecutive frames between which the segmented area changes most. */
export function liveliestFrames({ area_per_frame: area }: Flicker): number[] {
  const change = (t: number) => Math.abs(area[t] - area[t - 1]) + Math.abs(area[t + 1] - area[t]);
  const middles = Array.from({ length: Math.max(0, area.length - 2) }, (_, i) => i + 1);
  if (middles.length === 0) return area.map((_, i) => i);
  const best = middles.reduce((a, b) => change(b) > change(a) ? b : a);
  return [best - 1, best, best + 1];
}
