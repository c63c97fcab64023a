/**
 * The training plots of a run: one small plot per measured quantity.
 *
 * @module
 */

import type { CurveSeries, LabelSource } from "../data.ts";
import { hasValues, linePlot, type PlotLine } from "../drawing/line_plot.ts";
import { capitalise, type Insert, Markup, markup } from "../drawing/markup.ts";
import { type Palette, PAPER } from "../drawing/palette.ts";
import { SOURCES } from "../sources.ts";

const WIDTH = 460;
const HEIGHT = 220;

/** What the usual curves mean, in a sentence for a biologist. */
const CAPTIONS: Readonly<Record<string, string>> = {
  "segmentation loss":
    "How far the network's answer is from the drawn outlines on training stills; lower is better.",
  "consistency loss":
    "How far the answers for two neighbouring video frames are from each other. " +
    "A falling curve alone is no success: an empty answer agrees with itself, too.",
  "validation AP":
    "Average precision on stills that were kept back from training; higher is better.",
  "mean probability":
    "The average answer on the video. It should stay level: a drift of more than 20 % means that " +
    "the network is collapsing to all or nothing.",
  "foreground fraction":
    "The share of the video's pixels that is called foreground. It should stay level as well.",
};

/** Curves whose drift from a level matters, so that the axis must not magnify it. */
const LEVELS: readonly string[] = ["mean probability", "foreground fraction"];

/** One plot of the training curves. */
interface Panel {
  readonly name: string;
  readonly lines: readonly PlotLine[];
}

/** Series of one name together, in order of first appearance; names without a value are dropped. */
function panelsOf(curves: readonly CurveSeries[]): Panel[] {
  const byName = Map.groupBy(curves, ({ name }) => name);
  return [...byName].flatMap(([name, series]) => {
    const lines = SOURCES.flatMap((source) =>
      series.filter(({ model }) => model === source).map(({ points }) => ({ source, points }))
    );
    return hasValues(lines) ? [{ name, lines }] : [];
  });
}

function drawPanel({ name, lines }: Panel, options: { id: string; palette: Palette }): Markup {
  return new Markup(linePlot(lines, {
    ...options,
    description: `${capitalise(name)} against training step`,
    xName: "training step",
    width: WIDTH,
    height: HEIGHT,
    fromZero: LEVELS.includes(name),
    smooth: true,
  }));
}

/** The training plots as figures for the page, with captions. Empty without any value. */
export function curveFigures(curves: readonly CurveSeries[], palette: Palette): Markup[] {
  return panelsOf(curves).map((panel, i) =>
    markup`<figure class="curve"><h3>${capitalise(panel.name)}</h3>
${drawPanel(panel, { id: `curve${i}`, palette })}
<figcaption>${CAPTIONS[panel.name]}</figcaption></figure>
`
  );
}

/** The models that have a curve, in the usual order. */
export function curveSources(curves: readonly CurveSeries[]): LabelSource[] {
  const drawn = new Set(panelsOf(curves).flatMap(({ lines }) => lines.map(({ source }) => source)));
  return SOURCES.filter((source) => drawn.has(source));
}

/**
 * Draws the training curves as one SVG picture by itself (`curves.svg`), on white.
 *
 * @returns The text of an SVG file, also when there is no value to draw (it then says so).
 *
 * @example
 * ```ts ignore
 * renderCurves([{ name: "validation AP", model: "baseline", points: [[100, 0.4], [200, 0.6]] }]);
 * ```
 */
export function renderCurves(curves: readonly CurveSeries[]): string {
  const panels = panelsOf(curves);
  const columns = panels.length > 1 ? 2 : 1;
  const [cell, head, legend] = [{ width: WIDTH + 24, height: HEIGHT + 44 }, 30, 40];
  const width = columns * cell.width + 24;
  const height = legend + Math.max(1, Math.ceil(panels.length / columns)) * cell.height;
  const plots = panels.map((panel, i) => {
    const x = 24 + (i % columns) * cell.width;
    const y = legend + Math.floor(i / columns) * cell.height;
    return markup`<g transform="translate(${x} ${y})"><text y="18" font-weight="600">${
      capitalise(panel.name)
    }</text>
<g transform="translate(0 ${head})">${drawPanel(panel, { id: `curve${i}`, palette: PAPER })}</g></g>
`;
  });
  const empty = markup`<text x="24" y="${legend + 24}">No training curve was recorded.</text>`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" \
viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="14" \
fill="${PAPER.ink}">
<title>Training curves</title>
<rect width="100%" height="100%" fill="#fff"/>
${legendMarks(curveSources(curves))}
${panels.length > 0 ? plots : empty}
</svg>
`.toString();
}

function legendMarks(sources: readonly LabelSource[]): Insert {
  return sources.map((source, i) => {
    const { colour, width, dash } = PAPER.looks[source];
    const x = 24 + i * 130;
    return markup`<path d="M${x} 24h28" stroke="${colour}" stroke-width="${width + 0.5}" \
stroke-dasharray="${dash.join(" ")}"/><text x="${x + 36}" y="29">${capitalise(source)}</text>`;
  });
}
