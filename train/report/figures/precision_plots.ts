/**
 * Average precision over the threshold of intersection over union: figure 5 of the paper.
 *
 * @module
 */

import { formatNumber, formatSigned } from "../../counted.ts";
import type { LabelSource, PrecisionCurves, PrecisionPoint, ReportData } from "../data.ts";
import { hasValues, linePlot, type PlotLine } from "../drawing/line_plot.ts";
import { Markup, markup } from "../drawing/markup.ts";
import { PAGE } from "../drawing/palette.ts";
import { MODELS, SOURCES } from "../sources.ts";

/** The plots as figures; none for what was not measured. */
export function precisionFigures({ precision }: Pick<ReportData, "precision">): Markup[] {
  const plots = [
    { id: "precision-stills", title: "On held-back stills", curves: precision.stills },
    { id: "precision-video", title: "On frames of the video with truth", curves: precision.video },
  ];
  return plots.flatMap(({ id, title, curves = {} }) => {
    const lines = linesOf(curves);
    if (!hasValues(lines)) return [];
    const plot = linePlot(lines, {
      id,
      description: `Average precision over IoU, ${title.toLowerCase()}`,
      xName: "IoU from which an object counts as found",
      xStep: 0.1,
      width: 460,
      height: 300,
      palette: PAGE,
      fromZero: true,
      yMax: axisEnd(lines),
    });
    return [
      markup`<figure class="curve"><h3>${title}</h3>
${new Markup(plot)}
<figcaption>${largestDifference(curves)}</figcaption></figure>
`,
    ];
  });
}

/** The next multiple of 0.2 above all bands and lines; 1 if all are 0. */
function axisEnd(lines: readonly PlotLine[]): number {
  const values = lines.flatMap(({ points, band = [] }) => [...points, ...band].map(([, y]) => y));
  const top = Math.max(...values.filter(Number.isFinite));
  return Math.ceil(top * 5) / 5 || 1;
}

/** The models with a line in any of the plots, in the usual order. */
export function precisionSources({ precision }: Pick<ReportData, "precision">): LabelSource[] {
  const lines = Object.values(precision).flatMap((curves) => linesOf(curves));
  return SOURCES.filter((source) => hasValues(lines.filter((line) => line.source === source)));
}

/** Whether any value has a spread over seeds, so that there is a band to explain. */
export function hasSpread({ precision }: Pick<ReportData, "precision">): boolean {
  return Object.values(precision).flatMap((curves) => Object.values(curves).flat())
    .some(({ precision: { sd } }) => Number.isFinite(sd));
}

function linesOf(curves: PrecisionCurves): PlotLine[] {
  return MODELS.flatMap((source) => {
    const points = curves[source];
    if (points === undefined) return [];
    return {
      source,
      points: points.map(({ iou, precision }) => [iou, precision.mean] as const),
      band: points.map(({ precision: { mean, sd = NaN } }) =>
        [Math.max(0, mean - sd), Math.min(1, mean + sd)] as const
      ),
    };
  });
}

/** Where the consistent model differs most from what it is compared with, in a sentence. */
function largestDifference(curves: PrecisionCurves): string | undefined {
  const reference = curves.control ? "control" : "baseline";
  const differences = (curves.consistent ?? []).flatMap((point) => {
    const other = curves[reference]?.find(({ iou }) => iou === point.iou);
    return other ? differenceOf(point, other) : [];
  }).filter(({ value }) => Number.isFinite(value));
  if (differences.length === 0) return undefined;
  const { iou, value, spread } = differences.reduce((a, b) =>
    Math.abs(b.value) > Math.abs(a.value) ? b : a
  );
  const text = formatNumber(value);
  if (Number(text) === 0) return `Consistent and ${reference} model do not differ.`;
  const within = Math.abs(value) <= spread ? "within" : "beyond";
  return `Consistent against ${reference}, largest difference: ${formatSigned(value)} ` +
    `at IoU ${Number(iou.toFixed(4))}` +
    `${Number.isFinite(spread) ? `, ${within} the spread over seeds` : ""}.`;
}

function differenceOf(
  { iou, precision }: PrecisionPoint,
  { precision: other }: PrecisionPoint,
): { iou: number; value: number; spread: number } {
  const spread = Math.hypot(precision.sd ?? NaN, other.sd ?? NaN);
  return { iou, value: precision.mean - other.mean, spread };
}
