/// <reference lib="dom" />
/**
 * What is said of the machine: honestly, and with what to do instead.
 *
 * @module
 */

import type { Machine } from "../shared/messages.ts";
import { texts } from "../shared/texts.ts";
import { button, make, show } from "./dom.ts";

/** A chip in the head of the page, and a notice where there is no GPU. */
export class MachineNotice {
  /** The chip. */
  readonly chip = make("span", { class: "chip", role: "status" }, texts.machineLooking);
  /** The notice. */
  readonly notice = make("div", { class: "notice", role: "alert", hidden: true });

  /** Says what was found. */
  found({ adapter, isSoftware }: Machine): void {
    this.chip.textContent = isSoftware
      ? texts.machineSoftware(adapter)
      : texts.machineFound(adapter);
    this.chip.classList.toggle("poor", isSoftware);
    if (isSoftware) this.#tell(texts.softwareTitle, texts.softwareText);
  }

  /** Says that there is none. */
  missing(reason: string): void {
    this.chip.textContent = texts.noGpuTitle;
    this.chip.classList.add("poor");
    this.#tell(texts.noGpuTitle, texts.noGpuText, reason);
  }

  #tell(title: string, text: string, reason?: string): void {
    this.notice.replaceChildren(
      make(
        "div",
        {},
        make("strong", {}, title),
        ` ${text} `,
        make("code", {}, texts.command("movie.tif")),
        reason === undefined ? null : make("small", {}, texts.because(reason)),
      ),
      button("×", () => show(this.notice, false), {
        class: "sign",
        "aria-label": texts.dismiss,
        title: texts.dismiss,
      }),
    );
    show(this.notice, true);
  }
}
