/**
 * Plots of tracks as static SVG, drawn by ECharts on dark ground, in the colours of the tracks.
 *
 * @module
 */

// The bundled build, because the modular one reads NODE_ENV and would need an extra permission.
// @ts-types="echarts"
import { init } from "echarts/dist/echarts.esm.min.mjs";
import type { BarSeriesOption, LineSeriesOption } from "echarts";
import { tidySvg } from "../drawing/line_plot.ts";
import { trackColour } from "./track_colours.ts";

/** A line of a plot. */
export interface TrackLine {
  /** The track, which decides the colour. */
  readonly track: number;
  /** Frame and value, in the order of time; where a frame is missing the line is interrupted. */
  readonly points: readonly (readonly [number, number])[];
}

/** What a plot is called. */
interface PlotNames {
  /** Prefix of the ids in the SVG. */
  readonly id: string;
  /** What it shows, for those who cannot see it. */
  readonly description: string;
  /** Pixels across. */
  readonly width?: number;
}

const [WIDTH, HEIGHT] = [960, 260];
const TEXT = { color: "#a3adb7", fontSize: 12 };
const RULE = { lineStyle: { color: "#343c44" } };

/** Lines over the frames of a video; what lies far from 0 is better seen without it. */
export function trackLines(
  lines: readonly TrackLine[],
  { fromZero = true, ...names }: PlotNames & { fromZero?: boolean },
): string {
  return plot(
    lines.map(({ track, points }): LineSeriesOption => ({
      type: "line",
      data: withBreaks(points),
      silent: true,
      showSymbol: false,
      lineStyle: { color: trackColour(track), width: 1.6 },
    })),
    { ...names, xName: "frame", fromZero },
  );
}

/** How many tracks have which length; lengths that are drawn beside them share both axes. */
export function lengthBars(
  lengths: readonly number[],
  { beside = [], ...names }: PlotNames & { readonly beside?: readonly (readonly number[])[] },
): string {
  const longest = [lengths, ...beside].flat().reduce((most, length) => Math.max(most, length), 1);
  const width = Math.max(1, Math.ceil(longest / 40));
  const countsOf = (lengths: readonly number[]) => {
    const counts: number[] = new Array(Math.ceil((longest + 1) / width)).fill(0);
    for (const length of lengths) counts[Math.floor(length / width)]++;
    return counts;
  };
  const counts = countsOf(lengths);
  const highest = beside.length === 0
    ? undefined
    : Math.max(...[counts, ...beside.map(countsOf)].flat());
  const bars: BarSeriesOption = {
    type: "bar",
    data: counts.map((count) => count === 0 ? NaN : count),
    silent: true,
    barCategoryGap: "10%",
    itemStyle: { color: "#56b4e9" },
  };
  const ranges = counts.map((_, i) => width === 1 ? `${i}` : `${width * i}–${width * (i + 1) - 1}`);
  return plot([bars], { ...names, xName: "length in frames", ranges, highest });
}

function plot(
  series: (LineSeriesOption | BarSeriesOption)[],
  { id, description, width = WIDTH, xName, ranges, highest, fromZero = true }: PlotNames & {
    xName: string;
    ranges?: string[];
    highest?: number;
    fromZero?: boolean;
  },
): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height: HEIGHT });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: "system-ui, sans-serif" },
    grid: { left: 2, right: 14, top: 10, bottom: 2, outerBoundsMode: "same" },
    xAxis: {
      ...(ranges
        ? { type: "category", data: ranges }
        : { type: "value", minInterval: 1, min: "dataMin", max: "dataMax" }),
      ...{ name: xName, nameLocation: "middle", nameGap: 26, nameTextStyle: TEXT },
      ...{ axisLabel: TEXT, splitLine: { show: false } },
    },
    yAxis: {
      type: "value",
      ...(fromZero ? { min: 0 } : { scale: true }),
      ...(highest !== undefined &&
        { max: 4 * Math.ceil(highest / 4), interval: Math.ceil(highest / 4) }),
      axisLabel: TEXT,
      splitLine: RULE,
      splitNumber: 4,
    },
    series,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return tidySvg(svg, { id, description });
}

/** The points, with a gap where frames are missing. */
function withBreaks(points: TrackLine["points"]): number[][] {
  return points.flatMap(([x, y], i) =>
    i > 0 && x > points[i - 1][0] + 1 ? [[x - 1, NaN], [x, y]] : [[x, y]]
  );
}
