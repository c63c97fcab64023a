/**
 * The built-in example of holotomography, from stacks to a report as in figure 1 of the paper: focus
 * planes, the planes around them, Siamese training, Otsu, opening, components, scores and areas.
 *
 * @module
 */

import { focusClassifier } from "../../models/focus/kind.ts";
import type { Kinds } from "../../models/list.ts";
import { configOf, type TrainConfig } from "./config.ts";
import type { TrainEvent } from "./events.ts";
import { isThere } from "../disk/files.ts";
import { refuseFilled } from "../disk/folders.ts";
import {
  holdsSynthStacks,
  placesOfStacks,
  synthStackFiles,
  type SynthStackFilesOptions,
} from "../synth_files.ts";
import { claimRun, type TrainOptions } from "./run.ts";
import { RunFolder } from "../disk/run_folder.ts";
import { trainFocus } from "./train_focus.ts";
import { refuseUntrainable, trainObjects } from "./train_objects.ts";

/** The data is the same for every seed of a run, as that of the other example is. */
const DATA_SEED = 1;

/** What the example's classifier changes, to be trained in half a minute on two cores. */
const FOCUS: Partial<TrainConfig> = { warmup: 150, validateEvery: 75, patch: 64 };

/**
 * How the stacks of the built-in holotomography and their focus classifier are made.
 *
 * @category Jobs
 */
export interface ExampleStacks {
  /** How many stacks there are, and how large. */
  readonly data?: Omit<SynthStackFilesOptions, "out">;
  /** Settings of the focus classifier that differ. */
  readonly focusModel?: Partial<TrainConfig>;
}

/** What the example can be changed in, besides the settings of its models. */
export interface HolotomographyOptions extends TrainOptions, ExampleStacks {
  /** Whether stacks and classifier that are there already are those of these settings, and are taken. */
  readonly areKept?: boolean;
  /** Refuses what cannot be done with the stacks, before a classifier is trained for it. */
  readonly refuse?: (config: TrainConfig) => AsyncGenerator<TrainEvent>;
}

/**
 * Writes synthetic stacks to `data/` in the run folder, trains a focus classifier into `focus/`, and
 * with it the models.
 *
 * @throws As {@linkcode trainObjects}.
 */
export async function* trainHolotomography(
  options: HolotomographyOptions,
): AsyncGenerator<TrainEvent> {
  const { out, resume = false } = options;
  using claim = await claimRun(out, { resume });
  const refuse = (config: TrainConfig) => refuseUntrainable({ ...options, config }, claim);
  const config = yield* makeHolotomography({ refuse, ...options });
  yield* trainObjects({ ...options, config }, claim);
}

/**
 * Writes synthetic stacks to `data/` in a folder, and trains a focus classifier on them into `focus/`.
 *
 * @returns The settings of runs on them.
 * @throws {Error} If either folder holds something else.
 */
export async function* makeHolotomography(
  { data = {}, focusModel = FOCUS, areKept = false, refuse, ...options }: HolotomographyOptions,
): AsyncGenerator<TrainEvent, TrainConfig> {
  const { config, out, kinds } = options;
  const folder = new RunFolder(out);
  const [stacks, focus] = [folder.file("data"), folder.file("focus")];
  const { stills, movie, truth, dots, focus: table } = placesOfStacks(stacks);
  const made = { ...config, stills, video: [movie], truth, markers: dots, focus };
  // The classifier is trained when the stacks are complete: without them it is not the example's.
  if (await holdsSynthStacks(stacks)) {
    if (areKept && await isThere(`${focus}/weights.safetensors`)) return made;
    await remove(focus);
    await remove(stacks);
  }
  const task = `train the focus classifier of the example into ${focus}`;
  await refuseFilled(focus, { job: "train", task, parts: [] });
  const files = await synthStackFiles({ seed: DATA_SEED, ...data, out: stacks });
  yield { type: "note", text: `${files.files} files of synthetic stacks are in ${stacks}` };
  // Their planes in focus are known, as is all else that does not hang on the classifier.
  if (refuse) yield* refuse({ ...made, focus: table });
  yield* trainFocus({
    ...options,
    config: {
      ...configForFocus(config, kinds),
      ...focusModel,
      ...{ stills, focus: table },
    },
    ...{ out: focus, resume: false, seeds: 1 },
  });
  return made;
}

/** Its settings: losses, rates, exposures and early ends are for the models alone. */
function configForFocus(
  { seed, memory, kernels, recompute, low, high, augmentation, focusModel }: TrainConfig,
  kinds?: Kinds,
): TrainConfig {
  const { exposure: _, ...ofPatches } = augmentation;
  const change = {
    model: focusClassifier.name,
    ...{ seed, memory, kernels, recompute, low, high, focusModel },
    augmentation: ofPatches,
  };
  return configOf(change, { source: "the example", kinds });
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
