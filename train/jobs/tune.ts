/**
 * Finds the fastest kernels for this machine and writes them to a file for training and prediction.
 *
 * @module
 */

import type { Pins } from "../../kernels/gpu/choices.ts";
import { pinsOf, type TunedProblem, tuneKernels } from "../../kernels/choice/tuner.ts";
import { kernelFamilies } from "../../kernels/families.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import type { TrainConfig } from "./train/config.ts";
import { openGpu } from "./disk/open_gpu.ts";
import { checkWritable } from "./disk/atomic_file.ts";
import { writeKernelFile } from "./disk/kernel_file.ts";
import { Learner } from "../learn/learner.ts";
import { focusTask } from "../learn/tasks.ts";
import { stageTasks } from "../learn/stage_data.ts";
import { defaultKinds, freshNetwork, modelKind } from "../models/list.ts";

/**
 * What to tune for.
 *
 * @category Jobs
 */
export interface TuneOptions {
  /** Settings of the training whose steps count: network, patch, batch, pairs. */
  readonly config: TrainConfig;
  /** Height and width in pixels of the tiles or images that will be predicted; none for no one. */
  readonly image?: readonly [number, number];
  /** The file to write. */
  readonly out: string;
}

/**
 * A convolution has been tuned.
 *
 * @category Jobs
 */
export interface TunedEvent extends TunedProblem {
  /** What kind of event this is. */
  readonly type: "tuned";
  /** How many are tuned so far, and of how many. */
  readonly done: number;
  /** All of them. */
  readonly total: number;
}

/**
 * All are tuned, and the file is written.
 *
 * @category Jobs
 */
export interface TuneDone {
  /** What kind of event this is. */
  readonly type: "done";
  /** The file. */
  readonly out: string;
}

/**
 * Times every kernel that can serve a convolution of the training steps, and of a prediction.
 *
 * @throws {Error} If the file cannot be written, or the GPU fails.
 * @category Jobs
 */
export async function* tune(
  { config, image, out }: TuneOptions,
): AsyncGenerator<TunedEvent | TuneDone> {
  await checkWritable(out);
  using device = await openGpu({ memoryLimit: config.memory * 1024 ** 2 });
  const selfTested = new Set(Object.keys(device.choices.used));
  const kind = modelKind(config.model);
  const network = freshNetwork(device, { kind, settings: config });
  // Planning asks for every kernel and computes nothing.
  const tasks = kind.objects
    ? stageTasks(kind.objects.objective(config, defaultKinds), {
      settings: config,
      hasVolumes: config.volume.length > 0,
    })
    : [focusTask({ count: 2 * config.pairs })];
  const { patch, recompute } = config;
  new Learner(device, { network, tasks, patch, recompute }).plannedBytes();
  if (image) {
    const { sizeMultiple: multiple } = network;
    const shape = [
      1,
      network.inChannels,
      ...image.map((side) => Math.ceil(side / multiple) * multiple),
    ];
    device.plan(() => {
      const tape = new Tape(device, { record: false });
      network.forward(tape, new Variable(device.empty(shape)));
    });
  }
  const keys = Object.keys(device.choices.used).filter((key) => !selfTested.has(key));
  const problems: TunedProblem[] = [];
  for await (const problem of tuneKernels(device, { families: kernelFamilies, used: keys })) {
    problems.push(problem);
    yield { type: "tuned", ...problem, done: problems.length, total: keys.length };
  }
  const kernels: Pins = pinsOf(problems);
  await writeKernelFile(out, { adapter: device.adapter.name, kernels });
  yield { type: "done", out };
}
