import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import {
  binMeans,
  hasValues,
  linePlot,
  type PlotLine,
} from "../../../../train/report/drawing/line_plot.ts";
import { PAPER } from "../../../../train/report/drawing/palette.ts";

const OPTIONS = {
  id: "plot",
  description: "A & B",
  xName: "step",
  width: 400,
  height: 200,
  palette: PAPER,
};

/** Path data drawn in the colour of the baseline. */
function pathsOf(lines: readonly PlotLine[], options = {}): string[] {
  const svg = linePlot(lines, { ...OPTIONS, ...options });
  assertNotMatch(svg, /NaN|Infinity|undefined/);
  return [...svg.matchAll(/<path d="([^"]*)"[^>]*stroke="#d55e00"/g)].map(([, path]) => path);
}

function lineOf(...values: number[]): PlotLine {
  return { source: "baseline", points: values.map((value, i) => [i, value]) };
}

Deno.test("linePlot() draws every point once", () => {
  const [path] = pathsOf([lineOf(1, 3, 2)]);
  assertEquals(path.match(/[ML]/g)?.length ?? 0, 3);
});

Deno.test("linePlot() leaves a gap where a value is not finite", () => {
  const [path] = pathsOf([lineOf(1, 2, NaN, 4, 5, Infinity, 3, 2)]);
  assertEquals(path.match(/M/g)?.length, 3);
});

Deno.test("linePlot() draws a point without neighbours as a dot", () => {
  const dots = (line: PlotLine) => linePlot([line], OPTIONS).match(/fill="#d55e00"/g)?.length ?? 0;
  assertEquals(dots(lineOf(1, NaN, 2, 3)), 1);
  assertEquals(dots(lineOf(5)), 1);
  assertEquals(dots(lineOf(1, 2, 3)), 0);
});

Deno.test("linePlot() puts means over a long noisy line only if asked to", () => {
  const line = lineOf(...Array.from({ length: 1000 }, (_, i) => i % 2));
  assertEquals(pathsOf([line]).length, 1);
  assertEquals(pathsOf([line], { smooth: true }).length, 2);
});

Deno.test("linePlot() shades a band around each run of points that have one", () => {
  const band = [[0, 2], [1, 3], [NaN, 3], [1, 3], [1, Infinity], [2, 2.5], [2, 3], [2, 4]] as const;
  const draw = (bands: PlotLine["band"]) =>
    [
      ...linePlot([{ ...lineOf(1, 2, 2, 2, 2, 2, 2, 3), band: bands }], OPTIONS)
        .matchAll(/<polygon points="([^"]*)" fill="#d55e00"/g),
    ].map(([, points]) => points.split(" ").length / 2);
  assertEquals(draw(band), [4, 6]); // a point by itself has no band
  assertEquals(draw(band.slice(0, 2)), [4]);
  assertEquals(draw([]), []);
});

Deno.test("linePlot() makes room for its bands", () => {
  const marks = (band?: PlotLine["band"]) =>
    [...linePlot([{ ...lineOf(1, 2), band }], OPTIONS).matchAll(/>([\d.]+)<\/text>/g)]
      .map(([, text]) => Number(text));
  assertEquals(Math.max(...marks()) < 5, true);
  assertEquals(Math.max(...marks([[1, 8], [1, 9]])) >= 9, true);
});

Deno.test("linePlot() marks the horizontal axis at the distance asked for", () => {
  const line: PlotLine = { source: "baseline", points: [[0.5, 1], [0.95, 2]] };
  const svg = linePlot([line], { ...OPTIONS, xStep: 0.1, fromZero: true });
  for (const mark of ["0.5", "0.6", "0.7", "0.8", "0.9"]) assertStringIncludes(svg, `>${mark}<`);
});

Deno.test("linePlot() gives the same text on every call, with its own ids", () => {
  const draw = () => linePlot([lineOf(1, 2)], OPTIONS);
  assertEquals(draw(), draw());
  for (const [, id] of draw().matchAll(/ id="([^"]*)"/g)) assert(id.startsWith("plot-"), id);
});

Deno.test("linePlot() describes itself, has no style sheet and keeps decimals of its labels", () => {
  const svg = linePlot([lineOf(0.001, 0.0025)], OPTIONS);
  assertStringIncludes(svg, 'role="img" aria-label="A &amp; B"');
  assertNotMatch(svg, /<style|class=|ecmeta|pointer-events/);
  assertStringIncludes(svg, ">0.0015<");
});

Deno.test("hasValues() needs one finite value", () => {
  assertEquals(hasValues([]), false);
  assertEquals(hasValues([lineOf(), lineOf(NaN, -Infinity)]), false);
  assertEquals(hasValues([lineOf(NaN), lineOf(NaN, 0)]), true);
});

Deno.test("binMeans() averages runs of nearly equal length and loses no point", () => {
  const points = Array.from({ length: 7 }, (_, i) => [i, 10 * i] as const);
  assertEquals(binMeans(points, 3), [[0.5, 5], [2.5, 25], [5, 50]]);
  assertEquals(binMeans(points, 100), points.map(([x, y]) => [x, y]));
  assertEquals(binMeans([], 3), []);
});
