/**
 * Workers that do what would keep this thread from keeping the GPU busy: they augment batches, decode
 * pages, find objects and compress labels.
 *
 * They pay where the GPU is one: on a software adapter all processors compute kernels already.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Device } from "../../../kernels/gpu/device.ts";
import { buffersIn, doHere, type TaskInput, type TaskName, type TaskOutput } from "./tasks.ts";
import type { WorkerAnswer, WorkerRequest } from "./worker.ts";

/** A request that is under way. */
interface Waiting {
  resolve(output: unknown): void;
  reject(error: Error): void;
}

/** A worker that runs, and what it has to do. */
interface Hand {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/** How tasks are asked for. */
export interface AskOptions {
  /** Whether the buffers of the input are given away: they are moved instead of copied. */
  readonly handsOver?: boolean;
}

/** A worker has stopped, as where memory is full; what it was given is lost with it. */
export class WorkerStoppedError extends Error {
  /** Its name. */
  override readonly name = "WorkerStoppedError";
}

/**
 * Workers, of which the one with the least to do is asked. Until one runs, and where none can, this thread
 * does their work.
 */
export class WorkerPool implements Disposable {
  readonly #workers: Worker[] = [];
  readonly #hands: Hand[] = [];
  readonly #module: URL;
  readonly #count: number;
  #started: Promise<unknown> | null = null;
  #next = 0;

  /**
   * Nothing is started yet.
   *
   * @param options.count How many workers there are.
   * @param options.module What they run.
   */
  constructor(
    { count, module = new URL("./worker.ts", import.meta.url) }: { count: number; module?: URL },
  ) {
    this.#count = count;
    this.#module = module;
  }

  /** How many workers run. */
  get size(): number {
    return this.#hands.length;
  }

  /** Starts the workers, and ends when each of them runs or cannot. Nobody has to wait for it. */
  async start(): Promise<void> {
    this.#started ??= Promise.all(Array.from({ length: this.#count }, () => this.#startOne()));
    await this.#started;
  }

  /**
   * Has a task done.
   *
   * @throws {RangeError} If the task fails.
   * @throws {WorkerStoppedError} If the worker that does it stops.
   */
  async ask<N extends TaskName>(
    name: N,
    input: TaskInput<N>,
    { handsOver = false }: AskOptions = {},
  ): Promise<TaskOutput<N>> {
    if (this.#hands.length === 0) return await doHere(name, input);
    const hand = this.#hands.reduce((a, b) => b.waiting.size < a.waiting.size ? b : a);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = this.#next++;
    const request: WorkerRequest = { id, name, input };
    // What cannot be sent is thrown here, and no answer is waited for.
    hand.worker.postMessage(request, handsOver ? buffersIn(input) : []);
    hand.waiting.set(id, { resolve, reject });
    return await promise as TaskOutput<N>;
  }

  #startOne(): Promise<void> {
    if (!mayLoad(this.#module)) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const worker = new Worker(this.#module, { type: "module" });
    this.#workers.push(worker);
    const hand: Hand = { worker, waiting: new Map() };
    worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => {
      if ("isRunning" in data) {
        this.#hands.push(hand);
        resolve();
        return;
      }
      const waiting = hand.waiting.get(data.id);
      hand.waiting.delete(data.id);
      if ("output" in data) waiting?.resolve(data.output);
      else waiting?.reject(new RangeError(data.message));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#leave(hand);
      resolve();
    };
    return promise;
  }

  /** Goes on without a worker that has stopped, or never ran. */
  #leave(hand: Hand): void {
    const at = this.#hands.indexOf(hand);
    if (at >= 0) this.#hands.splice(at, 1);
    hand.worker.terminate();
    const error = new WorkerStoppedError(
      "Cannot go on: a worker stopped that had work to do; try again",
    );
    for (const { reject } of hand.waiting.values()) reject(error);
    hand.waiting.clear();
  }

  /** Ends the workers; what is under way is never answered. */
  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
    this.#hands.length = 0;
  }
}

/** Whether a worker may load its module. Where it may not, the runtime would say so on the terminal. */
function mayLoad({ protocol, host, href }: URL): boolean {
  const what: Deno.PermissionDescriptor = protocol === "file:"
    ? { name: "read", path: fileURLToPath(href) }
    : { name: "import", host };
  return Deno.permissions.querySync(what).state === "granted";
}

/** Processors that workers leave to this thread and to the driver of the GPU. */
const OTHERS = 1;
/** Fewer processors than these have enough to do. */
const FEWEST_PROCESSORS = 3;

/**
 * Workers for a job on a device; none where this thread has the time.
 *
 * @param options.most The most that the job has work for.
 * @param options.wanted How many somebody wants, whatever the device is.
 */
export function poolFor(
  device: Device,
  { most, wanted }: { most: number; wanted?: number },
): WorkerPool | null {
  const { hardwareConcurrency = 1 } = navigator;
  const isBusy = device.adapter.isSoftware || hardwareConcurrency < FEWEST_PROCESSORS;
  const count = wanted ?? (isBusy ? 0 : Math.min(most, hardwareConcurrency - OTHERS));
  return count === 0 ? null : new WorkerPool({ count });
}
