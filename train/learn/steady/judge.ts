/**
 * What can be known of a model on a video without labels: whether objects are found again in the next frame
 * and in another view of the same one, and how much the answer flickers.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { median } from "../../images/quality/movie_facts.ts";
import type { Channels, LabelImage } from "../../images/image.ts";
import { objectModelOf } from "../../models/list.ts";
import type { Model } from "../../models/model_file.ts";
import { inTurns } from "../../models/turns.ts";
import { PLAIN, type View } from "../../models/views.ts";
import { objectsOf, overlapOf, pairScore } from "../../objects/overlap.ts";
import { FlickerMeter } from "../../objects/scores/flicker.ts";

/** What is known of a model on a video, over some pairs of neighbouring frames. */
export interface Judgement {
  /** The mean number of objects of a frame. */
  readonly objects: number;
  /** The share of a frame's objects that are found again in the next, by intersection over union. */
  readonly persistence: number;
  /** The share of a frame's objects that are found again in a turned view of it, in the same way. */
  readonly agreement: number;
  /** How much is found that persists: the number of objects times the square of the persistence. */
  readonly score: number;
  /** The change of the segmented area from frame to frame; null where there is none. */
  readonly areaChange: number | null;
  /** One minus the overlap (Dice) of the foreground of neighbouring frames; null where there is none. */
  readonly diceInstability: number | null;
  /** The median diameter of the objects, as of circles, in pixels; null without objects. */
  readonly diameter: number | null;
}

/** What is looked at. */
export interface JudgeOptions {
  /** The gain at which the video is seen. */
  readonly exposure: number;
  /** Pairs of neighbouring frames, normalised. */
  readonly pairs: readonly (readonly [Channels, Channels])[];
  /** Called after each frame that was segmented. */
  readonly onFrame?: () => void;
}

/** The view that must agree: upside down, which any number of rays can be turned to. */
const TURNED: readonly View[] = [{ orientation: 2, gain: 1 }];

/** Frames that a judgement of so many pairs segments. */
export function framesOfJudgement(pairs: number): number {
  return 3 * pairs;
}

/**
 * Judges a model.
 *
 * Two objects are the same where their intersection over union is above 1/2, and count by it.
 *
 * @throws {TypeError} If the model finds no objects.
 */
export async function judge(
  device: Device,
  { network, kind, decode }: Pick<Model, "network" | "kind" | "decode">,
  { exposure, pairs, onFrame = () => {} }: JudgeOptions,
): Promise<Judgement> {
  const objects = objectModelOf(kind);
  const looks = async function* () {
    for (const [now, next] of pairs) {
      yield { image: now, views: PLAIN };
      yield { image: next, views: PLAIN };
      yield { image: now, views: TURNED };
    }
  };
  const segmented = inTurns(
    device,
    looks(),
    (look) => objects.segment(device, { network, decode, exposure, ...look }),
  );
  const found: LabelImage[] = [];
  for await (const { labels } of segmented) {
    found.push(labels);
    onFrame();
  }
  return judgementOf(
    pairs.map((_, i): LabelTriple => [found[3 * i], found[3 * i + 1], found[3 * i + 2]]),
  );
}

/** Labels of a frame, of the next, and of the first in another view. */
export type LabelTriple = readonly [now: LabelImage, next: LabelImage, turned: LabelImage];

/** Judges labels. */
export function judgementOf(pairs: readonly LabelTriple[]): Judgement {
  const flicker = new FlickerMeter();
  let [persists, agrees, ofPairs, ofViews] = [0, 0, 0, 0];
  const areas: number[] = [];
  for (const [i, [now, next, turned]] of pairs.entries()) {
    const inTime = shared(now, next);
    const inViews = shared(now, turned);
    persists += inTime.same;
    agrees += inViews.same;
    ofPairs += inTime.objects;
    ofViews += inViews.objects;
    areas.push(...objectsOf(now).areas);
    // Pairs are no neighbours of each other.
    flicker.add(3 * i, now);
    flicker.add(3 * i + 1, next);
  }
  const persistence = ofPairs > 0 ? persists / ofPairs : 0;
  const objects = pairs.length > 0 ? ofPairs / pairs.length : 0;
  const { area_change, dice_instability } = flicker.flicker;
  return {
    ...{ objects, persistence },
    agreement: ofViews > 0 ? agrees / ofViews : 0,
    score: objects * persistence ** 2,
    ...{ areaChange: area_change, diceInstability: dice_instability },
    diameter: areas.length > 0 ? 2 * Math.sqrt(median(areas) / Math.PI) : null,
  };
}

/** How much two label images share, and their mean number of objects. */
function shared(a: LabelImage, b: LabelImage): { same: number; objects: number } {
  const overlap = overlapOf(a, b);
  const scores = overlap.pairs.map((pair) => pairScore(overlap, pair));
  return {
    same: scores.reduce((sum, iou) => sum + (iou > 0.5 ? iou : 0), 0),
    objects: (overlap.first.ids.length + overlap.second.ids.length) / 2,
  };
}
