import { assert, assertAlmostEquals, assertEquals, assertNotMatch } from "@std/assert";
import type { Measured, PrecisionCurves } from "../../../../train/report/data.ts";
import {
  hasSpread,
  precisionFigures,
  precisionSources,
} from "../../../../train/report/figures/precision_plots.ts";

/** Points at IoU 0.5, 0.6 … from means, or from means with standard deviations. */
function pointsOf(values: readonly (number | readonly [mean: number, sd: number])[]) {
  return values.map((value, i) => {
    const precision: Measured = typeof value === "number"
      ? { mean: value }
      : { mean: value[0], sd: value[1] };
    return { iou: (5 + i) / 10, precision };
  });
}

function drawStills(stills: PrecisionCurves): string {
  return precisionFigures({ precision: { stills } }).join("");
}

type Place = [x: number, y: number];

/** The corners of the line in the colour of a model. */
function lineOf(html: string, model: string): Place[] {
  const [, path] = html.match(new RegExp(`<path d="([^"]*)"[^>]*stroke="var\\(--${model}\\)"`))!;
  return [...path.matchAll(/[ML]([-\d.]+)[ ,]([-\d.]+)/g)].map(([, x, y]) => [+x, +y]);
}

/** The corners of the bands in the colour of a model: first the lower edge, then the upper one. */
function bandsOf(html: string, model: string): Place[][] {
  const bands = html.matchAll(
    new RegExp(`<polygon points="([^"]*)" fill="var\\(--${model}\\)"`, "g"),
  );
  return [...bands].map(([, points]) => {
    const numbers = points.split(" ").map(Number);
    return Array.from(
      { length: numbers.length / 2 },
      (_, i) => [numbers[2 * i], numbers[2 * i + 1]],
    );
  });
}

/** What one unit of precision is in pixels, and where 0 is, from a line of known values. */
function scaleOf(line: readonly Place[], values: readonly number[]) {
  const unit = (line[0][1] - line[1][1]) / (values[1] - values[0]);
  return { unit, zero: line[0][1] + values[0] * unit };
}

Deno.test("precisionFigures() draws every model at its values, evenly over the thresholds", () => {
  const html = drawStills({
    baseline: pointsOf([0.8, 0.4, 0]),
    control: pointsOf([0.8, 0.6, 0.2]),
    consistent: pointsOf([0.9, 0.5, 0.1]),
  });
  const baseline = lineOf(html, "baseline");
  const { unit, zero } = scaleOf(baseline, [0.8, 0.4]);
  assert(unit > 100, `${unit} pixels`);
  const expected = {
    baseline: [0.8, 0.4, 0],
    control: [0.8, 0.6, 0.2],
    consistent: [0.9, 0.5, 0.1],
  };
  for (const [model, values] of Object.entries(expected)) {
    const line = lineOf(html, model);
    assertEquals(line.length, 3);
    line.forEach(([x, y], i) => {
      assertAlmostEquals(x, baseline[0][0] + i * (baseline[1][0] - baseline[0][0]), 0.3);
      assertAlmostEquals(y, zero - values[i] * unit, 0.3);
    });
  }
  const marks = [...html.matchAll(/<text[^>]*>([\d.]+)<\/text>/g)].map(([, text]) => text);
  assertEquals(marks.filter((mark) => ["0.5", "0.6"].includes(mark)).length >= 2, true);
});

Deno.test("precisionFigures() shades one standard deviation on either side, between 0 and 1", () => {
  const html = drawStills({
    baseline: pointsOf([0.8, 0.4]),
    consistent: pointsOf([[0.95, 0.1], [0.5, 0.05], [0.02, 0.1]]),
  });
  const { unit, zero } = scaleOf(lineOf(html, "baseline"), [0.8, 0.4]);
  const [band, ...others] = bandsOf(html, "consistent");
  assertEquals(others, []);
  const corners = band.map(([, y]) => (zero - y) / unit);
  [0.85, 0.45, 0, 0.12, 0.55, 1].forEach((value, i) => {
    assertAlmostEquals(corners[i], value, 0.003, `corner ${i}`);
  });
  assertEquals(bandsOf(html, "baseline"), []);
});

Deno.test("precisionFigures() ends the axis at the next fifth, at 1 at most, also if all is 0", () => {
  const end = (curves: PrecisionCurves) => {
    const marks = drawStills(curves).matchAll(/text-anchor="end"[^>]*>([\d.]+)<\/text>/g);
    return Math.max(...[...marks].map(([, text]) => Number(text)));
  };
  assertEquals(end({ baseline: pointsOf([0.55, 0.2]) }), 0.6);
  assertEquals(end({ baseline: pointsOf([0.55, 0.2]), control: pointsOf([[0.5, 0.2], 0.1]) }), 0.8);
  assertEquals(end({ baseline: pointsOf([1, 0.99]) }), 1);
  assertEquals(end({ baseline: pointsOf([[0.95, 0.2], 0.9]) }), 1);
  assertEquals(end({ baseline: pointsOf([0, 0]) }), 1);
});

Deno.test("precisionFigures() names the largest difference from the control", () => {
  const baseline = pointsOf([0.1, 0.1, 0.1]);
  const control = pointsOf([0.7, 0.5, 0.3]);
  const texts: [PrecisionCurves, string][] = [
    [
      { baseline, control, consistent: pointsOf([0.71, 0.54, 0.28]) },
      "Consistent against control, largest difference: +0.040 at IoU 0.6.",
    ],
    [
      { baseline, control, consistent: pointsOf([0.71, 0.5, 0.25]) },
      "Consistent against control, largest difference: −0.050 at IoU 0.7.",
    ],
    [
      { baseline, consistent: pointsOf([0.3, 0.1, 0.1]) },
      "Consistent against baseline, largest difference: +0.200 at IoU 0.5.",
    ],
    [
      { control, consistent: pointsOf([0.7, 0.5, 0.3004]) },
      "Consistent and control model do not differ.",
    ],
    [{ baseline, control }, ""],
    [{ consistent: control }, ""],
    [{ control, consistent: pointsOf([NaN, NaN, NaN]) }, ""],
  ];
  for (const [curves, expected] of texts) {
    assertEquals(drawStills(curves).match(/<figcaption>(.*)<\/figcaption>/)?.[1], expected);
  }
});

Deno.test("precisionFigures() says whether that difference exceeds the spread over seeds", () => {
  const control = pointsOf([[0.7, 0.03], [0.5, 0.03]]);
  const caption = (sd: number) => drawStills({ control, consistent: pointsOf([[0.75, sd], 0.5]) });
  assert(caption(0.03).includes("+0.050 at IoU 0.5, beyond the spread over seeds."));
  assert(caption(0.05).includes("+0.050 at IoU 0.5, within the spread over seeds."));
});

Deno.test("precisionFigures() gives a figure for stills and one for the video, where measured", () => {
  const curves = { baseline: pointsOf([0.7, 0.5]) };
  const titles = (precision: { stills?: PrecisionCurves; video?: PrecisionCurves }) =>
    precisionFigures({ precision }).map((figure) => `${figure}`.match(/<h3>(.*)<\/h3>/)?.[1]);
  const [stills, video] = ["On held-back stills", "On frames of the video with truth"];
  assertEquals(titles({ stills: curves, video: curves }), [stills, video]);
  assertEquals(titles({ stills: curves }), [stills]);
  assertEquals(titles({ video: curves }), [video]);
  assertEquals(titles({ stills: {}, video: { control: pointsOf([NaN]) } }), []);
});

Deno.test("precisionFigures() of both kinds share no id, and draw nothing that is not a number", () => {
  const curves = { baseline: pointsOf([[0.7, NaN], NaN, [0.2, 0.1], [0.1, 0.1], 0.1]) };
  const html = precisionFigures({ precision: { stills: curves, video: curves } }).join("");
  assertNotMatch(html, /NaN|Infinity|undefined/);
  assertEquals(bandsOf(html, "baseline").map((band) => band.length), [4, 4]);
  const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("precisionSources() and hasSpread() tell what a legend has to explain", () => {
  const [one, two] = [pointsOf([0.5]), pointsOf([[0.5, 0.1]])];
  assertEquals(precisionSources({ precision: {} }), []);
  assertEquals(
    precisionSources({
      precision: {
        stills: { consistent: one, control: pointsOf([NaN]) },
        video: { baseline: one },
      },
    }),
    ["baseline", "consistent"],
  );
  assertEquals(hasSpread({ precision: {} }), false);
  assertEquals(hasSpread({ precision: { stills: { baseline: one } } }), false);
  assertEquals(
    hasSpread({ precision: { stills: { baseline: one }, video: { control: two } } }),
    true,
  );
});
