/// <reference lib="dom" />
/**
 * Correcting labels by hand.
 *
 * @module
 */

import type { Edit } from "../../shared/messages.ts";
import { texts } from "../../shared/texts.ts";
import { block, button, make, show } from "../dom.ts";
import type { Place } from "../viewer.ts";
import type { PanelParts } from "./parts.ts";
import { trackAll } from "./segment_panel.ts";

/** What a click or a stroke does. */
type Tool = keyof typeof texts.toolNames;

/** The panel. */
export class CorrectPanel {
  /** Everything of it. */
  readonly element: HTMLElement;
  readonly #parts: PanelParts;
  readonly #onStill: (frame: number) => Promise<void>;
  readonly #buttons: ReadonlyMap<Tool, HTMLButtonElement>;
  readonly #hint = make("p", { class: "hint", role: "status" });
  readonly #width = make("input", {
    ...{ type: "range", min: 1, max: 30, value: 4, "aria-label": texts.penWidth },
    oninput: () => this.#choose(this.#tool),
  });
  readonly #all: readonly HTMLButtonElement[];
  readonly #why = make("p", { class: "hint" });
  #tool: Tool = "look";
  #first: number | null = null;
  #hasObjects = false;
  /** Whether there is something, and no other work changes it. */
  #isPossible = false;
  #isStale = false;
  #isShown = false;

  /** Corrects what the desk has; `onStill` takes a frame to learn from. */
  constructor(parts: PanelParts, onStill: (frame: number) => Promise<void>) {
    this.#parts = parts;
    this.#onStill = onStill;
    const tools = Object.entries(texts.toolNames) as [Tool, string][];
    this.#buttons = new Map(
      tools.map(([tool, name]) => [tool, button(name, () => this.#choose(tool))]),
    );
    this.#all = [
      ...this.#buttons.values(),
      button(texts.undo, () => void this.#undo()),
      button(texts.linkAgain, () => void this.#link()),
      button(texts.useAsStill, () => void this.#use()),
    ];
    const others = this.#all.slice(this.#buttons.size);
    this.element = make(
      "div",
      { class: "panel" },
      make("h2", {}, texts.correctTitle),
      make("p", { class: "hint" }, texts.correctText),
      this.#why,
      make(
        "div",
        { class: "tools", role: "group", "aria-label": texts.tools },
        ...this.#buttons.values(),
      ),
      make("label", { class: "row" }, texts.penWidth, this.#width),
      this.#hint,
      make("div", { class: "column" }, ...others),
    );
    this.#choose("look");
    parts.jobs.listen(() => this.#update());
  }

  /** Whether there is something to correct. */
  set isPossible(isPossible: boolean) {
    this.#hasObjects = isPossible;
    if (!isPossible) this.#isStale = false;
    this.#update();
  }

  #update(): void {
    const reason = this.#hasObjects ? this.#parts.jobs.reason : texts.nothingToCorrect;
    this.#isPossible = reason === null;
    this.#choose(this.#hasObjects ? this.#tool : "look");
    this.#why.textContent = reason;
    show(this.#why, reason !== null);
    for (const one of this.#all) block(one, reason === null ? null : this.#why);
    this.#linkIfLeft();
  }

  #choose(tool: Tool): void {
    this.#tool = tool;
    this.#first = null;
    for (const [name, one] of this.#buttons) {
      one.setAttribute("aria-pressed", String(name === tool));
    }
    this.#hint.textContent = texts.toolHints[tool];
    const width = { split: 1, paint: Number(this.#width.value), erase: Number(this.#width.value) };
    const draws = this.#isPossible && tool in width;
    this.#parts.viewer.pen = draws ? width[tool as keyof typeof width] : null;
  }

  /** Whether it is looked at: who leaves it leaves the tools, too. */
  set isShown(isShown: boolean) {
    this.#isShown = isShown;
    if (!isShown) this.#choose("look");
    this.#linkIfLeft();
  }

  /** Links what was corrected once nobody corrects any more, and no other work goes on. */
  #linkIfLeft(): void {
    if (this.#isStale && this.#isPossible && !this.#isShown) void this.#link();
  }

  /** Takes a click; false where it is for others. */
  async pick({ x, y }: Place): Promise<boolean> {
    if (!this.#isPossible || !(this.#tool === "delete" || this.#tool === "merge")) return false;
    const { desk, viewer } = this.#parts;
    const { object } = await desk.call("pick", { frame: viewer.frame, x, y });
    if (object === 0) return true;
    if (this.#tool === "delete") await this.#edit({ kind: "delete", object });
    else if (this.#first === null) {
      this.#first = object;
      viewer.chosen = object;
      this.#hint.textContent = texts.mergeWith(object);
    } else {
      await this.#edit({ kind: "merge", first: this.#first, second: object });
      this.#choose("merge");
    }
    return true;
  }

  /** Takes a stroke. */
  async stroke(points: readonly (readonly [number, number])[]): Promise<void> {
    if (!this.#isPossible) return;
    const width = Number(this.#width.value);
    const object = this.#tool === "erase" ? 0 : this.#parts.viewer.chosen;
    if (this.#tool === "split") await this.#edit({ kind: "split", stroke: { points, width: 1 } });
    else await this.#edit({ kind: "paint", stroke: { points, width }, object });
  }

  async #edit(edit: Edit): Promise<void> {
    const { desk, viewer } = this.#parts;
    try {
      await desk.call("edit", { frame: viewer.frame, edit });
      this.#isStale = true;
      this.#hint.textContent = texts.corrected;
    } catch (error) {
      this.#hint.textContent = (error as Error).message;
    }
    viewer.redraw();
  }

  async #undo(): Promise<void> {
    const frame = await this.#parts.desk.call("undo", null);
    if (frame !== null) this.#parts.viewer.go(frame);
  }

  /** Links tracks again, as corrections ask for. */
  async #link(): Promise<void> {
    const tell = (text: string) => this.#hint.textContent = text;
    await this.#parts.jobs.run("link", async () => {
      this.#isStale = false;
      this.#parts.onChange(await trackAll(this.#parts, tell));
    });
    this.#hint.textContent = texts.toolHints[this.#tool];
  }

  async #use(): Promise<void> {
    await this.#onStill(this.#parts.viewer.frame);
  }
}
