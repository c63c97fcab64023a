import {
  assert,
  assertEquals,
  assertLess,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import type { Plane } from "../../../train/images/image.ts";
import { Random } from "../../../train/images/random.ts";
import type { ReportData } from "../../../train/report/data.ts";
import { renderCurves, renderReport } from "../../../train/report/report.ts";
import { relativeSteps } from "../../../train/report/figures/time_plots.ts";
import { drawSquares } from "../objects/fixtures/drawings.ts";

const EMPTY: ReportData = {
  title: "A run",
  created: "1 May 2026",
  settings: {},
  versions: {},
  adapter: "some adapter",
  seeds: [1],
  curves: [],
  table: { columns: [], rows: [] },
  precision: {},
  judged: [],
  frames: [],
  area: {},
  objects: {},
  notes: [],
};

function noise(width: number, height: number, seed: number): Plane {
  const random = new Random(seed);
  const data = Float32Array.from({ length: width * height }, () => random.poisson(20));
  return { width, height, data };
}

function fullReport(): ReportData {
  const frames = [4, 5, 6].map((index) => {
    const image = noise(60, 50, index);
    const steady = drawSquares(image, [[10, 10], [30, 20]]);
    const flickering = drawSquares(image, index === 5 ? [[10, 10]] : [[10, 10], [30, 20]]);
    return {
      index,
      image,
      labels: { baseline: flickering, control: flickering, consistent: steady, truth: steady },
    };
  });
  const precision = (mean: number) =>
    [0.5, 0.55, 0.6].map((iou) => ({ iou, precision: { mean: mean - iou / 2, sd: 0.01 } }));
  const curves = {
    baseline: precision(0.9),
    control: precision(0.91),
    consistent: precision(0.95),
  };
  const values = (mean: number) => ({ ap: { mean, sd: 0.0104 }, area: { mean: mean / 40 } });
  return {
    ...EMPTY,
    seeds: [1, 2],
    settings: { model: "unet", adam: { rate: 0.0003 } },
    versions: { kymo: "0.1.0" },
    curves: [
      { name: "segmentation loss", model: "baseline", points: [[0, 0.9], [100, 0.4]] },
      { name: "something else", model: "consistent", points: [[0, 1], [50, 2]] },
    ],
    table: {
      columns: [
        { key: "ap", label: "AP 0.5", better: "higher", headline: true },
        { key: "area", label: "Area change", better: "truth", digits: 4 },
      ],
      rows: [
        { source: "baseline", values: values(0.6543) },
        { source: "control", values: values(0.6612) },
        { source: "consistent", values: values(0.7071) },
        { source: "truth", values: { area: { mean: 0.0123 } } },
      ],
    },
    precision: { stills: curves, video: curves },
    judged: frames.slice(1, 2),
    frames,
    area: { baseline: [72, 36, 72], consistent: [72, 72, 72], truth: [72, NaN, 72] },
    objects: { baseline: [2, 1, 2], consistent: [2, 2, 2] },
    notes: ["The mean probability moved by 23 %"],
  };
}

/** Every opened element is closed, in order; elements of HTML without an end tag are known. */
function assertBalanced(text: string): void {
  const open: string[] = [];
  for (const [tag, slash, name] of text.matchAll(/<(\/?)([a-zA-Z][\w-]*)(?:"[^"]*"|[^">])*>/g)) {
    if (tag.endsWith("/>") || ["meta", "br"].includes(name)) continue;
    if (slash) assertEquals(open.pop(), name, `before </${name}>`);
    else open.push(name);
  }
  assertEquals(open, []);
}

/** No address leads out of the page: no script, no style sheet, no picture from elsewhere. */
function assertSelfContained(html: string): void {
  for (const [, address] of html.matchAll(/\b(?:src|href|srcset|action)="([^"]*)"/g)) {
    assert(/^(#|data:image\/png;base64,)/.test(address), address);
  }
  for (const [, address] of html.matchAll(/url\(([^)]*)\)/g)) {
    assert(address.startsWith("#"), address);
  }
  assertNotMatch(html, /<script|<link|<iframe|@import|javascript:|\son\w+="/i);
}

Deno.test("renderReport() gives a page of its own with all sections in order", () => {
  const html = renderReport(fullReport());
  assert(html.startsWith('<!doctype html>\n<html lang="en">'));
  assertBalanced(html);
  assertSelfContained(html);
  const headings = [...html.matchAll(/<h[12]>(.*?)<\/h[12]>/g)].map(([, text]) => text);
  assertEquals(headings, [
    "A run",
    "Please note",
    "Accuracy and flicker",
    "Average precision over IoU",
    "Who finds what",
    "Frame by frame",
    "Over the whole video",
    "Training",
  ]);
});

Deno.test("renderReport() shows numbers, seeds, settings, versions and warnings", () => {
  const text = renderReport(fullReport()).replace(/<[^>]*>/g, "");
  for (
    const part of [
      ...["0.707 ± 0.010", "0.661 ± 0.010", "+6.9 %", "0.0177", "0.0123", "higher is better"],
      ...["seeds 1, 2", "some adapter", "1 May 2026", "rate", "0.0003", "kymo", "0.1.0"],
      ...["The mean probability moved by 23 %", "Something else", "over 2 seeds"],
      ...["largest difference: +0.040 at IoU 0.5", "± one standard deviation"],
      ...["True objects found, of 2: baseline 1, control 1, consistent 2."],
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("renderReport() shows what to know about the table below it", () => {
  const report = fullReport();
  const notes = ["No control was trained (--no-control)"];
  const html = renderReport({ ...report, table: { ...report.table, notes } });
  assertStringIncludes(html, "<strong>No control was trained (--no-control).</strong>");
  assertBalanced(html);
});

Deno.test("renderReport() marks objects that are new and gone, and says so in words", () => {
  const html = renderReport(fullReport());
  const labels = [...html.matchAll(/aria-label="([^"]*, frame [^"]*)"/g)].map(([, text]) => text);
  assertEquals(labels, [
    "Baseline, frame 4: 2 objects",
    "Control, frame 4: 2 objects",
    "Consistent, frame 4: 2 objects",
    "Baseline, frame 5: 1 object, 1 gone",
    "Control, frame 5: 1 object, 1 gone",
    "Consistent, frame 5: 2 objects",
    "Baseline, frame 6: 2 objects, 1 new",
    "Control, frame 6: 2 objects, 1 new",
    "Consistent, frame 6: 2 objects",
  ]);
  assertStringIncludes(html, '<path class="vanished" d="M30 20h6v6h-6z"/>');
  assertStringIncludes(html, '<path class="appeared" d="M30 20h6v6h-6z"/>');
  assertStringIncludes(html, '<path class="truth" d="M10 10h6v6h-6zM30 20h6v6h-6z"/>');
});

Deno.test("renderReport() embeds every frame of a strip once, however many models there are", () => {
  const html = renderReport(fullReport());
  assertEquals(html.match(/data:image\/png/g)?.length, 3 + 1); // and the judged frame
  assertEquals(html.match(/<use href="#frame0-1"\/>/g)?.length, 2);
  const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  assertEquals(new Set(ids).size, ids.length);
  for (const [, id] of html.matchAll(/(?:href="|url\()#([\w-]+)/g)) assert(ids.includes(id), id);
});

Deno.test("renderReport() escapes every text it is given", () => {
  const evil = `<script>alert("x")</script>&'`;
  const report = fullReport();
  const html = renderReport({
    ...report,
    title: evil,
    created: evil,
    adapter: evil,
    notes: [evil],
    settings: { [evil]: { [evil]: evil, list: [evil] } },
    versions: { [evil]: evil },
    curves: [{ name: evil, model: "baseline", points: [[0, 1], [1, 2]] }],
    table: {
      ...report.table,
      columns: [{ key: "ap", label: evil, unit: evil, about: evil, group: evil, headline: true }],
    },
  });
  assertBalanced(html);
  assertSelfContained(html);
  assertNotMatch(html, /alert\("/);
  assert(html.split("&lt;script&gt;").length > 12);
});

Deno.test("renderReport() leaves out sections without data", () => {
  const html = renderReport({ ...EMPTY, seeds: [] });
  assertBalanced(html);
  assertNotMatch(html, /<h2>|<figure|seed/);
  assertStringIncludes(html, "1 May 2026 · computed on some adapter");
});

Deno.test("renderReport() works without truth, control and curves", () => {
  const report = fullReport();
  const html = renderReport({
    ...report,
    seeds: [7],
    curves: [],
    table: {
      ...report.table,
      rows: report.table.rows.filter(({ source }) => /ba|cons/.test(source)),
    },
    frames: report.frames.map(({ labels: { baseline, consistent }, ...frame }) => ({
      ...frame,
      labels: { baseline, consistent },
    })),
    precision: {},
    judged: report.judged.map(({ labels: { baseline, consistent }, ...frame }) => ({
      ...frame,
      labels: { baseline, consistent },
    })),
    area: { baseline: [1, 2] },
    objects: {},
  });
  assertBalanced(html);
  assertNotMatch(html.replace(/<style>[^]*?<\/style>/, ""), /control|truth|<h2>Training/i);
  assertStringIncludes(html, "Consistent<br>against baseline");
  assertStringIncludes(html, "come from one seed");
});

Deno.test("renderReport() shows pictures alone where no model has labels", () => {
  const frames = fullReport().frames.map((frame) => ({ ...frame, labels: {} }));
  const html = renderReport({ ...EMPTY, frames });
  assertBalanced(html);
  assertEquals(html.match(/<image/g)?.length, 3);
});

Deno.test("renderReport() survives numbers that are not numbers, and pictures without contrast", () => {
  const report = fullReport();
  const blank = { width: 60, height: 50, data: new Float32Array(3000).fill(NaN) };
  const nan = { ap: { mean: NaN, sd: NaN }, area: { mean: Infinity } };
  const html = renderReport({
    ...report,
    curves: [
      { name: "segmentation loss", model: "baseline", points: [] },
      { name: "validation AP", model: "control", points: [[0, NaN], [1, Infinity]] },
      { name: "mean probability", model: "consistent", points: [[0, NaN], [1, 0.1], [2, NaN]] },
    ],
    table: {
      ...report.table,
      rows: report.table.rows.map(({ source }) => ({ source, values: nan })),
    },
    precision: { stills: { baseline: [{ iou: 0.5, precision: nan.ap }], consistent: [] } },
    judged: report.judged.map((frame) => ({ ...frame, image: blank })),
    frames: report.frames.map((frame) => ({ ...frame, image: blank })),
    area: { baseline: [NaN, NaN], consistent: [], truth: [0, 0] },
    objects: { control: [NaN, 3] },
  });
  assertBalanced(html);
  assertNotMatch(html, /NaN|Infinity|undefined/);
  assertNotMatch(html, /<h3>(Segmentation|Validation)/);
  assertStringIncludes(html, "<h3>Mean probability</h3>");
});

Deno.test("renderReport() stays small for a large video", () => {
  const image = noise(1400, 1100, 1);
  const corners = Array.from(
    { length: 2000 },
    (_, i) => [1 + 25 * (i % 55), 1 + 25 * Math.floor(i / 55)] as const,
  );
  const labels = drawSquares(image, corners);
  const frames = [0, 1, 2].map((index) => ({
    index,
    image,
    labels: { baseline: labels, consistent: labels },
  }));
  const judged = frames.slice(0, 1).map((frame) => ({
    ...frame,
    labels: { ...frame.labels, truth: labels },
  }));
  const html = renderReport({ ...EMPTY, frames, judged });
  assertLess(html.length, 3e6);
  assertStringIncludes(html, "The whole of frame 0, outlined by the consistent model");
});

Deno.test("renderCurves() gives an SVG file by itself", () => {
  const svg = renderCurves([
    ...fullReport().curves,
    { name: "segmentation loss", model: "control", points: [[100, 0.4], [200, 0.3]] },
  ]);
  assert(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"'));
  assertBalanced(svg);
  assertSelfContained(svg);
  assertNotMatch(svg, /var\(/); // no style sheet around it
  assertEquals(
    [...svg.matchAll(/>(Segmentation loss|Something else|Baseline|Control|Consistent)</g)].length,
    5,
  );
});

Deno.test("renderCurves() without any value says so", () => {
  for (const points of [[], [[0, NaN]]] as const) {
    const svg = renderCurves([{ name: "validation AP", model: "baseline", points }]);
    assertBalanced(svg);
    assertStringIncludes(svg, "No training curve was recorded");
  }
});

Deno.test("relativeSteps() are in per cent of the mean, and unknown next to gaps", () => {
  assertEquals(relativeSteps([100, 110, 90]), [NaN, 10, -20]);
  assertEquals(relativeSteps([100, NaN, 100, 100]), [NaN, NaN, NaN, 0]);
  assertEquals(relativeSteps([]), []);
});
