/**
 * The exposure of a video, chosen without labels.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { runSteps } from "../../kernels/masks/mod.ts";
import type { Network } from "../../nn/module.ts";
import type { Channels, LabelImage } from "../images/image.ts";
import type { Frames } from "../images/series/frames.ts";
import { overlapOf, pairScore } from "../objects/overlap.ts";
import type { SettingGroup } from "../settings.ts";
import type { ObjectModel } from "./model_kind.ts";

/**
 * At which exposure videos are seen.
 *
 * @category Models
 */
export interface ExposureSettings {
  /** The gain of a video's dim intensities, see `expose`, or `auto` to choose it for each video. */
  exposure: "auto" | number;
}

/**
 * The settings of {@linkcode ExposureSettings}.
 *
 * @category Models
 */
export const exposureSettings: SettingGroup<ExposureSettings> = {
  title: "Exposure",
  settings: {
    exposure: {
      value: "auto",
      rule: {
        expected: "auto or a number over 0",
        holds: (value) => value === "auto" || (typeof value === "number" && value > 0),
        alsoTakes: (value) => typeof value === "number",
      },
      placeholder: "auto|G",
      sentence:
        "How bright the dim objects of a video are shown, or auto: so that most objects persist",
    },
  },
};

/** Whether a gain is so far from 1 that a user should know. */
export function isUnusual(gain: number): boolean {
  return gain > 4 || gain < 1 / 2;
}

/** Gains that are tried are powers of this. */
const STEP = Math.SQRT2;
/** The powers that are tried at most: gains from 1/2 to 8. */
const POWERS = { least: -2, most: 6 } as const;
/** By how much a gain may be worse than the best and still be taken, being closer to 1. */
const TOLERANCE = 0.05;

/**
 * What an exposure is chosen with.
 *
 * @category Models
 */
export interface ExposureChoice {
  /** The network. */
  readonly network: Network;
  /** How its kind finds objects. */
  readonly objects: ObjectModel;
  /** How its answers become objects. */
  readonly decode: object;
  /** Some pairs of consecutive frames of the video, normalised. */
  readonly pairs: readonly (readonly [Channels, Channels])[];
  /** Whether it is still wanted: choosing ends with the reason where it is not. */
  readonly stop?: AbortSignal;
}

/**
 * Chooses the exposure without labels: the gain at which most is found that is still there in the next
 * frame. What flashes up at one gain is an accident; dim objects that stay are none.
 *
 * A gain's score is P · P / N, with P the sum of the intersections over union above 1/2 of objects of
 * one frame and of the next, and N the mean number of objects of a frame: how much persists, times the
 * share of what is found that does. Gains are tried from 1 up and down until the score has clearly
 * fallen, and of those that are about as good as the best (within 5 %) the closest to 1 is taken.
 *
 * @returns 1 where nothing persists.
 * @category Models
 */
export async function chooseExposure(device: Device, choice: ExposureChoice): Promise<number> {
  const scores = new Map([[0, await persistence(device, { ...choice, exposure: 1 })]]);
  const best = () => Math.max(...scores.values());
  const isAsGood = (score: number) => score >= (1 - TOLERANCE) * best();
  for (const direction of [1, -1]) {
    const last = direction > 0 ? POWERS.most : -POWERS.least;
    for (let away = 1; away <= last; away++) {
      const power = direction * away;
      const score = await persistence(device, { ...choice, exposure: STEP ** power });
      scores.set(power, score);
      if (score === 0 || !isAsGood(score)) break;
    }
  }
  if (best() === 0) return 1;
  const good = [...scores].filter(([, score]) => isAsGood(score)).map(([power]) => power);
  const closest = good.reduce((a, b) => Math.abs(b) < Math.abs(a) ? b : a);
  return STEP ** closest;
}

/** How much is found at an exposure that persists, see {@linkcode chooseExposure}. */
async function persistence(
  device: Device,
  { network, objects, decode, pairs, stop, exposure }: ExposureChoice & { exposure: number },
): Promise<number> {
  let persists = 0;
  let found = 0;
  // A frame that ends one pair and begins another is segmented once.
  const known = new Map<Channels, Promise<LabelImage>>();
  const labelsOf = async (image: Channels) => {
    const options = { network, image, decode, exposure };
    return (await runSteps(device, objects.segment(device, options))).labels;
  };
  for (const pair of pairs) {
    stop?.throwIfAborted();
    const [now, next] = await Promise.all(pair.map((image) => {
      const labels = known.get(image) ?? labelsOf(image);
      known.set(image, labels);
      return labels;
    }));
    const overlap = overlapOf(now, next);
    found += (overlap.first.ids.length + overlap.second.ids.length) / 2;
    for (const shared of overlap.pairs) {
      const iou = pairScore(overlap, shared);
      if (iou > 0.5) persists += iou;
    }
  }
  return found === 0 ? 0 : persists ** 2 / found;
}

/**
 * The exposure of a video: as it is given, or chosen.
 *
 * @returns 1 where it is to be chosen and there is only one frame.
 * @category Models
 */
export async function exposureFor(
  device: Device,
  { exposure, frames, ...parts }:
    & Omit<ExposureChoice, "pairs">
    & ExposureSettings
    & { frames: Pick<Frames, "length" | "frame"> },
): Promise<number> {
  if (exposure !== "auto") return exposure;
  return await chooseExposure(device, { ...parts, pairs: await somePairs(frames) });
}

/** Pairs of frames that stand for a video when its exposure is chosen. */
const SAMPLED_PAIRS = 3;
/** Of small frames, which show few objects and cost little, as many pairs as come to so many pixels. */
const SMALL_PIXELS = 200_000;
/** But no more pairs: frames of a few pixels each take the GPU's answer as long as others. */
const MOST_PAIRS = 12;

/** Some pairs of consecutive frames, evenly spread over a video. */
async function somePairs(
  frames: Pick<Frames, "length" | "frame">,
): Promise<[Channels, Channels][]> {
  const firsts = frames.length - 1;
  if (firsts < 1) return [];
  const usual = Math.min(SAMPLED_PAIRS, Math.max(1, Math.floor(firsts / 4)));
  const { width, height } = await frames.frame(Math.floor(0.5 * firsts / usual));
  const small = Math.min(MOST_PAIRS, Math.floor(SMALL_PIXELS / (width * height)));
  const count = Math.min(Math.max(usual, small), firsts);
  const known = new Map<number, Promise<Channels>>();
  const read = (i: number) => {
    const frame = known.get(i) ?? frames.frame(i);
    known.set(i, frame);
    return frame;
  };
  return await Promise.all(
    Array.from({ length: count }, (_, i) => {
      const first = Math.floor((i + 0.5) * firsts / count);
      return Promise.all([read(first), read(first + 1)]);
    }),
  );
}
