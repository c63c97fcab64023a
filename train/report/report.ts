/**
 * The report of a run as one self-contained page: no script, nothing loaded from elsewhere.
 *
 * @module
 */

import { wordFor } from "../counted.ts";
import { curveFigures, curveSources } from "./figures/curves.ts";
import type { ReportData } from "./data.ts";
import { drawStrip } from "./figures/film_strip.ts";
import { findingsFigure } from "./figures/findings_figure.ts";
import { type Insert, type Markup, markup } from "./drawing/markup.ts";
import { pageHead } from "./drawing/page.ts";
import { modelList, plotLegend, stripLegend } from "./drawing/legend.ts";
import { PAGE } from "./drawing/palette.ts";
import { makeStrips } from "./outlines.ts";
import { SOURCES } from "./sources.ts";
import { hasSpread, precisionFigures, precisionSources } from "./figures/precision_plots.ts";
import { settingsDetails } from "./settings.ts";
import { STYLE } from "./drawing/style.ts";
import { headlines, referenceOf, resultsTable } from "./table.ts";
import { comparedTracks } from "./tracks/compared_tracks.ts";
import { TRACK_STYLE } from "./tracks/track_report.ts";
import { timeFigures, timeSources } from "./figures/time_plots.ts";

export { renderCurves } from "./figures/curves.ts";

/**
 * Renders `report.html`. Sections without data are left out, and text is escaped.
 *
 * @returns The text of an HTML file.
 * @throws {RangeError} if label images differ in size from their frame.
 */
export function renderReport(data: ReportData): string {
  const { title, created, adapter, seeds, notes, table, tracks = [] } = data;
  const style = tracks.length > 0 ? STYLE + TRACK_STYLE : STYLE;
  return markup`${pageHead({ title, style })}<header>
<h1>${title}</h1>
<p class="by">${[created, ...seedText(seeds), `computed on ${adapter}`].join(" · ")}</p>
${notes.length > 0 && warnings(notes)}
${headlines(table)}
</header>
<main>
${resultsSection(data)}
${precisionSection(data)}
${findingsSection(data)}
${framesSection(data)}
${timeSection(data)}
${comparedTracks(data)}
${curvesSection(data)}
${settingsDetails(data)}
</main>
</body>
</html>
`.toString();
}

function seedText(seeds: readonly number[]): string[] {
  return seeds.length === 0 ? [] : [`${wordFor(seeds.length, "seed")} ${seeds.join(", ")}`];
}

function warnings(notes: readonly string[]): Markup {
  return markup`<section class="notes"><h2>Please note</h2><ul>${
    notes.map((note) => markup`<li>${note}</li>`)
  }</ul></section>`;
}

function resultsSection({ table, seeds }: ReportData): Insert {
  if (table.rows.length === 0 || table.columns.length === 0) return undefined;
  const { notes = [] } = table;
  const sources = SOURCES.filter((source) => table.rows.some((row) => row.source === source));
  const reference = referenceOf(table);
  const spread = seeds.length > 1
    ? `Numbers are mean ± standard deviation over ${seeds.length} seeds: differences within that ` +
      "spread prove nothing."
    : "The numbers come from one seed: small differences can be chance. Train with several seeds " +
      "to see the spread.";
  return markup`<section><h2>Accuracy and flicker</h2>
${modelList(sources)}
${resultsTable(table)}
${
    notes.map((note) =>
      markup`<p><strong>${note}.</strong></p>
`
    )
  }<p class="hint">Bold: the best model of each row. ${spread} ${
    reference === "control" &&
    "Only the difference from the control, which was trained as long, shows what the video gave."
  } ${
    sources.includes("truth") &&
    "Living cells move, divide and die, so the truth changes from frame to frame, too: a model " +
      "that changes less than the truth is too smooth."
  }</p></section>
`;
}

function precisionSection(data: ReportData): Insert {
  const figures = precisionFigures(data);
  return figures.length > 0 && markup`<section><h2>Average precision over IoU</h2>
<p>Average precision is the share of hits among hits, misses and wrong objects. A hit overlaps \
its true object by at least an intersection over union (IoU) of 0.5 at the left, where half of the \
area that the two cover together is enough, up to 0.95 at the right, where nearly every pixel must \
agree. The higher line is better: at the left because more objects are found, at the right because \
their outlines are more exact.${
    hasSpread(data) &&
    " Lines are means over the seeds, the bands around them ± one standard deviation."
  }</p>
${plotLegend(precisionSources(data))}
<div class="curves">${figures}</div></section>
`;
}

function findingsSection({ judged }: ReportData): Insert {
  const figure = findingsFigure(judged);
  return figure && markup`<section><h2>Who finds what</h2>
${figure}</section>
`;
}

function framesSection({ frames }: ReportData): Insert {
  if (frames.length === 0) return undefined;
  const strips = makeStrips(frames);
  const sources = new Set(SOURCES.filter((source) => frames.some(({ labels }) => labels[source])));
  return markup`<section><h2>Frame by frame</h2>
<p>Consecutive frames of the video, with the outlines that each model draws. An object counts as \
new or gone if it shares less than a tenth of its area with every object of the neighbouring frame \
(intersection over union). Objects at the border of the video are not marked: they may come and go.</p>
${stripLegend(sources)}
${strips.map(drawStrip)}</section>
`;
}

function timeSection(data: ReportData): Insert {
  const figures = timeFigures(data);
  return figures.length > 0 && markup`<section><h2>Over the whole video</h2>
${plotLegend(timeSources(data))}
${figures}</section>
`;
}

function curvesSection({ curves }: ReportData): Insert {
  const figures = curveFigures(curves, PAGE);
  return figures.length > 0 && markup`<section><h2>Training</h2>
${plotLegend(curveSources(curves))}
<div class="curves">${figures}</div></section>
`;
}
