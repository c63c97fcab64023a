/**
 * Training steps on a device that computes nothing: what the processor does to have them done.
 *
 * @module
 */

import { Learner } from "../../../train/learn/learner.ts";
import { type Batch, stackSamples } from "../../../train/learn/batches.ts";
import { stageTasks } from "../../../train/learn/stage_data.ts";
import {
  defaultKinds,
  freshNetwork,
  modelKind,
  objectModelOf,
} from "../../../train/models/list.ts";
import { defaultConfig } from "../../../train/jobs/train/config.ts";
import type { HostJob, HostPart } from "../measure.ts";
import { nullGpu, openNull } from "../null_gpu.ts";
import { sceneOf } from "../scene.ts";

const STEPS = 50;

/** The tasks that are measured, by kind of model. */
const TASKS: readonly (readonly [model: string, task: string, what: string])[] = [
  ["unet", "segmentation", "U-Net on stills"],
  ["stardist", "segmentation", "StarDist on stills"],
  ["unet", "consistency", "U-Net on pairs"],
  ["stardist", "pupil", "StarDist as a student"],
];

/** A training step, without making its batch. */
export const stepJob: HostJob = {
  name: "steps",
  sentence: "A step on a batch that is there: upload, replay, and its part of reading the losses",
  unit: "step",
  async *parts() {
    for (const [model, task, what] of TASKS) {
      for (const patch of [128, 256]) yield await stepsOf({ model, task, what, patch });
    }
  },
};

async function stepsOf(
  { model, task, what, patch }: { model: string; task: string; what: string; patch: number },
): Promise<HostPart> {
  const gpu = nullGpu();
  const device = await openNull(gpu);
  const config = { ...defaultConfig, model, patch };
  const kind = modelKind(model);
  const objective = objectModelOf(kind).objective(config, defaultKinds);
  const consistency = task === "consistency" ? "siamese" as const : "teacher" as const;
  const learner = new Learner(device, {
    network: freshNetwork(device, { kind, settings: config }),
    tasks: stageTasks(objective, { settings: { ...config, consistency }, hasVolumes: false }),
    patch,
  });
  const { image, labels } = sceneOf({ width: patch, height: patch, objects: 20 });
  const sample = {
    ...{ channels: 1, width: patch, height: patch },
    image: Float32Array.from(image, (value) => value / 1000),
    labels,
  };
  const { encode } = objective;
  const made = stackSamples(Array.from({ length: 4 }, () => sample), { encode });
  const batch: Batch = task === "consistency" ? { ...made, targets: null } : made;
  const run = async () => {
    for (let step = 0; step < STEPS; step++) {
      learner.step(task, batch, 1e-3);
      if (step % 10 === 9) await learner.readLosses();
    }
  };
  await run();
  const before = gpu.counts.dispatches;
  await run();
  const dispatches = (gpu.counts.dispatches - before) / STEPS;
  return { part: what, at: `4 x ${patch}², ${dispatches} dispatches`, units: STEPS, run };
}
