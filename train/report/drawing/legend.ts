/**
 * The legends of plots and film strips.
 *
 * @module
 */

import type { LabelSource } from "../data.ts";
import { capitalise, type Markup, markup } from "./markup.ts";
import { MODELS } from "../sources.ts";
import { PAGE } from "./palette.ts";

/** The lines of a plot. */
export function plotLegend(sources: readonly LabelSource[]): Markup {
  return markup`<ul class="legend">${
    sources.map((source) => {
      const { colour, width, dash } = PAGE.looks[source];
      return markup`<li><svg viewBox="0 0 32 14" aria-hidden="true"><path d="M0 7h32" \
stroke="${colour}" stroke-width="${width + 0.5}" stroke-dasharray="${dash.join(" ")}"/></svg>\
${capitalise(source)}</li>`;
    })
  }</ul>
`;
}

/** The outlines on frames. */
export function stripLegend(sources: ReadonlySet<LabelSource>): Markup {
  const models = MODELS.filter((model) => sources.has(model));
  const entries = [
    ...models.map((model) => ["object", capitalise(model), model]),
    ["appeared", "New: not there in the frame before"],
    ["vanished", "Gone: was there in the frame before"],
    ...(sources.has("truth") ? [["truth", "Truth"]] : []),
  ];
  return markup`<ul class="legend">${
    entries.map(([name, text, model]) =>
      markup`<li><svg class="dark ${model}" viewBox="0 0 26 19" aria-hidden="true">\
<path class="${name}" d="M5 4h16v11h-16z"/></svg>${text}</li>`
    )
  }</ul>
`;
}

const FREE = "the control (the baseline, if there is none)";

const MEANINGS: Readonly<Record<LabelSource, string>> = {
  baseline: "trained on labelled stills only",
  control: "the baseline, trained longer on the same stills, without the video",
  consistent: "the baseline, trained longer on the same stills and on the unlabelled video",
  plain: `${FREE}, with the video at exposure 1`,
  filtered: `${FREE}, and what no neighbouring frame shows is removed: the temporal filter`,
  voted: `${FREE}, and the frames around each vote on what it shows`,
  views: `${FREE}, which sees every frame four times, turned, and takes the mean`,
  truth: "what people marked, or what the synthetic video was made from",
};

/** What the models are, in a sentence each. */
export function modelList(sources: readonly LabelSource[]): Markup {
  return markup`<dl class="models">${
    sources.map((source) =>
      markup`<div><dt><span class="chip ${source}"></span>${capitalise(source)}</dt><dd>${
        MEANINGS[source]
      }</dd></div>
`
    )
  }</dl>
`;
}
