/// <reference lib="dom" />
/**
 * Panels of which one is shown, as the ARIA pattern for tabs has it.
 *
 * @module
 */

import { texts } from "../shared/texts.ts";
import { make, show } from "./dom.ts";

/** A tab. */
export interface Tab {
  /** What it is called. */
  readonly name: string;
  /** What it shows. */
  readonly panel: HTMLElement;
  /** Called when it is shown, and with false when it is left. */
  readonly onShown?: (isShown: boolean) => void;
}

/** Tabs and their panels. */
export class Tabs {
  /** Everything of them. */
  readonly element: HTMLElement;
  readonly #tabs: readonly (Tab & { readonly button: HTMLButtonElement })[];
  #at = 0;

  /** Shows the first one. */
  constructor(tabs: readonly Tab[]) {
    this.#tabs = tabs.map((tab, i) => {
      tab.panel.id = `panel-${i}`;
      tab.panel.setAttribute("role", "tabpanel");
      tab.panel.setAttribute("aria-labelledby", `tab-${i}`);
      const button = make("button", {
        ...{ type: "button", role: "tab", id: `tab-${i}`, "aria-controls": `panel-${i}` },
        onclick: () => this.#choose(i),
      }, tab.name);
      return { ...tab, button };
    });
    const list = make("div", {
      ...{ role: "tablist", class: "tabs", "aria-label": texts.tabs },
      onkeydown: (event: KeyboardEvent) => this.#key(event),
    }, ...this.#tabs.map(({ button }) => button));
    this.element = make("aside", {}, list, ...this.#tabs.map(({ panel }) => panel));
    this.#choose(0);
  }

  #choose(at: number): void {
    const before = this.#at;
    this.#at = at;
    this.#tabs.forEach(({ button, panel }, i) => {
      button.setAttribute("aria-selected", String(i === at));
      button.tabIndex = i === at ? 0 : -1;
      show(panel, i === at);
    });
    if (before !== at) this.#tabs[before].onShown?.(false);
    this.#tabs[at].onShown?.(true);
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = (this.#at + step + this.#tabs.length) % this.#tabs.length;
    this.#choose(at);
    this.#tabs[at].button.focus();
  }
}
