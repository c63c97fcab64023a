/**
 * Learning on from a model in memory: adapting it to a video with the stills in between, and teaching it
 * labelled stills.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Network } from "../../../nn/module.ts";
import { lossKinds } from "../../../nn/losses.ts";
import type { NamedArray } from "../../../nn/safetensors.ts";
import { looksLabelFree } from "../../images/quality/movie_facts.ts";
import type { Sample } from "../../images/sample.ts";
import type { Frames } from "../../images/series/frames.ts";
import { freshNetwork, objectModelOf } from "../../models/list.ts";
import {
  encodeModel,
  type ModelFile,
  readingOf,
  settingsOfModel,
} from "../../models/model_file.ts";
import type { ObjectModel, SettingChange } from "../../models/model_kind.ts";
import type { Objective } from "../../models/objective.ts";
import type { StageRunEvent } from "../events.ts";
import { Learner } from "../learner.ts";
import { goOn, type Progress } from "../progress/progress.ts";
import { learnSettingsOf, type PlainLearnSettings } from "../settings/learn_settings.ts";
import { scheduleOf, stageTasks } from "../stage_data.ts";
import type { SavedState, StageStore } from "../stage_state.ts";
import type { Stage } from "../stages.ts";
import { adaptSettings, ALARM, type VideoSize } from "../steady/plan.ts";
import { forgetLessons, KeptLesson, type LabelStore } from "../teacher/kept_lesson.ts";
import type { TaughtVideo } from "../teacher/pupil_stream.ts";
import { causesOf, taughtPart, teach } from "../teacher/teacher.ts";
import { splitStills, type TrainingSet } from "../training_set.ts";
import { stopIfAsked } from "../stopped.ts";
import { scaleOfSamples } from "./read_samples.ts";
import { runSetStage } from "./set_stage.ts";

/**
 * What learning takes, told before its first step.
 *
 * @category Stages
 */
export interface LearnPlan {
  /** What kind of event this is. */
  readonly type: "plan";
  /** GPU memory that it needs, in bytes. */
  readonly plannedBytes: number;
  /** Its stages, in order, each with its steps. */
  readonly stages: readonly { readonly stage: Stage; readonly steps: number }[];
}

/**
 * What learning tells while it runs.
 *
 * @category Stages
 */
export type LearnEvent = LearnPlan | StageRunEvent;

/**
 * Where learning keeps what it has, so that it can be gone on with.
 *
 * @category Stages
 */
export interface LearnKeeper {
  /** Where the states of its stages go. */
  readonly store: StageStore;
  /** The state that was saved last; null where none was. */
  savedState(): Promise<SavedState | null>;
  /** The model that a stage gave, as a file; null where it is not over. */
  doneStage(stage: Stage): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Keeps the model that a stage gave. */
  keepStage(stage: Stage, model: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Where a teacher's labels are kept until its student has learned from them. */
  readonly labels: LabelStore;
}

/**
 * What all ways of learning work with.
 *
 * @category Stages
 */
export interface LearnParts {
  /** The model to begin with. */
  readonly file: ModelFile;
  /** Labelled stills, normalised as the model has it. */
  readonly samples: readonly Sample[];
  /** Seed of order, places and augmentation. */
  readonly seed: number;
  /** Where it keeps what it has. */
  readonly keeper: LearnKeeper;
  /** Notes how far it is where no steps are made. */
  readonly progress: Progress;
  /** Says when to save and to stop. */
  readonly stop?: AbortSignal;
  /** Versions of the programs that learn, for the files. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A network in training, and what it was. */
interface ModelRun extends LearnParts {
  readonly settings: PlainLearnSettings;
  readonly objects: ObjectModel;
  readonly objective: Objective;
  readonly network: Network;
  readonly learner: Learner;
  readonly decode: object;
}

function openRun(device: Device, parts: LearnParts, change: SettingChange): ModelRun {
  goOn(parts.progress, "making the network");
  const { file: { kind, ...file }, seed } = parts;
  const settings = learnSettingsOf(
    { ...settingsOfModel(parts.file), ...change, seed },
    { source: `the settings of ${file.file}` },
  );
  const objects = objectModelOf(kind);
  const objective = objects.objective(settings, { losses: lossKinds });
  const network = freshNetwork(device, { kind, settings });
  const tasks = stageTasks(objective, { settings, hasVolumes: false });
  const learner = new Learner(device, { network, tasks, patch: settings.patch });
  learner.setWeights(file.weights.tensors, file.file);
  const { decode } = readingOf(parts.file);
  return { ...parts, settings, objects, objective, network, learner, decode };
}

function encoded(
  { file: { kind }, network: { architecture }, settings, samples, versions }: ModelRun,
  { weights, decode }: { weights: ReadonlyMap<string, NamedArray>; decode: object },
): Uint8Array<ArrayBuffer> {
  return encodeModel({
    ...{ kind, architecture, weights, decode, intensities: settings, planes: null, versions },
    exposure: settings.exposure,
    objects: scaleOfSamples(samples),
  });
}

/** Runs a stage unless it is over, and keeps the model that it gives. */
async function* stageOf(
  run: ModelRun,
  { stage, set, tune, ...more }: Pick<Parameters<typeof runSetStage>[1], "set" | "lessons"> & {
    stage: Stage;
    tune?: () => Promise<object>;
  },
): AsyncGenerator<StageRunEvent, Uint8Array<ArrayBuffer>> {
  const { file, keeper, learner } = run;
  const done = await keeper.doneStage(stage);
  if (done) return done;
  const saved = await keeper.savedState();
  learner.setWeights(file.weights.tensors, file.file);
  const { best } = yield* runSetStage(stage, {
    ...{ ...run, ...more, set, store: keeper.store },
    isSecond: stage !== "baseline",
    resume: saved?.state.stage === stage ? saved : null,
  });
  learner.setWeights(best, stage);
  const decode = await tune?.() ?? run.decode;
  const model = encoded(run, { weights: best, decode });
  await keeper.keepStage(stage, model);
  return model;
}

function setOf(
  split: Pick<TrainingSet, "train" | "validation" | "test">,
  videos: TrainingSet["videos"] = [],
): TrainingSet {
  return { ...split, videos, volumes: [], warnings: [], notes: [] };
}

/**
 * A video to adapt to.
 *
 * @category Stages
 */
export interface AdaptParts extends LearnParts {
  /** The video's frames, normalised. */
  readonly video: { readonly name: string; readonly frames: Frames };
  /** How large it is. */
  readonly size: VideoSize;
  /** The gain at which it is seen. */
  readonly exposure: number;
  /** Rounds: each a batch of stills and one of video. */
  readonly rounds: number;
}

/**
 * What came of adapting, as files of models.
 *
 * @category Stages
 */
export interface AdaptedModels {
  /** Trained as long on the stills alone. */
  readonly control: Uint8Array<ArrayBuffer>;
  /** Adapted. */
  readonly adapted: Uint8Array<ArrayBuffer>;
  /** What the collapse alarm said; null if it was silent. */
  readonly alarm: string | null;
}

/**
 * Adapts a model to a video: a student learns what the model finds in it as a teacher, with stills in
 * between; a control learns from the stills alone.
 *
 * @throws {TypeError} If this kind of model cannot teach.
 * @throws {OutOfMemoryError} If it needs more than the GPU has, before its first step.
 * @throws {RangeError} If a loss is not finite.
 * @throws {StoppedError} If it was to stop; its state is kept.
 * @category Stages
 */
export async function* adaptModel(
  device: Device,
  { video, size, exposure, rounds, ...parts }: AdaptParts,
): AsyncGenerator<LearnEvent, AdaptedModels> {
  const run = openRun(device, parts, adaptSettings(size, { rounds, exposure }));
  const { settings, learner, samples, keeper, file } = run;
  const truth = new Map<number, never>();
  const set = setOf(splitStills(samples, { config: settings, heldBack: [] }), [
    { ...video, truth, markers: truth },
  ]);
  const stages = (["control", "consistent"] as const).map((stage) => ({
    ...{ stage, steps: scheduleOf(stage, { set, settings }).steps },
  }));
  yield { type: "plan", plannedBytes: learner.plannedBytes(), stages };
  const control = yield* stageOf(run, { stage: "control", set });
  learner.setWeights(file.weights.tensors, file.file);
  const isDone = await keeper.doneStage("consistent") !== null;
  const lessons = isDone ? [] : [await lessonOf(device, run, { video, exposure })];
  let alarm: string | null = null;
  const adapting = stageOf(run, { stage: "consistent", set, lessons });
  for (;;) {
    const step = await adapting.next();
    if (step.done) {
      await forgetLessons(keeper.labels);
      return { control, adapted: step.value, alarm };
    }
    const event = step.value;
    if (event.type === "warning" && event.text.startsWith(ALARM)) alarm ??= event.text;
    yield event;
  }
}

/** What the model finds in a video as a teacher; frames that are kept are not looked at again. */
async function lessonOf(
  device: Device,
  { settings, objects, network, decode, file, progress, keeper, stop }: ModelRun,
  { video, exposure }: Pick<AdaptParts, "video" | "exposure">,
): Promise<TaughtVideo> {
  const of = await causesOf({ teacher: file.file, settings, exposure, video });
  const kept = await KeptLesson.open(keeper.labels, { video: 0, of });
  const frames = taughtPart(video.frames, settings.taughtFrames);
  const isLabelFree = await looksLabelFree(frames);
  if (kept.labels) return { frames, exposure, labels: kept.labels, isLabelFree };
  goOn(progress, `labelling ${video.name} for the student`, frames.length);
  progress.done = kept.frames;
  const watched = {
    ...frames,
    frame(i: number) {
      stopIfAsked(stop, progress.what);
      return frames.frame(i);
    },
  };
  const teacher = { network, objects, decode, settings };
  const work = { frames: watched, exposure, kept, progress };
  const { video: { labels } } = await teach(device, teacher, work);
  return { frames, exposure, labels, isLabelFree };
}

/**
 * Labelled stills to learn from.
 *
 * @category Stages
 */
export interface TeachParts extends LearnParts {
  /** Batches of stills to learn from. */
  readonly steps: number;
}

/** From so many stills on some are held back to choose the best weights and thresholds. */
const ENOUGH = 10;
/** The rate of a network that knows much already. */
const RATE = 1e-4;

/**
 * Teaches a model labelled stills, from where it is.
 *
 * @returns The model as a file.
 * @throws {RangeError} If there are no stills, or a loss is not finite.
 * @throws {OutOfMemoryError} If it needs more than the GPU has, before its first step.
 * @throws {StoppedError} If it was to stop; its state is kept.
 * @category Stages
 */
export async function* teachModel(
  device: Device,
  { steps, ...parts }: TeachParts,
): AsyncGenerator<LearnEvent, Uint8Array<ArrayBuffer>> {
  const isEnough = parts.samples.length >= ENOUGH;
  const run = openRun(device, parts, {
    ...{ warmup: steps, rounds: 0, warmupRate: RATE, ramp: Math.min(50, steps >> 2) },
    ...{ validation: isEnough ? 0.1 : 0, test: 0, consistency: "siamese" },
    ...{ validateEvery: Math.max(1, steps >> 2), saveEvery: Math.max(1, steps >> 2) },
  });
  const { settings, learner, samples, objects, network } = run;
  const set = setOf(splitStills(samples, { config: settings, heldBack: [] }));
  const stages = [{ stage: "baseline", steps }] as const;
  yield { type: "plan", plannedBytes: learner.plannedBytes(["segmentation", "priming"]), stages };
  const { validation } = set;
  const tune = objects.tune && validation.length > 0
    ? () => objects.tune!(device, { network, stills: validation })
    : undefined;
  return yield* stageOf(run, { stage: "baseline", set, tune });
}
