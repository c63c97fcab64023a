/**
 * Line plots as static SVG, drawn by ECharts.
 *
 * @module
 */

// The bundled build, because the modular one reads NODE_ENV and would need an extra permission.
// @ts-types="echarts"
import { init } from "echarts/dist/echarts.esm.min.mjs";
import type { CustomSeriesOption, LineSeriesOption } from "echarts";
import { withMinus } from "../../counted.ts";
import type { LabelSource } from "../data.ts";
import { escapeText } from "./markup.ts";
import type { Look, Palette } from "./palette.ts";

/** From this many points on, a smoothed line is drawn as means, its values faint behind them. */
const CROWDED = 200;
/** Points of a line of means. */
const MEANS = 60;

/** One line of a plot. */
export interface PlotLine {
  /** Whose values these are: decides colour and dashes. */
  readonly source: LabelSource;
  /** `[x, y]` in order of x; values that are not finite leave a gap. */
  readonly points: readonly (readonly [number, number])[];
  /** `[low, high]` of a shaded band for each point; none where one is not finite. */
  readonly band?: readonly (readonly [low: number, high: number])[];
}

/** What a plot looks like. */
export interface PlotOptions {
  /** Prefix of the ids in the SVG: different for every plot on a page. */
  readonly id: string;
  /** What the plot shows, for those who cannot see it. */
  readonly description: string;
  /** Name of the horizontal axis. */
  readonly xName: string;
  /** Distance of the marks on the horizontal axis; round whole numbers if left out. */
  readonly xStep?: number;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Colours. */
  readonly palette: Palette;
  /** Whether the vertical axis starts at 0. */
  readonly fromZero?: boolean;
  /** Where the vertical axis ends; above the highest value if left out. */
  readonly yMax?: number;
  /** Whether long lines are drawn as means: for noisy training curves, where the trend counts. */
  readonly smooth?: boolean;
}

/** Whether any line has a finite value, so that there is something to draw. */
export function hasValues(lines: readonly PlotLine[]): boolean {
  return lines.some(({ points }) => points.some(isFinitePoint));
}

/**
 * Draws lines over a common horizontal axis.
 *
 * @returns An `<svg>` element with a `viewBox`, so that it scales with its frame.
 */
export function linePlot(lines: readonly PlotLine[], options: PlotOptions): string {
  const { id, description, xName, xStep, width, height, palette } = options;
  const { fromZero = false, yMax, smooth = false } = options;
  const text = { color: palette.muted, fontSize: 12 };
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: "system-ui, sans-serif" },
    grid: { left: 2, right: 14, top: 10, bottom: 2, outerBoundsMode: "same" },
    xAxis: {
      type: "value",
      name: xName,
      nameLocation: "middle",
      nameGap: 26,
      nameTextStyle: text,
      min: "dataMin",
      max: "dataMax",
      splitNumber: width > 700 ? 10 : 5,
      ...(xStep === undefined ? { minInterval: 1 } : { interval: xStep }),
      axisLine: { lineStyle: { color: palette.muted }, onZero: false },
      axisTick: { lineStyle: { color: palette.muted } },
      axisLabel: { ...text, showMaxLabel: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      scale: !fromZero,
      ...(yMax === undefined ? { splitNumber: 4 } : { max: yMax, splitNumber: 5 }),
      axisLabel: { ...text, formatter: formatTick },
      splitLine: { lineStyle: { color: palette.grid } },
    },
    series: [
      ...lines.flatMap((line) => bandSeries(line, palette.looks[line.source])),
      ...lines.flatMap(({ source, points }) =>
        seriesOf(points, { look: palette.looks[source], smooth })
      ),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return tidySvg(svg, { id, description });
}

function formatTick(value: number): string {
  const text = Number(value.toPrecision(6)).toLocaleString("en", { maximumFractionDigits: 6 });
  return withMinus(text);
}

function seriesOf(
  points: PlotLine["points"],
  { look, smooth }: { look: Look; smooth: boolean },
): LineSeriesOption[] {
  const finite = points.filter(isFinitePoint);
  if (finite.length === 0) return [];
  const data = points.map((point) => isFinitePoint(point) ? [...point] : [point[0], NaN]);
  if (!smooth || finite.length < CROWDED) return [lineSeries(data, look)];
  return [
    { ...lineSeries(data, { ...look, width: 1, dash: [] }, 0.22), sampling: "lttb" },
    lineSeries(binMeans(finite, MEANS), look),
  ];
}

/** A line; a point without neighbours has no line, so it becomes a dot. */
function lineSeries(data: number[][], look: Look, opacity = 1): LineSeriesOption {
  const known = (i: number) => i >= 0 && i < data.length && Number.isFinite(data[i][1]);
  const alone = (i: number) => known(i) && !known(i - 1) && !known(i + 1);
  return {
    type: "line",
    data: data.map((value, i) => ({ value, symbol: alone(i) ? "circle" : "none" })),
    silent: true,
    emphasis: { disabled: true },
    symbolSize: 4,
    showSymbol: true,
    itemStyle: { color: look.colour, borderWidth: 0, opacity },
    lineStyle: {
      color: look.colour,
      width: look.width,
      type: look.dash.length ? [...look.dash] : "solid",
      opacity,
      join: "round",
    },
  };
}

/** The band of a line, one polygon for each run of points that have one. */
function bandSeries({ points, band = [] }: PlotLine, { colour, dash }: Look): CustomSeriesOption[] {
  const runs: [x: number, low: number, high: number][][] = [[]];
  points.forEach(([x], i) => {
    const [low, high] = band[i] ?? [NaN, NaN];
    if ([x, low, high].every(Number.isFinite)) runs.at(-1)!.push([x, low, high]);
    else runs.push([]);
  });
  return runs.filter((run) => run.length > 1).map((run) => ({
    type: "custom",
    data: run,
    encode: { x: 0, y: [1, 2] },
    silent: true,
    // Called for every point, but the polygon is one thing: it belongs to the first.
    renderItem: ({ dataIndex }, { coord }) =>
      dataIndex > 0 ? null : {
        type: "polygon",
        shape: {
          points: [
            ...run.map(([x, low]) => coord([x, low])),
            ...run.toReversed().map(([x, , high]) => coord([x, high])),
          ],
        },
        // The edges tell bands apart that lie on top of each other.
        style: {
          fill: colour,
          fillOpacity: 0.1,
          stroke: colour,
          strokeOpacity: 0.45,
          lineWidth: 0.75,
          lineDash: dash.length ? [...dash] : undefined,
        },
      },
  }));
}

/** Means over runs of consecutive points, in the given number of nearly equal runs. */
export function binMeans(
  points: readonly (readonly [number, number])[],
  bins: number,
): [number, number][] {
  const count = Math.min(bins, points.length);
  return Array.from({ length: count }, (_, bin) => {
    const from = Math.floor(bin * points.length / count);
    const to = Math.floor((bin + 1) * points.length / count);
    const run = points.slice(from, to);
    const mean = (axis: 0 | 1) => run.reduce((sum, point) => sum + point[axis], 0) / run.length;
    return [mean(0), mean(1)];
  });
}

function isFinitePoint([x, y]: readonly [number, number]): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}

/**
 * Takes out what only an interactive chart needs, names the ids after the plot, so that the text is
 * the same on every call, and adds the description.
 */
export function tidySvg(
  svg: string,
  { id, description }: { id: string; description: string },
): string {
  return svg
    .replace(/<style[^]*?<\/style>/g, "")
    .replace(/ (class|ecmeta_\w+|pointer-events|baseProfile|version|xmlns:xlink)="[^"]*"/g, "")
    .replace(/\bzr\d+-/g, `${id}-`)
    .replace(/ (d|transform)="[^"]*"/g, (shape) => shape.replace(/(\.\d)\d+/g, "$1"))
    .replace(/>\n+/g, ">")
    .replace(/^<svg([^>]*)>/, `<svg$1 role="img" aria-label="${escapeText(description)}">`);
}
