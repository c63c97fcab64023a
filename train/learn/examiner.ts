/**
 * How a stage is judged while it runs: by losses on images that it does not learn from, and by two
 * alarms, as a consistency loss that falls is no sign of success.
 *
 * @module
 */

import type { Batch } from "./batches.ts";
import type { Scores } from "./events.ts";
import type { Learner, Measurement } from "./learner.ts";
import { positive, type SettingGroup, yesOrNo } from "../settings.ts";
import type { Stage } from "./stages.ts";

/**
 * What an examination found.
 *
 * @category Stages
 */
export interface Examination {
  /** Figures to tell and to keep. */
  readonly scores: Scores;
  /** The loss of each task that has a validation; a plateau of one lowers its rate. */
  readonly losses: Scores;
  /** What weights are chosen by, the lower the better; null where nothing tells better from worse. */
  readonly score: number | null;
  /** What a user should be warned of, if anything. */
  readonly warning: string | null;
  /** Whether these and all later weights are useless. */
  readonly hasCollapsed: boolean;
}

/**
 * Examines a stage from time to time.
 *
 * @category Stages
 */
export interface Examiner {
  /** Whether it also examines before the first step. */
  readonly beginsAtOnce: boolean;
  /**
   * Examines the network as it is after some steps.
   *
   * @returns Null where there is nothing to examine it on.
   */
  examine(step: number): Promise<Examination | null>;
  /**
   * What a network answers everywhere that has died: its probabilities are 0 or 1 whatever it sees, and no
   * gradient is left to learn otherwise. To be asked after the losses of some steps were read; an examiner
   * without an answer takes no network for dead.
   *
   * @param losses Losses of segmentation since it was asked last.
   * @param batch What the last of them is the loss of.
   * @returns Null for a network that learns.
   */
  stuckAt?(losses: readonly number[], batch: Batch): Promise<0 | 1 | null>;
  /** The score of the network as it is, without looking for anything else; null as in an examination. */
  score(): Promise<number | null>;
  /** What it remembers, as plain JSON. */
  readonly state: unknown;
  /** Remembers what was saved. */
  restore(state: unknown): void;
}

/**
 * When the collapse alarm is raised.
 *
 * @category Stages
 */
export interface AlarmSettings {
  /** Relative change of mean probability or foreground that raises the collapse alarm. */
  collapseLimit: number;
  /** Whether the collapse alarm ends the second stage. */
  stopOnCollapse: boolean;
}

/**
 * The settings of {@linkcode AlarmSettings}.
 *
 * @category Stages
 */
export const alarmSettings: SettingGroup<AlarmSettings> = {
  title: "Collapse alarm",
  settings: {
    collapseLimit: {
      value: 0.2,
      rule: positive,
      sentence:
        "Relative change of mean probability or foreground that raises the alarm; a student may " +
        "see up to twice as much",
    },
    stopOnCollapse: { value: false, rule: yesOrNo, sentence: "End the second stage at the alarm" },
  },
};

/**
 * Batches to measure losses on.
 *
 * @category Stages
 */
export interface ValidationBatches {
  /** Labelled stills. */
  readonly stills: readonly Batch[];
  /** Frames of videos. */
  readonly pairs: readonly Batch[];
  /** Planes of volumes. */
  readonly depth: readonly Batch[];
}

/** Mean probability and foreground fraction when a stage began. */
interface Reference {
  readonly meanProbability: number;
  readonly foregroundFraction: number;
}

/** What was measured on each kind of batches; null where there are none. */
interface Measured {
  readonly stills: Measurement | null;
  readonly pairs: Measurement | null;
  readonly depth: Measurement | null;
}

/** What a {@linkcode StageExaminer} remembers. */
interface AlarmState {
  readonly reference: Reference | null;
  readonly collapsed: boolean;
  /** See `#lost`; left out while it is 0. */
  readonly lost?: number;
}

/** From this loss on a batch counts as lost: all foreground has it where up to a third is. */
const LOST = 0.5;
/** So many lost ones in a row are looked into. */
const LOST_STEPS = 50;
/** A network whose mean probability is this near to 0 or 1 then has no gradient left. */
const DEAD = 1e-3;

/**
 * What a stage is examined with.
 *
 * @category Stages
 */
export interface StageExaminerParts {
  /** The network in training. */
  readonly learner: Learner;
  /** What it is measured on; a baseline only sees the stills. */
  readonly batches: ValidationBatches;
  /** When the collapse alarm is raised. */
  readonly settings: AlarmSettings;
  /** Whether a network that sees no foreground anywhere has no gradient to learn from any more. */
  readonly canDie: boolean;
  /** Whether the second stage is judged by its consistency too; it is unless told. */
  readonly countsConsistency?: boolean;
}

/**
 * Examines a stage of segmentation and consistency.
 *
 * @category Stages
 */
export class StageExaminer implements Examiner {
  /** The second stage is compared with what it began with. */
  readonly beginsAtOnce: boolean;
  readonly #stage: Stage;
  readonly #parts: StageExaminerParts;
  #reference: Reference | null = null;
  #collapsed = false;
  /** Losses in a row that were lost. */
  #lost = 0;

  /** Starts an examiner that remembers nothing. */
  constructor(stage: Stage, parts: StageExaminerParts) {
    this.#stage = stage;
    this.#parts = parts;
    this.beginsAtOnce = stage !== "baseline";
  }

  /** Measures all losses, and looks for a collapse. */
  async examine(step: number): Promise<Examination | null> {
    const { countsConsistency = true } = this.#parts;
    const { stills, pairs, depth } = await this.#measure();
    // Answers to a video are watched first: they are what consistency changes. A student is to find more
    // there than before, and is watched on stills.
    const onVideo = pairs ?? depth;
    const answers = countsConsistency ? onVideo ?? stills : stills ?? onVideo;
    if (!answers) return null;
    const { meanProbability, foregroundFraction } = answers;
    const losses = {
      segmentation: stills?.loss ?? null,
      consistency: pairs?.loss ?? null,
      depth: depth?.loss ?? null,
    };
    const reference = { meanProbability, foregroundFraction };
    const warning = this.#collapse(step, reference) ?? this.#death(step, reference);
    return {
      scores: { ...losses, ...reference },
      losses,
      score: this.#scoreOf({ stills, pairs, depth }),
      warning,
      hasCollapsed: this.#collapsed,
    };
  }

  /** Measures the losses alone. */
  async score(): Promise<number | null> {
    return this.#scoreOf(await this.#measure());
  }

  /** Measures the network where its losses have been high for long. */
  async stuckAt(losses: readonly number[], batch: Batch): Promise<0 | 1 | null> {
    const { canDie, learner } = this.#parts;
    if (!canDie || this.#stage !== "baseline") return null;
    this.#lost = losses.every((loss) => loss >= LOST) ? this.#lost + losses.length : 0;
    if (this.#lost < LOST_STEPS) return null;
    this.#lost = 0;
    const { meanProbability } = (await learner.measure("segmentation", [batch]))!;
    if (meanProbability < DEAD) return 0;
    return meanProbability > 1 - DEAD ? 1 : null;
  }

  async #measure(): Promise<Measured> {
    const { learner, batches } = this.#parts;
    const isBaseline = this.#stage === "baseline";
    const stills = await learner.measure("segmentation", batches.stills);
    const pairs = isBaseline ? null : await learner.measure("consistency", batches.pairs);
    const depth = isBaseline || batches.depth.length === 0
      ? null
      : await learner.measure("depth", batches.depth);
    return { stills, pairs, depth };
  }

  /** Without validation stills nothing tells better from worse. */
  #scoreOf({ stills, pairs, depth }: Measured): number | null {
    const { countsConsistency = true } = this.#parts;
    const between = (pairs?.loss ?? 0) + (depth?.loss ?? 0);
    return stills ? stills.loss + (countsConsistency ? between : 0) : null;
  }

  /** What it compares with, and whether it has raised the alarm. */
  get state(): unknown {
    const state: AlarmState = { reference: this.#reference, collapsed: this.#collapsed };
    return this.#lost === 0 ? state : { ...state, lost: this.#lost };
  }

  /** Goes on with what was saved. */
  restore(state: unknown): void {
    const { reference, collapsed, lost = 0 } = state as AlarmState;
    this.#reference = reference;
    this.#lost = lost;
    this.#collapsed = collapsed;
  }

  #death(step: number, { foregroundFraction }: Reference): string | null {
    if (!this.#parts.canDie || foregroundFraction > 0 || step === 0) return null;
    return `After step ${step} the network finds no foreground in any validation image: if it ` +
      "does not recover, lower --warmup-rate, raise --ramp or take another --seed";
  }

  /** Compares the answers on the video with those at the start of the stage. */
  #collapse(step: number, now: Reference): string | null {
    if (this.#stage !== "consistent" || this.#collapsed) return null;
    this.#reference ??= now;
    const then = this.#reference;
    const { settings: { collapseLimit }, countsConsistency = true } = this.#parts;
    // A student is shown objects that it did not know, and labels and its loss on stills hold it: half to
    // twice as much is no collapse.
    const [least, most] = countsConsistency ? [-collapseLimit, collapseLimit] : [-0.5, 1];
    // Where there was nothing, nothing can collapse.
    const hasMoved = (key: keyof Reference) => {
      const change = (now[key] - then[key]) / then[key];
      return then[key] > 0 && (change < least || change > most);
    };
    if (!hasMoved("meanProbability") && !hasMoved("foregroundFraction")) return null;
    this.#collapsed = true;
    return `Collapse alarm after step ${step}: the mean probability went from ` +
      `${percent(then.meanProbability)} to ${percent(now.meanProbability)} and the foreground ` +
      `from ${percent(then.foregroundFraction)} to ${percent(now.foregroundFraction)}; the best ` +
      `weights before that are kept; ${
        this.#parts.countsConsistency ?? true
          ? "lower --consistency-rate or --consistency-share"
          : "lower --teacher-rate"
      }`;
  }
}

/** A share in percent, small ones with two digits that count. */
function percent(share: number): string {
  const value = 100 * share;
  return `${value === 0 || value >= 1 ? value.toFixed(1) : value.toPrecision(2)} %`;
}
