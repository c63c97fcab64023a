/**
 * What a stage learns from and is validated on: stills, pairs of frames in time and of planes in
 * depth; how many steps that makes.
 *
 * @module
 */

import {
  type Batch,
  PairStream,
  stackSamples,
  stackWindows,
  StillStream,
  type StreamStates,
} from "./batches.ts";
import type { TrainConfig } from "../jobs/train/config.ts";
import type { Frames } from "../images/series/frames.ts";
import { PairSampler, samplePatch, windowCount } from "./patches.ts";
import { Random } from "../images/random.ts";
import type { Sample } from "../images/sample.ts";
import type { StepKind } from "./learner.ts";
import { objectiveOf } from "../models/objective.ts";
import type { Stage } from "./stages.ts";
import { type EpochLengths, Schedule } from "./schedule.ts";
import type { TrainingSet } from "../jobs/train/training_set.ts";

const VALIDATION_PAIRS = 16;
// Streams of random numbers are told apart by the stage they serve; control and consistent model
// share theirs, so that they see the same segmentation batches.
const STREAMS: Record<Stage, number> = { baseline: 1, control: 2, consistent: 2 };

/** The steps that a stage of this configuration has. */
export function stageSteps(
  stage: Stage,
  { set, config }: { set: TrainingSet; config: TrainConfig },
): number {
  return new Schedule(stage, { config, epochs: epochLengths(set, config) }).steps;
}

/** How many batches an epoch of each kind has. */
export function epochLengths(set: TrainingSet, config: TrainConfig): EpochLengths {
  const { batch, pairs } = config;
  const count = ({ sources, ...which }: Sources) =>
    Math.ceil(sources.reduce((sum, frames) => sum + windowCount(frames, which), 0) / pairs);
  return {
    segmentation: Math.ceil(set.train.length / batch),
    consistency: count(inTime(set, config)),
    depth: count(inDepth(set, config)),
  };
}

/** What pairs or windows are drawn from, and how. */
interface Sources {
  readonly sources: readonly Frames[];
  readonly gap: number;
  readonly window: number;
}

function inTime({ videos }: TrainingSet, { gap, window }: TrainConfig): Sources {
  return { sources: videos.map(({ frames }) => frames), gap, window };
}

function inDepth({ volumes }: TrainingSet, { depthGap }: TrainConfig): Sources {
  return { sources: volumes, gap: depthGap, window: 2 };
}

/** Whether there are frames to compare in time, or planes in depth. */
export function hasPairs(set: TrainingSet, config: TrainConfig): boolean {
  const { consistency, depth } = epochLengths(set, config);
  return consistency + depth > 0;
}

/** The same validation batches for every stage: one patch per still, and pairs of frames. */
export async function validationBatches(
  set: TrainingSet,
  config: TrainConfig,
): Promise<{ stills: Batch[]; pairs: Batch[]; depth: Batch[] }> {
  const { patch, batch, seed } = config;
  const { encode } = objectiveOf(config);
  const random = new Random(seed, 20);
  const stills = set.validation.map((sample) =>
    samplePatch(random, sample, { size: patch, foregroundOnly: 1 })
  );
  return {
    stills: chunks(stills, batch).map((group) => stackSamples(group, { encode })),
    pairs: await validationPairs(inTime(set, config), config),
    depth: await validationPairs(inDepth(set, config), config),
  };
}

/** Batches of pairs; none where no source has two frames that far apart. */
async function validationPairs(
  source: Sources,
  { patch, pairs, seed }: TrainConfig,
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

/** The streams of batches that a stage learns from; only the consistent stage has pairs. */
export class StageStreams {
  readonly #stills: StillStream;
  readonly #pairs: PairStream | null;
  readonly #depth: PairStream | null;

  /** Starts the streams of a stage at their beginning. */
  constructor(stage: Stage, { set, config }: { set: TrainingSet; config: TrainConfig }) {
    const { patch, augmentation, batch, pairs, foreground } = config;
    const seed = new Random(config.seed, STREAMS[stage]).nextUint32();
    const settings = { patch, augmentation, seed };
    const { encode } = objectiveOf(config);
    this.#stills = new StillStream(set.train, { ...settings, count: batch, foreground, encode });
    const streamOf = (source: Sources) => {
      if (stage !== "consistent" || !isEnough(source)) return null;
      const { sources, ...which } = source;
      return new PairStream(sources, { ...settings, count: pairs, ...which });
    };
    this.#pairs = streamOf(inTime(set, config));
    this.#depth = streamOf(inDepth(set, config));
  }

  /**
   * The next batch for a loss.
   *
   * @throws {TypeError} If there is nothing to compare.
   * @throws {SyntaxError | RangeError} If a frame has to be read and its file is damaged.
   */
  async next(kind: StepKind): Promise<Batch> {
    if (kind === "segmentation") return this.#stills.next();
    const stream = kind === "depth" ? this.#depth : this.#pairs;
    if (!stream) throw new TypeError("Cannot train for consistency: there is no video");
    return await stream.next();
  }

  /** The state, to be saved. */
  get state(): StreamStates {
    return {
      stills: this.#stills.state,
      pairs: this.#pairs?.state ?? null,
      ...(this.#depth && { depth: this.#depth.state }),
    };
  }

  /** Goes on from a saved state. */
  restore({ stills, pairs, depth }: StreamStates): void {
    this.#stills.restore(stills);
    if (pairs) this.#pairs?.restore(pairs);
    if (depth) this.#depth?.restore(depth);
  }
}

function isEnough({ sources, ...which }: Sources): boolean {
  return sources.some((frames) => windowCount(frames, which) > 0);
}
