/**
 * What changes over the frames of the video: area and number of objects.
 *
 * @module
 */

import type { LabelSource, PerFrame, ReportData } from "../data.ts";
import { hasValues, linePlot, type PlotLine, type PlotOptions } from "../drawing/line_plot.ts";
import { Markup, markup } from "../drawing/markup.ts";
import { PAGE } from "../drawing/palette.ts";
import { SOURCES } from "../sources.ts";

interface TimePlot {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly values: PerFrame;
  readonly fromZero?: boolean;
}

/** The plots over time as figures; none for what has no finite value. */
export function timeFigures({ area, objects }: Pick<ReportData, "area" | "objects">): Markup[] {
  const plots: TimePlot[] = [
    {
      id: "area",
      title: "Foreground area per frame (pixels)",
      caption:
        "The area that is called object, frame by frame. Cells grow and move smoothly, so a " +
        "jagged line is flicker; a smooth line at a wrong height would be steady but wrong.",
      values: area,
    },
    {
      id: "change",
      title: "Change of the area from the frame before (%)",
      caption: "The same measurement as steps from frame to frame: the closer to 0, the steadier.",
      values: mapValues(area, relativeSteps),
      fromZero: true,
    },
    {
      id: "objects",
      title: "Objects per frame",
      caption: "How many objects are found. Objects that blink or merge for a frame make spikes.",
      values: objects,
    },
  ];
  return plots.flatMap((plot) => {
    const lines = linesOf(plot.values);
    return hasValues(lines) ? [timeFigure(plot, lines)] : [];
  });
}

/** The sources with any finite value in a plot over time, in the usual order. */
export function timeSources(
  { area, objects }: Pick<ReportData, "area" | "objects">,
): LabelSource[] {
  return SOURCES.filter((source) =>
    [...area[source] ?? [], ...objects[source] ?? []].some(Number.isFinite)
  );
}

/** The plot twice, for wide and for narrow pages: one of them is hidden by the style sheet. */
function timeFigure({ id, title, caption, fromZero }: TimePlot, lines: PlotLine[]): Markup {
  const options = { description: `${title} over the video`, xName: "frame", palette: PAGE };
  const draw = (size: Pick<PlotOptions, "id" | "width" | "height">) =>
    new Markup(linePlot(lines, { ...options, ...size, fromZero }));
  return markup`<figure class="time"><h3>${title}</h3>
<div class="wide">${draw({ id: `${id}-wide`, width: 960, height: 250 })}</div>
<div class="narrow">${draw({ id: `${id}-narrow`, width: 420, height: 240 })}</div>
<figcaption>${caption}</figcaption></figure>
`;
}

function linesOf(values: PerFrame): PlotLine[] {
  return SOURCES.flatMap((source) => {
    const points = values[source]?.map((value, frame) => [frame, value] as const);
    return points ? [{ source, points }] : [];
  });
}

function mapValues(values: PerFrame, map: (values: readonly number[]) => number[]): PerFrame {
  return Object.fromEntries(
    Object.entries(values).map(([source, numbers]) => [source, map(numbers)]),
  );
}

/** Steps in per cent of the mean of all values; NaN for the first, and next to unknown values. */
export function relativeSteps(values: readonly number[]): number[] {
  const known = values.filter(Number.isFinite);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return values.map((value, i) => 100 * (value - (values[i - 1] ?? NaN)) / mean);
}
