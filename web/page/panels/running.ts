/// <reference lib="dom" />
/**
 * Work that goes on: a bar, words, and a way out.
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

/** A box that is shown while work goes on. */
export class Running {
  /** The box. */
  readonly element: HTMLElement;
  readonly #bar = make("progress", { max: 1, value: 0 });
  readonly #text = make("p", { class: "task-text" });
  readonly #cancel = button(texts.cancel, () => this.cancel());
  #control: AbortController | null = null;
  #hadFocus = false;
  #begun = { at: 0, done: 0, total: 0 };
  #last = 0;

  /** Shows nothing yet. */
  constructor(name: string) {
    this.#bar.setAttribute("aria-label", name);
    this.element = make(
      "div",
      { class: "running" },
      this.#bar,
      make("div", { class: "running-row" }, this.#text, this.#cancel),
    );
    show(this.element, false);
  }

  /** Whether work goes on. */
  get isRunning(): boolean {
    return this.#control !== null;
  }

  /** Whether the keyboard was at its way out when it ended. */
  get hadFocus(): boolean {
    return this.#hadFocus;
  }

  /** Brings the keyboard to its way out. */
  focus(): void {
    this.#cancel.focus();
  }

  /** Stops it, as soon as it can. */
  cancel(): void {
    if (this.#control === null) return;
    this.#control.abort();
    this.#bar.removeAttribute("value");
    this.#text.textContent = texts.stopping;
  }

  /** Runs work, and shows how far it is; errors are for whoever calls. */
  async run<T>(work: (telling: Telling) => Promise<T>): Promise<T> {
    const control = new AbortController();
    this.#control = control;
    this.#begun.total = 0;
    this.#text.textContent = "";
    this.#bar.removeAttribute("value");
    show(this.element, true);
    try {
      return await work({
        stop: control.signal,
        tell: (text, done, total) => this.#tell(text, done, total),
      });
    } finally {
      this.#control = null;
      this.#hadFocus = document.activeElement === this.#cancel;
      show(this.element, false);
    }
  }

  #tell(text: string, done = 0, total: number | null = null): void {
    if (this.#control?.signal.aborted) return;
    const now = performance.now();
    // What begins anew is another part.
    const isNew = total !== this.#begun.total || done < this.#last;
    this.#last = done;
    if (total === null || isNew) {
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
