/**
 * A worker: it does the tasks that it is asked for, one after the other.
 *
 * @module
 */

import { buffersIn, doHere, type TaskInput, type TaskName } from "./tasks.ts";

/** What a worker is asked. */
export interface WorkerRequest {
  /** The number of the request. */
  readonly id: number;
  /** The task. */
  readonly name: TaskName;
  /** What it takes. */
  readonly input: TaskInput<TaskName>;
}

/** What a worker says: that it runs, and then what came of requests. */
export type WorkerAnswer =
  | { readonly isRunning: true }
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly message: string };

const port = globalThis as unknown as {
  onmessage: ((event: MessageEvent<WorkerRequest>) => void) | null;
  postMessage(message: WorkerAnswer, transfer: Transferable[]): void;
};

port.onmessage = async ({ data: { id, name, input } }) => {
  try {
    const output = await doHere(name, input);
    port.postMessage({ id, output }, buffersIn(output));
  } catch (error) {
    port.postMessage({ id, message: (error as Error).message }, []);
  }
};
port.postMessage({ isRunning: true }, []);
