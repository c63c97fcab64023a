/**
 * Experiments: trains what a protocol names with every seed, measures its recipes, and compares them in
 * one table. A run that was stopped goes on where it was.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { OutOfMemoryError } from "../../../kernels/gpu/errors.ts";
import type { Stage } from "../../learn/stages.ts";
import type { TrainingSet } from "../../learn/training_set.ts";
import { openGpu } from "../disk/open_gpu.ts";
import { writeFileAtomic } from "../disk/atomic_file.ts";
import { isThere, readWholeText, reasonOf } from "../disk/files.ts";
import { openFocus } from "../disk/focus_source.ts";
import { claimFolder } from "../disk/folders.ts";
import { readModelFile } from "../disk/model_files.ts";
import { changeConfig, isHolotomography, type TrainConfig } from "../train/config.ts";
import { begin, type ProgressEvent, stopIfAsked, waitingFor } from "../progress/progress.ts";
import type { TrainEvent } from "../train/events.ts";
import { type ExampleStacks, makeHolotomography } from "../train/holotomography.ts";
import type { TrainOptions } from "../train/run.ts";
import { takesStacks } from "../train/stack_set.ts";
import { refuseUntrainable, trainObjects } from "../train/train_objects.ts";
import { loadTrainingSet } from "../train/training_set.ts";
import { formatComparison, type RecipeResults } from "./comparison.ts";
import { inputsOf } from "./inputs.ts";
import { readResult, refuseDamagedResults, resultIn } from "./kept_result.ts";
import { measuredFrames, measureRecipe, type RecipeResult } from "./measure_recipe.ts";
import { parseProtocol, type Protocol } from "./protocol.ts";
import { type RecipeRun, references } from "./recipes.ts";
import { isOfSettings, tableIn, writeRecord } from "./record.ts";
import { blaming } from "../../images/faults/input_fault.ts";

/**
 * What to do, and where.
 *
 * @category Jobs
 */
export interface ExperimentOptions {
  /** The file of the protocol. */
  readonly file: string;
  /** The folder of runs and results. */
  readonly out: string;
  /** Says when to save at the next step and to stop there. */
  readonly stop?: AbortSignal;
  /** How the stacks of the built-in holotomography are made, where the protocol names it. */
  readonly stacks?: ExampleStacks;
}

/**
 * A recipe has been measured.
 *
 * @category Jobs
 */
export interface RecipeMeasured {
  /** What kind of event this is. */
  readonly type: "recipe";
  /** The recipe's name. */
  readonly name: string;
  /** The seed. */
  readonly seed: number;
  /** Measured before, and read again. */
  readonly isKept: boolean;
}

/**
 * Everything is measured.
 *
 * @category Jobs
 */
export interface ExperimentDone {
  /** What kind of event this is. */
  readonly type: "comparison";
  /** The file of the table. */
  readonly file: string;
  /** The table as Markdown. */
  readonly text: string;
  /** The weights of what all are compared with, of the first seed; those of the others lie beside them. */
  readonly model: string;
}

/**
 * What an experiment tells while it runs.
 *
 * @category Jobs
 */
export type ExperimentEvent = TrainEvent | RecipeMeasured | ExperimentDone;

/**
 * Runs an experiment, and tells what happens as it happens.
 *
 * Below the output folder are `seed-N/baseline/` and one folder for each run of each seed, results as JSON
 * beside them, and `comparison.md`; of the built-in holotomography also its stacks in `data/` and their focus
 * classifier in `focus/`. What is there already is not done again, so a stopped experiment goes on when it is
 * called again. Until something is trained its protocol may change.
 *
 * @throws {SyntaxError | TypeError | RangeError} If the protocol makes no sense, data do not fit, or a result
 *   that is there already is damaged.
 * @throws {OutOfMemoryError} If the GPU memory that the protocol allows does not suffice.
 * @throws {Error} If the file cannot be read, the folder has results of other settings or data, or files in the
 *   places of the experiment's that none wrote, or another process writes into it.
 *
 * @category Jobs
 */
export async function* experiment(options: ExperimentOptions): AsyncGenerator<ExperimentEvent> {
  try {
    yield* compareRecipes(options);
  } catch (error) {
    const isOverLimit = error instanceof OutOfMemoryError &&
      error.message.includes("the memory limit is");
    if (!isOverLimit) throw error;
    throw new OutOfMemoryError(`${error.message}, or raise settings.memory in ${options.file}`);
  }
}

async function* compareRecipes(
  { file, out, stop, stacks }: ExperimentOptions,
): AsyncGenerator<ExperimentEvent> {
  const text = await readWholeText(file).catch((error) => {
    throw new Error(
      `Cannot read ${file}: ${reasonOf(error, file)}; give a JSON file of a protocol`,
      { cause: error },
    );
  });
  const given = blaming(() => parseProtocol(text, file));
  const isMade = isHolotomography(given.config);
  if (!isMade) yield* refuseUnmeasured({ ...given, file }, stop);
  using claim = await claimFolder(out, "experiment");
  const refuse = async function* (config: TrainConfig): AsyncGenerator<TrainEvent> {
    yield* refuseUnmeasured({ ...given, config, file }, stop);
    yield* refuseUntrainable({ config, out, stop }, claim);
  };
  const look = { progress: begin("looking at the data"), stop };
  const subject = {
    protocol: given,
    file,
    inputs: yield* waitingFor(inputsOf(given.config), look),
  };
  const areKept = await isOfSettings(subject, out);
  const placeOf = (seed: number) => `${out}/seed-${seed}`;
  // What cannot be compared in the end is told before anything is trained.
  await refuseDamagedResults(given, placeOf);
  const make = { ...stacks, config: given.config, out, stop, areKept, refuse };
  const protocol = isMade ? { ...given, config: yield* makeHolotomography(make) } : given;
  if (!areKept) await writeRecord(subject, out);
  const results = new Map(protocol.recipes.map(({ name }) => [name, [] as RecipeResult[]]));
  for (const seed of protocol.seeds) {
    const place = placeOf(seed);
    const config = { ...protocol.config, seed };
    const baseline = { ...config, rounds: 0 };
    yield* trainRun({ config: baseline, out: `${place}/baseline`, stages: [], stop });
    for (const [run, stages] of runsOf(protocol)) {
      const changed = changeConfig(config, { change: run.change, source: `recipe ${run.name}` });
      yield* trainRun({
        config: {
          ...changed,
          seed: seed + (run.seedOffset ?? 0),
          resumeFrom: `${place}/baseline/baseline.safetensors`,
        },
        ...{ out: `${place}/${run.name}`, stages, stop },
      });
    }
    for await (const event of measuredRecipes(protocol, { place, config, stop })) {
      if ("type" in event) {
        yield event;
        continue;
      }
      const { name, result, isKept } = event;
      results.get(name)!.push(result);
      yield { type: "recipe", name, seed, isKept };
      stopIfAsked(stop, `after ${name} of seed ${seed}`);
    }
  }
  const all: RecipeResults[] = [...results].map(([name, results]) => ({ name, results }));
  const comparison = formatComparison(all, { references });
  const table = tableIn(out);
  await writeFileAtomic(table, comparison);
  const { run, stage } = protocol.recipes.find(({ name }) => name === references[0].name)!;
  const model = `${placeOf(protocol.seeds[0])}/${run.name}/${stage}.safetensors`;
  yield { type: "comparison", file: table, text: comparison, model };
}

/** What cannot be measured is not trained. */
async function* refuseUnmeasured(
  protocol: Protocol & { readonly file: string },
  stop: AbortSignal | undefined,
): AsyncGenerator<ProgressEvent> {
  using data = yield* openData(protocol.config, stop);
  measuredFrames(data.set.videos[0].frames, protocol);
}

/** The runs that the recipes need, with the stages that they take from them. */
function runsOf({ recipes }: Protocol): Map<RecipeRun, Stage[]> {
  const runs = new Map<RecipeRun, Stage[]>();
  for (const { run, stage } of recipes) {
    const stages = runs.get(run) ?? [];
    if (stage !== "baseline" && !stages.includes(stage)) stages.push(stage);
    runs.set(run, stages);
  }
  return runs;
}

/** Trains, unless that was done before. */
async function* trainRun(
  { config, out, stages, stop }: Pick<TrainOptions, "config" | "out" | "stop"> & {
    stages: readonly Stage[];
  },
): AsyncGenerator<TrainEvent> {
  const exists = (name: string) => isThere(`${out}/${name}`);
  const wanted = ["weights.safetensors", ...stages.map((stage) => `${stage}.safetensors`)];
  if ((await Promise.all(wanted.map(exists))).every(Boolean)) return;
  // Recipes are measured, each in its own way.
  const options = { config, out, stages, stop, isMeasured: false };
  yield* trainObjects({ ...options, resume: await exists("config.json") });
}

/** The results of a seed, read again or measured; data are read once, where something is to be measured. */
async function* measuredRecipes(
  { recipes, measureFrom, blocks }: Protocol,
  { place, config, stop }: { place: string; config: TrainConfig; stop?: AbortSignal },
): AsyncGenerator<{ name: string; result: RecipeResult; isKept: boolean } | ProgressEvent> {
  let data: OpenedData | null = null;
  try {
    for (const recipe of recipes) {
      const { name, run, stage } = recipe;
      const path = resultIn(place, name);
      const kept = await readResult(path, { blocks });
      if (kept) {
        yield { name, result: kept, isKept: true };
        continue;
      }
      data ??= yield* openData(config, stop);
      const file = await readModelFile(`${place}/${run.name}/${stage}.safetensors`);
      const { filter, field } = config;
      const { device, set: { test, videos: [video] } } = data;
      const { count } = measuredFrames(video.frames, { measureFrom, blocks });
      const progress = begin(`measuring ${name}`, count);
      const set = { test, videos: [video] };
      const options = { recipe, file, set, measureFrom, blocks, filter, field, progress };
      const result = yield* waitingFor(measureRecipe(device, options), { progress, stop });
      await writeFileAtomic(path, JSON.stringify(result));
      yield { name, result, isKept: false };
    }
  } finally {
    data?.[Symbol.dispose]();
  }
}

/** The data of a run, and the device that reads focus in them. */
interface OpenedData extends Disposable {
  readonly device: Device;
  readonly set: TrainingSet;
}

async function* openData(
  config: TrainConfig,
  stop: AbortSignal | undefined,
): AsyncGenerator<ProgressEvent, OpenedData> {
  using parts = new DisposableStack();
  const device = parts.use(await openGpu({ memoryLimit: config.memory * 1024 ** 2 }));
  const progress = begin("reading the data");
  const findFocus = takesStacks(config)
    ? await openFocus(device, config.focus, progress)
    : undefined;
  const work = loadTrainingSet(config, { findFocus, progress });
  const set = yield* waitingFor(work, { progress, stop });
  const kept = parts.move();
  return { device, set, [Symbol.dispose]: () => kept.dispose() };
}
