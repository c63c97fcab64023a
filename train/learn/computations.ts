/**
 * What a learner computes again and again: steps and measurements of fixed shapes, each captured when
 * it is first needed. They use one another's memory, as they never run at the same time.
 *
 * @module
 */

import type { Arena } from "../../kernels/gpu/memory/arena.ts";
import type { Device } from "../../kernels/gpu/device.ts";
import { paddedBytes } from "../../kernels/gpu/memory/pool.ts";
import type { Recording } from "../../kernels/gpu/commands/recording.ts";
import { type Shape, sizeOf } from "../../kernels/gpu/shape.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import type { Adam } from "../../nn/adam.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import type { Network } from "../../nn/module.ts";
import { siameseWindow } from "../../nn/siamese.ts";
import type { TrainConfig } from "../jobs/train/config.ts";
import { type Objective, objectiveOf } from "../models/objective.ts";

/** Which loss a step follows: on stills, between frames in time, or between planes in depth. */
export type StepKind = "segmentation" | "consistency" | "depth";

/** Which computation is meant. */
export interface ComputationKey {
  /** Which loss it computes. */
  readonly kind: StepKind;
  /** Whether it changes the weights. */
  readonly learns: boolean;
  /** Shape of its batch of images. */
  readonly shape: Shape;
}

/** Tensors that a computation reads and writes; they stay where they are. */
interface Places {
  /** Images, `[n, c, h, w]`. */
  readonly images: Tensor<"f32">;
  /** What of the stills' labels the loss is made from, `[n, 1, h, w]`. */
  readonly targets: Tensor;
  /** Loss that it leaves, `[1]`. */
  readonly loss: Tensor<"f32">;
}

/** A captured computation: write its inputs, replay it, read or copy what it leaves. */
export interface Computation extends Places {
  /** Probability map that a measurement leaves: of all stills, or of the first frames of pairs. */
  readonly prob: Tensor<"f32">;
  /** The computation. */
  readonly recording: Recording;
}

/** The parts of a training that its computations work with. */
export interface ComputationParts {
  /** The network. */
  readonly network: Network;
  /** Settings: losses, sizes, whether to recompute. */
  readonly config: TrainConfig;
  /** One optimiser a loss. */
  readonly optimisers: ReadonlyMap<StepKind, Adam>;
}

/** How many frames are compared with one another. */
function framesOf(kind: StepKind, { window }: TrainConfig): number {
  return { segmentation: 1, consistency: window, depth: 2 }[kind];
}

/** Captures computations and keeps them until they are released. */
export class Computations {
  readonly #device: Device;
  readonly #parts: ComputationParts;
  readonly #objective: Objective;
  readonly #known = new Map<string, () => void>();
  readonly #captured = new Map<string, Computation>();
  readonly #places = new Map<string, Places>();
  #arena: Arena | null = null;

  /** Starts without any; nothing is allocated. */
  constructor(device: Device, parts: ComputationParts) {
    this.#device = device;
    this.#parts = parts;
    this.#objective = objectiveOf(parts.config);
  }

  /** A computation, captured now if it was not. Must not be called inside a tensor scope. */
  get(key: ComputationKey): Computation {
    const name = `${key.kind} ${key.learns} ${key.shape}`;
    const captured = this.#captured.get(name);
    if (captured) return captured;
    const places = this.#placesFor(key.shape);
    const prob = this.#probFor(key);
    const compute = () => this.#compute(key, { ...places, prob });
    this.#known.set(name, compute);
    const arena = this.#arenaFor(compute);
    const recording = this.#device.capture(compute, { arena });
    const computation = { ...places, prob, recording };
    this.#captured.set(name, computation);
    return computation;
  }

  /**
   * GPU memory in use once steps of these kinds on patches of this side are captured, in bytes.
   *
   * @throws {OutOfMemoryError} If it would exceed the limits.
   */
  plannedBytes(kinds: readonly StepKind[], patch: number): number {
    const { network, config } = this.#parts;
    const shapes = kinds.map((kind) => {
      const count = kind === "segmentation" ? config.batch : framesOf(kind, config) * config.pairs;
      return { kind, shape: [count, network.inChannels, patch, patch] };
    });
    const steps = shapes.map(({ kind, shape }) => () => {
      const key = { kind, learns: true, shape };
      this.#compute(key, { ...this.#makePlaces(shape), prob: this.#probFor(key) });
    });
    // The places lie in the arena of the plan, but a shape of its own has places of its own.
    const distinct = new Set(shapes.map(({ shape }) => sizeOf(shape)));
    const further = [...distinct].toSorted((a, b) => b - a).slice(1);
    const placeBytes = (size: number) =>
      paddedBytes(4 * size) + paddedBytes(4 * size / network.inChannels) + paddedBytes(4);
    const extra = further.reduce((sum, size) => sum + placeBytes(size), 0);
    using arena = this.#device.arena();
    return this.#device.memory.inUse + arena.plan(steps) + extra;
  }

  /** Forgets what was captured and gives its memory back. */
  release(): void {
    this.#releaseRecordings();
    this.#known.clear();
    for (const places of this.#places.values()) {
      Object.values(places).forEach((tensor) => this.#device.free(tensor));
    }
    this.#places.clear();
    this.#device.trim();
  }

  #releaseRecordings(): void {
    for (const { recording, prob } of this.#captured.values()) {
      recording[Symbol.dispose]();
      this.#device.free(prob);
    }
    this.#captured.clear();
    this.#arena?.[Symbol.dispose]();
    this.#arena = null;
  }

  /**
   * The arena, with room for a computation. Where it has to grow, all are captured anew in one that
   * was made for all of them, so that no buffer is left for the smaller ones alone.
   */
  #arenaFor(compute: () => void): Arena {
    if (this.#arena && !this.#arena.holds(compute)) this.#releaseRecordings();
    if (this.#arena) return this.#arena;
    this.#arena = this.#device.arena();
    this.#arena.reserve([...this.#known.values()]);
    return this.#arena;
  }

  #placesFor(shape: Shape): Places {
    const name = `${shape}`;
    const places = this.#places.get(name) ?? this.#makePlaces(shape);
    this.#places.set(name, places);
    return places;
  }

  #makePlaces(shape: Shape): Places {
    const [n, , h, w] = shape;
    return {
      images: this.#device.empty(shape),
      targets: this.#device.empty([n, 1, h, w], this.#objective.targetType),
      loss: this.#device.empty([1]),
    };
  }

  /** Steps leave no map. */
  #probFor({ kind, learns, shape: [n, , h, w] }: ComputationKey): Tensor<"f32"> {
    const maps = n / framesOf(kind, this.#parts.config);
    const { grid } = this.#parts.network;
    return this.#device.empty([learns ? 0 : maps, 1, h / grid, w / grid]);
  }

  #compute({ kind, learns }: ComputationKey, places: Omit<Computation, "recording">): void {
    const { config: { recompute }, optimisers } = this.#parts;
    const tape = new Tape(this.#device, { record: learns, recompute });
    const { loss, prob } = this.#answers(tape, kind, places);
    if (learns) optimisers.get(kind)!.update(tape.backward(loss));
    else this.#device.copy({ from: prob.value, to: places.prob, count: prob.value.size });
    this.#device.copy({ from: loss.value, to: places.loss, count: 1 });
  }

  #answers(
    tape: Tape,
    kind: StepKind,
    { images, targets }: Places,
  ): { loss: Variable; prob: Variable } {
    const { network, config } = this.#parts;
    const x = new Variable(images);
    if (kind !== "segmentation") {
      const [outputs, count] = [this.#objective.compared, framesOf(kind, config)];
      const answers = siameseWindow(tape, { network, frames: x, outputs, count });
      return { loss: this.#objective.consistency(tape, answers), prob: answers[0].prob };
    }
    const outputs = network.forward(tape, x);
    return { loss: this.#objective.segmentation(tape, { outputs, targets }), prob: outputs.prob };
  }
}
