/// <reference lib="dom" />
/**
 * A live curve of learning.
 *
 * @module
 */

import type { StepMessage } from "../../shared/messages.ts";
import { texts } from "../../shared/texts.ts";
import { make, show } from "../dom.ts";
import type { DeskCaller } from "../workers.ts";

const WIDTH = 330;

/** Kinds of steps that are made on stills. */
const STILLS: ReadonlySet<string> = new Set(["segmentation", "priming"]);

/** The curve. */
export class LearningCurve {
  /** The plot with its legend. */
  readonly element: HTMLElement;
  readonly #desk: DeskCaller;
  readonly #plot = make("figure", {});
  #points: { stills: [number, number][]; movie: [number, number][] } = { stills: [], movie: [] };
  #isDrawing = false;

  /** Has a desk draw it. */
  constructor(desk: DeskCaller) {
    this.#desk = desk;
    this.element = make(
      "div",
      {},
      this.#plot,
      make(
        "p",
        { class: "legend" },
        make("span", { class: "stills" }, texts.lossStills),
        make("span", { class: "movie-line" }, texts.lossMovie),
      ),
    );
    show(this.element, false);
  }

  /** Whether steps have been made. */
  get isMoving(): boolean {
    return this.#points.stills.length > 0;
  }

  /** Begins anew. */
  clear(): void {
    this.#points = { stills: [], movie: [] };
    show(this.element, false);
  }

  /** Takes a step. */
  add({ kind, loss, done }: StepMessage): void {
    const which = STILLS.has(kind) ? "stills" : "movie";
    // A network that had died begins again.
    if (done <= (this.#points[which].at(-1)?.[0] ?? 0)) this.#points = { stills: [], movie: [] };
    this.#points[which].push([done, loss]);
    void this.#draw();
  }

  async #draw(): Promise<void> {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    const drawn = this.#points;
    const svg = await this.#desk.call("curve", { ...drawn, width: WIDTH });
    this.#isDrawing = false;
    if (drawn !== this.#points) return;
    this.#plot.innerHTML = svg;
    show(this.element, true);
  }
}
