import { assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import type { LabelImage } from "../../../../train/images/image.ts";
import type { FrameView } from "../../../../train/report/data.ts";
import { findingsFigure } from "../../../../train/report/figures/findings_figure.ts";
import { drawSquares } from "../../objects/fixtures/drawings.ts";

type Corner = readonly [x: number, y: number];

interface Drawn {
  readonly truth: readonly Corner[];
  readonly baseline: readonly Corner[];
  readonly consistent: readonly Corner[];
}

function frameOf(
  { truth, baseline, consistent }: Drawn,
  { index = 7, width = 60, height = 50 } = {},
): FrameView {
  const image = { width, height, data: new Float32Array(width * height) };
  const draw = (corners: readonly Corner[]): LabelImage => drawSquares(image, corners);
  return {
    index,
    image,
    labels: { truth: draw(truth), baseline: draw(baseline), consistent: draw(consistent) },
  };
}

const FOUR: Drawn = {
  truth: [[2, 2], [20, 2], [2, 20], [20, 20]],
  baseline: [[3, 2], [20, 2], [50, 40]],
  consistent: [[2, 3], [2, 20]],
};

function draw(...frames: FrameView[]): string {
  const html = `${findingsFigure(frames) || ""}`;
  assertNotMatch(html, /NaN|undefined/);
  return html;
}

/** The rows of the table: name and counts. */
function rowsOf(html: string): string[][] {
  return [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) =>
      cell.replace(/<[^>]*>/g, "")
    )
  );
}

Deno.test("findingsFigure() outlines the true objects, apart by who finds them", () => {
  const html = draw(frameOf(FOUR));
  const picture = html.slice(html.indexOf("<figure"));
  assertEquals([...picture.matchAll(/<path [^>]*>/g)].map(([path]) => path), [
    '<path class="by-both" d="M2 2h6v6h-6z"/>',
    '<path class="by-neither" d="M20 20h6v6h-6z"/>',
    '<path class="by-baseline" d="M20 2h6v6h-6z"/>',
    '<path class="by-consistent" d="M2 20h6v6h-6z"/>',
  ]);
  assertStringIncludes(
    html,
    'aria-label="True objects of frame 7, found by both: 1, ' +
      "found by the consistent model only: 1, found by the baseline only: 1, missed by both: 1",
  );
  assertStringIncludes(html, "The true objects on frame 7, coloured by which model finds them.");
  assertStringIncludes(html, "Dim objects are shown brighter than they are.");
});

Deno.test("findingsFigure() counts in its legend, whose marks are those of the picture", () => {
  const html = draw(frameOf({ ...FOUR, baseline: [] }));
  assertEquals(rowsOf(html), [
    ["True objects", "this frame"],
    ["Found by both", "0"],
    ["Found by the consistent model only, missed by the baseline", "2"],
    ["Found by the baseline only, missed by the consistent model", "0"],
    ["Missed by both", "2"],
  ]);
  const marks = [...html.matchAll(/<th scope="row"><svg.*?class="(by-\w+)"/gs)];
  assertEquals(
    marks.map(([, name]) => name),
    ["by-both", "by-consistent", "by-baseline", "by-neither"],
  );
  // What nobody drew is not in the picture either.
  assertNotMatch(html.slice(html.indexOf("<figure")), /by-both|by-baseline/);
  assertStringIncludes(html, "True objects found, of 4: baseline 0, consistent 2.");
});

Deno.test("findingsFigure() draws the first seed and adds up the counts of all", () => {
  const second = { ...FOUR, baseline: FOUR.truth, consistent: FOUR.truth };
  const frames = [frameOf(FOUR), frameOf(second), frameOf(FOUR)];
  const html = draw(...frames);
  assertEquals(rowsOf(html).map((row) => row.slice(1)), [
    ["this frame", "all 3 seeds"],
    ["1", "6"],
    ["1", "2"],
    ["1", "2"],
    ["1", "2"],
  ]);
  assertEquals(html.match(/<image/g)?.length, 1);
  assertStringIncludes(html, "coloured by which model finds them (the models of the first seed)");
  assertStringIncludes(
    html,
    "True objects found, of 12, added up over 3 seeds: baseline 8, consistent 8.",
  );
});

Deno.test("findingsFigure() names the control only if every seed has one", () => {
  const [first, second] = [frameOf(FOUR), frameOf(FOUR)];
  const withControl = { ...first, labels: { ...first.labels, control: first.labels.truth } };
  assertStringIncludes(draw(withControl), "baseline 2, control 4, consistent 2.");
  assertStringIncludes(draw(withControl, second), "baseline 4, consistent 4.");
});

Deno.test("findingsFigure() shows a small frame whole, without an overview", () => {
  const html = draw(frameOf(FOUR));
  assertStringIncludes(html, '<svg viewBox="0 0 60 50"');
  assertNotMatch(html, /overview/);
});

Deno.test("findingsFigure() enlarges the part of a large frame where the models differ most", () => {
  const crowd = Array.from(
    { length: 30 },
    (_, i): Corner => [10 + 10 * (i % 10), 10 + 10 * (i % 3)],
  );
  const truth = [...crowd, [560, 470], [300, 300], [545, 470]] as const;
  const frame = frameOf(
    { truth, baseline: crowd, consistent: [...crowd, [560, 470], [545, 470]] },
    { width: 600, height: 500 },
  );
  const html = draw(frame);
  assertStringIncludes(html, '<svg viewBox="448 352 128 128"');
  assertStringIncludes(html, '<rect class="window" x="448" y="352" width="128" height="128"/>');
  assertMatch(html, /The whole of frame 7\. .*chosen because\s+the two models differ most there/);
  const [, part, whole] = html.split("<figure");
  assertEquals(part.match(/class="by-\w+"/g), ['class="by-consistent"']);
  assertEquals(whole.match(/class="by-\w+"/g)?.length, 3);
  // The object that both miss is no difference.
  assertStringIncludes(whole, '<path class="by-neither" d="M300 300h6v6h-6z"/>');
});

Deno.test("findingsFigure() says so if the models find the same objects of a large frame", () => {
  const corners: Corner[] = [[20, 20], [300, 300]];
  const frame = frameOf(
    { truth: corners, baseline: corners, consistent: corners },
    { width: 600, height: 500 },
  );
  assertStringIncludes(draw(frame), "the two models find the same ones");
});

Deno.test("findingsFigure() gives nothing without a frame that can be judged", () => {
  const { truth: _, ...labels } = frameOf(FOUR).labels;
  assertEquals(draw(), "");
  assertEquals(draw({ ...frameOf(FOUR), labels }), "");
  assertEquals(draw(frameOf({ ...FOUR, truth: [] })), "");
});

Deno.test("findingsFigure() passes over seeds that cannot be judged", () => {
  const blank = frameOf({ ...FOUR, truth: [] }, { index: 5 });
  const html = draw(blank, frameOf(FOUR));
  assertStringIncludes(html, "on frame 7");
  assertNotMatch(html, /seeds/);
});
