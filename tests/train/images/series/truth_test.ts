import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import {
  type LabelSequence,
  matchTruth,
  openLabels,
  readTruthPair,
} from "../../../../train/images/series/truth.ts";
import { IGNORED_LABEL } from "../../../../train/images/image.ts";
import { imageStem } from "../../../../train/images/names.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

/** A label TIFF whose pages have the given ids as their only pixels. */
function tiff(...pages: number[]): Uint8Array {
  return encodeLabelTiff(pages.map((id) => ({ width: 1, height: 1, data: Uint32Array.of(id) })));
}

/** A sequence of names without files. */
function sequence(names: string[], { stack = false } = {}): LabelSequence {
  const number = (name: string, i: number) => stack ? i : Number(name.match(/\d+/g)?.at(-1) ?? NaN);
  return {
    path: "folder",
    stack,
    length: names.length,
    names,
    stems: names.map((name) => imageStem(name)),
    numbers: names.map(number).map((n) => Number.isNaN(n) ? null : n),
    frame: () => Promise.reject(new Error("not read")),
  };
}

function pairs(labels: LabelSequence, truth: LabelSequence): number[][] {
  return matchTruth(labels, truth).pairs.map((pair) => [pair.label, pair.truth]);
}

Deno.test("openLabels() opens a folder, a stack and a single image", async () => {
  const files = {
    "res/mask010.tif": tiff(10),
    "res/mask002.tif": tiff(2),
    "all.tif": tiff(5, 70000),
  };
  await withFolder(files, async (path) => {
    const folder = await openLabels(disk, join(path, "res"));
    assertEquals([folder.names, folder.numbers], [["mask002.tif", "mask010.tif"], [2, 10]]);
    assertEquals([...(await folder.frame(1)).data], [10]);
    const stack = await openLabels(disk, join(path, "all.tif"));
    assertEquals([stack.stack, stack.names, stack.numbers], [true, ["all.tif#0", "all.tif#1"], [
      0,
      1,
    ]]);
    assertEquals([...(await stack.frame(1)).data], [70000]);
    const single = await openLabels(disk, join(path, "res", "mask010.tif"));
    assertEquals([single.stack, single.length, single.numbers], [false, 1, [10]]);
  });
});

Deno.test("openLabels() merges the objects into one when asked", async () => {
  const files = { "res/mask010.tif": tiff(10), "res/mask011.tif": tiff(0), "all.tif": tiff(5, 0) };
  await withFolder(files, async (path) => {
    for (const name of ["res", "all.tif"]) {
      const { frame, names } = await openLabels(disk, join(path, name), { mergeInstances: true });
      assertEquals(names.length, 2);
      assertEquals([...(await frame(0)).data, ...(await frame(1)).data], [1, 0]);
    }
  });
});

Deno.test("openLabels() leaves out the pixels that hold the number to ignore", async () => {
  const files = { "res/mask010.tif": tiff(10), "all.tif": tiff(5, 10) };
  await withFolder(files, async (path) => {
    const options = { ignoreLabel: 10 };
    const folder = await openLabels(disk, join(path, "res"), options);
    const stack = await openLabels(disk, join(path, "all.tif"), options);
    assertEquals([...(await folder.frame(0)).data], [IGNORED_LABEL]);
    assertEquals([...(await stack.frame(0)).data, ...(await stack.frame(1)).data], [
      ...[5, IGNORED_LABEL],
    ]);
  });
});

Deno.test("openLabels() refuses an empty folder, a missing path and stacks in a folder", async () => {
  await withFolder({ "a.txt": "", "res/a.tif": tiff(1, 2) }, async (path) => {
    await assertRejects(() => openLabels(disk, path), RangeError, "no PNG or TIFF files");
    await assertRejects(() => openLabels(disk, join(path, "no")), Deno.errors.NotFound);
    const labels = await openLabels(disk, join(path, "res"));
    await assertRejects(() => labels.frame(0), RangeError, "it has 2 pages");
  });
});

Deno.test("matchTruth() matches frame numbers and lists what is left", () => {
  const labels = sequence(["mask000.tif", "mask001.tif", "mask012.tif"]);
  const truth = sequence(["man_seg012.tif", "man_seg0000.tif", "man_seg050.tif"]);
  assertEquals(matchTruth(labels, truth), {
    pairs: [{ label: 0, truth: 1 }, { label: 2, truth: 0 }],
    withoutTruth: ["mask001.tif"],
    withoutLabels: [{ truth: 2, name: "man_seg050.tif", number: 50 }],
  });
});

Deno.test("matchTruth() matches equal names and then ignores numbers", () => {
  const labels = sequence(["c1.tif", "b7.png", "x3.tif"]);
  const truth = sequence(["b7.tif", "y3.tif", "c1.tif"]);
  assertEquals(pairs(labels, truth), [[0, 2], [1, 0]]);
});

Deno.test("matchTruth() pairs a stack with as many images in order, else by number from 0", () => {
  const stack = sequence(["a#0", "a#1", "a#2"], { stack: true });
  assertEquals(pairs(stack, sequence(["t1.tif", "t2.tif", "t3.tif"])), [[0, 0], [1, 1], [2, 2]]);
  assertEquals(pairs(stack, sequence(["t1.tif", "t2.tif"])), [[1, 0], [2, 1]]);
  assertEquals(pairs(stack, sequence(["b#0", "b#1"], { stack: true })), [[0, 0], [1, 1]]);
});

Deno.test("matchTruth() pairs two single images whatever their names", () => {
  assertEquals(pairs(sequence(["predicted.tif"]), sequence(["truth.tif"])), [[0, 0]]);
});

Deno.test("matchTruth() refuses a number that occurs twice and names both files", () => {
  const twice = sequence(["man_seg_001_003.tif", "man_seg_002_003.tif"]);
  const labels = sequence(["mask003.tif", "mask004.tif"]);
  assertThrows(
    () => matchTruth(labels, twice),
    RangeError,
    "man_seg_001_003.tif and man_seg_002_003",
  );
});

Deno.test("matchTruth() refuses two sequences with nothing in common", () => {
  const error = assertThrows(
    () => matchTruth(sequence(["mask1.tif", "x.tif"]), sequence(["t2.tif", "t3.tif"])),
    RangeError,
  );
  assert(error.message.includes("mask1.tif") && error.message.includes("t2.tif"));
});

Deno.test("readTruthPair() reads both images and names both if sizes differ", async () => {
  const wide = encodeLabelTiff([{ width: 2, height: 1, data: Uint32Array.of(1, 2) }]);
  const files = {
    "res/m0.tif": tiff(3),
    "res/m1.tif": tiff(3),
    "gt/t0.tif": tiff(4),
    "gt/t1.tif": wide,
  };
  await withFolder(files, async (path) => {
    const sequences = {
      labels: await openLabels(disk, join(path, "res")),
      truth: await openLabels(disk, join(path, "gt")),
    };
    const { pairs } = matchTruth(sequences.labels, sequences.truth);
    const first = await readTruthPair(pairs[0], sequences);
    assertEquals([...first.labels.data, ...first.truth.data], [3, 4]);
    const error = await assertRejects(() => readTruthPair(pairs[1], sequences), RangeError, "1x1");
    assert(error.message.includes(join("res", "m1.tif")));
    assert(error.message.includes(join("gt", "t1.tif") + " (2x1)"));
  });
});
