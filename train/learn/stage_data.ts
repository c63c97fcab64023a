/**
 * What a stage learns from and is validated on: stills, pairs of frames in time and of planes in
 * depth; how many steps that makes.
 *
 * @module
 */

import { Random } from "../images/random.ts";
import type { Sample } from "../images/sample.ts";
import type { Frames } from "../images/series/frames.ts";
import type { Objective, TargetEncoder } from "../models/objective.ts";
import type { AugmentationSettings } from "./patches/augment.ts";
import { AheadStream } from "./patches/ahead.ts";
import {
  type Batch,
  type BatchSettings,
  type BatchStream,
  PairStream,
  stackSamples,
  stackWindows,
  StillStream,
} from "./batches.ts";
import type { ValidationBatches } from "./examiner.ts";
import type { Augmenter } from "./patches/augmenter.ts";
import { PairSampler, samplePatch, windowCount } from "./patches/patches.ts";
import {
  type EpochLengths,
  type Schedule,
  type ScheduleSettings,
  stageSchedule,
  taughtSchedule,
} from "./schedule.ts";
import type { Stage } from "./stages.ts";
import { PupilStream, type TaughtVideo } from "./teacher/pupil_stream.ts";
import { consistencyTask, primingTask, pupilTask, segmentationTask, type Task } from "./tasks.ts";
import type { TeacherSettings } from "./teacher/teacher.ts";
import type { TrainingSet } from "./training_set.ts";

/** What decides on the batches of a stage. */
export interface StageDataSettings extends BatchSettings {
  /** Seed of order, places and augmentation. */
  seed: number;
  /** Augmentation of patches. */
  augmentation: AugmentationSettings;
}

const VALIDATION_PAIRS = 16;
// Streams of random numbers are told apart by the stage they serve; control and consistent model
// share theirs, so that they see the same segmentation batches.
const STREAMS: Record<Stage, number> = { baseline: 1, control: 2, consistent: 2 };

/** The schedule that a stage has with this data. */
export function scheduleOf(
  stage: Stage,
  { set, settings }: {
    set: TrainingSet;
    settings: BatchSettings & ScheduleSettings & TeacherSettings;
  },
): Schedule {
  if (stage !== "baseline" && settings.consistency === "teacher") {
    return taughtSchedule(stage, settings);
  }
  return stageSchedule(stage, { settings, epochs: epochLengths(set, settings) });
}

/** How many batches an epoch of each task has. */
function epochLengths(set: TrainingSet, settings: BatchSettings): EpochLengths {
  const { batch, pairs } = settings;
  const count = ({ sources, ...which }: Sources) =>
    Math.ceil(sources.reduce((sum, frames) => sum + windowCount(frames, which), 0) / pairs);
  return {
    segmentation: Math.ceil(set.train.length / batch),
    consistency: count(inTime(set, settings)),
    depth: count(inDepth(set, settings)),
  };
}

/** The tasks of a run: depth only where it was asked for. */
export function stageTasks(
  objective: Objective,
  { settings, hasVolumes }: {
    settings: BatchSettings & Pick<TeacherSettings, "consistency" | "teacherBatch">;
    hasVolumes: boolean;
  },
): Task[] {
  const { batch, pairs, window, depthPairs, consistency, teacherBatch } = settings;
  const windows = (frames: number) => ({ objective, windows: pairs, frames });
  return [
    segmentationTask(objective, { count: batch }),
    primingTask(objective, { count: batch }),
    consistencyTask("consistency", windows(window)),
    ...(consistency === "teacher" ? [pupilTask(objective, { count: teacherBatch })] : []),
    ...(hasVolumes || depthPairs ? [consistencyTask("depth", windows(2))] : []),
  ];
}

/** What pairs or windows are drawn from, and how. */
interface Sources {
  readonly sources: readonly Frames[];
  readonly gap: number;
  readonly window: number;
}

function inTime({ videos }: TrainingSet, { gap, window }: BatchSettings): Sources {
  return { sources: videos.map(({ frames }) => frames), gap, window };
}

function inDepth({ volumes }: TrainingSet, { depthGap }: BatchSettings): Sources {
  return { sources: volumes, gap: depthGap, window: 2 };
}

/** Whether there are frames to compare in time, or planes in depth. */
export function hasPairs(set: TrainingSet, settings: BatchSettings): boolean {
  const { consistency, depth } = epochLengths(set, settings);
  return consistency + depth > 0;
}

/** The same validation batches for every stage: one patch per still, and pairs of frames. */
export async function validationBatches(
  set: TrainingSet,
  { settings, encode }: { settings: StageDataSettings; encode: TargetEncoder },
): Promise<ValidationBatches> {
  const { patch, batch, seed } = settings;
  const random = new Random(seed, 20);
  const stills = set.validation.map((sample) =>
    samplePatch(random, sample, { size: patch, foregroundOnly: 1 })
  );
  return {
    stills: chunks(stills, batch).map((group) => stackSamples(group, { encode })),
    pairs: await validationPairs(inTime(set, settings), settings),
    depth: await validationPairs(inDepth(set, settings), settings),
  };
}

/** Batches of pairs; none where no source has two frames that far apart. */
async function validationPairs(
  source: Sources,
  { patch, pairs, seed }: StageDataSettings,
): Promise<Batch[]> {
  if (!isEnough(source)) return [];
  const { sources, ...which } = source;
  const sampler = new PairSampler(sources, { size: patch, seed, ...which });
  const drawn: Sample[][] = [];
  while (drawn.length < VALIDATION_PAIRS) drawn.push(await sampler.next());
  return chunks(drawn, pairs).map(stackWindows);
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from(
    { length: Math.ceil(list.length / size) },
    (_, i) => list.slice(i * size, (i + 1) * size),
  );
}

/** The batches that a stage learns from, by task; only the consistent stage has pairs. */
export function stageStreams(
  stage: Stage,
  { augment, ...data }: StreamData & {
    /** Augments batches, which are then made ahead; this thread does, when they are wanted, unless told. */
    augment?: Augmenter;
  },
): Map<string, BatchStream> {
  const streams = plainStreams(stage, data);
  if (augment === undefined) return streams;
  return new Map(
    [...streams].map(([task, stream]) => [task, new AheadStream(stream, { augment })]),
  );
}

/** What streams draw from. */
interface StreamData {
  readonly set: TrainingSet;
  readonly settings: StageDataSettings & Pick<TeacherSettings, "teacherBatch">;
  readonly encode: TargetEncoder;
  /** Videos that a teacher labelled; they take the place of pairs. */
  readonly lessons?: readonly TaughtVideo[];
}

function plainStreams(
  stage: Stage,
  { set, settings, encode, lessons }: StreamData,
): Map<string, BatchStream> {
  const { patch, augmentation, batch, pairs, foreground } = settings;
  const seed = new Random(settings.seed, STREAMS[stage]).nextUint32();
  const shared = { patch, augmentation, seed };
  const streams = new Map<string, BatchStream>([
    ["segmentation", new StillStream(set.train, { ...shared, count: batch, foreground, encode })],
  ]);
  if (stage !== "consistent") return streams;
  if (lessons) {
    // A model for which intensity is a quantity is no student of other intensities.
    const exposes = augmentation.exposure.probability > 0;
    const taught = { patch, foreground, seed, encode, exposes, count: settings.teacherBatch };
    return streams.set("pupil", new PupilStream(lessons, taught));
  }
  const compared = { consistency: inTime(set, settings), depth: inDepth(set, settings) };
  for (const [task, source] of Object.entries(compared)) {
    if (!isEnough(source)) continue;
    const { sources, ...which } = source;
    streams.set(task, new PairStream(sources, { ...shared, count: pairs, ...which }));
  }
  return streams;
}

function isEnough({ sources, ...which }: Sources): boolean {
  return sources.some((frames) => windowCount(frames, which) > 0);
}
