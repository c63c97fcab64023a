/**
 * Work that takes long: one piece at a time, as each takes the GPU or the objects that another one would
 * change under its hands.
 *
 * @module
 */

import { texts } from "../../shared/texts.ts";

/** Kinds of work. */
export type JobName = keyof typeof texts.jobs;

/** The work that goes on. */
export class Jobs {
  #running: JobName | null = null;
  readonly #listeners: (() => void)[] = [];

  /** What goes on; null for nothing. */
  get running(): JobName | null {
    return this.#running;
  }

  /** Why nothing else can be begun now, in words; null where it can. */
  get reason(): string | null {
    return this.#running && texts.busy(texts.jobs[this.#running]);
  }

  /** Calls a function whenever work begins or ends, and once now. */
  listen(listener: () => void): void {
    this.#listeners.push(listener);
    listener();
  }

  /**
   * Does work.
   *
   * @throws {Error} If other work goes on.
   */
  async run<T>(name: JobName, work: () => Promise<T>): Promise<T> {
    if (this.reason !== null) throw new Error(this.reason);
    this.#set(name);
    try {
      return await work();
    } finally {
      this.#set(null);
    }
  }

  #set(running: JobName | null): void {
    this.#running = running;
    for (const listener of this.#listeners) listener();
  }
}
