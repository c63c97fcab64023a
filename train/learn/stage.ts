/**
 * One stage of a run: steps, validations, saved states, the best weights, and the collapse alarm.
 *
 * @module
 */

import type { NamedArray } from "../../nn/safetensors.ts";
import type { TrainConfig } from "../jobs/train/config.ts";
import type { StepEvent, TrainEvent, ValidationEvent } from "../jobs/train/events.ts";
import {
  type Learner,
  stepKinds,
  type ValidationBatches,
  type ValidationScores,
} from "./learner.ts";
import type { RunFolder, SavedState, StageState } from "../jobs/disk/run_folder.ts";
import { Schedule } from "./schedule.ts";
import type { Stage } from "./stages.ts";
import { epochLengths, StageStreams, validationBatches } from "./stage_data.ts";
import type { TrainingSet } from "../jobs/train/training_set.ts";

/** What a stage works with. */
export interface StageContext {
  /** The network in training. */
  readonly learner: Learner;
  /** The data. */
  readonly set: TrainingSet;
  /** Where states and metrics go. */
  readonly folder: RunFolder;
  /** All settings. */
  readonly config: TrainConfig;
}

/** How a stage ended. */
export interface StageOutcome {
  /** Why it ended. */
  readonly reason: "done" | "early" | "collapse";
  /** Its best weights. */
  readonly best: ReadonlyMap<string, NamedArray>;
}

const LOG_EVERY = 10;

/**
 * Runs one stage from its start or from a saved state.
 *
 * @throws {RangeError} If a loss or a weight is not finite; the last good weights stay saved.
 */
export async function* runStage(
  stage: Stage,
  context: StageContext & { resume: SavedState | null },
): AsyncGenerator<TrainEvent, StageOutcome> {
  try {
    return yield* new StageRun(stage, context).run(context.resume);
  } finally {
    context.learner.release();
  }
}

class StageRun {
  readonly #stage: Stage;
  readonly #context: StageContext;
  readonly #schedule: Schedule;
  readonly #streams: StageStreams;
  #validation: ValidationBatches = { stills: [], pairs: [] };
  #step = 0;
  #best: ReadonlyMap<string, NamedArray> = new Map();
  #bestScore: number | null = null;
  #waited = 0;
  #reference: StageState["reference"] = null;
  #collapsed = false;
  #metricsBytes = 0;
  #pending: { step: number; rate: number }[] = [];
  #reading: Promise<StepEvent[]> | null = null;

  constructor(stage: Stage, context: StageContext) {
    const { set, config } = context;
    this.#stage = stage;
    this.#context = context;
    this.#schedule = new Schedule(stage, { config, epochs: epochLengths(set, config) });
    this.#streams = new StageStreams(stage, { set, config });
  }

  async *run(resume: SavedState | null): AsyncGenerator<TrainEvent, StageOutcome> {
    const { learner, folder, set, config } = this.#context;
    const validation = await validationBatches(set, config);
    this.#validation = this.#stage === "baseline"
      ? { ...validation, pairs: [], depth: [] }
      : validation;
    if (resume) await this.#restore(resume);
    else {
      learner.resetOptimisers();
      this.#best = await learner.weights();
      this.#metricsBytes = await folder.appendMetrics([]);
      if (this.#stage !== "baseline") yield* this.#validate();
      await this.#save();
    }
    let reason = this.#endReason();
    while (reason === null) {
      await this.#queueStep();
      const { validateEvery, saveEvery } = config;
      const isLast = this.#step === this.#schedule.steps;
      const validates = isLast || this.#step % validateEvery === 0;
      const saves = validates || this.#step % saveEvery === 0;
      if (saves || this.#step % LOG_EVERY === 0 || learner.isLogFull) {
        yield* this.#tellLosses();
        this.#startReading();
      }
      if (saves) yield* this.#tellLosses();
      if (validates) yield* this.#validate();
      if (saves) await this.#save();
      reason = this.#endReason();
    }
    return { reason, best: this.#best };
  }

  /** Why no further step is made, if so; also asked on resuming, when the stage may be over. */
  #endReason(): StageOutcome["reason"] | null {
    const { patience, stopOnCollapse } = this.#context.config;
    if (this.#collapsed && stopOnCollapse) return "collapse";
    if (this.#stage === "baseline" && patience > 0 && this.#waited >= patience) return "early";
    return this.#step >= this.#schedule.steps ? "done" : null;
  }

  async #queueStep(): Promise<void> {
    const kind = this.#schedule.kind(this.#step);
    const rate = this.#schedule.rate(this.#step);
    const batch = await this.#streams.next(kind);
    this.#context.learner.step(kind, batch, rate);
    this.#step++;
    this.#pending.push({ step: this.#step, rate });
  }

  /** Asks for the losses of the steps queued so far, which come while further steps are made. */
  #startReading(): void {
    this.#reading = this.#readLosses();
    // Told when it is awaited, which may be some steps later.
    this.#reading.catch(() => {});
  }

  async #readLosses(): Promise<StepEvent[]> {
    const { learner, config } = this.#context;
    const pending = this.#pending;
    this.#pending = [];
    const read = await learner.readLosses();
    return read.map(({ kind, loss }, i): StepEvent => ({
      type: "step",
      seed: config.seed,
      stage: this.#stage,
      steps: this.#schedule.steps,
      kind,
      loss,
      ...pending[i],
    }));
  }

  /** Waits for the losses that were asked for, and tells them. */
  async *#tellLosses(): AsyncGenerator<TrainEvent> {
    const { folder } = this.#context;
    const events = await this.#reading ?? [];
    this.#reading = null;
    if (events.length === 0) return;
    const broken = events.find(({ loss }) => !Number.isFinite(loss));
    if (broken) this.#fail(`the ${broken.kind} loss of step ${broken.step} is ${broken.loss}`);
    this.#metricsBytes = await folder.appendMetrics(events);
    yield* events;
  }

  async *#validate(): AsyncGenerator<TrainEvent> {
    const { learner, config, folder } = this.#context;
    const { stills, pairs, depth = [] } = this.#validation;
    if (stills.length + pairs.length + depth.length === 0) {
      this.#best = await learner.weights();
      return;
    }
    const scores = await learner.validate(this.#validation);
    const { segmentation, consistency } = scores;
    const losses = [segmentation, consistency, scores.depth];
    if (!losses.every((loss) => loss === null || Number.isFinite(loss))) {
      const what =
        `segmentation ${segmentation}, consistency ${consistency}, depth ${scores.depth}`;
      this.#fail(`the validation loss after step ${this.#step} is not finite (${what})`);
    }
    const alarm = this.#collapse(scores) ?? this.#death(scores);
    const isBest = !this.#collapsed && this.#isBetter(scores);
    if (isBest) this.#best = await learner.weights();
    if (segmentation !== null) this.#schedule.plateaus.segmentation.observe(segmentation);
    if (consistency !== null) this.#schedule.plateaus.consistency.observe(consistency);
    if (scores.depth !== null) this.#schedule.plateaus.depth.observe(scores.depth);
    const event: ValidationEvent = {
      type: "validation",
      seed: config.seed,
      stage: this.#stage,
      step: this.#step,
      isBest,
      ...scores,
    };
    this.#metricsBytes = await folder.appendMetrics(alarm ? [event, alarm] : [event]);
    yield event;
    if (alarm) yield alarm;
  }

  /**
   * The second stage is judged by what it is for: both losses, on images it has not learned from.
   * Later weights learned longer and at lower rates, and a validation is noisy: they are taken as long
   * as they are not clearly worse than the best. Without validation stills nothing tells better from
   * worse, and the last weights are taken.
   */
  #isBetter({ segmentation, consistency, depth }: ValidationScores): boolean {
    if (segmentation === null) {
      this.#waited = 0;
      return true;
    }
    const score = segmentation + (consistency ?? 0) + (depth ?? 0);
    const best = this.#bestScore ?? Infinity;
    this.#waited = score < best ? 0 : this.#waited + 1;
    this.#bestScore = Math.min(best, score);
    return score <= best + this.#context.config.tolerance;
  }

  #fail(what: string): never {
    throw new RangeError(
      `Cannot go on training: ${what}; the last good state is in ${this.#context.folder.path}: ` +
        "lower the learning rate and use --resume",
    );
  }

  /**
   * A U-Net that sees no foreground anywhere has no gradient to learn from any more; StarDist's
   * cross-entropy always has one.
   */
  #death({ foregroundFraction }: ValidationScores): { type: "warning"; text: string } | null {
    const { model } = this.#context.config;
    if (model !== "unet" || foregroundFraction > 0 || this.#step === 0) return null;
    return {
      type: "warning",
      text:
        `After step ${this.#step} the network finds no foreground in any validation image: if it ` +
        "does not recover, lower warmupRate, raise ramp or take another seed",
    };
  }

  /** Compares the answers on the video with those at the start of the stage. */
  #collapse(
    { meanProbability, foregroundFraction }: ValidationScores,
  ): { type: "warning"; text: string } | null {
    if (this.#stage !== "consistent" || this.#collapsed) return null;
    this.#reference ??= { meanProbability, foregroundFraction };
    const { collapseLimit } = this.#context.config;
    const moved = (now: number, then: number) => Math.abs(now - then) > collapseLimit * then;
    const reference = this.#reference;
    const hasMoved = moved(meanProbability, reference.meanProbability) ||
      moved(foregroundFraction, reference.foregroundFraction);
    if (!hasMoved) return null;
    this.#collapsed = true;
    const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
    return {
      type: "warning",
      text: `Collapse alarm after step ${this.#step}: the mean probability went from ` +
        `${percent(reference.meanProbability)} to ${percent(meanProbability)} and the foreground ` +
        `from ${percent(reference.foregroundFraction)} to ${
          percent(foregroundFraction)
        }; the best ` +
        "weights before that are kept; lower consistencyRate or consistencyShare",
    };
  }

  async #save(): Promise<void> {
    const { learner, folder } = this.#context;
    const [weights, { moments, counts }] = await Promise.all([
      learner.weights(),
      learner.optimiserState(),
    ]);
    // A loss is that of the weights before its step: the step itself may have broken them.
    for (const [name, { data }] of [...weights, ...moments]) {
      if (!data.every(Number.isFinite)) {
        this.#fail(`${name} is not finite after step ${this.#step}`);
      }
    }
    const plateaus = stepKinds(this.#context.config).map((kind) =>
      [kind, this.#schedule.plateaus[kind].state] as const
    );
    await folder.saveState({
      weights,
      moments,
      best: this.#best,
      state: {
        stage: this.#stage,
        step: this.#step,
        counts,
        ...this.#streams.state,
        bestScore: this.#bestScore,
        waited: this.#waited,
        plateaus: Object.fromEntries(plateaus),
        reference: this.#reference,
        collapsed: this.#collapsed,
        metricsBytes: this.#metricsBytes,
      },
    });
  }

  async #restore({ state, weights, moments, best }: SavedState): Promise<void> {
    const { learner, folder } = this.#context;
    const from = folder.file("state.safetensors");
    learner.setWeights(weights, from);
    learner.restoreOptimisers({ moments, counts: state.counts, from });
    this.#step = state.step;
    this.#streams.restore(state);
    this.#best = best;
    this.#bestScore = state.bestScore;
    this.#waited = state.waited;
    for (const kind of stepKinds(this.#context.config)) {
      const plateau = state.plateaus[kind];
      if (plateau) this.#schedule.plateaus[kind].restore(plateau);
    }
    this.#reference = state.reference;
    this.#collapsed = state.collapsed;
    this.#metricsBytes = state.metricsBytes;
    await folder.cutMetrics(state.metricsBytes);
  }
}
