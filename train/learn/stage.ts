/**
 * One stage of a run: steps, validations, saved states, and the best weights.
 *
 * @module
 */

import type { NamedArray } from "../../nn/safetensors.ts";
import { notNegative, type SettingGroup, share, wholeNumber } from "../settings.ts";
import type { PlateauState } from "../../nn/schedule.ts";
import type { Batch, BatchStream } from "./batches.ts";
import type { StageRunEvent, StepEvent, ValidationEvent } from "./events.ts";
import type { Examination, Examiner } from "./examiner.ts";
import type { Learner } from "./learner.ts";
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
/** A stage whose network died begins again at most so many times, from the second time on at half the rate. */
const MOST_RESTARTS = 3;
/** It then first learns so many batches by a loss that always has a gradient, a quarter of all at most. */
const PRIMING = 300;

/** Weights that may be a stage's result. */
interface Candidate {
  readonly weights: ReadonlyMap<string, NamedArray>;
  readonly score: number;
}

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
    return yield* new StageRun(stage, parts).run();
  } finally {
    parts.learner.release();
  }
}

/** What a stage began with. */
interface Beginning {
  readonly weights: ReadonlyMap<string, NamedArray>;
  readonly plateaus: readonly (readonly [string, PlateauState])[];
  /** Bytes of metrics; null where they are not known. */
  bytes: number | null;
}

class StageRun {
  readonly #stage: string;
  readonly #parts: StageParts;
  #step = 0;
  #best: ReadonlyMap<string, NamedArray> = new Map();
  #average: ReadonlyMap<string, NamedArray> = new Map();
  #bestScore: number | null = null;
  #waited = 0;
  #collapsed = false;
  #metricsBytes = 0;
  /** What it began with; see {@linkcode MOST_RESTARTS}. */
  #first: Beginning = { weights: new Map(), plateaus: [], bytes: null };
  #restarts = 0;
  /** The last batch of stills, and the losses on such since the examiner was asked. */
  #stills: { batch: Batch; losses: number[] } | null = null;
  #pending: { step: number; rate: number }[] = [];
  #reading: Promise<StepEvent[]> | null = null;

  constructor(stage: string, parts: StageParts) {
    this.#stage = stage;
    this.#parts = parts;
  }

  async *run(): AsyncGenerator<StageRunEvent, StageOutcome> {
    const { learner, store, schedule, examiner, settings, resume } = this.#parts;
    this.#first = {
      weights: await learner.weights(),
      plateaus: [...schedule.plateaus].map(([task, { state }]) => [task, state] as const),
      bytes: null,
    };
    if (resume) await this.#restore(resume);
    else {
      learner.resetOptimisers();
      this.#best = await learner.weights();
      this.#metricsBytes = await store.appendMetrics([]);
      this.#first.bytes = this.#metricsBytes;
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
      const stuck = await this.#stuckAt();
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
    const task = schedule.task(this.#step);
    const rate = schedule.rate(this.#step) * this.#slowdown;
    const stream = streams.get(task);
    if (!stream) throw new TypeError("Cannot train for consistency: there is no video");
    const batch = await stream.next();
    if (task === "segmentation") this.#stills = { losses: [], ...this.#stills, batch };
    const primes = this.#restarts > 0 && task === "segmentation" && this.#step < this.#priming;
    learner.step(primes ? "priming" : task, batch, rate);
    this.#step++;
    this.#pending.push({ step: this.#step, rate });
  }

  get #priming(): number {
    return Math.min(PRIMING, this.#parts.schedule.steps >> 2);
  }

  get #slowdown(): number {
    return 1 / 2 ** Math.max(0, this.#restarts - 1);
  }

  /** Every tenth step stands for ten. */
  async #addToAverage(): Promise<void> {
    const { learner, settings } = this.#parts;
    const weights = await learner.weights();
    const stays = this.#average.size === 0 ? 0 : settings.averaging ** LOG_EVERY;
    this.#average = new Map([...weights].map(([name, { shape, data }]) => {
      const before = this.#average.get(name)?.data;
      const mixed = data.map((value, i) => stays * (before?.[i] ?? 0) + (1 - stays) * value);
      return [name, { shape, data: mixed }];
    }));
  }

  /** The averaged weights and their score, if they are better than those of the moment. */
  async #betterAverage(score: number | null): Promise<Candidate | null> {
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
    const onStills = events.filter(({ kind }) => kind === "segmentation");
    this.#stills?.losses.push(...onStills.map(({ loss }) => loss));
    yield* events;
  }

  async #stuckAt(): Promise<0 | 1 | null> {
    if (!this.#stills || this.#stills.losses.length === 0) return null;
    const { batch, losses } = this.#stills;
    return await this.#parts.examiner.stuckAt?.(losses.splice(0), batch) ?? null;
  }

  /** From where a dead network is no step leads back: from the first weights again, and more carefully. */
  async *#beginAgain(answer: 0 | 1): AsyncGenerator<StageRunEvent> {
    const { learner, schedule, store } = this.#parts;
    yield* this.#tellLosses();
    const rate = schedule.fullRate("segmentation") * this.#slowdown;
    const what = `after step ${this.#step} the network answers ${answer} whatever it sees, ` +
      `at a rate of ${rate}`;
    if (this.#restarts === MOST_RESTARTS) {
      throw new RangeError(
        `Cannot go on training: ${what}; raise --ramp, take another --seed, or --segmentation-loss bce`,
      );
    }
    const { weights, plateaus, bytes } = this.#first;
    learner.setWeights(weights, "the weights it began with");
    learner.resetOptimisers();
    for (const [task, state] of plateaus) schedule.plateaus.get(task)!.restore(state);
    this.#restarts++;
    [this.#step, this.#waited, this.#bestScore] = [0, 0, null];
    [this.#best, this.#average] = [weights, new Map()];
    if (bytes !== null) await store.cutMetrics(bytes);
    const by = this.#slowdown * schedule.fullRate("segmentation");
    const text = `${what[0].toUpperCase()}${what.slice(1)}: it begins again, at ${by}, the first ` +
      `${this.#priming} batches by cross-entropy`;
    const told: StageRunEvent[] = [{ type: "warning", text }];
    this.#metricsBytes = await store.appendMetrics(told);
    yield* told;
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
        ...(this.#restarts > 0 && { restarts: this.#restarts }),
        ...(this.#first.bytes !== null && { firstBytes: this.#first.bytes }),
      },
    });
  }

  async #restore({ state, weights, moments, best, average }: SavedState): Promise<void> {
    const { learner, schedule, streams, examiner, store } = this.#parts;
    const from = `${store.path}/state.safetensors`;
    learner.setWeights(weights, from);
    learner.restoreOptimisers({ moments, counts: state.counts, from });
    this.#step = state.step;
    this.#restarts = state.restarts ?? 0;
    this.#first.bytes = state.firstBytes ?? null;
    for (const [task, stream] of streams) {
      if (state.streams[task] !== undefined) stream.restore(state.streams[task]);
    }
    this.#best = best;
    this.#average = average;
    this.#bestScore = state.bestScore;
    this.#waited = state.waited;
    for (const [task, plateau] of schedule.plateaus) {
      if (state.plateaus[task]) plateau.restore(state.plateaus[task]);
    }
    examiner.restore(state.examiner);
    this.#collapsed = state.collapsed;
    this.#metricsBytes = state.metricsBytes;
    await store.cutMetrics(state.metricsBytes);
  }
}
