/// <reference lib="dom" />
/**
 * Taking the results with one.
 *
 * @module
 */

import type { Download, DownloadKind } from "../../shared/messages.ts";
import { byteSize, texts } from "../../shared/texts.ts";
import { block, button, make } from "../dom.ts";
import type { PanelParts } from "./parts.ts";

/** Milliseconds after which a browser has taken a file. */
const TAKEN = 60_000;

/** The panel. */
export class SavePanel {
  /** Everything of it. */
  readonly element: HTMLElement;
  readonly #parts: PanelParts;
  readonly #text = make("p", { class: "result", role: "status" }, texts.nothingToSave);
  readonly #buttons: readonly HTMLButtonElement[];
  #hasObjects = false;

  /** Saves what the desk knows. */
  constructor(parts: PanelParts) {
    this.#parts = parts;
    const kinds = Object.entries(texts.downloads) as [DownloadKind, string][];
    this.#buttons = kinds.map(([kind, name]) => button(name, () => void this.#save(kind, name)));
    const model = button(texts.saveModel, () => this.#saveModel());
    this.element = make(
      "div",
      { class: "panel" },
      make("h2", {}, texts.saveTitle),
      make("p", { class: "hint" }, texts.saveText),
      make("div", { class: "column" }, ...this.#buttons, model),
      this.#text,
    );
    parts.jobs.listen(() => this.#update());
  }

  /** Whether there is something to save. */
  set isPossible(isPossible: boolean) {
    this.#hasObjects = isPossible;
    this.#update();
  }

  #update(): void {
    const { jobs } = this.#parts;
    // What was corrected is saved on its tracks.
    const isLinking = jobs.running === "link";
    const reason = !this.#hasObjects ? texts.nothingToSave : isLinking ? jobs.reason : null;
    this.#text.textContent = reason;
    for (const one of this.#buttons) block(one, reason === null ? null : this.#text);
  }

  async #save(kind: DownloadKind, name: string): Promise<void> {
    this.#text.textContent = texts.saving(name);
    try {
      this.#give(await this.#parts.desk.call("download", kind));
    } catch (error) {
      this.#text.textContent = (error as Error).message;
    }
  }

  #saveModel(): void {
    const { file, bytes } = this.#parts.modelOf();
    const name = /\.safetensors$/i.test(file) ? file : `${file}.safetensors`;
    this.#give({ name, blob: new Blob([bytes]) });
  }

  /** Hands a file to the browser. */
  #give({ name, blob }: Download): void {
    const address = URL.createObjectURL(blob);
    const link = make("a", { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), TAKEN);
    this.#text.textContent = texts.saved(name, byteSize(blob.size));
  }
}
