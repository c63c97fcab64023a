/**
 * A network in training: the segmentation step, the consistency step, validation, and everything of
 * it that must be saved.
 *
 * @module
 */

import type { Device } from "../kernels/device.ts";
import type { Tensor } from "../kernels/tensor.ts";
import { Adam } from "../nn/adam.ts";
import { Tape, Variable } from "../nn/autodiff.ts";
import { losses } from "../nn/losses.ts";
import type { Network } from "../nn/module.ts";
import type { NamedArray } from "../nn/safetensors.ts";
import { siameseForward } from "../nn/siamese.ts";
import { parameterTensors, readTensors, writeTensors } from "../nn/weights.ts";
import type { Batch } from "./batches.ts";
import type { TrainConfig } from "./config.ts";

/** Which loss a step follows. */
export type StepKind = "segmentation" | "consistency";

/** What a validation measured. */
export interface ValidationScores {
  /** Mean segmentation loss on the validation stills; null without any. */
  readonly segmentation: number | null;
  /** Mean consistency loss on the validation pairs; null without a video. */
  readonly consistency: number | null;
  /** Mean probability on the validation pairs, or on the stills without a video. */
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
  readonly #optimisers: Record<StepKind, Adam>;
  readonly #lossLog: Tensor<"f32">;
  #logged: StepKind[] = [];

  /** Starts with zero moments. Must not be made inside a tensor scope. */
  constructor(device: Device, { network, config }: { network: Network; config: TrainConfig }) {
    const { parameters } = network;
    this.network = network;
    this.#device = device;
    this.#config = config;
    this.#optimisers = {
      segmentation: new Adam(device, { parameters }),
      consistency: new Adam(device, { parameters }),
    };
    this.#lossLog = device.empty([LOSS_SLOTS]);
  }

  /** GPU memory that this learner and its largest step need, in bytes. */
  plannedBytes(): number {
    const { batch, pairs, patch } = this.#config;
    const count = Math.max(batch, 2 * pairs);
    const step = this.#device.plan(() => {
      const tape = new Tape(this.#device);
      const x = new Variable(this.#device.empty([count, 1, patch, patch]));
      const { prob } = this.network.forward(tape, x);
      const target = new Variable(this.#device.empty(prob.value.shape));
      tape.backward(losses[this.#config.segmentationLoss](tape, prob, target));
    });
    return this.#device.memory.inUse + step.peak;
  }

  /** Queues one step on a batch of stills (with targets) or of pairs (without). */
  step(kind: StepKind, batch: Batch, learningRate: number): void {
    using _scope = this.#device.scope();
    const tape = new Tape(this.#device);
    const loss = this.#loss(tape, kind, batch);
    this.#optimisers[kind].step(tape.backward(loss), learningRate);
    const toOffset = this.#logged.push(kind) - 1;
    this.#device.copy({ from: loss.value, to: this.#lossLog, toOffset, count: 1 });
  }

  /** Whether {@linkcode Learner.readLosses} must be called before the next step. */
  get isLogFull(): boolean {
    return this.#logged.length === LOSS_SLOTS;
  }

  /** Waits for the queued steps and gives their losses, in order. */
  async readLosses(): Promise<{ kind: StepKind; loss: number }[]> {
    const values = await this.#device.read(this.#lossLog);
    const logged = this.#logged;
    this.#logged = [];
    return logged.map((kind, i) => ({ kind, loss: values[i] }));
  }

  /** Measures both losses on fixed batches, without a step. */
  async validate(
    { stills, pairs }: { stills: readonly Batch[]; pairs: readonly Batch[] },
  ): Promise<ValidationScores> {
    const probabilities = pairs.length > 0 ? pairs : stills;
    const measure = (kind: StepKind, batch: Batch) => {
      using _scope = this.#device.scope();
      const tape = new Tape(this.#device, { record: false });
      const { loss, prob } = this.#answers(tape, kind, batch);
      return Promise.all([this.#device.read(loss.value), this.#device.read(prob.value)]);
    };
    const [sums, totals] = [{ segmentation: 0, consistency: 0 }, { probability: 0, on: 0, n: 0 }];
    for (const [kind, batches] of [["segmentation", stills], ["consistency", pairs]] as const) {
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
    counts: Record<StepKind, number>;
  }> {
    const { segmentation, consistency } = this.#optimisers;
    return {
      moments: await readTensors(this.#device, this.#moments()),
      counts: { segmentation: segmentation.count, consistency: consistency.count },
    };
  }

  /** Goes on from saved moments. */
  restoreOptimisers(
    { moments, counts, from }: {
      moments: ReadonlyMap<string, NamedArray>;
      counts: Record<StepKind, number>;
      from: string;
    },
  ): void {
    writeTensors(this.#device, { tensors: this.#moments(), arrays: moments, from });
    this.#optimisers.segmentation.restoreCount(counts.segmentation);
    this.#optimisers.consistency.restoreCount(counts.consistency);
  }

  /** Forgets all moments, for a new stage of training. */
  resetOptimisers(): void {
    for (const tensor of this.#moments().values()) this.#device.clear(tensor);
    this.#optimisers.segmentation.restoreCount(0);
    this.#optimisers.consistency.restoreCount(0);
  }

  #moments(): Map<string, Tensor<"f32">> {
    const kinds = Object.entries(this.#optimisers);
    return new Map(
      kinds.flatMap(([kind, adam]) =>
        [...adam.tensors].map(([name, tensor]) => [`${kind}.${name}`, tensor] as const)
      ),
    );
  }

  #loss(tape: Tape, kind: StepKind, batch: Batch): Variable {
    return this.#answers(tape, kind, batch).loss;
  }

  #answers(tape: Tape, kind: StepKind, batch: Batch): { loss: Variable; prob: Variable } {
    const { segmentationLoss, consistencyLoss } = this.#config;
    const [n, , h, w] = batch.shape;
    const x = new Variable(this.#device.upload(batch.shape, batch.images));
    if (kind === "consistency") {
      const { first, second } = siameseForward(tape, { network: this.network, frames: x });
      return { loss: losses[consistencyLoss](tape, first, second), prob: first };
    }
    if (!batch.targets) throw new TypeError("Cannot segment a batch: it has no targets");
    const target = new Variable(this.#device.upload([n, 1, h, w], batch.targets));
    const { prob } = this.network.forward(tape, x);
    return { loss: losses[segmentationLoss](tape, prob, target), prob };
  }
}
