/// <reference lib="dom" />
/**
 * The two workers of the page: a desk, which answers at once, and the GPU, which may be lost.
 *
 * @module
 */

import { Caller } from "../shared/calls.ts";
import type { deskCalls } from "../worker/desk/calls.ts";
import type { gpuCalls } from "../worker/gpu/calls.ts";
import { embeddedText } from "./embedded.ts";

/** The desk, as the page sees it. */
export type DeskCaller = Caller<typeof deskCalls>;
/** The GPU, as the page sees it. */
export type GpuCaller = Caller<typeof gpuCalls>;

/** The workers' script. */
let script: Blob | null = null;

/** Makes the script that all workers are started with: a megabyte of text, which takes some 50 ms. */
export function prepareWorkers(): Blob {
  return script ??= new Blob([embeddedText("worker")], { type: "text/javascript" });
}

function startWorker(name: string): Worker {
  const address = URL.createObjectURL(prepareWorkers());
  const worker = new Worker(address, { name });
  URL.revokeObjectURL(address);
  return worker;
}

/** Starts the desk. */
export function startDesk(): DeskCaller {
  return new Caller<typeof deskCalls>(startWorker("desk"));
}

/** The GPU's worker, which is started anew where it has ended. */
export class Gpu {
  #worker: Worker | null = null;
  #caller: GpuCaller | null = null;

  /** The worker. */
  get calls(): GpuCaller {
    if (this.#caller) return this.#caller;
    const worker = startWorker("gpu");
    const caller = new Caller<typeof gpuCalls>(worker);
    worker.onerror = ({ message }) => this.end(message);
    [this.#worker, this.#caller] = [worker, caller];
    return caller;
  }

  /** Ends the worker and all that it does. */
  end(message: string): void {
    this.#worker?.terminate();
    this.#caller?.lose(message);
    this.#worker = this.#caller = null;
  }
}
