/// <reference lib="dom" />
/**
 * The line between what was found before and after: a slider, and a handle on the movie itself.
 *
 * @module
 */

import { texts } from "../shared/texts.ts";
import { make, show } from "./dom.ts";

/** The line. */
export class Wipe {
  /** The slider, for beneath the movie. */
  readonly row: HTMLElement;
  /** The handle and the names of both sides, for on the movie. */
  readonly onStage: HTMLElement;
  readonly #onMove: () => void;
  readonly #handle: HTMLElement;
  readonly #slider = make("input", {
    ...{ type: "range", min: 0, max: 1, step: 0.01, value: 0.5, "aria-label": texts.wipe },
    oninput: () => this.#move(),
  });

  /** Hides it; `onMove` is told when the line is elsewhere. */
  constructor(onMove: () => void) {
    this.#onMove = onMove;
    this.row = make(
      "div",
      { class: "wipe-row" },
      make("span", {}, texts.before),
      this.#slider,
      make("span", {}, texts.after),
    );
    // Whoever cannot see or point has the slider.
    this.#handle = make("div", {
      ...{ class: "wipe-handle", onpointerdown: (event: PointerEvent) => this.#drag(event) },
    });
    this.onStage = make(
      "div",
      { class: "wipe", "aria-hidden": "true" },
      make("span", { class: "wipe-before" }, texts.before),
      this.#handle,
      make("span", { class: "wipe-after" }, texts.after),
    );
    this.isShown = false;
  }

  /** Whether both sides are shown. */
  set isShown(isShown: boolean) {
    show(this.row, isShown);
    show(this.onStage, isShown);
    if (isShown) this.#slider.value = "0.5";
    this.#move();
  }

  /** From the left, how much of the movie shows what was found before; null for none of it. */
  get share(): number | null {
    return this.row.hidden ? null : Number(this.#slider.value);
  }

  #move(): void {
    this.onStage.style.setProperty("--share", this.#slider.value);
    this.#onMove();
  }

  #drag(event: PointerEvent): void {
    if (event.button !== 0) return;
    // It is not the movie that moves.
    event.stopPropagation();
    event.preventDefault();
    const handle = this.#handle;
    handle.setPointerCapture(event.pointerId);
    const move = ({ clientX }: PointerEvent) => {
      const { left, width } = this.onStage.getBoundingClientRect();
      this.#slider.value = String((clientX - left) / width);
      this.#move();
    };
    const end = () => {
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("pointerup", end);
      handle.removeEventListener("pointercancel", end);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
  }
}
