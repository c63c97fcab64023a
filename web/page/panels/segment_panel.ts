/// <reference lib="dom" />
/**
 * Finding the objects of all frames.
 *
 * @module
 */

import type {
  ProgressMessage,
  Restored,
  SegmentedWith,
  SentLabels,
  TrackSummary,
} from "../../shared/messages.ts";
import { fingerprint } from "../../shared/fingerprint.ts";
import { byteSize, texts } from "../../shared/texts.ts";
import { make } from "../dom.ts";
import { handOver } from "../hand_over.ts";
import type { OpenMovie, PanelParts } from "./parts.ts";
import type { Telling } from "./running.ts";
import { Task } from "./task.ts";

/** Bytes that packed labels take of a pixel, as they were found and on their tracks, about: measured on nuclei. */
const PACKED = 0.5;

/** Segmenting that has not come to its end. */
interface Unfinished {
  readonly by: SegmentedWith;
  /** Objects of each frame that is done. */
  readonly found: Map<number, number>;
}

/** The panel. */
export class SegmentPanel {
  /** Everything of it. */
  readonly element: HTMLElement;
  readonly #parts: PanelParts;
  readonly #needs = make("p", { class: "hint" });
  readonly #task: Task;
  #movie: OpenMovie | null = null;
  /** Work that was stopped or failed, to be gone on with. */
  #unfinished: Unfinished | null = null;
  #hasBefore = false;

  /** Segments with these parts. */
  constructor(parts: PanelParts) {
    this.#parts = parts;
    const { jobs } = parts;
    this.#task = new Task({
      ...{ name: texts.segment, job: "segment", jobs },
      start: () => this.#run(),
    });
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
    this.#task.missing = isPossible ? null : texts.noGpuTitle;
  }

  /** Another movie. */
  open(movie: OpenMovie): void {
    this.#movie = movie;
    this.#unfinished = null;
    this.#hasBefore = false;
    this.#task.name = texts.segment;
    this.#task.say("");
    void this.tellNeeds();
  }

  /** Says what memory it takes with the model that is chosen. */
  async tellNeeds(): Promise<void> {
    const movie = this.#movie;
    if (movie === null) return;
    const { frames, width, height } = movie.facts;
    const results = texts.needs(byteSize(PACKED * frames * width * height));
    this.#needs.textContent = results;
    const { gpu, modelOf } = this.#parts;
    const model = modelOf();
    // The movie is drawn first: unpacking a model and drawing at once would hold the page up.
    await new Promise((resolve) => setTimeout(resolve));
    // Where there is no plan, as without a GPU, nothing is said of it.
    const bytes = await gpu.calls.call("plannedBytes", { model, width, height }).catch(() => null);
    if (bytes === null || movie !== this.#movie || model !== modelOf()) return;
    this.#needs.textContent = `${texts.needsGpu(byteSize(bytes))} ${results}`;
  }

  /** What was found before is here again. */
  restored({ unfinished: by, found }: Restored): void {
    this.#hasBefore = true;
    if (by === null) this.#task.name = texts.segmentAgain;
    else this.#unfinished = { by, found: new Map(found) };
  }

  /** Segments anew with the model that is chosen; false where that did not come to its end. */
  async again(exposure: number): Promise<boolean> {
    this.#unfinished = null;
    await this.#run(exposure);
    return this.#unfinished === null;
  }

  /** Segments; what was found before is kept to compare with. */
  async #run(exposure: number | null = null): Promise<void> {
    const { desk, gpu, viewer, modelOf, onChange } = this.#parts;
    const { given, choice, facts } = this.#movie!;
    const model = modelOf();
    const known = await fingerprint([model.bytes]);
    if (this.#unfinished?.by.model !== known) {
      this.#unfinished = { by: { model: known, exposure }, found: new Map() };
    }
    const { found, by } = this.#unfinished;
    const start = performance.now();
    const kept: Promise<unknown>[] = [];
    const keep = async (frame: number, labels: SentLabels): Promise<void> => {
      found.set(frame, (await desk.call("found", { frame, labels })).objects);
      if (viewer.frame === frame) viewer.redraw();
    };
    try {
      const { exposure, summary } = await this.#task.run(async ({ stop, tell }) => {
        tell(texts.machineLooking);
        await handOver(gpu.calls, given.files, { stop, tell: tellHandedOver(tell) });
        const seen = await gpu.calls.call("segment", {
          ...{ movie: choice, model, skip: [...found.keys()], exposure: by.exposure },
        }, {
          stop,
          onEvent: (event) => {
            if (event.type === "progress") {
              tell(WORDS[event.what](event.done, event.total), event.done, event.total);
            } else if (event.type === "frame") {
              if (found.size === 0) {
                kept.push(desk.call("segments", by));
                viewer.compares = false;
                onChange(null);
              }
              found.set(event.frame, 0);
              kept.push(keep(event.frame, event.labels));
              tell(texts.segmenting(found.size, facts.frames), found.size, facts.frames);
            } else this.#parts.say(event.text);
          },
        });
        await Promise.all(kept);
        await desk.call("finish", null);
        return { ...seen, summary: await trackAll(this.#parts, tell) };
      });
      this.#unfinished = null;
      const seconds = (performance.now() - start) / 1000;
      const seen = exposure === 1 ? "" : ` ${texts.exposureNote(exposure)}`;
      this.#task.name = texts.segmentAgain;
      const objects = found.values().reduce((sum, count) => sum + count, 0);
      this.#task.say(`${texts.segmented(objects, found.size, seconds)}.${seen}`);
      viewer.compares = this.#hasBefore;
      this.#hasBefore = true;
      onChange(summary);
    } catch (error) {
      await Promise.allSettled(kept);
      this.#task.say(...wordsOn(error as Error, found.size));
      if (found.size > 0) onChange(await trackAll(this.#parts, () => {}));
      viewer.redraw();
    }
  }
}

/** Tells that files are handed over, where that takes time. */
export function tellHandedOver(tell: Telling["tell"]): (done: number, total: number) => void {
  return (done, total) => {
    if (total > 1) tell(texts.handingOver(done, total), done, total);
  };
}

/** How far work is, in words. */
export const WORDS: Readonly<
  Record<ProgressMessage["what"], (done: number, total: number | null) => string>
> = {
  opening: (done, total) =>
    total === null || total < 2 ? texts.opening : texts.lookingAtFiles(done, total),
  looking: texts.looking,
  stills: () => texts.readingStills,
  reading: (done, total) => total === null ? texts.opening : texts.reading(done, total),
  exposing: () => texts.exposing,
  teaching: texts.teaching,
  comparing: () => texts.comparing,
};

/** Links what was found to tracks. */
export async function trackAll(
  { desk, viewer }: Pick<PanelParts, "desk" | "viewer">,
  tell: Telling["tell"],
): Promise<TrackSummary> {
  const summary = await desk.call("track", null, {
    onEvent: ({ done, total }) => tell(texts.tracking(done, total), done, total),
  });
  viewer.redraw();
  return summary;
}

/** What an error advises for the command line. */
const ADVICE = /; lower the .*$/s;

/** What to say of work that did not come to its end, and whether that is bad. */
export function wordsOn({ name, message }: Error, done: number): [string, boolean] {
  if (name === "AbortError") return [texts.cancelled(done), false];
  if (name === "DeviceLostError" || name === "WorkerLost") return [texts.lost, true];
  if (name === "OutOfMemoryError" || name === "RangeError" && /memory|allocat/i.test(message)) {
    return [texts.outOfMemory(message.replace(ADVICE, "")), true];
  }
  return [texts.failed(message), true];
}
