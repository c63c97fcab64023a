/// <reference lib="dom" />
/**
 * Long work with a button, a bar and a way out.
 *
 * @module
 */

import { block, button, make, show } from "../dom.ts";
import type { JobName, Jobs } from "./jobs.ts";
import { Running, type Telling } from "./running.ts";

/** What a task is. */
export interface TaskParts {
  /** What its button says. */
  readonly name: string;
  /** What kind of work it is. */
  readonly job: JobName;
  /** The work that goes on elsewhere: it waits for that. */
  readonly jobs: Jobs;
  /** Begins the work; called when the button is pressed. */
  readonly start: () => Promise<void>;
}

/** Work that is one of several of which one goes on at a time. */
export class Task {
  /** Its button, bar and words. */
  readonly element: HTMLElement;
  readonly #jobs: Jobs;
  readonly #button: HTMLButtonElement;
  readonly #why = make("p", { class: "hint" });
  readonly #running: Running;
  readonly #result = make("p", { class: "result", role: "status" });
  #missing: string | null = null;

  /** The work starts when its button is pressed. */
  constructor({ name, job, jobs, start }: TaskParts) {
    this.#jobs = jobs;
    this.#button = button(name, () => void jobs.run(job, start), { class: "main" });
    this.#running = new Running(name);
    const { element } = this.#running;
    this.element = make("div", { class: "task" }, this.#button, this.#why, element, this.#result);
    show(this.#result, false);
    jobs.listen(() => this.#update());
  }

  /** What its button says. */
  set name(name: string) {
    this.#button.textContent = name;
  }

  /** What it takes to start it that is not there yet, in words; null where all is there. */
  set missing(missing: string | null) {
    this.#missing = missing;
    this.#update();
  }

  /** Says what came of it. */
  say(text: string, isBad = false): void {
    this.#result.textContent = text;
    this.#result.classList.toggle("bad", isBad);
    show(this.#result, text !== "");
  }

  /** Runs work, and shows how far it is; errors are for whoever calls. */
  async run<T>(work: (telling: Telling) => Promise<T>): Promise<T> {
    this.say("");
    const running = this.#running.run(work);
    // A button that is hidden cannot keep the keyboard, which would be back at the beginning of the page.
    if (document.activeElement === this.#button) this.#running.focus();
    this.#update();
    try {
      return await running;
    } finally {
      this.#update();
      if (this.#running.hadFocus) this.#button.focus();
    }
  }

  #update(): void {
    const { isRunning } = this.#running;
    const reason = this.#missing ?? this.#jobs.reason;
    this.#why.textContent = reason;
    block(this.#button, reason === null ? null : this.#why);
    show(this.#button, !isRunning);
    show(this.#why, !isRunning && reason !== null);
  }
}
