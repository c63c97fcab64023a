/// <reference lib="dom" />
/**
 * The models that there are to choose from: the built-in one, those that were loaded or learned here.
 *
 * @module
 */

import { texts } from "../../shared/texts.ts";
import type { GivenModel } from "../../worker/gpu/machine.ts";
import { make } from "../dom.ts";
import { embeddedBytes } from "../embedded.ts";
import { filePicker } from "../welcome.ts";

/** The name by which the built-in model is known everywhere. */
const BUILTIN = "builtin";

/** The choice. */
export class ModelChoice {
  /** A list, and a button to load one. */
  readonly element: HTMLElement;
  readonly #models: GivenModel[] = [builtin()];
  readonly #list = make("select", { "aria-label": texts.model });
  readonly #say: (text: string) => void;
  readonly #onChange: () => void;

  /** Says what goes wrong; `onChange` is told when another one is chosen. */
  constructor({ say, onChange }: { say: (text: string) => void; onChange: () => void }) {
    [this.#say, this.#onChange] = [say, onChange];
    this.#list.addEventListener("change", onChange);
    const pick = filePicker(texts.loadModel, {
      accept: ".safetensors",
      onFiles: ([[, file]]) => void this.load(file),
    });
    this.element = make(
      "section",
      { class: "panel" },
      make("h2", {}, texts.model),
      make("div", { class: "row" }, this.#list, pick),
    );
    this.#update();
  }

  /** The one that is chosen. */
  get chosen(): GivenModel {
    return this.#models[this.#list.selectedIndex] ?? this.#models[0];
  }

  /** Adds one and chooses it. */
  add(model: GivenModel): void {
    const at = this.#models.findIndex(({ file }) => file === model.file);
    if (at >= 0) this.#models.splice(at, 1);
    this.#models.push(model);
    this.#update();
    this.#onChange();
  }

  /** Loads one from a file. */
  async load(file: File): Promise<void> {
    try {
      this.add({ file: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
    } catch (error) {
      this.#say((error as Error).message);
    }
  }

  #update(): void {
    this.#list.replaceChildren(
      ...this.#models.map(({ file }) =>
        make("option", {}, file === BUILTIN ? texts.builtin : file)
      ),
    );
    this.#list.selectedIndex = this.#models.length - 1;
  }
}

/** The built-in model, unpacked when it is first asked for: the page begins sooner. */
function builtin(): GivenModel {
  let bytes: GivenModel["bytes"] | null = null;
  return {
    file: BUILTIN,
    get bytes() {
      return bytes ??= embeddedBytes("weights");
    },
  };
}
