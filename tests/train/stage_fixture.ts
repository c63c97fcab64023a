/** Single stages of tiny runs on one device, with learners that can be watched and told what to say. */

import type { Device } from "../../kernels/device.ts";
import { openDevice } from "../../kernels/open_device.ts";
import type { NamedArray } from "../../nn/safetensors.ts";
import { buildNetwork } from "../../nn/weights.ts";
import type { Batch } from "../../train/batches.ts";
import type { ConfigChange, TrainConfig } from "../../train/config.ts";
import { Random } from "../../train/data/random.ts";
import type { TrainEvent } from "../../train/events.ts";
import {
  Learner,
  type StepKind,
  type ValidationBatches,
  type ValidationScores,
} from "../../train/learner.ts";
import { RunFolder, type SavedState, type Stage } from "../../train/run_folder.ts";
import { runStage, type StageOutcome } from "../../train/stage.ts";
import { loadTrainingSet, type TrainingSet } from "../../train/training_set.ts";
import { tinyConfig, type TinyData, withTinyData } from "./tiny_run.ts";

/** The device that all stages of a test file share. */
export const device: Device = await openDevice();

/** What a learner was asked to do. */
export interface WatchedStep {
  readonly kind: StepKind;
  readonly batch: Batch;
  readonly rate: number;
}

/** A learner that notes its steps and validations, and can be made to answer otherwise. */
export class WatchedLearner extends Learner {
  /** All steps so far. */
  readonly steps: WatchedStep[] = [];
  /** The weights at each validation. */
  readonly validated: ReadonlyMap<string, NamedArray>[] = [];
  /** Scores to answer with, one validation after another; then it measures. */
  scores: ValidationScores[] = [];
  /** Losses to answer with, by the step counted from 1. */
  losses: ReadonlyMap<number, number> = new Map();
  /** Called after each step with its number, counted from 1. */
  afterStep: (step: number) => void = () => {};
  #read = 0;

  override step(kind: StepKind, batch: Batch, rate: number): void {
    super.step(kind, batch, rate);
    this.steps.push({ kind, batch, rate });
    this.afterStep(this.steps.length);
  }

  override async readLosses(): Promise<{ kind: StepKind; loss: number }[]> {
    const read = await super.readLosses();
    return read.map(({ kind, loss }) => ({ kind, loss: this.losses.get(++this.#read) ?? loss }));
  }

  override async validate(
    batches: ValidationBatches,
  ): Promise<ValidationScores> {
    this.validated.push(await this.weights());
    return this.scores.shift() ?? await super.validate(batches);
  }
}

/** What a validation of a network in good health says, but for what is given. */
export function scoresWith(other: Partial<ValidationScores>): ValidationScores {
  return {
    segmentation: 0.3,
    consistency: null,
    depth: null,
    meanProbability: 0.3,
    foregroundFraction: 0.2,
    ...other,
  };
}

/** A place where stages can be run one after another. */
export interface Workshop {
  readonly config: TrainConfig;
  readonly set: TrainingSet;
  readonly folder: RunFolder;
  /** A learner with the weights that the seed gives. */
  learner(): WatchedLearner;
}

/** Loads a tiny data set, and gives a workshop with an empty run folder. */
export async function withWorkshop<T>(
  use: (workshop: Workshop) => T | Promise<T>,
  { change = {}, data }: { change?: ConfigChange; data?: TinyData } = {},
): Promise<T> {
  return await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, change);
    const set = await loadTrainingSet(config);
    return await use(workshopOf({ config, set, folder: new RunFolder(runs) }));
  }, data);
}

/** A workshop with its own learners. */
export function workshopOf(place: Omit<Workshop, "learner">): Workshop {
  const { config } = place;
  const learner = () => {
    const network = buildNetwork(device, {
      architecture: {
        kind: "unet",
        options: { depth: config.depth, base: config.base, inChannels: 1 },
      },
      random: new Random(config.seed),
    });
    return new WatchedLearner(device, { network, config });
  };
  return { ...place, learner };
}

/** Runs a stage to its end. */
export async function runWholeStage(
  stage: Stage,
  { workshop, learner = workshop.learner(), resume = null }: {
    workshop: Workshop;
    learner?: WatchedLearner;
    resume?: SavedState | null;
  },
): Promise<{ events: TrainEvent[]; outcome: StageOutcome; learner: WatchedLearner }> {
  const { set, folder, config } = workshop;
  const run = runStage(stage, { learner, set, folder, config, resume });
  const events: TrainEvent[] = [];
  for (let next = await run.next();; next = await run.next()) {
    if (next.done) return { events, outcome: next.value, learner };
    events.push(next.value);
  }
}
