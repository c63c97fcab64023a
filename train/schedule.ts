/**
 * The training schedule as data: which loss each step follows, and at what rate.
 *
 * @module
 */

import { cosineRate, Plateau } from "../nn/schedule.ts";
import type { TrainConfig } from "./config.ts";
import type { StepKind } from "./learner.ts";
import type { Stage } from "./run_folder.ts";

/** How many batches an epoch of each kind has. */
export interface EpochLengths {
  /** Batches that visit every training still once. */
  readonly segmentation: number;
  /** Batches that visit every pair of frames once. */
  readonly consistency: number;
}

/** Factors by which a plateau lowers the rates (Shabanov et al. 2020, their code). */
const PLATEAU_FACTORS: Record<StepKind, number> = { segmentation: 2 / 3, consistency: 1 / 2 };

/** A falling rate ends at this share of where it began. */
const COSINE_END = 0.1;

/** The steps of one stage. */
export class Schedule {
  /** Number of steps. */
  readonly steps: number;
  /** Plateaus of both losses; only used with `decay: "plateau"`. */
  readonly plateaus: Readonly<Record<StepKind, Plateau>>;
  readonly #stage: Stage;
  readonly #config: TrainConfig;
  readonly #round: { segmentation: number; consistency: number };

  /** Lays out a stage: the control has the segmentation steps of the consistent stage only. */
  constructor(stage: Stage, { config, epochs }: { config: TrainConfig; epochs: EpochLengths }) {
    const unit = config.unit === "epochs" ? epochs : { segmentation: 1, consistency: 1 };
    this.#stage = stage;
    this.#config = config;
    this.#round = {
      segmentation: config.segmentationShare * unit.segmentation,
      consistency: stage === "consistent" ? config.consistencyShare * unit.consistency : 0,
    };
    const roundSteps = this.#round.segmentation + this.#round.consistency;
    this.steps = stage === "baseline" ? config.warmup : config.rounds * roundSteps;
    const plateau = (kind: StepKind) =>
      new Plateau({ factor: PLATEAU_FACTORS[kind], patience: config.plateauPatience });
    this.plateaus = { segmentation: plateau("segmentation"), consistency: plateau("consistency") };
  }

  /** Which loss step `step` (from 0) follows: within a round, segmentation comes first. */
  kind(step: number): StepKind {
    if (this.#stage === "baseline") return "segmentation";
    const { segmentation, consistency } = this.#round;
    return step % (segmentation + consistency) < segmentation ? "segmentation" : "consistency";
  }

  /**
   * The learning rate of step `step`. The cosine runs over the steps of its own kind, so control and
   * consistent model give each segmentation batch the same rate.
   */
  rate(step: number): number {
    const { ramp } = this.#config;
    const rising = this.#stage === "baseline" && step < ramp ? (step + 1) / ramp : 1;
    return rising * this.#fallingRate(step);
  }

  #fallingRate(step: number): number {
    const { decay, warmupRate, segmentationRate, consistencyRate } = this.#config;
    const kind = this.kind(step);
    const start = this.#stage === "baseline"
      ? warmupRate
      : kind === "segmentation"
      ? segmentationRate
      : consistencyRate;
    if (decay === "constant") return start;
    if (decay === "plateau") return start * this.plateaus[kind].scale;
    return cosineRate({ start, end: COSINE_END * start, ...this.#progress(step, kind) });
  }

  #progress(step: number, kind: StepKind): { step: number; total: number } {
    if (this.#stage === "baseline") return { step, total: this.steps };
    const { segmentation, consistency } = this.#round;
    const roundSteps = segmentation + consistency;
    const inRound = step % roundSteps;
    const before = kind === "segmentation" ? inRound : inRound - segmentation;
    return {
      step: Math.floor(step / roundSteps) * this.#round[kind] + before,
      total: this.#config.rounds * this.#round[kind],
    };
  }
}
