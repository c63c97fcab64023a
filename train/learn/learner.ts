/**
 * A network in training: a step for each of its tasks, measurements, and everything of it that must be
 * saved.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { OutOfMemoryError } from "../../kernels/gpu/errors.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import { Adam } from "../../nn/optimisers/adam.ts";
import type { Network } from "../../nn/module.ts";
import type { NamedArray } from "../../nn/safetensors.ts";
import { parameterTensors, readTensors, writeTensors } from "../../nn/weights.ts";
import type { Batch } from "./batches.ts";
import { type Computation, Computations } from "./computations.ts";
import type { Task } from "./tasks.ts";

/**
 * What a measurement of some batches gives.
 *
 * @category Learner
 */
export interface Measurement {
  /** Mean loss of the batches. */
  readonly loss: number;
  /** Mean probability of all pixels. */
  readonly meanProbability: number;
  /** Share of pixels with a probability above one half. */
  readonly foregroundFraction: number;
}

/**
 * What a learner works with.
 *
 * @category Learner
 */
export interface LearnerParts {
  /** The network. */
  readonly network: Network;
  /** What it is trained for. */
  readonly tasks: readonly Task[];
  /** Side of the patches in pixels. */
  readonly patch: number;
  /** Whether values are computed twice to need less memory; not unless told. */
  readonly recompute?: boolean;
}

/**
 * The moments of the optimisers, and how many steps each has made.
 *
 * @category Learner
 */
export interface OptimiserState {
  /** Moments by the names of task, parameter and moment. */
  readonly moments: ReadonlyMap<string, NamedArray>;
  /** Steps by task. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Losses kept on the GPU between two readings. */
const LOSS_SLOTS = 64;

/**
 * A network with one Adam per task. Steps are queued; nothing waits until losses are read.
 *
 * @category Learner
 */
export class Learner {
  /** The network. */
  readonly network: Network;
  readonly #device: Device;
  readonly #patch: number;
  readonly #tasks: ReadonlyMap<string, Task>;
  readonly #computations: Computations;
  readonly #optimisers: ReadonlyMap<string, Adam>;
  readonly #lossLog: Tensor<"f32">;
  #logged: string[] = [];

  /** Starts with zero moments. It is a task of its own: the scopes of others do not matter to it. */
  constructor(device: Device, { network, tasks, patch, recompute = false }: LearnerParts) {
    this.network = network;
    this.#device = device.task();
    this.#patch = patch;
    this.#tasks = new Map(tasks.map((task) => [task.name, task]));
    const own = tasks.filter(({ shares }) => shares === undefined);
    this.#optimisers = new Map(own.map(({ name, reaches }) => {
      const reached = [...network.parameters].filter(([parameter]) => reaches(parameter));
      return [name, new Adam(this.#device, { parameters: new Map(reached) })];
    }));
    this.#computations = new Computations(this.#device, {
      network,
      optimisers: this.#optimisers,
      targets: tasks.find(({ targets }) => targets)?.targets ?? null,
      recompute,
    });
    this.#lossLog = this.#device.empty([LOSS_SLOTS]);
  }

  /**
   * GPU memory that this learner needs with steps of these tasks, of all unless told, in bytes.
   *
   * @throws {OutOfMemoryError} If it exceeds the limit; it names a patch that would fit.
   */
  plannedBytes(tasks: readonly string[] = [...this.#tasks.keys()]): number {
    const patch = this.#patch;
    const wanted = tasks.map((name) => this.#task(name));
    const plan = (side: number) => this.#computations.plannedBytes(wanted, side);
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
   * Queues one step of a task on one of its batches. It is captured the first time that it is made on a
   * batch of its shape.
   *
   * @throws {RangeError} If there is no such task.
   * @throws {TypeError} If the task wants targets and the batch has none.
   */
  step(task: string, batch: Batch, learningRate: number): void {
    const known = this.#task(task);
    const { recording, loss } = this.#prepare({ task: known, learns: true }, batch);
    this.#optimisers.get(known.shares ?? task)!.advance(learningRate);
    recording.replay();
    const toOffset = this.#logged.push(task) - 1;
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
  async readLosses(): Promise<{ task: string; loss: number }[]> {
    const logged = this.#logged;
    this.#logged = [];
    const values = await this.#device.read(this.#lossLog);
    return logged.map((task, i) => ({ task, loss: values[i] }));
  }

  /**
   * Measures the loss and the answers of a task on fixed batches, without a step.
   *
   * @returns Null without batches.
   */
  async measure(task: string, batches: readonly Batch[]): Promise<Measurement | null> {
    if (batches.length === 0) return null;
    let loss = 0;
    const totals = { probability: 0, on: 0, n: 0 };
    for (const batch of batches) {
      const computation = this.#prepare({ task: this.#task(task), learns: false }, batch);
      computation.recording.replay();
      const [[value], map] = await Promise.all([
        this.#device.read(computation.loss),
        this.#device.read(computation.prob),
      ]);
      loss += value / batches.length;
      for (const p of map) {
        totals.probability += p;
        totals.on += p > 0.5 ? 1 : 0;
      }
      totals.n += map.length;
    }
    return {
      loss,
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

  /** The moments of all optimisers, and how many steps each has made. */
  async optimiserState(): Promise<OptimiserState> {
    const counts = [...this.#optimisers].map(([task, { count }]) => [task, count] as const);
    return {
      moments: await readTensors(this.#device, this.#moments()),
      counts: Object.fromEntries(counts),
    };
  }

  /** Goes on from saved moments. */
  restoreOptimisers({ moments, counts, from }: OptimiserState & { from: string }): void {
    writeTensors(this.#device, { tensors: this.#moments(), arrays: moments, from });
    for (const [task, adam] of this.#optimisers) adam.restoreCount(counts[task] ?? 0);
  }

  /** Forgets all moments, for a new stage of training. */
  resetOptimisers(): void {
    for (const tensor of this.#moments().values()) this.#device.clear(tensor);
    for (const adam of this.#optimisers.values()) adam.restoreCount(0);
  }

  #moments(): Map<string, Tensor<"f32">> {
    return new Map(
      [...this.#optimisers].flatMap(([task, adam]) =>
        [...adam.tensors].map(([name, tensor]) => [`${task}.${name}`, tensor] as const)
      ),
    );
  }

  #task(name: string): Task {
    const task = this.#tasks.get(name);
    if (task) return task;
    const known = [...this.#tasks.keys()].join(", ");
    throw new RangeError(`Cannot train for ${name}: the tasks are ${known}`);
  }

  /** A captured computation with the batch as its input. */
  #prepare(which: { task: Task; learns: boolean }, batch: Batch): Computation {
    const { task } = which;
    const computation = this.#computations.get({ ...which, shape: batch.shape });
    this.#device.write(computation.images, batch.images);
    if (!task.targets) return computation;
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
