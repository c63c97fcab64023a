/**
 * What a network is trained for, as named tasks: each has its batches, its loss and its own Adam.
 *
 * - `segmentation`: labelled stills; `priming`: the same, by cross-entropy.
 * - `consistency`, `depth`: windows of neighbouring frames in time, or of planes in depth.
 * - `focus`: planes of stacks that are in focus or not.
 *
 * @module
 */

import type { Shape } from "../../kernels/gpu/shape.ts";
import type { DType, Tensor } from "../../kernels/gpu/tensor.ts";
import { binaryCrossEntropy } from "../../kernels/ops/binary_cross_entropy.ts";
import { type Tape, Variable } from "../../nn/autodiff.ts";
import type { Network } from "../../nn/module.ts";
import { siameseWindow } from "../../nn/siamese.ts";
import type { Objective } from "../models/objective.ts";

/**
 * What is uploaded beside the images of a batch.
 *
 * @category Learner
 */
export interface TargetForm {
  /** Element type. */
  readonly dtype: DType;
  /** Shape for a batch of images `[n, c, h, w]`. */
  shape(images: Shape): Shape;
}

/**
 * What a loss is computed from.
 *
 * @category Learner
 */
export interface TaskInputs {
  /** The network. */
  readonly network: Network;
  /** Images `[n, c, h, w]`. */
  readonly images: Variable;
  /** What was uploaded of their labels, in the task's {@linkcode TargetForm}. */
  readonly targets: Tensor;
}

/**
 * One thing that a network is trained for.
 *
 * @category Learner
 */
export interface Task {
  /** Its name in events and saved states. */
  readonly name: string;
  /** Images of a batch. */
  readonly count: number;
  /** Images of a batch that are compared with one another: 1, or the frames of a window. */
  readonly frames: number;
  /** What is uploaded beside images; null where nothing is. */
  readonly targets: TargetForm | null;
  /** The task whose optimiser it shares; one of its own unless told. */
  readonly shares?: string;
  /** Whether the loss depends on a parameter, such as `dist.weight`. */
  reaches(parameter: string): boolean;
  /** The loss `[1]`, and the probability map of the first images that are compared. */
  loss(tape: Tape, inputs: TaskInputs): { loss: Variable; prob: Variable };
}

/**
 * Segmentation of labelled stills.
 *
 * @category Learner
 */
export function segmentationTask(
  objective: Objective,
  { count }: { count: number },
): Task {
  return {
    name: "segmentation",
    count,
    frames: 1,
    targets: { dtype: objective.targetType, shape: ([n, , h, w]) => [n, 1, h, w] },
    reaches: () => true,
    loss(tape, { network, images, targets }) {
      const outputs = network.forward(tape, images);
      return { loss: objective.segmentation(tape, { outputs, targets }), prob: outputs.prob };
    },
  };
}

/**
 * Segmentation of frames as a teacher labelled them; pixels of doubt are left out.
 *
 * @category Learner
 */
export function pupilTask(objective: Objective, { count }: { count: number }): Task {
  const stills = segmentationTask(objective, { count });
  return {
    ...stills,
    name: "pupil",
    shares: stills.name,
    loss(tape, { network, images, targets }) {
      const outputs = network.forward(tape, images);
      const loss = (objective.taught ?? objective.segmentation)(tape, { outputs, targets });
      return { loss, prob: outputs.prob };
    },
  };
}

/**
 * Segmentation of stills by a loss that always has a gradient, for a network that has died of another one.
 *
 * @category Learner
 */
export function primingTask(objective: Objective, { count }: { count: number }): Task {
  return { ...pupilTask(objective, { count }), name: "priming" };
}

/**
 * Consistency between the answers to windows of `frames` neighbouring images.
 *
 * @category Learner
 */
export function consistencyTask(
  name: "consistency" | "depth",
  { objective, windows, frames }: { objective: Objective; windows: number; frames: number },
): Task {
  return {
    name,
    count: frames * windows,
    frames,
    targets: null,
    reaches: (parameter) => objective.reaches(parameter),
    loss(tape, { network, images }) {
      const outputs = objective.compared;
      const answers = siameseWindow(tape, { network, frames: images, outputs, count: frames });
      return { loss: objective.consistency(tape, answers), prob: answers[0].prob };
    },
  };
}

/**
 * Classification of planes as in focus (target 1) or not (0), with binary cross-entropy.
 *
 * @category Learner
 */
export function focusTask({ count }: { count: number }): Task {
  return {
    name: "focus",
    count,
    frames: 1,
    targets: { dtype: "f32", shape: ([n]) => [n, 1, 1, 1] },
    reaches: () => true,
    loss(tape, { network, images, targets }) {
      const { prob } = network.forward(tape, images);
      const truth = new Variable(targets as Tensor<"f32">);
      return { loss: tape.apply(binaryCrossEntropy, [prob, truth], {}), prob };
    },
  };
}
