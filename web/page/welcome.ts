/// <reference lib="dom" />
/**
 * What the page shows before there is a movie.
 *
 * @module
 */

import type { GivenFile } from "../shared/messages.ts";
import { texts } from "../shared/texts.ts";
import { button, make } from "./dom.ts";
import { chosenFiles } from "./given.ts";

/** A hidden input for files, and what presses it. */
export function filePicker(
  name: string,
  { onFiles, ...attributes }: {
    onFiles: (files: GivenFile[]) => void;
    webkitdirectory?: boolean;
    multiple?: boolean;
    accept?: string;
    class?: string;
  },
): HTMLElement {
  const { class: style = "", ...rest } = attributes;
  const input: HTMLInputElement = make("input", {
    ...{ type: "file", hidden: true, "aria-label": name, ...rest },
    onchange: () => {
      const files = chosenFiles(input.files ?? []);
      input.value = "";
      if (files.length > 0) onFiles(files);
    },
  });
  return make("span", {}, button(name, () => input.click(), { class: style }), input);
}

/** Asks for a movie. */
export function welcome(
  { onFiles, onExample }: { onFiles: (files: GivenFile[]) => void; onExample: () => void },
): HTMLElement {
  return make(
    "main",
    { class: "welcome" },
    make("p", { class: "lead" }, texts.subtitle),
    make("h2", {}, texts.dropTitle),
    make("p", {}, texts.dropHint),
    make(
      "p",
      { class: "choices" },
      filePicker(texts.chooseFiles, { onFiles, multiple: true }),
      filePicker(texts.chooseFolder, { onFiles, webkitdirectory: true }),
      button(texts.tryExample, onExample, { class: "main" }),
    ),
    make("p", { class: "how" }, texts.how),
  );
}
