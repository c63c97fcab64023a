/**
 * Workers that augment the batches of a training, so that this thread has time to keep the GPU busy.
 *
 * They pay where the GPU is one: on a software adapter all processors compute kernels already.
 *
 * @module
 */

import type { Device } from "../../../../kernels/gpu/device.ts";
import type { Sample } from "../../../images/sample.ts";
import {
  type AugmentationTask,
  type Augmenter,
  augmentHere,
} from "../../../learn/patches/augmenter.ts";
import type { AugmentingRequest } from "./worker.ts";

/** The most workers: a batch takes one some milliseconds. */
const MOST_WORKERS = 2;

/** What a worker answers. */
type Answer =
  & { readonly id: number }
  & ({ readonly samples: Sample[] } | { readonly message: string });

/** A request that is under way. */
interface Waiting {
  readonly tasks: readonly AugmentationTask[];
  resolve(samples: Sample[] | Promise<Sample[]>): void;
  reject(error: Error): void;
}

/** Workers that take turns. Where they cannot run, this thread does their work. */
export class AugmentingPool implements Disposable {
  readonly #workers: Worker[] = [];
  readonly #waiting = new Map<number, Waiting>();
  readonly #module: URL;
  readonly #count: number;
  #next = 0;
  #hasFailed = false;

  /**
   * Nothing is started before it is asked for.
   *
   * @param options.count How many workers there are.
   * @param options.module What they run.
   */
  constructor(
    { count = MOST_WORKERS, module = new URL("./worker.ts", import.meta.url) }: {
      count?: number;
      module?: URL;
    } = {},
  ) {
    this.#count = count;
    this.#module = module;
  }

  /** Augments samples elsewhere. */
  readonly augment: Augmenter = (tasks) => {
    if (this.#hasFailed) return augmentHere(tasks);
    const id = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<Sample[]>();
    this.#waiting.set(id, { tasks, resolve, reject });
    try {
      const request: AugmentingRequest = { id, tasks };
      this.#worker(id % this.#count).postMessage(request);
    } catch {
      this.#fail();
    }
    return promise;
  };

  #worker(index: number): Worker {
    const known = this.#workers[index];
    if (known !== undefined) return known;
    const worker = new Worker(this.#module, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("samples" in data) waiting?.resolve(data.samples);
      else waiting?.reject(new RangeError(data.message));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail();
    };
    return this.#workers[index] = worker;
  }

  /** Does what is under way on this thread, and whatever comes. */
  #fail(): void {
    this.#hasFailed = true;
    this.#end();
    for (const { tasks, resolve, reject } of this.#waiting.values()) {
      try {
        resolve(augmentHere(tasks));
      } catch (error) {
        reject(error as Error);
      }
    }
    this.#waiting.clear();
  }

  #end(): void {
    for (const worker of this.#workers) worker?.terminate();
    this.#workers.length = 0;
  }

  /** Ends the workers; what is under way is never answered. */
  [Symbol.dispose](): void {
    this.#end();
    this.#waiting.clear();
    this.#hasFailed = true;
  }
}

/** Workers for the training on a device; none where this thread has the time. */
export function augmentingPool(device: Device): AugmentingPool | null {
  const { isSoftware } = device.adapter;
  const isAlone = (navigator.hardwareConcurrency ?? 1) < 2;
  return isSoftware || isAlone ? null : new AugmentingPool();
}
