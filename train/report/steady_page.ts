/**
 * The report of a video that was made steady: what was seen in it, which model was taken and why, and the
 * result to look at.
 *
 * @module
 */

import type { PerFrame } from "./data.ts";
import { type Insert, type Markup, markup } from "./drawing/markup.ts";
import { pageHead } from "./drawing/page.ts";
import { STYLE } from "./drawing/style.ts";
import { drawPlayer, PLAYER_POLICY, PLAYER_STYLE, type PlayerFrame } from "./figures/player.ts";
import { timeFigures } from "./figures/time_plots.ts";

/** What is reported. */
export interface SteadyPage {
  /** The name of the video. */
  readonly video: string;
  /** The date and time. */
  readonly created: string;
  /** What to look after. */
  readonly warnings: readonly string[];
  /** What was seen. */
  readonly seen: readonly string[];
  /** Which model was taken, and why: the sum first. */
  readonly reasons: readonly string[];
  /** Frames to look at. */
  readonly frames: readonly PlayerFrame[];
  /** How many frames there are; the player shows some where they are many. */
  readonly length: number;
  /** Whether the numbers of objects are those of tracks. */
  readonly areTracked: boolean;
  /** The area of all objects, frame by frame. */
  readonly area: PerFrame;
  /** The number of objects, frame by frame. */
  readonly objects: PerFrame;
  /** Where results are, and what is in them. */
  readonly files: readonly (readonly [path: string, what: string])[];
  /** What is needed to do it again. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** Renders `report.html`; all text is escaped. */
export function renderSteadyPage(page: SteadyPage): string {
  const { video, created, warnings, reasons: [sum, ...reasons], frames, length } = page;
  const title = `${video}, segmented`;
  return markup`${pageHead({ title, style: STYLE + PLAYER_STYLE, policy: PLAYER_POLICY })}<header>
<h1>${title}</h1>
<p class="by">${created}</p>
${
    warnings.length > 0 &&
    markup`<section class="notes"><h2>Please note</h2>${list(warnings)}</section>
`
  }</header>
<main>
<section><h2>The result</h2>
${drawPlayer(frames, page)}
${
    frames.length < length &&
    markup`<p class="hint">${frames.length} of ${length} frames are shown.</p>`
  }</section>
<section><h2>What was seen</h2>${list(page.seen)}</section>
<section><h2>Which model was taken</h2>
<p>${sum}.</p>${list(reasons)}
<p class="hint">Without labels nobody can tell how many objects are right. What is found again in the \
next frame, and in another view of the same frame, is no accident of one look; it may still be wrong \
each time.</p></section>
<section><h2>Over the whole video</h2>
${timeFigures(page)}</section>
<section><h2>Files</h2>${table(page.files)}</section>
<details><summary>How it was made</summary>${table(page.facts)}</details>
</main>
</body>
</html>
`.toString();
}

function list(items: readonly string[]): Insert {
  return items.length > 0 && markup`<ul>${items.map((item) => markup`<li>${item}</li>`)}</ul>`;
}

function table(rows: readonly (readonly [string, string])[]): Markup {
  return markup`<table class="finders"><tbody>${
    rows.map(([name, value]) =>
      markup`<tr><th scope="row"><code>${name}</code></th><th>${value}</th></tr>
`
    )
  }</tbody></table>`;
}
