/**
 * StarDist as a kind of model: it learns object probabilities and distances, which are computed on the
 * GPU from object numbers, and objects are polygons.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import type { Steps } from "../../../kernels/masks/mod.ts";
import { add } from "../../../kernels/ops/arithmetic.ts";
import { scale } from "../../../kernels/ops/scale.ts";
import type { StarDistanceError } from "../../../kernels/ops/star_distance_loss.ts";
import { Variable } from "../../../nn/autodiff.ts";
import { findObjects, objectsAbove, type RayObjects } from "../../../nn/labels/stardist/objects.ts";
import { numberLabels, starDistTargets } from "../../../nn/labels/stardist/targets.ts";
import {
  defaultRayThresholds,
  type RayThresholds,
} from "../../../nn/labels/stardist/thresholds.ts";
import { losses, type LossKind, windowLoss } from "../../../nn/losses.ts";
import { starDistKind } from "../../../nn/networks/list.ts";
import {
  DEFAULT_STARDIST_LOSS,
  starDistLoss,
  type StarDistLossOptions,
  type StarDistMaps,
} from "../../../nn/stardist_loss.ts";
import type { LabelImage, Plane } from "../../images/image.ts";
import { notNegative, oneNumberOf, oneOf, type Settings, wholeNumber } from "../../settings.ts";
import { consistencyLoss, type LabelChoice, type LossChoice } from "../loss_settings.ts";
import type { ModelKind, ObjectModel, Segmentation, SegmentOptions } from "../model_kind.ts";
import type { Objective } from "../objective.ts";
import { trunkOptions, type TrunkSettings } from "../trunk.ts";
import type { StarDecoding } from "./border.ts";
import { DOUBTFUL, starHalves } from "./halves.ts";
import { proposeStars } from "./propose.ts";
import { segmentRows } from "./rows.ts";
import { pickThresholds } from "./thresholds.ts";

/**
 * Settings of a StarDist network and its losses.
 *
 * @category Kinds of models
 */
export interface StarDistSettings {
  /** Directions in which the distance to an object's edge is predicted. */
  rays: number;
  /** Image pixels per output pixel along each axis: 1, 2 or 4. */
  grid: number;
  /** Channels that the two heads read. */
  features: number;
  /** Side of its convolutions in pixels, apart from those of the heads: 1, 3, 5 or 7. */
  kernel: number;
  /** How the error of distances is measured. */
  distanceLoss: StarDistanceError;
  /** Weight of the distances' loss beside that of the probability. */
  distanceWeight: number;
  /** Weight of the pull of distances towards 0 outside of objects. */
  background: number;
  /**
   * Weight of a second consistency loss between the distances of two frames (squared Dice); 0 for
   * none, as it brings nothing (Shabanov et al. 2020).
   */
  rayConsistency: number;
}

/**
 * The settings of a run that this kind reads: its own, and those of others.
 *
 * @category Kinds of models
 */
export type StarDistRead =
  & { stardist: StarDistSettings }
  & LossChoice
  & LabelChoice
  & TrunkSettings;

const settings: Settings<{ stardist: StarDistSettings }> = {
  stardist: {
    rays: {
      value: 32,
      rule: wholeNumber({ least: 3 }),
      sentence: "Directions in which the distance to an object's edge is predicted",
    },
    grid: {
      value: 2,
      rule: oneNumberOf([1, 2, 4]),
      sentence: "Image pixels per output pixel along each axis",
    },
    features: {
      value: 64,
      rule: wholeNumber({ least: 1 }),
      sentence: "Channels that its two heads read",
    },
    kernel: {
      value: 3,
      rule: oneNumberOf([1, 3, 5, 7]),
      sentence: "Side of its convolutions in pixels, apart from those of the heads",
    },
    distanceLoss: {
      value: DEFAULT_STARDIST_LOSS.error,
      rule: oneOf(["mae", "mse", "iou"]),
      sentence: "How the error of distances is measured: mae, mse or iou",
    },
    distanceWeight: {
      value: DEFAULT_STARDIST_LOSS.weights.dist,
      rule: notNegative,
      sentence: "Weight of the distances' loss beside that of the probability",
    },
    background: {
      value: DEFAULT_STARDIST_LOSS.background,
      rule: notNegative,
      sentence: "Weight of the pull of distances towards 0 outside of objects",
    },
    rayConsistency: {
      value: 0,
      rule: notNegative,
      sentence: "Weight of a second consistency loss, between distances; 0 for none",
    },
  },
};

const objects: ObjectModel<StarDistRead, StarDecoding> = {
  ownLoss: "stardist",
  hasDoubts: true,
  objective,
  decoding: () => defaultRayThresholds,
  encodeDecoding: ({ border, ...thresholds }) => ({
    thresholds: JSON.stringify(thresholds),
    ...(border !== undefined && { border }),
  }),
  readDecoding({ thresholds = JSON.stringify(defaultRayThresholds), border }) {
    const decode: RayThresholds = JSON.parse(thresholds);
    for (const value of [decode.prob, decode.nms]) {
      if (!(value >= 0 && value <= 1)) throw new RangeError(`A threshold is ${value}`);
    }
    if (border === undefined) return decode;
    if (border !== "mirror" && border !== "drop") throw new RangeError(`The border is ${border}`);
    return { ...decode, border };
  },
  wishes: [{
    flag: "--nms",
    reason: "its objects are connected pixels, which never overlap; leave the flag out",
    isMade: ({ nms }) => nms !== undefined,
  }],
  changeDecoding(decode, { threshold, nms }) {
    const prob = threshold as number | undefined;
    if (prob !== undefined) requireShare("--threshold", prob);
    if (nms !== undefined) requireShare("--nms", nms);
    return {
      ...decode,
      ...(prob !== undefined && { prob }),
      ...(nms !== undefined && { nms }),
    };
  },
  segment,
  halves: starHalves,
  segmentRows: (device, options) => segmentRows(device, { ...options, propose: proposeStars }),
  propose,
  tune: pickThresholds,
  segmentTwice,
};

/**
 * StarDist. Plain Dice pushes its soft probabilities up wherever those of the other frame are above about
 * 0.2; squared Dice leaves equal ones as they are.
 *
 * @category Kinds of models
 */
export const starDist: ModelKind<StarDistRead> = {
  name: "stardist",
  label: "StarDist",
  sentence: "roundish objects that may touch",
  group: { title: "StarDist", settings },
  defaults: {
    segmentationLoss: "stardist",
    consistencyLoss: "squared-dice",
    consistencyRate: 1e-4,
    warmup: 4000,
    rounds: 500,
    // A star-shaped object has no holes.
    fillHoles: true,
  },
  network: starDistKind,
  architecture({ stardist: { rays, grid, features, kernel }, ...trunk }) {
    // Files from before there was a choice say nothing of it.
    const taps = kernel !== 3 && { kernel };
    return { kind: "stardist", options: { ...trunkOptions(trunk), rays, grid, features, ...taps } };
  },
  sizeMultiple: ({ depth, stardist: { grid } }) => 2 ** depth * grid,
  settingsOf({ options: { depth, base, rays, grid, features, kernel = 3 } }) {
    return { depth, base, stardist: { rays, grid, features, kernel } };
  },
  objects,
};

/**
 * Refuses what is no share.
 *
 * @throws {RangeError} If the value is not from 0 to 1.
 */
function requireShare(flag: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new RangeError(`Cannot use ${flag} ${value}: expected a number from 0 to 1`);
}

function objective(
  { stardist, ignoreLabel, ...choice }: StarDistRead,
  options: { losses: readonly LossKind[] },
): Objective {
  const loss = consistencyLoss(choice, options);
  const { rays, grid, distanceLoss, distanceWeight, background, rayConsistency } = stardist;
  const lossOptions = {
    error: distanceLoss,
    background,
    weights: { prob: 1, dist: distanceWeight },
  };
  const known = { ...lossOptions, unknown: "left out" } as const;
  const lossOf =
    (options: StarDistLossOptions): Objective["segmentation"] => (tape, { outputs, targets }) => {
      const { prob, dist } = starDistTargets(tape.device, targets as Tensor<"u32">, { rays, grid });
      const truth = { prob: new Variable(prob), dist: new Variable(dist) };
      const predicted = outputs as unknown as StarDistMaps;
      return starDistLoss(tape, { predicted, truth, options }).total;
    };
  return {
    encode: (labels, { width, height }) => numberLabels(labels, { pixels: width * height }),
    targetType: "u32",
    compared: rayConsistency > 0 ? ["prob", "dist"] : ["prob"],
    reaches: (parameter) => rayConsistency > 0 || !parameter.startsWith("dist."),
    segmentation: lossOf(ignoreLabel === 0 ? lossOptions : known),
    taught: lossOf(known),
    consistency(tape, answers) {
      const ofProb = windowLoss(tape, { loss, answers: answers.map(({ prob }) => prob) });
      if (rayConsistency === 0) return ofProb;
      // Of all losses this one neither depends on the unit of length nor favours long rays.
      const rays = answers.map(({ dist }) => dist);
      const ofRays = windowLoss(tape, { loss: losses["squared-dice"], answers: rays });
      return tape.apply(add, [ofProb, tape.apply(scale, [ofRays], { factor: rayConsistency })], {});
    },
  };
}

function* segment(device: Device, options: SegmentOptions<StarDecoding>): Steps<Segmentation> {
  const { answer, find, segmentation } = starHalves;
  return segmentation(find(yield* answer(device, options)));
}

function* segmentTwice(
  device: Device,
  options: SegmentOptions<StarDecoding>,
): Steps<{ labels: LabelImage; untuned: LabelImage }> {
  const { image: { width, height }, decode: { prob } } = options;
  const untuned = defaultRayThresholds.prob;
  const decode = { ...options.decode, prob: Math.min(prob, untuned) };
  const { objects } = yield* findStars(device, { ...options, decode });
  const above = (threshold: number) => ({
    width,
    height,
    data: objectsAbove(objects, { threshold, width, height }).labels,
  });
  return { labels: above(prob), untuned: above(untuned) };
}

function* propose(
  device: Device,
  options: SegmentOptions<StarDecoding>,
): Steps<{ labels: LabelImage; scores: Map<number, number> }> {
  const { image: { width, height }, decode: { border } } = options;
  const decode = { prob: DOUBTFUL, nms: defaultRayThresholds.nms, border };
  const { objects } = yield* findStars(device, { ...options, decode });
  return {
    labels: { width, height, data: objects.labels },
    scores: new Map(Array.from(objects.prob, (prob, i) => [i + 1, prob])),
  };
}

/** The objects of an image as polygons, and its map of probabilities on the grid. */
function* findStars(
  device: Device,
  { decode: { prob: threshold, nms, border }, ...options }: SegmentOptions<StarDecoding>,
): Steps<{ objects: RayObjects; prob: Plane }> {
  const { image: { width, height } } = options;
  const { candidates, prob } = yield* proposeStars(device, { ...options, threshold, border });
  return { objects: findObjects(candidates, { nmsThreshold: nms, width, height }), prob };
}
