/// <reference lib="dom" />
/**
 * Making a movie steady: adapting the model to it, with a live curve.
 *
 * @module
 */

import { byteSize, texts } from "../../shared/texts.ts";
import type { SteadyMessage } from "../../worker/gpu/steady.ts";
import { make, show } from "../dom.ts";
import { embeddedBytes } from "../embedded.ts";
import { handOver } from "../hand_over.ts";
import { LearningCurve } from "./learning_curve.ts";
import type { OpenMovie, PanelParts } from "./parts.ts";
import type { SegmentPanel } from "./segment_panel.ts";
import { tellHandedOver, WORDS, wordsOn } from "./segment_panel.ts";
import type { Telling } from "./running.ts";
import { Task } from "./task.ts";

/** Rounds unless told, as the command line has it. */
const ROUNDS = 100;

/** The panel. */
export class SteadyPanel {
  /** Everything of it. */
  readonly element: HTMLElement;
  readonly #parts: PanelParts;
  readonly #segment: SegmentPanel;
  readonly #task: Task;
  readonly #rounds = make("input", { type: "number", min: 1, max: 2000, value: ROUNDS });
  readonly #curve: LearningCurve;
  readonly #notes = make("ul", {});
  readonly #reasons = make("details", {}, make("summary", {}, texts.reasons), this.#notes);
  #movie: OpenMovie | null = null;

  /** Adapts with these parts; what is found then is segmented as ever. */
  constructor(parts: PanelParts, segment: SegmentPanel) {
    this.#parts = parts;
    this.#segment = segment;
    const { jobs } = parts;
    this.#task = new Task({
      ...{ name: texts.steady, job: "steady", jobs },
      start: () => this.#run(),
    });
    this.#curve = new LearningCurve(parts.desk);
    this.element = make(
      "section",
      { class: "panel" },
      make("h2", {}, texts.steadyTitle),
      make("p", { class: "hint" }, texts.steadyText),
      make("label", { class: "row" }, texts.rounds, this.#rounds),
      this.#task.element,
      this.#curve.element,
      this.#reasons,
    );
    show(this.#reasons, false);
    this.isPossible = false;
  }

  /** Whether there is something to make steady. */
  set isPossible(isPossible: boolean) {
    this.#task.missing = isPossible ? null : texts.steadyFirst;
  }

  /** Another movie. */
  open(movie: OpenMovie): void {
    this.#task.say("");
    this.#movie = movie;
    this.#curve.clear();
    this.#notes.replaceChildren();
    show(this.#reasons, false);
    this.isPossible = false;
  }

  async #run(): Promise<void> {
    const movie = this.#movie!;
    const { gpu, modelOf, addModel } = this.#parts;
    const model = modelOf();
    this.#curve.clear();
    this.#notes.replaceChildren();
    show(this.#reasons, false);
    try {
      const result = await this.#task.run(async (telling) => {
        const { stop, tell } = telling;
        tell(texts.machineLooking);
        await handOver(gpu.calls, movie.given.files, { stop, tell: tellHandedOver(tell) });
        return await gpu.calls.call("steady", {
          ...{ movie: movie.choice, key: movie.facts.key, model },
          ...{ stills: embeddedBytes("stills"), rounds: Number(this.#rounds.value) || ROUNDS },
        }, { stop, onEvent: (event) => this.#hear(event, telling) });
      });
      for (const reason of result.reasons) this.#notes.append(make("li", {}, reason));
      show(this.#reasons, true);
      if (result.model === null) return this.#task.say(texts.isUnadapted);
      const name = `${movie.facts.name}-adapted.safetensors`;
      addModel({ file: name, bytes: result.model });
      this.#task.say(texts.isAdapted);
      if (await this.#segment.again(result.exposure)) this.#task.say(texts.isCompared);
    } catch (error) {
      const isStopped = ["StoppedError", "AbortError"].includes((error as Error).name);
      if (isStopped) this.#task.say(texts.stopped);
      else this.#task.say(...wordsOn(error as Error, 0));
    }
  }

  #hear(event: SteadyMessage, { tell }: Telling): void {
    if (event.type === "step") {
      this.#curve.add(event);
      tell(texts.learning(event.done, event.total), event.done, event.total);
    } else if (event.type === "plan") {
      this.#notes.append(make("li", {}, texts.learningNeeds(byteSize(event.plannedBytes))));
      show(this.#reasons, true);
    } else if (event.type === "progress") {
      const { what, done, total } = event;
      // Between steps the words on them stay.
      if (what === "teaching" && this.#curve.isMoving && (total === null || done >= total)) return;
      tell(WORDS[what](done, total), done, total);
    } else {
      this.#notes.append(make("li", {}, event.text));
      show(this.#reasons, true);
    }
  }
}
