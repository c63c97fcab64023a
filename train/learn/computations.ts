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
import type { Adam } from "../../nn/optimisers/adam.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import type { Network } from "../../nn/module.ts";
import type { TargetForm, Task } from "./tasks.ts";

/** Which computation is meant. */
export interface ComputationKey {
  /** The task whose loss it computes. */
  readonly task: Task;
  /** Whether it changes the weights. */
  readonly learns: boolean;
  /** Shape of its batch of images. */
  readonly shape: Shape;
}

/** Tensors that a computation reads and writes; they stay where they are. */
interface Places {
  /** Images, `[n, c, h, w]`. */
  readonly images: Tensor<"f32">;
  /** What is uploaded of their labels. */
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
  /** One optimiser a task, by its name. */
  readonly optimisers: ReadonlyMap<string, Adam>;
  /** What the labelled batches of all tasks upload; null without any. */
  readonly targets: TargetForm | null;
  /** Whether values are computed twice to need less memory. */
  readonly recompute: boolean;
}

/** Captures computations and keeps them until they are released. */
export class Computations {
  readonly #device: Device;
  readonly #parts: ComputationParts;
  readonly #known = new Map<string, () => void>();
  readonly #captured = new Map<string, Computation>();
  readonly #places = new Map<string, Places>();
  #arena: Arena | null = null;

  /** Starts without any; nothing is allocated. */
  constructor(device: Device, parts: ComputationParts) {
    this.#device = device;
    this.#parts = parts;
  }

  /** A computation, captured now if it was not. Must not be called inside a tensor scope. */
  get(key: ComputationKey): Computation {
    const name = `${key.task.name} ${key.learns} ${key.shape}`;
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
   * GPU memory in use once steps of these tasks on patches of this side are captured, and what measures the
   * network on batches of theirs, in bytes.
   *
   * @throws {OutOfMemoryError} If it would exceed the limits.
   */
  plannedBytes(tasks: readonly Task[], patch: number): number {
    const { network: { inChannels } } = this.#parts;
    const shapes = tasks.map((task) => ({ task, shape: [task.count, inChannels, patch, patch] }));
    // A task that shares the optimiser of another is measured as that one.
    const keys = shapes.flatMap(({ task, shape }) =>
      (task.shares === undefined ? [true, false] : [true])
        .map((learns) => ({ task, shape, learns }))
    );
    const computed = keys.map((key) => () => {
      this.#compute(key, { ...this.#makePlaces(key.shape), prob: this.#probFor(key) });
    });
    // The places lie in the arena of the plan, but a shape of its own has places of its own.
    const distinct = new Map(shapes.map(({ shape }) => [sizeOf(shape), shape]));
    const further = [...distinct].toSorted(([a], [b]) => b - a).slice(1);
    const placeBytes = (shape: Shape) =>
      [shape, this.#targetShape(shape), [1]]
        .reduce((sum, part) => sum + paddedBytes(4 * sizeOf(part)), 0);
    const extra = further.reduce((sum, [, shape]) => sum + placeBytes(shape), 0);
    // What a measurement leaves is its own.
    const maps = keys.reduce((sum, key) => sum + paddedBytes(4 * sizeOf(this.#probShape(key))), 0);
    using arena = this.#device.arena();
    return this.#device.memory.inUse + arena.plan(computed) + extra + maps;
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
    return {
      images: this.#device.empty(shape),
      targets: this.#device.empty(this.#targetShape(shape), this.#parts.targets?.dtype),
      loss: this.#device.empty([1]),
    };
  }

  #targetShape(images: Shape): Shape {
    return this.#parts.targets?.shape(images) ?? [0];
  }

  #probFor(key: ComputationKey): Tensor<"f32"> {
    return this.#device.empty(this.#probShape(key));
  }

  /** Steps leave no map; a network whose grid is infinite has one answer for an image. */
  #probShape({ task, learns, shape: [n, , h, w] }: ComputationKey): Shape {
    const { grid } = this.#parts.network;
    return [learns ? 0 : n / task.frames, 1, Math.max(1, h / grid), Math.max(1, w / grid)];
  }

  #compute({ task, learns }: ComputationKey, places: Omit<Computation, "recording">): void {
    const { network, recompute, optimisers } = this.#parts;
    const tape = new Tape(this.#device, { record: learns, recompute });
    const { targets } = places;
    const inputs = { network, images: new Variable(places.images), targets };
    const { loss, prob } = task.loss(tape, inputs);
    if (learns) optimisers.get(task.shares ?? task.name)!.update(tape.backward(loss));
    else this.#device.copy({ from: prob.value, to: places.prob, count: prob.value.size });
    this.#device.copy({ from: loss.value, to: places.loss, count: 1 });
  }
}
