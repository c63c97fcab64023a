/**
 * A network in training: the segmentation step, the consistency step, validation, and everything of
 * it that must be saved.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { OutOfMemoryError } from "../../kernels/gpu/errors.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import { Adam } from "../../nn/adam.ts";
import type { Network } from "../../nn/module.ts";
import type { NamedArray } from "../../nn/safetensors.ts";
import { parameterTensors, readTensors, writeTensors } from "../../nn/weights.ts";
import type { Batch } from "./batches.ts";
import { type Computation, Computations, type StepKind } from "./computations.ts";
import type { TrainConfig } from "../jobs/train/config.ts";
import { objectiveOf } from "../models/objective.ts";

export type { StepKind } from "./computations.ts";

/** The kinds of steps that a run has. */
export function stepKinds({ volume, depthPairs }: TrainConfig): StepKind[] {
  const hasDepth = volume.length > 0 || depthPairs;
  return ["segmentation", "consistency", ...(hasDepth ? ["depth" as const] : [])];
}

/** Batches to measure losses on. */
export interface ValidationBatches {
  /** Labelled stills. */
  readonly stills: readonly Batch[];
  /** Frames of videos. */
  readonly pairs: readonly Batch[];
  /** Planes of volumes; none if left out. */
  readonly depth?: readonly Batch[];
}

/** What a validation measured. */
export interface ValidationScores {
  /** Mean segmentation loss on the validation stills; null without any. */
  readonly segmentation: number | null;
  /** Mean consistency loss on the validation pairs; null without a video. */
  readonly consistency: number | null;
  /** Mean consistency loss on the validation pairs in depth; null without any. */
  readonly depth: number | null;
  /** Mean probability on the validation pairs, or on the stills where there are none. */
  readonly meanProbability: number;
  /** Share of pixels with a probability above one half, on the same images. */
  readonly foregroundFraction: number;
}

/** Losses kept on the GPU between two readings. */
const LOSS_SLOTS = 64;

/** A network with one Adam per loss. Steps are queued; nothing waits until losses are read. */
export class Learner {
  /** The network. */
  readonly network: Network;
  readonly #device: Device;
  readonly #config: TrainConfig;
  readonly #computations: Computations;
  readonly #optimisers: ReadonlyMap<StepKind, Adam>;
  readonly #lossLog: Tensor<"f32">;
  #logged: StepKind[] = [];

  /** Starts with zero moments. Must not be made inside a tensor scope. */
  constructor(device: Device, { network, config }: { network: Network; config: TrainConfig }) {
    const { parameters } = network;
    this.network = network;
    this.#device = device;
    this.#config = config;
    const { reaches } = objectiveOf(config);
    const reached = new Map([...parameters].filter(([name]) => reaches(name)));
    this.#optimisers = new Map(
      stepKinds(config).map((kind) => [
        kind,
        new Adam(device, { parameters: kind === "segmentation" ? parameters : reached }),
      ]),
    );
    this.#computations = new Computations(device, {
      network,
      config,
      optimisers: this.#optimisers,
    });
    this.#lossLog = device.empty([LOSS_SLOTS]);
  }

  /**
   * GPU memory that this learner needs with steps of these kinds, in bytes.
   *
   * @throws {OutOfMemoryError} If it exceeds the limit; it names a patch that would fit.
   */
  plannedBytes(kinds: readonly StepKind[] = stepKinds(this.#config)): number {
    const { patch } = this.#config;
    const plan = (side: number) => this.#computations.plannedBytes(kinds, side);
    try {
      return plan(patch);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      const { sizeMultiple } = this.network;
      const fitting = largestFitting(
        Math.ceil(patch / sizeMultiple) - 1,
        (n) => plan(n * sizeMultiple),
      );
      const advice = fitting > 0 ? `patch ${fitting * sizeMultiple} fits` : "no patch fits";
      throw new OutOfMemoryError(`${error.message}; ${advice}`, { cause: error });
    }
  }

  /**
   * Queues one step on a batch of stills (with targets) or of pairs (without). It is captured the
   * first time that it is made on a batch of its shape.
   */
  step(kind: StepKind, batch: Batch, learningRate: number): void {
    const { recording, loss } = this.#prepare({ kind, learns: true }, batch);
    this.#optimisers.get(kind)!.advance(learningRate);
    recording.replay();
    const toOffset = this.#logged.push(kind) - 1;
    this.#device.copy({ from: loss, to: this.#lossLog, toOffset, count: 1 });
    // The GPU starts now, while the next batch is made.
    this.#device.flush();
  }

  /** Gives the memory of captured steps back; they are captured again when they are needed. */
  release(): void {
    this.#computations.release();
  }

  /** Whether {@linkcode Learner.readLosses} must be called before the next step. */
  get isLogFull(): boolean {
    return this.#logged.length === LOSS_SLOTS;
  }

  /**
   * Waits for the steps queued so far and gives their losses, in order. Further steps may be queued
   * before the promise settles.
   */
  async readLosses(): Promise<{ kind: StepKind; loss: number }[]> {
    const logged = this.#logged;
    this.#logged = [];
    const values = await this.#device.read(this.#lossLog);
    return logged.map((kind, i) => ({ kind, loss: values[i] }));
  }

  /** Measures both losses on fixed batches, without a step. */
  async validate(
    { stills, pairs, depth = [] }: ValidationBatches,
  ): Promise<ValidationScores> {
    const probabilities = [pairs, depth, stills].find(({ length }) => length > 0);
    const measure = (kind: StepKind, batch: Batch) => {
      const { recording, loss, prob } = this.#prepare({ kind, learns: false }, batch);
      recording.replay();
      return Promise.all([this.#device.read(loss), this.#device.read(prob)]);
    };
    const sums: Record<StepKind, number> = { segmentation: 0, consistency: 0, depth: 0 };
    const totals = { probability: 0, on: 0, n: 0 };
    const measured = { segmentation: stills, consistency: pairs, depth };
    for (const kind of stepKinds(this.#config)) {
      const batches = measured[kind];
      for (const batch of batches) {
        const [[value], map] = await measure(kind, batch);
        sums[kind] += value / batches.length;
        if (batches !== probabilities) continue;
        for (const p of map) {
          totals.probability += p;
          totals.on += p > 0.5 ? 1 : 0;
        }
        totals.n += map.length;
      }
    }
    return {
      segmentation: stills.length > 0 ? sums.segmentation : null,
      consistency: pairs.length > 0 ? sums.consistency : null,
      depth: depth.length > 0 ? sums.depth : null,
      meanProbability: totals.probability / totals.n,
      foregroundFraction: totals.on / totals.n,
    };
  }

  /** The weights as they are now. */
  async weights(): Promise<Map<string, NamedArray>> {
    return await readTensors(this.#device, parameterTensors(this.network));
  }

  /** Replaces the weights. */
  setWeights(arrays: ReadonlyMap<string, NamedArray>, from: string): void {
    writeTensors(this.#device, { tensors: parameterTensors(this.network), arrays, from });
  }

  /** The moments of both optimisers, and how many steps each has made. */
  async optimiserState(): Promise<{
    moments: Map<string, NamedArray>;
    counts: Partial<Record<StepKind, number>>;
  }> {
    const counts = [...this.#optimisers].map(([kind, { count }]) => [kind, count] as const);
    return {
      moments: await readTensors(this.#device, this.#moments()),
      counts: Object.fromEntries(counts),
    };
  }

  /** Goes on from saved moments. */
  restoreOptimisers(
    { moments, counts, from }: {
      moments: ReadonlyMap<string, NamedArray>;
      counts: Partial<Record<StepKind, number>>;
      from: string;
    },
  ): void {
    writeTensors(this.#device, { tensors: this.#moments(), arrays: moments, from });
    for (const [kind, adam] of this.#optimisers) adam.restoreCount(counts[kind] ?? 0);
  }

  /** Forgets all moments, for a new stage of training. */
  resetOptimisers(): void {
    for (const tensor of this.#moments().values()) this.#device.clear(tensor);
    for (const adam of this.#optimisers.values()) adam.restoreCount(0);
  }

  #moments(): Map<string, Tensor<"f32">> {
    return new Map(
      [...this.#optimisers].flatMap(([kind, adam]) =>
        [...adam.tensors].map(([name, tensor]) => [`${kind}.${name}`, tensor] as const)
      ),
    );
  }

  /** A captured computation with the batch as its input. */
  #prepare(which: { kind: StepKind; learns: boolean }, batch: Batch): Computation {
    const { kind } = which;
    const computation = this.#computations.get({ ...which, shape: batch.shape });
    this.#device.write(computation.images, batch.images);
    if (kind !== "segmentation") return computation;
    if (!batch.targets) throw new TypeError("Cannot segment a batch: it has no targets");
    this.#device.write(computation.targets, batch.targets);
    return computation;
  }
}

/** How far above a patch that does not fit another may: kernels for some widths need less. */
const UNEVEN = 8;

/** The largest whole number up to `most` for which `attempt` does not run out of memory, or 0. */
function largestFitting(most: number, attempt: (n: number) => void): number {
  const isFitting = (n: number) => {
    try {
      attempt(n);
      return true;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      return false;
    }
  };
  let [fits, tooMuch] = [0, most + 1];
  while (tooMuch - fits > 1) {
    const middle = Math.floor((fits + tooMuch) / 2);
    if (isFitting(middle)) fits = middle;
    else tooMuch = middle;
  }
  for (let n = Math.min(most, fits + UNEVEN); n > fits; n--) {
    if (isFitting(n)) return n;
  }
  return fits;
}
