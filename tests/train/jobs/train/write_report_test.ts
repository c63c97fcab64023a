import { assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import type { Channels, LabelImage } from "../../../../train/images/image.ts";
import { defaultConfig } from "../../../../train/jobs/train/config.ts";
import type { TrainingVideo } from "../../../../train/learn/training_set.ts";
import { writeReport } from "../../../../train/jobs/train/write_report.ts";
import { RunFolder } from "../../../../train/jobs/disk/run_folder.ts";
import { evaluateFrames } from "../../../../train/objects/scores/evaluate.ts";
import type { SeedResults } from "../../../../train/report/results.ts";
import { resultsTable } from "../../../../train/report/results_table.ts";
import { withFolder } from "../../fixtures/temporary.ts";

const SIZE = { width: 40, height: 30 };
const FRAMES = [0, 1, 2, 3, 4];

/** One object of a few rows. */
function object(rows: number): LabelImage {
  return { ...SIZE, data: new Uint32Array(1200).fill(1, 0, 40 * rows) };
}

/** What a baseline achieved that draws an object of 5 rows instead of 6. */
async function results(): Promise<SeedResults> {
  const labels = object(5);
  return {
    baseline: {
      stills: null,
      video: await evaluateFrames(
        FRAMES.map((number) => ({ number, labels, truth: object(6) })),
      ),
      filtered: null,
      tuned: null,
      shown: new Map([[0, labels], [1, labels], [2, labels]]),
      judged: { index: 3, labels },
    },
  };
}

/** A video of three planes each, and the numbers of the frames that were asked of it. */
function video(): { video: TrainingVideo; read: number[] } {
  const read: number[] = [];
  const image: Channels = { ...SIZE, channels: 3, data: new Float32Array(3600) };
  const frame = (i: number) => {
    read.push(i);
    return Promise.resolve(image);
  };
  const frames = { ...SIZE, channels: 3, length: FRAMES.length, frame };
  const truth = new Map(FRAMES.map((i) => [i, object(6)]));
  return { video: { name: "cells & more", frames, truth, markers: new Map() }, read };
}

Deno.test("writeReport() writes page and curves of what is in the folders and what was measured", async () => {
  await withFolder({}, async (path) => {
    const parent = new RunFolder(path);
    const folders = [0, 1].map((i) => new RunFolder(`${path}/seed-${i}`));
    for (const [i, folder] of folders.entries()) {
      await folder.create();
      await folder.appendMetrics([
        { type: "step", stage: "baseline", kind: "segmentation", step: 1, loss: 0.5 },
        { type: "warning", stage: "baseline", step: 1, text: `It <collapses>, ${i}` },
      ]);
    }
    const { video: first, read } = video();
    const seeds = [await results(), await results()];
    await writeReport({
      parent,
      folders,
      config: { ...defaultConfig, seed: 5 },
      set: { videos: [first], warnings: [], notes: ["A note"] },
      table: resultsTable(seeds),
      results: seeds,
      adapter: "some adapter",
    });
    assertStringIncludes(await Deno.readTextFile(parent.file("curves.svg")), "Segmentation loss");
    const html = await Deno.readTextFile(parent.file("report.html"));
    assertNotMatch(html, /NaN|Infinity|undefined/);
    assertStringIncludes(html, "<h1>Segmentation of cells &amp; more</h1>");
    assertStringIncludes(
      html,
      "<li>It &lt;collapses&gt;, 0</li><li>It &lt;collapses&gt;, 1</li><li>A note</li>",
    );
    assertStringIncludes(html, "seeds 5, 6");
    assertStringIncludes(html, "computed on some adapter");
    assertStringIncludes(html, `<td>${Deno.version.deno}</td>`);
    assertEquals(html.match(/aria-label="Baseline, frame \d/g)?.length, 3);
    assertEquals(read, [0, 1, 2, 3]);
  });
});

Deno.test("writeReport() of a run without a video is titled by its stills", async () => {
  await withFolder({}, async (path) => {
    const parent = new RunFolder(path);
    const stills = { ap50: 0.5, meanAp: 0.25, accuracies: Array(10).fill(0.25) };
    const nothing = { video: null, filtered: null, tuned: null, shown: new Map(), judged: null };
    const seeds: SeedResults[] = [{ baseline: { stills, ...nothing } }];
    await writeReport({
      parent,
      folders: [parent],
      config: defaultConfig,
      set: { videos: [], warnings: [], notes: [] },
      table: resultsTable(seeds),
      results: seeds,
      adapter: "some adapter",
    });
    assertStringIncludes(
      await Deno.readTextFile(parent.file("report.html")),
      "<h1>Segmentation of stills</h1>",
    );
  });
});
