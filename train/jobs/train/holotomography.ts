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
import { basename } from "../../images/names.ts";
import { isThere, readTextOrNull } from "../disk/files.ts";
import { refuseFilled } from "../disk/folders.ts";
import { differenceOf } from "../disk/same_files.ts";
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

/** Where stacks and classifier are until they are complete; what is left in it is of no worth. */
const UNDER_WAY = ".example";

/**
 * Writes synthetic stacks to `data/` in a folder, and trains a focus classifier on them into `focus/`. What
 * is there already is kept where it is what would be made, and refused where it is anything else.
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
  for (const path of [stacks, focus]) await refuseUnmovable(path);
  const isTrained = await isThere(`${focus}/weights.safetensors`);
  if (areKept && isTrained && await holdsSynthStacks(stacks)) return made;
  const settings = { ...configForFocus(config, kinds), ...focusModel, stills, focus: table };
  if (isTrained) await refuseOtherClassifier(focus, settings);
  else {
    const task = `train the focus classifier of the example into ${focus}`;
    await refuseFilled(focus, { job: "train", task, parts: [] });
  }
  const underWay = folder.file(UNDER_WAY);
  await remove(underWay);
  try {
    const fresh = `${underWay}/data`;
    const { files } = await synthStackFiles({ seed: DATA_SEED, ...data, out: fresh });
    await putStacks(fresh, stacks);
    yield { type: "note", text: `${files} files of synthetic stacks are in ${stacks}` };
    // Their planes in focus are known, as is all else that does not hang on the classifier.
    if (refuse) yield* refuse({ ...made, focus: table });
    if (isTrained) {
      yield { type: "note", text: `${focus}: the classifier of these settings, and kept` };
      return made;
    }
    const run = { ...options, config: settings, out: `${underWay}/focus`, resume: false, seeds: 1 };
    for await (const event of trainFocus(run)) {
      const isResult = event.type === "stage";
      yield isResult ? { ...event, weights: `${focus}/${basename(event.weights)}` } : event;
    }
    await rename({ from: `${underWay}/focus`, to: focus });
  } finally {
    await remove(underWay);
  }
  return made;
}

/** Refuses a file, or a link to nothing or to an empty folder: a finished folder is to take its place. */
async function refuseUnmovable(path: string): Promise<void> {
  const found = await Deno.lstat(path).catch(() => null);
  if (found === null || found.isDirectory) return;
  const isFolder = await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
  if (isFolder && !await isEmpty(path)) return;
  throw new Error(
    `Cannot make the example's folder ${path}: it is a file or a link; give another --out, or move it away`,
  );
}

/** Gives fresh stacks their place, or leaves those there that are the same. */
async function putStacks(fresh: string, stacks: string): Promise<void> {
  const isFilled = await isThere(stacks) && !await isEmpty(stacks);
  if (!isFilled) return await rename({ from: fresh, to: stacks });
  const other = await differenceOf(stacks, fresh);
  if (other === null) return;
  const what = await isThere(`${stacks}/${other}`) ? other : `stacks without ${other}`;
  throw new Error(
    `Cannot write the stacks of the example to ${stacks}: it already holds ${what}, which the example ` +
      "does not make; give another --out, or move that folder away",
  );
}

/** Refuses a classifier that is not what training with some settings gives. */
async function refuseOtherClassifier(focus: string, wanted: TrainConfig): Promise<void> {
  const text = await readTextOrNull(`${focus}/config.json`);
  const found: Record<string, unknown> = text === null ? {} : parsedSettings(text);
  const other = Object.entries(wanted).find(([name, value]) =>
    !isSame(found[name], { value, isPath: name === "stills" || name === "focus" })
  );
  if (other === undefined) return;
  const says = text === null ? "one without settings" : `one with another setting of ${other[0]}`;
  throw new Error(
    `Cannot train the focus classifier of the example into ${focus}: it already holds ${says}; give ` +
      "another --out, or move that folder away",
  );
}

function parsedSettings(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** A path counts from the folder of the stacks on, as the folder above may be named in many ways. */
function isSame(found: unknown, { value, isPath }: { value: unknown; isPath: boolean }): boolean {
  if (isPath) return typeof found === "string" && endOf(found) === endOf(String(value));
  return JSON.stringify(found) === JSON.stringify(value);
}

function endOf(path: string): string {
  return path.split(/[\\/]/).slice(-2).join("/");
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

/** Moves a folder to where none is, or an empty one. */
async function rename({ from, to }: { from: string; to: string }): Promise<void> {
  if (await isThere(to)) await Deno.remove(to);
  await Deno.rename(from, to);
}

async function isEmpty(folder: string): Promise<boolean> {
  for await (const _ of Deno.readDir(folder)) return false;
  return true;
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
