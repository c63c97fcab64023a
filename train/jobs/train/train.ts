/**
 * The main job: a baseline on labelled stills, then a control and a consistent model side by side,
 * then the table and the report.
 *
 * @module
 */

import type { Pins } from "../../../kernels/gpu/choices.ts";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import {
  defaultRayThresholds,
  type RayThresholds,
} from "../../../nn/labels/stardist/thresholds.ts";
import type { Network } from "../../../nn/module.ts";
import { parameterCount } from "../../../nn/module.ts";
import { decodeSafeTensors } from "../../../nn/safetensors.ts";
import { parameterTensors, writeTensors } from "../../../nn/weights.ts";
import { checkConfig } from "./check_config.ts";
import type { TrainConfig } from "./config.ts";
import type { TrainEvent } from "./events.ts";
import { FOCUS, isFocusTable, openFocus } from "./focus_source.ts";
import { readKernelFile, writeKernelFile } from "../disk/kernel_file.ts";
import { Learner, stepKinds } from "../../learn/learner.ts";
import { encodeModel, readModelFile, weightsFile } from "../../models/model_file.ts";
import { freshNetwork } from "../../models/network.ts";
import { measureModel } from "./measure.ts";
import type { ModelResults, SeedResults } from "../../report/results.ts";
import { resultsTable } from "../../report/results_table.ts";
import { RunFolder } from "../disk/run_folder.ts";
import type { DecodeSettings } from "../../models/segment.ts";
import { takesStacks } from "./stack_set.ts";
import { runStage } from "../../learn/stage.ts";
import type { Stage } from "../../learn/stages.ts";
import { hasPairs, stageSteps } from "../../learn/stage_data.ts";
import { pickThresholds } from "../../models/star_thresholds.ts";
import { loadTrainingSet, type TrainingSet } from "./training_set.ts";
import { writeReport } from "./write_report.ts";
import { versions } from "../disk/version.ts";

/** The kernels that a run used, in its folder. */
const KERNELS = "kernels.json";

/** How a run is made, apart from its settings. */
export interface TrainOptions {
  /** All settings. */
  readonly config: TrainConfig;
  /** The run folder. */
  readonly out: string;
  /** Go on with the run in the folder, if there is one. */
  readonly resume?: boolean;
  /** How many seeds to run, from `config.seed` on; more than one go into subfolders. */
  readonly seeds?: number;
}

/**
 * Trains, and tells what happens as it happens.
 *
 * @throws {RangeError | TypeError | SyntaxError} If settings or data do not fit, or a loss is NaN.
 * @throws {Error} If the folder already holds a run and `resume` is not set.
 *
 * @example
 * ```ts ignore
 * for await (const event of train({ config: defaultConfig, out: "runs/first" })) {
 *   if (event.type === "validation") console.log(event.step, event.segmentation);
 * }
 * ```
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent> {
  const { config, out, resume = false, seeds = 1 } = options;
  checkConfig(config);
  if (!(Number.isInteger(seeds) && seeds > 0)) {
    throw new RangeError(`Cannot train: seeds is ${seeds}, expected a whole number ≥ 1`);
  }
  const parent = new RunFolder(out);
  await parent.create();
  if (!resume && await parent.has("config.json")) {
    throw new Error(
      `Cannot train into ${out}: it already holds a run; add --resume or give another --out`,
    );
  }
  if (resume) await refuseImported(parent);
  const pins = await kernelsOf(parent, { config, resume });
  using device = await openDevice({ memoryLimit: config.memory * 1024 ** 2, kernels: pins });
  const recordKernels = () =>
    writeKernelFile(parent.file(KERNELS), {
      adapter: device.adapter.name,
      kernels: { ...pins, ...device.choices.used },
    });
  const findFocus = takesStacks(config) ? await openFocus(device, config.focus) : undefined;
  await keepFocus(parent, config);
  const set = await loadTrainingSet(config, { findFocus });
  for (const text of set.notes) yield { type: "note", text };
  const runs = Array.from({ length: seeds }, (_, i) => ({
    config: { ...config, seed: config.seed + i },
    folder: seeds === 1 ? parent : new RunFolder(`${out}/seed-${config.seed + i}`),
  }));
  await parent.writeConfig(config, { ...versions(), adapter: device.adapter.name });
  const results: SeedResults[] = [];
  for (const run of runs) {
    await run.folder.create();
    await run.folder.writeConfig(run.config, { ...versions(), adapter: device.adapter.name });
    results.push(yield* trainSeed(device, { ...run, set, recordKernels }));
  }
  await recordKernels();
  const table = resultsTable(results);
  const folders = runs.map(({ folder }) => folder);
  await writeReport({ parent, folders, config, set, table, results, adapter: device.adapter.name });
  yield {
    type: "result",
    table,
    report: parent.file("report.html"),
    weights: folders[0].file("weights.safetensors"),
  };
}

/** A folder with a model that was imported has nothing to go on with. */
async function refuseImported(folder: RunFolder): Promise<void> {
  const weights = await Deno.stat(folder.file("weights.safetensors")).catch(() => null);
  if (!weights?.isFile || await folder.has("metrics.jsonl")) return;
  throw new Error(
    `Cannot resume ${folder.path}: it holds a model, but no training; go on from it with ` +
      `--resume-from ${folder.path} and another --out`,
  );
}

/** Puts the classifier that finds focus beside the weights: to predict takes both. */
async function keepFocus(folder: RunFolder, { focus }: TrainConfig): Promise<void> {
  if (focus === "" || isFocusTable(focus)) return;
  await folder.write(FOCUS, await Deno.readFile(weightsFile(focus)));
}

/** A run that goes on uses the kernels that it began with, so that it gives the same bits. */
async function kernelsOf(
  folder: RunFolder,
  { config, resume }: { config: TrainConfig; resume: boolean },
): Promise<Pins> {
  if (resume && await folder.has(KERNELS)) return await readKernelFile(folder.file(KERNELS));
  return config.kernels === "" ? {} : await readKernelFile(config.kernels);
}

interface SeedRun {
  readonly config: TrainConfig;
  readonly folder: RunFolder;
  readonly set: TrainingSet;
}

async function* trainSeed(
  device: Device,
  { config, folder, set, recordKernels }: SeedRun & { recordKernels: () => Promise<void> },
): AsyncGenerator<TrainEvent, SeedResults> {
  const network = freshNetwork(device, config);
  const learner = new Learner(device, { network, config });
  const stages = stagesOf(set, config);
  yield {
    type: "plan",
    seed: config.seed,
    parameters: parameterCount(network.parameters),
    plannedBytes: learner.plannedBytes(
      stages.includes("consistent") ? stepKinds(config) : ["segmentation"],
    ),
    stills: [set.train.length, set.validation.length, set.test.length],
    frames: set.videos.reduce((sum, { frames }) => sum + frames.length, 0),
    stages: stages.map((stage) => ({ stage, steps: stageSteps(stage, { set, config }) })),
  };
  await recordKernels();
  for (const stage of stages) {
    yield* trainStage(device, { stage, learner, config, folder, set });
  }
  const final = stages.at(-1)!;
  await folder.write("weights.safetensors", await Deno.readFile(folder.file(stageFile(final))));
  yield { type: "note", text: "Measuring on held-back stills and on the video" };
  const results: Partial<Record<Stage, ModelResults>> = {};
  // The filter's rival is the consistent model, which was trained as long as the control.
  const filteredStage = stages.includes("control") ? "control" : "baseline";
  let shown: readonly number[] | undefined;
  for (const stage of stages) {
    const decode = await loadStage(device, { network, folder, stage });
    const filter = stage === filteredStage ? config.filter : undefined;
    const measured = await measureModel(device, { network, decode, set, shown, filter });
    // All models are shown on the frames on which the baseline is liveliest.
    shown ??= [...measured.shown.keys()];
    results[stage] = measured;
  }
  return results;
}

function stagesOf(set: TrainingSet, config: TrainConfig): Stage[] {
  if (!hasPairs(set, config) || config.rounds === 0) return ["baseline"];
  return config.control ? ["baseline", "control", "consistent"] : ["baseline", "consistent"];
}

function stageFile(stage: Stage): string {
  return `${stage}.safetensors`;
}

/** Runs one stage unless its weights are there already; the second stages start from the baseline. */
async function* trainStage(
  device: Device,
  { stage, learner, config, folder, set }: SeedRun & { stage: Stage; learner: Learner },
): AsyncGenerator<TrainEvent> {
  if (await folder.has(stageFile(stage))) return;
  if (stage === "baseline" && config.resumeFrom !== "") {
    return yield* takeGiven(device, { learner, config, folder, set });
  }
  const saved = await folder.loadState();
  const resume = saved?.state.stage === stage ? saved : null;
  // What a stage told before it saved its first state is told again.
  if (!resume && (saved || stage === "baseline")) {
    await folder.cutMetrics(saved?.state.metricsBytes ?? 0);
  }
  if (stage !== "baseline") {
    const name = stageFile("baseline");
    const { tensors } = decodeSafeTensors(
      await Deno.readFile(folder.file(name)),
      folder.file(name),
    );
    learner.setWeights(tensors, folder.file(name));
  }
  const { reason, best } = yield* runStage(stage, { learner, set, folder, config, resume });
  const { network } = learner;
  const last = await learner.weights();
  await folder.write("last.safetensors", encodeModel({ network, weights: last, config }));
  learner.setWeights(best, folder.file(stageFile(stage)));
  const otherwise = stage === "baseline"
    ? defaultRayThresholds
    : (await readModelFile(folder.file(stageFile("baseline")))).decode.thresholds;
  const thresholds = await thresholdsOf(device, { network, set, otherwise });
  const content = encodeModel({ network, weights: best, config, thresholds });
  await folder.write(stageFile(stage), content);
  const weights = folder.file(stageFile(stage));
  yield { type: "stage", seed: config.seed, stage, reason, weights, thresholds };
}

/** The weights of another run as the baseline; its thresholds are picked like those of all others. */
async function* takeGiven(
  device: Device,
  { learner, config, folder, set }: SeedRun & { learner: Learner },
): AsyncGenerator<TrainEvent> {
  const { network } = learner;
  const { file, weights: { tensors }, decode } = await readModelFile(config.resumeFrom);
  learner.setWeights(tensors, file);
  const thresholds = await thresholdsOf(device, { network, set, otherwise: decode.thresholds });
  const content = encodeModel({ network, weights: tensors, config, thresholds });
  await folder.write(stageFile("baseline"), content);
  const weights = folder.file(stageFile("baseline"));
  yield {
    type: "stage",
    seed: config.seed,
    stage: "baseline",
    reason: "given",
    weights,
    thresholds,
  };
}

/** Picks the thresholds of a StarDist network on the validation stills, if there are any. */
async function thresholdsOf(
  device: Device,
  { network, set, otherwise }: { network: Network; set: TrainingSet; otherwise: RayThresholds },
): Promise<RayThresholds | undefined> {
  if (network.architecture.kind !== "stardist") return undefined;
  if (set.validation.length === 0) return otherwise;
  return await pickThresholds(device, { network, stills: set.validation });
}

/** Puts a stage's weights into the network; says how its answers become objects. */
async function loadStage(
  device: Device,
  { network, folder, stage }: { network: Network; folder: RunFolder; stage: Stage },
): Promise<DecodeSettings> {
  const { file, weights, decode } = await readModelFile(folder.file(stageFile(stage)));
  writeTensors(device, {
    tensors: parameterTensors(network),
    arrays: weights.tensors,
    from: file,
  });
  return decode;
}
