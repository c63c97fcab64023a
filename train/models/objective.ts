/**
 * What a network is trained for: what of a still's labels it is shown, and the two losses.
 *
 * @module
 */

import type { DType, Tensor, TypedArrayOf } from "../../kernels/gpu/tensor.ts";
import type { Tape, Variable } from "../../nn/autodiff.ts";
import { foregroundTarget } from "../../nn/labels/foreground.ts";
import type { Outputs } from "../../nn/module.ts";

/**
 * Makes what is uploaded for a batch of label images, one value a pixel; some may be `IGNORED_LABEL`.
 *
 * @category Kinds of models
 */
export type TargetEncoder = (
  labels: Uint32Array,
  size: { width: number; height: number },
) => TypedArrayOf<DType>;

/**
 * What a network is trained for.
 *
 * @category Kinds of models
 */
export interface Objective {
  /** Makes what is uploaded from labels `[n, h, w]`, ids of objects. */
  readonly encode: TargetEncoder;
  /** Element type of what is uploaded. */
  readonly targetType: DType;
  /** Names of the outputs that the consistency loss compares. */
  readonly compared: readonly string[];
  /** Whether the consistency loss depends on a parameter, such as `dist.weight`. */
  reaches(parameter: string): boolean;
  /**
   * The loss of a network's answer; `targets` `[n, 1, h, w]` are what was uploaded. Where settings have an
   * `ignoreLabel`, pixels whose label is `IGNORED_LABEL` are left out.
   */
  segmentation(tape: Tape, parts: { outputs: Outputs; targets: Tensor }): Variable;
  /**
   * The loss of an answer to a frame that a teacher labelled, where pixels whose label is `IGNORED_LABEL`
   * are left out; the loss on stills where that leaves them out already.
   */
  taught?(tape: Tape, parts: { outputs: Outputs; targets: Tensor }): Variable;
  /** The loss between a network's answers to frames in the order of time. */
  consistency(tape: Tape, answers: readonly Outputs[]): Variable;
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
