/**
 * One stage of a run: steps, validations, saved states, and the best weights.
 *
 * @module
 */

import type { NamedArray } from "../../nn/safetensors.ts";
import { notNegative, type SettingGroup, share, wholeNumber } from "../settings.ts";
import type { BatchStream } from "./batches.ts";
import type { StageRunEvent, StepEvent, ValidationEvent } from "./events.ts";
import type { Examination, Examiner } from "./examiner.ts";
import type { Learner } from "./learner.ts";
import { Restarts } from "./runs/restarts.ts";
import { averaged, type Weights } from "./runs/weight_average.ts";
import type { Schedule } from "./schedule.ts";
import type { SavedState, StageStore } from "./stage_state.ts";
import { stopIfAsked } from "./stopped.ts";

/**
 * How a stage is watched and saved.
 *
 * @category Stages
 */
export interface StageSettings {
  /** Steps between validations. */
  validateEvery: number;
  /** Validations without improvement before the first stage stops early; 0 for never. */
  patience: number;
  /** How much worse than the best a later validation loss may be and still replace its weights. */
  tolerance: number;
  /** Steps between saved states. */
  saveEvery: number;
  /**
   * How much of the averaged weights stays at each step; their average is a candidate for the best weights
   * beside those of each validation. 0 for no average.
   */
  averaging: number;
}

/**
 * The settings of {@linkcode StageSettings}.
 *
 * @category Stages
 */
export const stageSettings: SettingGroup<StageSettings> = {
  title: "Validation",
  settings: {
    validateEvery: {
      value: 200,
      rule: wholeNumber({ least: 1 }),
      sentence: "Steps from one validation to the next",
    },
    patience: {
      value: 0,
      rule: wholeNumber({ least: 0 }),
      sentence: "Validations without improvement before the baseline stops early; 0 for never",
    },
    tolerance: {
      value: 0.01,
      rule: notNegative,
      sentence: "How much worse than the best a later validation loss may be and still replace it",
    },
    saveEvery: {
      value: 100,
      rule: wholeNumber({ least: 1 }),
      sentence: "Steps from one saved state to the next",
    },
    averaging: {
      value: 0,
      rule: {
        expected: "a number in [0, 1)",
        holds: (value) => share.holds(value) && value !== 1,
      },
      sentence: "How much of a running average of the weights stays at each step; 0 for none",
    },
  },
};

/**
 * What a stage works with.
 *
 * @category Stages
 */
export interface StageParts {
  /** The network in training. */
  readonly learner: Learner;
  /** Its steps. */
  readonly schedule: Schedule;
  /** Batches, by task. */
  readonly streams: ReadonlyMap<string, BatchStream>;
  /** Who judges it. */
  readonly examiner: Examiner;
  /** Where states and metrics go. */
  readonly store: StageStore;
  /** How it is watched and saved. */
  readonly settings: StageSettings;
  /** Whether it ends when its weights have become useless; not unless told. */
  readonly stopsOnCollapse?: boolean;
  /** Seed of the run, for its events. */
  readonly seed: number;
  /** The state to go on from; null to begin. */
  readonly resume: SavedState | null;
  /** Says when to save after the step that is being made, and to stop there. */
  readonly stop?: AbortSignal;
}

/**
 * How a stage ended.
 *
 * @category Stages
 */
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
 * @param stage Its name in events and in its state.
 * @throws {RangeError} If a loss or a weight is not finite; the last good weights stay saved.
 * @throws {StoppedError} If it was to stop; its state is saved.
 * @category Stages
 */
export async function* runStage(
  stage: string,
  parts: StageParts,
): AsyncGenerator<StageRunEvent, StageOutcome> {
  try {
    return yield* new StageRun(stage, parts, await Restarts.of(parts)).run();
  } finally {
    parts.learner.release();
  }
}

class StageRun {
  readonly #stage: string;
  readonly #parts: StageParts;
  readonly #restarts: Restarts;
  #step = 0;
  #best: Weights = new Map();
  #average: Weights = new Map();
  #bestScore: number | null = null;
  #waited = 0;
  #collapsed = false;
  #metricsBytes = 0;
  #pending: { step: number; rate: number }[] = [];
  #reading: Promise<StepEvent[]> | null = null;

  constructor(stage: string, parts: StageParts, restarts: Restarts) {
    [this.#stage, this.#parts, this.#restarts] = [stage, parts, restarts];
  }

  async *run(): AsyncGenerator<StageRunEvent, StageOutcome> {
    const { learner, store, schedule, examiner, settings, resume } = this.#parts;
    if (resume) await this.#restore(resume);
    else {
      learner.resetOptimisers();
      this.#best = await learner.weights();
      this.#metricsBytes = await store.appendMetrics([]);
      this.#restarts.beginAt(this.#metricsBytes);
      if (examiner.beginsAtOnce) yield* this.#validate();
      await this.#save();
    }
    let reason = this.#endReason();
    while (reason === null) {
      await this.#queueStep();
      const { validateEvery, saveEvery, averaging } = settings;
      if (averaging > 0 && this.#step % LOG_EVERY === 0) await this.#addToAverage();
      const isLast = this.#step === schedule.steps;
      const validates = isLast || this.#step % validateEvery === 0;
      const isStopped = this.#parts.stop?.aborted ?? false;
      const saves = validates || isStopped || this.#step % saveEvery === 0;
      if (saves || this.#step % LOG_EVERY === 0 || learner.isLogFull) {
        yield* this.#tellLosses();
        this.#startReading();
      }
      if (saves) yield* this.#tellLosses();
      const stuck = await this.#restarts.stuckAt();
      if (stuck !== null) {
        yield* this.#beginAgain(stuck);
        continue;
      }
      if (validates) yield* this.#validate();
      if (saves) await this.#save();
      if (isStopped) stopIfAsked(this.#parts.stop, `after step ${this.#step} of ${this.#stage}`);
      reason = this.#endReason();
    }
    return { reason, best: this.#best };
  }

  /** Why no further step is made, if so; also asked on resuming, when the stage may be over. */
  #endReason(): StageOutcome["reason"] | null {
    const { settings: { patience }, stopsOnCollapse, schedule } = this.#parts;
    if (this.#collapsed && stopsOnCollapse) return "collapse";
    if (patience > 0 && this.#waited >= patience) return "early";
    return this.#step >= schedule.steps ? "done" : null;
  }

  async #queueStep(): Promise<void> {
    const { schedule, streams, learner } = this.#parts;
    const stream = streams.get(schedule.task(this.#step));
    if (!stream) throw new TypeError("Cannot train for consistency: there is no video");
    const batch = await stream.next();
    const task = this.#restarts.taskOf(this.#step);
    const rate = this.#restarts.rate(this.#step);
    learner.step(task, batch, rate);
    this.#restarts.note(task, batch);
    this.#step++;
    this.#pending.push({ step: this.#step, rate });
  }

  /** Every tenth step stands for ten. */
  async #addToAverage(): Promise<void> {
    const { learner, settings: { averaging } } = this.#parts;
    const stays = averaging ** LOG_EVERY;
    this.#average = averaged(this.#average, await learner.weights(), { stays });
  }

  /** The averaged weights and their score, if they are better than those of the moment. */
  async #betterAverage(score: number | null): Promise<{ weights: Weights; score: number } | null> {
    const { learner, examiner } = this.#parts;
    if (this.#average.size === 0 || score === null) return null;
    const weights = await learner.weights();
    const from = "the averaged weights";
    learner.setWeights(this.#average, from);
    const averaged = await examiner.score();
    learner.setWeights(weights, from);
    return averaged !== null && averaged < score
      ? { weights: this.#average, score: averaged }
      : null;
  }

  /** Asks for the losses of the steps queued so far, which come while further steps are made. */
  #startReading(): void {
    this.#reading = this.#readLosses();
    // Told when it is awaited, which may be some steps later.
    this.#reading.catch(() => {});
  }

  async #readLosses(): Promise<StepEvent[]> {
    const { learner, schedule, seed } = this.#parts;
    const pending = this.#pending;
    this.#pending = [];
    const read = await learner.readLosses();
    return read.map(({ task, loss }, i): StepEvent => ({
      type: "step",
      seed,
      stage: this.#stage,
      steps: schedule.steps,
      kind: task,
      loss,
      ...pending[i],
    }));
  }

  /** Waits for the losses that were asked for, and tells them. */
  async *#tellLosses(): AsyncGenerator<StageRunEvent> {
    const events = await this.#reading ?? [];
    this.#reading = null;
    if (events.length === 0) return;
    const broken = events.find(({ loss }) => !Number.isFinite(loss));
    if (broken) this.#fail(`the ${broken.kind} loss of step ${broken.step} is ${broken.loss}`);
    this.#metricsBytes = await this.#parts.store.appendMetrics(events);
    this.#restarts.observe(events);
    yield* events;
  }

  /** From the first weights, with nothing remembered. */
  async *#beginAgain(answer: 0 | 1): AsyncGenerator<StageRunEvent> {
    yield* this.#tellLosses();
    const told = await this.#restarts.beginAgain(answer, this.#step);
    [this.#step, this.#waited, this.#bestScore] = [0, 0, null];
    [this.#best, this.#average] = [this.#restarts.weights, new Map()];
    this.#metricsBytes = await this.#parts.store.appendMetrics([told]);
    this.#restarts.beginAt(this.#metricsBytes);
    yield told;
    await this.#save();
  }

  async *#validate(): AsyncGenerator<StageRunEvent> {
    const { learner, schedule, examiner, seed, store } = this.#parts;
    const found = await examiner.examine(this.#step);
    if (!found) {
      this.#best = await learner.weights();
      return;
    }
    const { losses, scores, warning } = found;
    if (!Object.values(losses).every((loss) => loss === null || Number.isFinite(loss))) {
      const what = Object.entries(losses).map(([task, loss]) => `${task} ${loss}`).join(", ");
      this.#fail(`the validation loss after step ${this.#step} is not finite (${what})`);
    }
    this.#collapsed = found.hasCollapsed;
    const average = await this.#betterAverage(found.score);
    const { score } = average ?? found;
    const isLowest = score === null || score <= (this.#bestScore ?? Infinity);
    const isBest = !this.#collapsed && this.#isBetter({ score });
    if (isBest) this.#best = average?.weights ?? await learner.weights();
    for (const [task, loss] of Object.entries(losses)) {
      if (loss !== null) schedule.plateaus.get(task)?.observe(loss);
    }
    const event: ValidationEvent = {
      type: "validation",
      seed,
      stage: this.#stage,
      step: this.#step,
      isBest,
      ...(isBest && !isLowest && { isLowest }),
      ...scores,
      ...(average && { averaged: average.score }),
    };
    const told: StageRunEvent[] = [event];
    if (warning !== null) told.push({ type: "warning", text: warning });
    this.#metricsBytes = await store.appendMetrics(told);
    yield* told;
  }

  /**
   * Later weights learned longer and at lower rates, and a validation is noisy: they are taken as long
   * as they are not clearly worse than the best. Where nothing tells better from worse, the last
   * weights are taken.
   */
  #isBetter({ score }: Pick<Examination, "score">): boolean {
    if (score === null) {
      this.#waited = 0;
      return true;
    }
    const best = this.#bestScore ?? Infinity;
    this.#waited = score < best ? 0 : this.#waited + 1;
    this.#bestScore = Math.min(best, score);
    return score <= best + this.#parts.settings.tolerance;
  }

  #fail(what: string): never {
    throw new RangeError(
      `Cannot go on training: ${what}; the last good state is in ${this.#parts.store.path}: ` +
        "lower the learning rate and use --resume",
    );
  }

  async #save(): Promise<void> {
    const { learner, schedule, streams, examiner, store } = this.#parts;
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
    await store.saveState({
      weights,
      moments,
      best: this.#best,
      average: this.#average,
      state: {
        stage: this.#stage,
        step: this.#step,
        counts,
        streams: Object.fromEntries([...streams].map(([task, { state }]) => [task, state])),
        bestScore: this.#bestScore,
        waited: this.#waited,
        plateaus: Object.fromEntries(
          [...schedule.plateaus].map(([task, { state }]) => [task, state]),
        ),
        examiner: examiner.state,
        collapsed: this.#collapsed,
        metricsBytes: this.#metricsBytes,
        ...this.#restarts.state,
      },
    });
  }

  async #restore({ state, weights, moments, best, average }: SavedState): Promise<void> {
    const { learner, schedule, streams, examiner, store } = this.#parts;
    const from = `${store.path}/state.safetensors`;
    learner.setWeights(weights, from);
    learner.restoreOptimisers({ moments, counts: state.counts, from });
    this.#step = state.step;
    this.#restarts.restore(state);
    for (const [task, stream] of streams) {
      if (state.streams[task] !== undefined) stream.restore(state.streams[task]);
    }
    [this.#best, this.#average] = [best, average];
    [this.#bestScore, this.#waited] = [state.bestScore, state.waited];
    for (const [task, plateau] of schedule.plateaus) {
      if (state.plateaus[task]) plateau.restore(state.plateaus[task]);
    }
    examiner.restore(state.examiner);
    this.#collapsed = state.collapsed;
    this.#metricsBytes = state.metricsBytes;
    await store.cutMetrics(state.metricsBytes);
  }
}
