/// <reference lib="dom" />
/**
 * Long work with a button, a bar and a way out.
 *
 * @module
 */

import { texts } from "../../shared/texts.ts";
import { button, make, show } from "../dom.ts";

/** What work may tell of itself. */
export interface Telling {
  /** Says when it is to stop. */
  readonly stop: AbortSignal;
  /** Shows how far it is. */
  tell(text: string, done?: number, total?: number | null): void;
}

/** Milliseconds from the start of a part within which nobody can tell how long it will take. */
const UNSURE = 1500;

/** Work on the GPU: one at a time. */
export class Task {
  /** Its button, bar and words. */
  readonly element: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #bar = make("progress", { max: 1, value: 0 });
  readonly #text = make("p", { class: "task-text" });
  readonly #cancel: HTMLButtonElement;
  readonly #box: HTMLElement;
  readonly #result = make("p", { class: "result", role: "status" });
  #control: AbortController | null = null;
  #begun = { at: 0, done: 0, total: 0 };

  /** The work starts when its button is pressed. */
  constructor(name: string, start: () => void) {
    this.#button = button(name, start, { class: "main" });
    this.#cancel = button(texts.cancel, () => this.cancel());
    this.#bar.setAttribute("aria-label", name);
    this.#box = make(
      "div",
      { class: "running" },
      this.#bar,
      make("div", { class: "running-row" }, this.#text, this.#cancel),
    );
    this.element = make("div", { class: "task" }, this.#button, this.#box, this.#result);
    show(this.#box, false);
    show(this.#result, false);
  }

  /** What its button says. */
  set name(name: string) {
    this.#button.textContent = name;
  }

  /** Whether it can be started. */
  set isReady(isReady: boolean) {
    this.#button.disabled = !isReady;
  }

  /** Whether it runs. */
  get isRunning(): boolean {
    return this.#control !== null;
  }

  /** Says what came of it. */
  say(text: string, isBad = false): void {
    this.#result.textContent = text;
    this.#result.classList.toggle("bad", isBad);
    show(this.#result, text !== "");
  }

  /** Stops it. */
  cancel(): void {
    this.#control?.abort();
  }

  /** Runs work, and shows how far it is; errors are for whoever calls. */
  async run<T>(work: (telling: Telling) => Promise<T>): Promise<T> {
    const control = new AbortController();
    this.#control = control;
    this.say("");
    show(this.#button, false);
    show(this.#box, true);
    this.#begun.total = 0;
    try {
      return await work({
        stop: control.signal,
        tell: (text, done, total) => this.#tell(text, done, total),
      });
    } finally {
      this.#control = null;
      show(this.#button, true);
      show(this.#box, false);
    }
  }

  #tell(text: string, done = 0, total: number | null = null): void {
    const now = performance.now();
    if (total === null || total !== this.#begun.total) {
      this.#begun = { at: now, done, total: total ?? 0 };
    }
    if (total === null) this.#bar.removeAttribute("value");
    else this.#bar.value = done / total;
    const { at, done: before } = this.#begun;
    const speed = (done - before) / (now - at);
    const isSure = total !== null && done > before && now - at > UNSURE;
    const left = isSure ? `, ${texts.timeLeft((total - done) / speed / 1000)}` : "";
    this.#text.textContent = `${text}${left}`;
  }
}
