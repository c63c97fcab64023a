/**
 * Training of a model that finds objects: a baseline on labelled stills, then a control and a
 * consistent model side by side, then the table and the report.
 *
 * @module
 */

import { parameterCount } from "../../../nn/module.ts";
import { loadNetwork } from "../../../nn/weights.ts";
import { Learner } from "../../learn/learner.ts";
import { scaleOfSamples } from "../../learn/runs/read_samples.ts";
import { runSetStage } from "../../learn/runs/set_stage.ts";
import { hasPairs, scheduleOf, stageTasks } from "../../learn/stage_data.ts";
import { forgetLessons } from "../../learn/teacher/kept_lesson.ts";
import type { Stage } from "../../learn/stages.ts";
import type { TrainingSet } from "../../learn/training_set.ts";
import { freshNetwork, modelKind, objectModelOf } from "../../models/list.ts";
import type { ObjectScale } from "../../models/object_scale.ts";
import { decodeModel, encodeModel, readingOf } from "../../models/model_file.ts";
import type { SeedResults } from "../../report/results.ts";
import { resultsTable } from "../../report/results_table.ts";
import { readWhole } from "../disk/files.ts";
import { readModelFile, weightsFile } from "../disk/model_files.ts";
import type { ClaimedFolder } from "../disk/folders.ts";
import type { RunFolder } from "../disk/run_folder.ts";
import { versions } from "../disk/version.ts";
import { poolFor } from "../workers/pool.ts";
import { checkSet } from "./seeds/check_set.ts";
import { checkGivenChannels, unlearnedSettings } from "./check_config.ts";
import type { TrainConfig } from "./config.ts";
import type { PlanEvent, StageEvent, TrainEvent } from "./events.ts";
import { keepResults } from "./seeds/kept_results.ts";
import { FOCUS, isFocusTable, openFocus } from "../disk/focus_source.ts";
import { measureStages } from "./seeds/measure_stages.ts";
import type { InputEvent, RangeEvent } from "../progress/inputs.ts";
import { begin, type ProgressEvent, waitingFor } from "../progress/progress.ts";
import {
  type OpenedRun,
  openRun,
  recordingStore,
  type SeedPlace,
  type TrainOptions,
} from "./run.ts";
import { type SeedRun, stageFile, type TrainedModel } from "./seeds/seed_run.ts";
import { teachAll } from "./seeds/lessons.ts";
import { takesStacks } from "./stack_set.ts";
import { type LoadedSet, loadTrainingSet } from "./training_set.ts";
import { writeReport } from "./write_report.ts";
import { blaming } from "../../images/faults/input_fault.ts";

/**
 * Trains, and tells what happens as it happens.
 *
 * @throws {RangeError | TypeError | SyntaxError} If settings or data do not fit, or a loss is NaN.
 * @throws {Error} If the folder already holds a run and `resume` is not set, or another process trains
 *   there.
 * @param claim The folder, where whoever calls holds it already.
 */
export async function* trainObjects(
  options: TrainOptions,
  claim?: ClaimedFolder,
): AsyncGenerator<TrainEvent> {
  using run = await openRun(options, claim);
  const { config, parent, places, device } = run;
  const set = yield* readSet(run);
  for (const text of set.warnings) yield { type: "warning", text };
  for (const text of set.notes) yield { type: "note", text };
  const unlearned = unlearnedSettings(config, run.kinds).join(", ");
  if (unlearned !== "") {
    yield { type: "note", text: `A student learns nothing from ${unlearned}: only siamese does` };
  }
  await checkGiven(run);
  // A run that asks for too much memory is refused before its folder holds anything.
  let prepared: PreparedSeed | null = prepareSeed(run, { ...places[0], set, taken: set.taken });
  await run.begin();
  if (set.shifts !== null) await parent.write("shifts.csv", set.shifts);
  await keepFocus(parent, config);
  const results: SeedResults[] = [];
  for (const place of places) {
    prepared ??= prepareSeed(run, { ...place, set });
    const models = yield* trainSeed(prepared);
    if (run.isMeasured) {
      yield { type: "note", text: "Measuring on held-back stills and on the video" };
      const measured = yield* measureStages(prepared.seed, models);
      results.push(measured);
      const [video] = set.videos.map(({ name, frames: { length, times } }) => ({
        name,
        length,
        times,
      }));
      await keepResults(place.folder, { video, results: measured });
    }
    prepared = null;
  }
  await run.recordKernels();
  if (!run.isMeasured) return;
  const table = resultsTable(results);
  const folders = places.map(({ folder }) => folder);
  const adapter = device.adapter.name;
  const warnings = await writeReport({ parent, folders, config, set, table, results, adapter });
  for (const text of warnings) yield { type: "warning", text };
  yield {
    type: "result",
    table,
    report: parent.file("report.html"),
    weights: folders[0].file("weights.safetensors"),
  };
}

/**
 * Refuses what {@linkcode trainObjects} would refuse before it trains, and leaves nothing behind.
 *
 * @throws As {@linkcode trainObjects}.
 * @param claim The folder, which whoever calls holds.
 */
export async function* refuseUntrainable(
  options: TrainOptions,
  claim: ClaimedFolder,
): AsyncGenerator<ProgressEvent> {
  using run = await openRun(options, claim);
  const set = yield* readSet(run);
  await checkGiven(run);
  prepareSeed(run, { ...run.places[0], set });
}

/** Reads the data of a run, and holds them against its settings. */
async function* readSet(
  { config, device, source, stop }: OpenedRun,
): AsyncGenerator<ProgressEvent, LoadedSet> {
  const progress = begin("reading the data");
  const findFocus = takesStacks(config)
    ? await openFocus(device, config.focus, progress)
    : undefined;
  const work = loadTrainingSet(config, { findFocus, source, progress });
  const set = yield* waitingFor(work, { progress, stop });
  checkSet(set, config);
  return set;
}

/** Weights that training goes on from are held against their network before one like it is built. */
async function checkGiven({ device, config, kinds: { models } }: OpenedRun) {
  const { resumeFrom } = config;
  if (resumeFrom === "") return;
  const { file, weights, kind, architecture } = await readModelFile(resumeFrom, { models });
  checkGivenChannels(config, {
    architecture,
    wanted: modelKind(config.model, models).architecture(config),
  });
  using _scope = device.scope();
  blaming(() => loadNetwork(device, { weights, from: file, kinds: [kind.network] }));
}

/** Puts the classifier that finds focus beside the weights: to predict takes both. */
async function keepFocus(folder: RunFolder, { focus }: TrainConfig): Promise<void> {
  if (focus === "" || isFocusTable(focus)) return;
  await folder.write(FOCUS, await readWhole(weightsFile(focus)));
}

/** A seed about to be trained. */
interface PreparedSeed {
  readonly seed: SeedRun;
  readonly stages: readonly Stage[];
  readonly plan: PlanEvent;
  /** What the videos were taken for, told with the first seed. */
  readonly taken: readonly (InputEvent | RangeEvent)[];
}

/** What the program itself takes of memory, with a driver and a few copies of what is under way. */
const PROGRAM_BYTES = 400 * 2 ** 20;

/**
 * Makes the network of a seed, and plans its memory.
 *
 * @throws {OutOfMemoryError} If that exceeds the limit.
 */
function prepareSeed(
  run: OpenedRun,
  { config, folder, set, taken = [] }: SeedPlace & {
    set: TrainingSet;
    taken?: PreparedSeed["taken"];
  },
): PreparedSeed {
  const { device, kinds } = run;
  const kind = modelKind(config.model, kinds.models);
  const objects = objectModelOf(kind);
  const objective = objects.objective(config, kinds);
  const network = freshNetwork(device, { kind, settings: config });
  const tasks = stageTasks(objective, { settings: config, hasVolumes: config.volume.length > 0 });
  const { patch, recompute } = config;
  const learner = new Learner(device, { network, tasks, patch, recompute });
  const stages = stagesOf(set, config)
    .filter((stage) => stage === "baseline" || run.stages.includes(stage));
  const plan: PlanEvent = {
    type: "plan",
    seed: config.seed,
    parameters: parameterCount(network.parameters),
    plannedBytes: learner.plannedBytes(
      stages.includes("consistent") ? undefined : ["segmentation", "priming"],
    ),
    ...(set.heldBytes !== undefined && { processBytes: PROGRAM_BYTES + set.heldBytes }),
    stills: [set.train.length, set.validation.length, set.test.length],
    frames: set.videos.reduce((sum, { frames }) => sum + frames.length, 0),
    // A baseline that is given takes no steps.
    stages: stages.filter((stage) => stage !== "baseline" || config.resumeFrom === "").map((
      stage,
    ) => ({
      stage,
      steps: scheduleOf(stage, { set, settings: config }).steps,
    })),
  };
  const exposures: SeedRun["exposures"] = new Map();
  const scale = scaleOf(set, config);
  const seed = {
    ...{ run, config, folder, set, scale, kind, objects, objective, network, learner, exposures },
  };
  return { seed, stages, plan, taken };
}

/** How large the objects are that are learned from; not known where all of an image are taken as one. */
function scaleOf(
  { train }: TrainingSet,
  { mergeInstances }: TrainConfig,
): ObjectScale | null {
  if (mergeInstances) return null;
  return scaleOfSamples(train);
}

async function* trainSeed(
  { seed, stages, plan, taken }: PreparedSeed,
): AsyncGenerator<TrainEvent, Map<Stage, TrainedModel>> {
  const { run, folder } = seed;
  yield plan;
  yield* taken;
  await run.recordKernels();
  const models = new Map<Stage, TrainedModel>();
  for (const stage of stages) {
    const baseline = models.get("baseline") ?? null;
    models.set(stage, yield* trainStage(seed, { stage, baseline }));
  }
  await folder.write("weights.safetensors", models.get(stages.at(-1)!)!.content);
  return models;
}

function stagesOf(set: TrainingSet, config: TrainConfig): Stage[] {
  const isTaught = config.consistency === "teacher";
  const hasSecond = isTaught ? set.videos.length > 0 : hasPairs(set, config);
  if (!hasSecond || config.rounds === 0) return ["baseline"];
  return config.control ? ["baseline", "control", "consistent"] : ["baseline", "consistent"];
}

/** The most workers that augment: a batch takes one some milliseconds. */
const AUGMENTING_WORKERS = 2;

/** Runs one stage unless its weights are there already; the second stages start from the baseline. */
async function* trainStage(
  seed: SeedRun,
  { stage, baseline }: { stage: Stage; baseline: TrainedModel | null },
): AsyncGenerator<TrainEvent, TrainedModel> {
  const { config, folder, set, objects, objective, learner } = seed;
  const isTaught = stage === "consistent" && config.consistency === "teacher";
  if (await folder.has(stageFile(stage))) {
    // It may have been stopped between its end and this.
    if (isTaught) await forgetLessons(folder);
    return await readStage(seed, stage);
  }
  if (!baseline && config.resumeFrom !== "") return yield* takeGiven(seed);
  const saved = await folder.loadState();
  const resume = saved?.state.stage === stage ? saved : null;
  // What a stage told before it saved its first state is told again.
  const isFirst = stage === "baseline" || (config.resumeFrom !== "" && !await hasTrained(seed));
  if (!resume && (saved || isFirst)) {
    await folder.cutMetrics(saved?.state.metricsBytes ?? 0);
  }
  if (baseline) learner.setWeights(baseline.weights, folder.file(stageFile("baseline")));
  const lessons = isTaught ? yield* teachAll(seed, baseline!) : undefined;
  using pool = poolFor(seed.run.device, { most: AUGMENTING_WORKERS });
  pool?.start();
  const { reason, best } = yield* runSetStage(stage, {
    ...{ learner, objects, objective, set, settings: config, lessons },
    isSecond: baseline !== null,
    augment: pool === null ? undefined : (tasks) => pool.ask("augment", tasks, { handsOver: true }),
    store: recordingStore(seed.run, folder),
    ...{ resume, stop: seed.run.stop },
  });
  const untuned = objects.decoding(config);
  const last = await learner.weights();
  await folder.write("last.safetensors", encodeStage(seed, { weights: last, decode: untuned }));
  learner.setWeights(best, folder.file(stageFile(stage)));
  const decode = yield* tuned(seed, baseline?.decode ?? untuned);
  const trained = yield* keepStage(seed, { stage, reason, weights: best, decode });
  if (isTaught) await forgetLessons(folder);
  return trained;
}

/** Whether a stage after a baseline that was given is over, so that what it told is kept. */
async function hasTrained({ folder }: SeedRun): Promise<boolean> {
  const stages = ["control", "consistent"] as const;
  const found = await Promise.all(stages.map((stage) => folder.has(stageFile(stage))));
  return found.includes(true);
}

/** The weights of another run as the baseline; its decoding is tuned like that of all others. */
async function* takeGiven(seed: SeedRun): AsyncGenerator<TrainEvent, TrainedModel> {
  const { run: { kinds: { models } }, config, objects, learner } = seed;
  const given = await readModelFile(config.resumeFrom, { models });
  const weights = given.weights.tensors;
  learner.setWeights(weights, given.file);
  const decode = yield* tuned(
    seed,
    objects.tune ? readingOf(given).decode : objects.decoding(config),
  );
  return yield* keepStage(seed, { stage: "baseline", reason: "given", weights, decode });
}

/** Writes what a stage gave, and tells of it. */
async function* keepStage(
  seed: SeedRun,
  { stage, reason, weights, decode }:
    & Pick<StageEvent, "reason">
    & Pick<TrainedModel, "weights" | "decode">
    & { stage: Stage },
): AsyncGenerator<TrainEvent, TrainedModel> {
  const { config, folder, objects } = seed;
  const content = encodeStage(seed, { weights, decode });
  await folder.write(stageFile(stage), content);
  yield {
    type: "stage",
    seed: config.seed,
    stage,
    reason,
    weights: folder.file(stageFile(stage)),
    ...(objects.tune && { thresholds: { ...decode } }),
  };
  return { weights, decode, content };
}

/** A stage that was finished before. */
async function readStage(
  { run: { kinds: { models } }, folder }: SeedRun,
  stage: Stage,
): Promise<TrainedModel> {
  const file = folder.file(stageFile(stage));
  const content = await Deno.readFile(file);
  const model = decodeModel(content, { file, models });
  return { weights: model.weights.tensors, decode: readingOf(model).decode, content };
}

function encodeStage(
  { kind, network: { architecture }, config, scale, set: { pixelSize } }: SeedRun,
  { weights, decode }: Pick<TrainedModel, "weights" | "decode">,
): Uint8Array<ArrayBuffer> {
  return encodeModel({
    ...{ kind, architecture, weights, decode, intensities: config },
    planes: takesStacks(config) ? config.planes : null,
    channels: config.channels.length > 0 ? config.channels : null,
    exposure: config.exposure,
    objects: scale,
    pixelSize,
    versions: versions(),
  });
}

/** The decoding that finds most on the validation stills, where there is something to tune it on. */
async function* tuned(
  { run: { device, stop }, objects, network, set }: SeedRun,
  otherwise: object,
): AsyncGenerator<TrainEvent, object> {
  if (!objects.tune || set.validation.length === 0) return otherwise;
  const progress = begin("picking thresholds on the validation stills");
  const work = objects.tune(device, { network, stills: set.validation });
  return yield* waitingFor(work, { progress, stop });
}
