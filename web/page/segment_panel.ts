/// <reference lib="dom" />
/**
 * Finding the objects of all frames.
 *
 * @module
 */

import { byteSize, texts } from "../shared/texts.ts";
import { make } from "./dom.ts";
import type { OpenMovie, PanelParts } from "./parts.ts";
import { Task } from "./task.ts";

/** Bytes that packed labels take of a pixel, about: measured on movies of nuclei. */
const PACKED = 0.25;

/** The panel. */
export class SegmentPanel {
  /** Everything of it. */
  readonly element: HTMLElement;
  readonly #parts: PanelParts;
  readonly #needs = make("p", { class: "hint" });
  readonly #task = new Task(texts.segment, () => void this.#run());
  #movie: OpenMovie | null = null;
  #isPossible = true;

  /** Segments with these parts. */
  constructor(parts: PanelParts) {
    this.#parts = parts;
    this.element = make(
      "section",
      { class: "panel" },
      make("h2", {}, texts.segmentTitle),
      make("p", { class: "hint" }, texts.segmentText),
      this.#needs,
      this.#task.element,
    );
  }

  /** Whether there is something to compute with. */
  set isPossible(isPossible: boolean) {
    this.#isPossible = isPossible;
    this.#task.isReady = isPossible;
  }

  /** Another movie. */
  open(movie: OpenMovie): void {
    this.#task.cancel();
    this.#movie = movie;
    this.#task.isReady = this.#isPossible;
    this.#task.name = texts.segment;
    this.#task.say("");
    const { frames, width, height } = movie.facts;
    this.#needs.textContent = texts.needs(byteSize(PACKED * frames * width * height));
  }

  async #run(): Promise<void> {
    const { desk, gpu, viewer, modelOf } = this.#parts;
    const { choice, facts } = this.#movie!;
    const total = facts.frames;
    let [done, objects] = [0, 0];
    const start = performance.now();
    const kept: Promise<unknown>[] = [];
    try {
      const { exposure } = await this.#task.run(({ stop, tell }) => {
        tell(texts.machineLooking);
        return gpu.calls.call("segment", { movie: choice, model: modelOf() }, {
          stop,
          onEvent: (event) => {
            if (event.type === "progress") {
              tell(texts.reading(event.done, event.total!), event.done, event.total);
            } else if (event.type === "frame") {
              const { frame, labels } = event;
              kept.push(
                desk.call("found", { frame, labels }).then((found) => {
                  objects += found.objects;
                  if (viewer.frame === frame) viewer.redraw();
                }),
              );
              tell(texts.segmenting(++done, total), done, total);
            }
          },
        });
      });
      await Promise.all(kept);
      const seconds = (performance.now() - start) / 1000;
      const seen = exposure === 1 ? "" : ` ${texts.exposureNote(exposure)}`;
      this.#task.name = texts.segmentAgain;
      this.#task.say(`${texts.segmented(objects, done, seconds)}.${seen}`);
    } catch (error) {
      await Promise.allSettled(kept);
      this.#task.say(...wordsOn(error as Error, done));
    }
  }
}

/** What to say of work that did not come to its end, and whether that is bad. */
export function wordsOn({ name, message }: Error, done: number): [string, boolean] {
  if (name === "AbortError") return [texts.cancelled(done), false];
  if (name === "DeviceLostError" || name === "WorkerLost") return [texts.lost, true];
  if (name === "OutOfMemoryError" || name === "RangeError" && /memory|allocat/i.test(message)) {
    return [texts.outOfMemory(message), true];
  }
  return [texts.failed(message), true];
}
