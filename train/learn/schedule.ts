/**
 * The training schedule as data: rounds of named tasks, and at what rate each step is made.
 *
 * @module
 */

import { cosineRate, Plateau } from "../../nn/schedule.ts";
import { oneOf, rate, type SettingGroup, wholeNumber } from "../settings.ts";
import type { Stage } from "./stages.ts";

/**
 * What a round has of one task.
 *
 * @category Stages
 */
export interface Turn {
  /** The task. */
  readonly task: string;
  /** Its steps in a round. */
  readonly steps: number;
  /** Its learning rate at the beginning. */
  readonly rate: number;
  /** The factor by which a plateau of its validation loss lowers the rate. */
  readonly plateauFactor: number;
}

/**
 * A schedule as data.
 *
 * @category Stages
 */
export interface ScheduleParts {
  /** How often the turns follow one another. */
  readonly rounds: number;
  /** The tasks of a round, in order. */
  readonly turns: readonly Turn[];
  /** First steps over which all rates rise from 0. */
  readonly ramp: number;
  /** How rates fall. */
  readonly decay: ScheduleSettings["decay"];
  /** Validations without improvement before `plateau` lowers a rate. */
  readonly plateauPatience: number;
}

/**
 * Settings of the schedule.
 *
 * @category Stages
 */
export interface ScheduleSettings {
  /** Segmentation batches of the baseline. */
  warmup: number;
  /** Rounds of the second stage; each is `segmentationShare` then `consistencyShare` units. */
  rounds: number;
  /** Units of segmentation in a round. */
  segmentationShare: number;
  /** Units of consistency in a round. */
  consistencyShare: number;
  /** Units of consistency in depth in a round, where there are volumes or `depthPairs`. */
  depthShare: number;
  /** What a unit is: one batch, or one epoch over the stills or the pairs. */
  unit: "batches" | "epochs";
  /** How learning rates fall: `cosine` to a tenth, on a `plateau` of the validation, or `constant`. */
  decay: "cosine" | "plateau" | "constant";
  /** Validations without improvement before `plateau` lowers a rate. */
  plateauPatience: number;
  /** First steps of the baseline over which its rate rises from 0; Dice can die of a fast start. */
  ramp: number;
  /** Learning rate of the baseline. */
  warmupRate: number;
  /** Learning rate of segmentation in the second stage. */
  segmentationRate: number;
  /** Learning rate of consistency in the second stage. */
  consistencyRate: number;
  /** Learning rate of consistency in depth. */
  depthRate: number;
}

/**
 * The settings of {@linkcode ScheduleSettings}.
 *
 * @category Stages
 */
export const scheduleSettings: SettingGroup<ScheduleSettings> = {
  title: "Schedule",
  settings: {
    warmup: {
      value: 3000,
      rule: wholeNumber({ least: 0 }),
      sentence: "Batches of stills that the baseline learns from",
      isCommon: true,
    },
    rounds: {
      value: 500,
      rule: wholeNumber({ least: 0 }),
      sentence: "Rounds of the second stage: some batches of stills, then some of video",
      isCommon: true,
    },
    segmentationShare: {
      value: 2,
      rule: wholeNumber({ least: 0 }),
      sentence: "Units of segmentation in a round",
    },
    consistencyShare: {
      value: 1,
      rule: wholeNumber({ least: 0 }),
      sentence: "Units of consistency in a round",
    },
    depthShare: {
      value: 1,
      rule: wholeNumber({ least: 0 }),
      sentence: "Units of consistency in depth in a round, where there are volumes or depth pairs",
    },
    unit: {
      value: "batches",
      rule: oneOf(["batches", "epochs"]),
      sentence: "What a unit is: batches, or epochs over the stills or the pairs",
    },
    decay: {
      value: "cosine",
      rule: oneOf(["cosine", "plateau", "constant"]),
      sentence: "How rates fall: cosine to a tenth, on a plateau of the validation, or constant",
    },
    plateauPatience: {
      value: 5,
      rule: wholeNumber({ least: 1 }),
      sentence: "Validations without improvement before plateau lowers a rate",
    },
    ramp: {
      value: 100,
      rule: wholeNumber({ least: 0 }),
      sentence: "First steps of the baseline over which its rate rises from 0",
    },
    warmupRate: { value: 1e-3, rule: rate, sentence: "Learning rate of the baseline" },
    segmentationRate: {
      value: 1e-4,
      rule: rate,
      sentence: "Learning rate of segmentation in the second stage",
    },
    consistencyRate: {
      value: 3e-5,
      rule: rate,
      sentence: "Learning rate of consistency in the second stage",
    },
    depthRate: { value: 3e-5, rule: rate, sentence: "Learning rate of consistency in depth" },
  },
};

/**
 * How many batches an epoch of each task has.
 *
 * @category Stages
 */
export interface EpochLengths {
  /** Batches that visit every training still once. */
  readonly segmentation: number;
  /** Batches that visit every pair of frames once. */
  readonly consistency: number;
  /** Batches that visit every pair of planes in depth once; 0 where there are none. */
  readonly depth: number;
}

/** Factors by which a plateau lowers the rates (Shabanov et al. 2020, their code). */
const PLATEAU_FACTORS = { segmentation: 2 / 3, consistency: 1 / 2, depth: 1 / 2 } as const;

/** A falling rate ends at this share of where it began. */
const COSINE_END = 0.1;

/**
 * A stage of one task: the first one, with a rate that rises before it falls.
 *
 * @category Stages
 */
export function warmupSchedule(
  task: string,
  { warmup, warmupRate, ramp, decay, plateauPatience }: ScheduleSettings,
): Schedule {
  const plateauFactor = PLATEAU_FACTORS.segmentation;
  const turns = [{ task, steps: 1, rate: warmupRate, plateauFactor }];
  return new Schedule({ rounds: warmup, turns, ramp, decay, plateauPatience });
}

/**
 * The schedule of a stage. The control has the segmentation steps of the consistent stage only; within
 * a round segmentation comes first, then consistency in time, then in depth.
 *
 * @category Stages
 */
export function stageSchedule(
  stage: Stage,
  { settings, epochs }: { settings: ScheduleSettings; epochs: EpochLengths },
): Schedule {
  if (stage === "baseline") return warmupSchedule("segmentation", settings);
  const { rounds, decay, plateauPatience } = settings;
  const turn = (
    task: keyof EpochLengths,
    { share, rate, isThere }: { share: number; rate: number; isThere: boolean },
  ): Turn => {
    const steps = isThere ? share * (settings.unit === "epochs" ? epochs[task] : 1) : 0;
    return { task, steps, rate, plateauFactor: PLATEAU_FACTORS[task] };
  };
  const isConsistent = stage === "consistent";
  const hasDepth = isConsistent && epochs.depth > 0;
  const hasPairs = isConsistent && (epochs.consistency > 0 || !hasDepth);
  const turns = [
    turn("segmentation", {
      share: settings.segmentationShare,
      rate: settings.segmentationRate,
      isThere: true,
    }),
    turn("consistency", {
      share: settings.consistencyShare,
      rate: settings.consistencyRate,
      isThere: hasPairs,
    }),
    turn("depth", { share: settings.depthShare, rate: settings.depthRate, isThere: hasDepth }),
  ];
  return new Schedule({ rounds, turns, ramp: 0, decay, plateauPatience });
}

/**
 * The schedule of a second stage with a teacher: a batch of stills and one of video in turn, at one rate.
 * The control has the same batches of stills at the same rates.
 *
 * @category Stages
 */
export function taughtSchedule(
  stage: Exclude<Stage, "baseline">,
  { rounds, decay, plateauPatience, teacherRate: rate }: ScheduleSettings & {
    teacherRate: number;
  },
): Schedule {
  const plateauFactor = PLATEAU_FACTORS.segmentation;
  const turn = { steps: 1, rate, plateauFactor };
  const turns = [
    { ...turn, task: "segmentation" },
    ...(stage === "consistent" ? [{ ...turn, task: "pupil" }] : []),
  ];
  return new Schedule({ rounds, turns, ramp: 0, decay, plateauPatience });
}

/**
 * The steps of one stage.
 *
 * @category Stages
 */
export class Schedule {
  /** Number of steps. */
  readonly steps: number;
  /** Plateaus of all tasks; only used with `decay: "plateau"`. */
  readonly plateaus: ReadonlyMap<string, Plateau>;
  readonly #parts: ScheduleParts;
  readonly #roundSteps: number;

  /** Lays out a stage. */
  constructor(parts: ScheduleParts) {
    const { rounds, turns, plateauPatience: patience } = parts;
    this.#parts = parts;
    this.#roundSteps = turns.reduce((sum, { steps }) => sum + steps, 0);
    this.steps = rounds * this.#roundSteps;
    this.plateaus = new Map(
      turns.map(({ task, plateauFactor: factor }) => [task, new Plateau({ factor, patience })]),
    );
  }

  /** Which task step `step` (from 0) is for. */
  task(step: number): string {
    return this.#turn(step).turn.task;
  }

  /**
   * The learning rate of step `step`. The cosine runs over the steps of its own task, so control and
   * consistent model give each segmentation batch the same rate.
   */
  rate(step: number): number {
    const { ramp } = this.#parts;
    const rising = step < ramp ? (step + 1) / ramp : 1;
    return rising * this.#fallingRate(step);
  }

  /** The learning rate of a task before it falls, once it has risen. */
  fullRate(task: string): number {
    return this.#parts.turns.find((turn) => turn.task === task)?.rate ?? 0;
  }

  #fallingRate(step: number): number {
    const { decay, rounds } = this.#parts;
    const { turn: { task, steps, rate }, inTurn } = this.#turn(step);
    if (decay === "constant") return rate;
    if (decay === "plateau") return rate * this.plateaus.get(task)!.scale;
    const progress = {
      step: Math.floor(step / this.#roundSteps) * steps + inTurn,
      total: rounds * steps,
    };
    return cosineRate({ start: rate, end: COSINE_END * rate, ...progress });
  }

  /** The turn that a step belongs to, and how many steps of it come before in its round. */
  #turn(step: number): { turn: Turn; inTurn: number } {
    let inTurn = step % this.#roundSteps;
    for (const turn of this.#parts.turns) {
      if (inTurn < turn.steps) return { turn, inTurn };
      inTurn -= turn.steps;
    }
    throw new RangeError(`Cannot tell the task of step ${step}: a round has no steps`);
  }
}
