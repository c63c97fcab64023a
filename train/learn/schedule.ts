/**
 * The training schedule as data: which loss each step follows, and at what rate.
 *
 * @module
 */

import { cosineRate, Plateau } from "../../nn/schedule.ts";
import type { TrainConfig } from "../jobs/train/config.ts";
import type { StepKind } from "./learner.ts";
import type { Stage } from "./stages.ts";

/** How many batches an epoch of each kind has. */
export interface EpochLengths {
  /** Batches that visit every training still once. */
  readonly segmentation: number;
  /** Batches that visit every pair of frames once. */
  readonly consistency: number;
  /** Batches that visit every pair of planes in depth once; 0 where there are none. */
  readonly depth: number;
}

/** Factors by which a plateau lowers the rates (Shabanov et al. 2020, their code). */
const PLATEAU_FACTORS: Record<StepKind, number> = {
  segmentation: 2 / 3,
  consistency: 1 / 2,
  depth: 1 / 2,
};

/** In this order the steps of a round follow one another. */
const KINDS: readonly StepKind[] = ["segmentation", "consistency", "depth"];

/** A falling rate ends at this share of where it began. */
const COSINE_END = 0.1;

/** The steps of one stage. */
export class Schedule {
  /** Number of steps. */
  readonly steps: number;
  /** Plateaus of all losses; only used with `decay: "plateau"`. */
  readonly plateaus: Readonly<Record<StepKind, Plateau>>;
  readonly #stage: Stage;
  readonly #config: TrainConfig;
  readonly #round: Readonly<Record<StepKind, number>>;

  /** Lays out a stage: the control has the segmentation steps of the consistent stage only. */
  constructor(stage: Stage, { config, epochs }: { config: TrainConfig; epochs: EpochLengths }) {
    const unit = (kind: StepKind) => config.unit === "epochs" ? epochs[kind] : 1;
    const isConsistent = stage === "consistent";
    const hasDepth = isConsistent && epochs.depth > 0;
    const hasPairs = isConsistent && (epochs.consistency > 0 || !hasDepth);
    this.#stage = stage;
    this.#config = config;
    this.#round = {
      segmentation: config.segmentationShare * unit("segmentation"),
      consistency: hasPairs ? config.consistencyShare * unit("consistency") : 0,
      depth: hasDepth ? config.depthShare * unit("depth") : 0,
    };
    this.steps = stage === "baseline" ? config.warmup : config.rounds * this.#roundSteps;
    const plateau = (kind: StepKind) =>
      new Plateau({ factor: PLATEAU_FACTORS[kind], patience: config.plateauPatience });
    this.plateaus = {
      segmentation: plateau("segmentation"),
      consistency: plateau("consistency"),
      depth: plateau("depth"),
    };
  }

  /**
   * Which loss step `step` (from 0) follows: within a round, segmentation comes first, then
   * consistency in time, then in depth.
   */
  kind(step: number): StepKind {
    if (this.#stage === "baseline") return "segmentation";
    const { segmentation, consistency } = this.#round;
    const inRound = step % this.#roundSteps;
    if (inRound < segmentation) return "segmentation";
    return inRound < segmentation + consistency ? "consistency" : "depth";
  }

  get #roundSteps(): number {
    return KINDS.reduce((sum, kind) => sum + this.#round[kind], 0);
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
    const { decay, warmupRate, segmentationRate, consistencyRate, depthRate } = this.#config;
    const kind = this.kind(step);
    const rates = {
      segmentation: segmentationRate,
      consistency: consistencyRate,
      depth: depthRate,
    };
    const start = this.#stage === "baseline" ? warmupRate : rates[kind];
    if (decay === "constant") return start;
    if (decay === "plateau") return start * this.plateaus[kind].scale;
    return cosineRate({ start, end: COSINE_END * start, ...this.#progress(step, kind) });
  }

  #progress(step: number, kind: StepKind): { step: number; total: number } {
    if (this.#stage === "baseline") return { step, total: this.steps };
    const roundSteps = this.#roundSteps;
    const earlier = KINDS.slice(0, KINDS.indexOf(kind));
    const before = step % roundSteps - earlier.reduce((sum, other) => sum + this.#round[other], 0);
    return {
      step: Math.floor(step / roundSteps) * this.#round[kind] + before,
      total: this.#config.rounds * this.#round[kind],
    };
  }
}
