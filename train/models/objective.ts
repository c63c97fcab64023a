/**
 * What a network is trained for: what of a still's labels it is shown, and the two losses.
 *
 * A U-Net learns the foreground; StarDist learns object probabilities and distances, which are
 * computed on the GPU from object numbers. The consistency loss compares answers of one kind with
 * themselves, so it needs no labels.
 *
 * @module
 */

import { add } from "../../kernels/ops/add.ts";
import { scale } from "../../kernels/ops/scale.ts";
import type { DType, Tensor, TypedArrayOf } from "../../kernels/gpu/tensor.ts";
import { type Tape, Variable } from "../../nn/autodiff.ts";
import { foregroundTarget } from "../../nn/labels/foreground.ts";
import { numberLabels, starDistTargets } from "../../nn/labels/stardist/targets.ts";
import { type Loss, losses, lossesWith, windowLoss } from "../../nn/losses.ts";
import type { Outputs } from "../../nn/module.ts";
import { starDistLoss, type StarDistMaps } from "../../nn/stardist_loss.ts";
import type { TrainConfig } from "../jobs/train/config.ts";

/** Makes what is uploaded for a batch of label images, one value a pixel. */
export type TargetEncoder = (
  labels: Uint32Array,
  size: { width: number; height: number },
) => TypedArrayOf<DType>;

/** What a network is trained for. */
export interface Objective {
  /** Makes what is uploaded from labels `[n, h, w]`, ids of objects. */
  readonly encode: TargetEncoder;
  /** Element type of what is uploaded. */
  readonly targetType: DType;
  /** Names of the outputs that the consistency loss compares. */
  readonly compared: readonly string[];
  /** Whether the consistency loss depends on a parameter, such as `dist.weight`. */
  reaches(parameter: string): boolean;
  /** The loss of a network's answer; `targets` `[n, 1, h, w]` are what was uploaded. */
  segmentation(tape: Tape, parts: { outputs: Outputs; targets: Tensor }): Variable;
  /** The loss between a network's answers to frames in the order of time, see {@linkcode windowLoss}. */
  consistency(tape: Tape, answers: readonly Outputs[]): Variable;
}

/** The objective of a run. */
export function objectiveOf(config: TrainConfig): Objective {
  return config.model === "stardist" ? starObjective(config) : foregroundObjective(config);
}

/** Encodes the foreground, see {@linkcode foregroundTarget}, image by image. */
export function foregroundEncoder({ parted }: { parted: boolean }): TargetEncoder {
  return (labels, { width, height }) => {
    const targets = new Float32Array(labels.length);
    for (let at = 0; at < labels.length; at += width * height) {
      const image = labels.subarray(at, at + width * height);
      targets.set(foregroundTarget(image, { width, parted }), at);
    }
    return targets;
  };
}

function foregroundObjective(
  { parted, segmentationLoss, ...consistency }: TrainConfig,
): Objective {
  const loss = consistencyLossOf(consistency);
  return {
    encode: foregroundEncoder({ parted }),
    targetType: "f32",
    compared: ["prob"],
    reaches: () => true,
    segmentation(tape, { outputs: { prob }, targets }) {
      const truth = new Variable(targets as Tensor<"f32">);
      return losses[segmentationLoss as keyof typeof losses](tape, prob, truth);
    },
    consistency: (tape, answers) =>
      windowLoss(tape, { loss, answers: answers.map(({ prob }) => prob) }),
  };
}

function consistencyLossOf(
  { consistencyLoss, consistencyTile, consistencyReach }: Pick<
    TrainConfig,
    "consistencyLoss" | "consistencyTile" | "consistencyReach"
  >,
): Loss {
  return lossesWith({ tile: consistencyTile, reach: consistencyReach })[consistencyLoss];
}

function starObjective({ stardist, ...consistency }: TrainConfig): Objective {
  const loss = consistencyLossOf(consistency);
  const { rays, grid, distanceLoss, distanceWeight, background, rayConsistency } = stardist;
  const options = {
    error: distanceLoss,
    background,
    weights: { prob: 1, dist: distanceWeight },
  };
  return {
    encode: (labels, { width, height }) => numberLabels(labels, { pixels: width * height }),
    targetType: "u32",
    compared: rayConsistency > 0 ? ["prob", "dist"] : ["prob"],
    reaches: (parameter) => rayConsistency > 0 || !parameter.startsWith("dist."),
    segmentation(tape, { outputs, targets }) {
      const { prob, dist } = starDistTargets(tape.device, targets as Tensor<"u32">, { rays, grid });
      const truth = { prob: new Variable(prob), dist: new Variable(dist) };
      return starDistLoss(tape, { predicted: outputs as unknown as StarDistMaps, truth, options })
        .total;
    },
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
