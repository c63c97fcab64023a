/// <reference lib="dom" />
/**
 * Tracks: what they are in short, plots, and a table.
 *
 * @module
 */

import type { SortKey, TrackRow, TrackSummary } from "../../shared/messages.ts";
import { fourDigits, texts } from "../../shared/texts.ts";
import { button, make, show } from "../dom.ts";
import type { PanelParts } from "./parts.ts";

/** Rows that are shown at first, and that are added. */
const ROWS = 50;
/** Columns of the plots, which are drawn as wide as the panel. */
const PLOT_WIDTH = 330;

/** The panel. */
export class TracksPanel {
  /** Everything of it. */
  readonly element: HTMLElement;
  readonly #parts: PanelParts;
  readonly #summary = make("p", { class: "hint" }, texts.noTracks);
  readonly #found: HTMLElement;
  readonly #followed = make("span", { role: "status" }, texts.follow);
  readonly #none = button(texts.followNone, () => void this.follow(null));
  readonly #area = make("figure", {});
  readonly #intensity = make("figure", {});
  readonly #head = make("tr", {});
  readonly #body = make("tbody", {});
  readonly #more = button("", () => void this.#addRows());
  #sort: SortKey = "track";
  #isDown = false;
  #track: number | null = null;
  #isShown = false;
  #isStale = true;

  /** Shows what the desk knows. */
  constructor(parts: PanelParts) {
    this.#parts = parts;
    const plot = (name: string, figure: HTMLElement) =>
      make("div", { class: "plot" }, make("h2", {}, name), figure);
    this.#found = make(
      "div",
      { class: "found" },
      make("div", { class: "row" }, this.#followed, this.#none),
      plot(texts.areaUnit, this.#area),
      plot(texts.intensityUnit, this.#intensity),
      make(
        "table",
        { class: "tracks" },
        make("caption", {}, texts.tableOfTracks),
        make("thead", {}, this.#head),
        this.#body,
      ),
      this.#more,
    );
    this.element = make("div", { class: "panel" }, this.#summary, this.#found);
    show(this.#found, false);
    show(this.#none, false);
  }

  /** Says what was found; null where there is nothing yet. */
  set summary(summary: TrackSummary | null) {
    this.#summary.textContent = summary === null
      ? texts.noTracks
      : texts.trackSummary(summary.tracks, summary.divisions, summary.putBack);
    show(this.#found, summary !== null);
    this.#isStale = true;
    void this.follow(null);
    if (this.#isShown) void this.#update();
  }

  /** Whether it is looked at: only then is it drawn. */
  set isShown(isShown: boolean) {
    this.#isShown = isShown;
    if (isShown && this.#isStale) void this.#update();
  }

  /** Follows a track, or none. */
  async follow(track: number | null): Promise<void> {
    this.#track = track;
    this.#parts.viewer.chosen = track;
    this.#followed.textContent = track === null ? texts.follow : texts.following(track);
    show(this.#none, track !== null);
    for (const row of this.#body.rows) {
      row.classList.toggle("chosen", row.dataset.track === String(track));
    }
    if (this.#isShown) await this.#plot();
    else this.#isStale = true;
  }

  async #update(): Promise<void> {
    this.#isStale = false;
    this.#drawHead();
    this.#body.replaceChildren();
    await Promise.all([this.#plot(), this.#addRows()]);
  }

  async #plot(): Promise<void> {
    const wish = { track: this.#track, width: PLOT_WIDTH };
    const plots = await this.#parts.desk.call("plots", wish);
    if (plots === null || wish.track !== this.#track) return;
    // Drawn by the page's own worker from numbers alone.
    this.#area.innerHTML = plots.area;
    this.#intensity.innerHTML = plots.intensity;
  }

  #drawHead(): void {
    const columns = Object.entries(texts.columns) as [SortKey, string][];
    this.#head.replaceChildren(...columns.map(([key, name]) => {
      const isSorted = key === this.#sort;
      const press = button(name, () => this.#sortBy(key), { "aria-label": texts.sortBy(name) });
      const order = this.#isDown ? "descending" : "ascending";
      return make("th", { scope: "col", "aria-sort": isSorted ? order : null }, press);
    }));
  }

  #sortBy(key: SortKey): void {
    this.#isDown = key === this.#sort && !this.#isDown;
    this.#sort = key;
    void this.#update();
  }

  async #addRows(): Promise<void> {
    const from = this.#body.rows.length;
    const { rows, all } = await this.#parts.desk.call("rows", {
      ...{ sort: this.#sort, isDown: this.#isDown, from, count: ROWS },
    });
    if (from !== this.#body.rows.length) return;
    this.#body.append(...rows.map((row) => this.#row(row)));
    const shown = this.#body.rows.length;
    this.#more.textContent = texts.moreRows(shown, all);
    show(this.#more, shown < all);
  }

  #row({ track, parent, first, last, area, intensity }: TrackRow): HTMLTableRowElement {
    const press = button(String(track), () => {
      this.#parts.viewer.go(first);
      void this.follow(track);
    });
    const mother = parent === 0 ? null : make("small", {}, ` ${texts.fromMother(parent)}`);
    const cells = [first + 1, last + 1, area.toFixed(0), fourDigits(intensity)];
    return make(
      "tr",
      { "data-track": track, class: track === this.#track ? "chosen" : "" },
      make("th", { scope: "row" }, press, mother),
      ...cells.map((cell) => make("td", {}, String(cell))),
    );
  }
}
