/// <reference lib="dom" />
/**
 * Teaching a model labelled stills.
 *
 * @module
 */

import type { FileBundle, GivenFile, Restored, SentStill } from "../../shared/messages.ts";
import { byteSize, texts } from "../../shared/texts.ts";
import { make, show } from "../dom.ts";
import { embeddedBytes } from "../embedded.ts";
import { bundleOf } from "../given.ts";
import { handOver } from "../hand_over.ts";
import { filePicker } from "../welcome.ts";
import { LearningCurve } from "./learning_curve.ts";
import type { PanelParts } from "./parts.ts";
import { tellHandedOver, wordsOn } from "./segment_panel.ts";
import { Task } from "./task.ts";

/** Batches unless told. */
const STEPS = 200;

/** The panel. */
export class TeachPanel {
  /** Everything of it. */
  readonly element: HTMLElement;
  readonly #parts: PanelParts;
  readonly #task: Task;
  readonly #count = make("p", { class: "hint", role: "status" });
  readonly #builtin = make("input", { type: "checkbox", checked: true });
  readonly #steps = make("input", { type: "number", min: 4, max: 10000, value: STEPS });
  readonly #curve: LearningCurve;
  #given: { readonly files: FileBundle; readonly path: string }[] = [];
  readonly #frames = new Map<number, SentStill>();
  #isPossible = true;

  /** Teaches with these parts; `onFiles` understands what is chosen. */
  constructor(parts: PanelParts, onFiles: (files: GivenFile[]) => void) {
    this.#parts = parts;
    const { jobs } = parts;
    this.#task = new Task({
      ...{ name: texts.teach, job: "teach", jobs },
      start: () => this.#run(),
    });
    this.#curve = new LearningCurve(parts.desk);
    this.element = make(
      "section",
      { class: "panel" },
      make("h2", {}, texts.teachTitle),
      make("p", { class: "hint" }, texts.teachText),
      filePicker(texts.chooseFolder, { onFiles, webkitdirectory: true }),
      this.#count,
      make("label", { class: "check" }, this.#builtin, texts.withBuiltin),
      make("label", { class: "row" }, texts.batches, this.#steps),
      this.#task.element,
      this.#curve.element,
    );
    this.#update();
  }

  /** Whether there is something to compute with. */
  set isPossible(isPossible: boolean) {
    this.#isPossible = isPossible;
    this.#update();
  }

  /** Another movie: its frames are no longer at hand by number. */
  open(): void {
    this.#frames.clear();
    this.#update();
  }

  /** Frames that were corrected before the page was left. */
  restored({ stills }: Pick<Restored, "stills">): void {
    for (const [frame, still] of stills) this.#frames.set(frame, still);
    this.#update();
  }

  /** Takes a folder of stills. */
  give(files: readonly GivenFile[], path: string): void {
    this.#given.push({ files: bundleOf(files), path });
    this.#update();
  }

  /** Takes a frame that was corrected. */
  async take(frame: number): Promise<number> {
    const still = await this.#parts.desk.call("still", { frame });
    if (still !== null) this.#frames.set(frame, still);
    this.#update();
    return this.#frames.size;
  }

  #update(): void {
    const hasStills = this.#given.length + this.#frames.size > 0;
    this.#task.missing = !this.#isPossible ? texts.noGpuTitle : hasStills ? null : texts.noStills;
    this.#count.textContent = texts.stillsGiven(this.#given.length, this.#frames.size);
    show(this.#count, hasStills);
  }

  async #run(): Promise<void> {
    const { gpu, modelOf, addModel, say } = this.#parts;
    const model = modelOf();
    this.#curve.clear();
    try {
      const { model: bytes } = await this.#task.run(async ({ stop, tell }) => {
        tell(texts.machineLooking);
        for (const { files } of this.#given) {
          await handOver(gpu.calls, files, { stop, tell: tellHandedOver(tell) });
        }
        const given = this.#given.map(({ files: { id }, path }) => ({ bundle: id, path }));
        return await gpu.calls.call("teach", {
          ...{ model, given, frames: [...this.#frames.values()] },
          stills: this.#builtin.checked ? embeddedBytes("stills") : null,
          steps: Number(this.#steps.value) || STEPS,
        }, {
          stop,
          onEvent: (event) => {
            if (event.type === "step") {
              this.#curve.add(event);
              tell(texts.learning(event.done, event.total), event.done, event.total);
            } else if (event.type === "plan") {
              say(texts.learningNeeds(byteSize(event.plannedBytes)));
            } else if (event.type !== "progress") say(event.text);
            else if (!this.#curve.isMoving) tell(texts.readingStills, event.done, event.total);
          },
        });
      });
      addModel({ file: "learned-here.safetensors", bytes });
      this.#task.say(texts.taughtModel);
    } catch (error) {
      this.#task.say(...wordsOn(error as Error, 0));
    }
  }
}
