/**
 * The way back for a network that has died: while nothing is told apart yet more foreground is better for
 * Dice, so that its answer may drift to 1 everywhere, or fall to 0, from where no gradient leads back.
 *
 * @module
 */

import type { NamedArray } from "../../../nn/safetensors.ts";
import type { PlateauState } from "../../../nn/schedule.ts";
import type { Batch } from "../batches.ts";
import type { NoteEvent, StepEvent } from "../events.ts";
import type { Examiner } from "../examiner.ts";
import type { Learner } from "../learner.ts";
import type { Schedule } from "../schedule.ts";
import type { StageState, StageStore } from "../stage_state.ts";

/** A stage begins again at most so many times, from the second time on at half the rate of the time before. */
const MOST_RESTARTS = 3;
/** It then first learns so many batches by a loss that always has a gradient, a quarter of all at most. */
const PRIMING = 300;
/** The only task that is watched. */
const WATCHED = "segmentation";

/** What of a stage's state is about restarts. */
type RestartState = Pick<StageState, "restarts" | "firstBytes">;

/** What of a stage they need. */
interface RestartParts {
  readonly learner: Learner;
  readonly schedule: Schedule;
  readonly examiner: Examiner;
  readonly store: StageStore;
}

/** The restarts of a stage, and what it begins with. */
export class Restarts {
  /** The weights that it begins with. */
  readonly weights: ReadonlyMap<string, NamedArray>;
  readonly #parts: RestartParts;
  readonly #plateaus: readonly (readonly [task: string, PlateauState])[];
  #bytes: number | null = null;
  #count = 0;
  #batch: Batch | null = null;
  #losses: number[] = [];

  private constructor(parts: RestartParts, weights: ReadonlyMap<string, NamedArray>) {
    this.#parts = parts;
    this.weights = weights;
    this.#plateaus = [...parts.schedule.plateaus].map(([task, { state }]) => [task, state]);
  }

  /** Remembers what a stage begins with; to be called before its first step, and before a state is restored. */
  static async of(parts: RestartParts): Promise<Restarts> {
    return new Restarts(parts, await parts.learner.weights());
  }

  /** The stage begins, also again, where its metrics have so many bytes: what they say so far stays. */
  beginAt(bytes: number): void {
    this.#bytes = bytes;
  }

  /** What to save. */
  get state(): RestartState {
    return {
      ...(this.#count > 0 && { restarts: this.#count }),
      ...(this.#bytes !== null && { firstBytes: this.#bytes }),
    };
  }

  /** Goes on from what was saved. */
  restore({ restarts = 0, firstBytes }: RestartState): void {
    this.#count = restarts;
    this.#bytes = firstBytes ?? null;
  }

  /** The learning rate of a step, from 0. */
  rate(step: number): number {
    return this.#parts.schedule.rate(step) * this.#slowdown;
  }

  /** What is learned in a step instead of its task, on one of that task's batches. */
  taskOf(step: number): string {
    const { schedule } = this.#parts;
    const task = schedule.task(step);
    return this.#count > 0 && task === WATCHED && step < this.#priming ? "priming" : task;
  }

  /** A step of a task is made on a batch. */
  note(task: string, batch: Batch): void {
    if (task === WATCHED) this.#batch = batch;
  }

  /** Losses have been read. */
  observe(events: readonly StepEvent[]): void {
    const watched = events.filter(({ kind }) => kind === WATCHED);
    this.#losses.push(...watched.map(({ loss }) => loss));
  }

  /** What the network answers everywhere, if it has died; null if not, as far as anybody has looked. */
  async stuckAt(): Promise<0 | 1 | null> {
    if (this.#losses.length === 0) return null;
    return await this.#parts.examiner.stuckAt?.(this.#losses.splice(0), this.#batch!) ?? null;
  }

  /**
   * Goes back to the first weights, and forgets what the metrics know since.
   *
   * @param answer What the network answers everywhere.
   * @param step Steps that led there.
   * @returns What to tell.
   * @throws {RangeError} If it has begun again often enough.
   */
  async beginAgain(answer: 0 | 1, step: number): Promise<NoteEvent> {
    const { learner, schedule, store } = this.#parts;
    const what = `after step ${step} the network answers ${answer} whatever it sees, ` +
      `at a rate of ${this.#fullRate}`;
    if (this.#count === MOST_RESTARTS) {
      throw new RangeError(
        `Cannot go on training: ${what}; raise --ramp, take another --seed, or --segmentation-loss bce`,
      );
    }
    this.#count++;
    this.#losses = [];
    learner.setWeights(this.weights, "the weights it began with");
    learner.resetOptimisers();
    for (const [task, state] of this.#plateaus) schedule.plateaus.get(task)!.restore(state);
    if (this.#bytes !== null) await store.cutMetrics(this.#bytes);
    const text =
      `${what[0].toUpperCase()}${what.slice(1)}: it begins again, at ${this.#fullRate}, ` +
      `the first ${this.#priming} batches by cross-entropy`;
    return { type: "warning", text };
  }

  get #priming(): number {
    return Math.min(PRIMING, this.#parts.schedule.steps >> 2);
  }

  get #slowdown(): number {
    return 1 / 2 ** Math.max(0, this.#count - 1);
  }

  get #fullRate(): number {
    return this.#parts.schedule.fullRate(WATCHED) * this.#slowdown;
  }
}
