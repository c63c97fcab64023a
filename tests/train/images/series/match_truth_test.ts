import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import { matchTruth, readTruthPair } from "../../../../train/images/series/match_truth.ts";
import { openLabels } from "../../../../train/images/series/truth.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { frameNumbers, imageStem } from "../../../../train/images/names.ts";

type Sequence = Parameters<typeof matchTruth>[0];

/** A label TIFF of one pixel. */
function tiff(id: number): Uint8Array {
  return encodeLabelTiff([{ width: 1, height: 1, data: Uint32Array.of(id) }]);
}

/** A sequence of names without files. */
function sequence(names: string[], { stack = false, path = "folder" } = {}): Sequence {
  const stems = names.map((name) => imageStem(name));
  return {
    path,
    stack,
    length: names.length,
    names,
    stems,
    numbers: stack ? names.map((_, i) => i) : frameNumbers(stems),
  };
}

function pairs(labels: Sequence, truth: Sequence): number[][] {
  return matchTruth(labels, truth).pairs.map((pair) => [pair.label, pair.truth]);
}

Deno.test("matchTruth() matches frame numbers and lists what is left", () => {
  const labels = sequence(["mask000.tif", "mask001.tif", "mask012.tif"]);
  const truth = sequence(["man_seg012.tif", "man_seg0000.tif", "man_seg050.tif"]);
  assertEquals(matchTruth(labels, truth), {
    pairs: [{ label: 0, truth: 1 }, { label: 2, truth: 0 }],
    withoutTruth: ["mask001.tif"],
    withoutLabels: [{ truth: 2, name: "man_seg050.tif", number: 50 }],
    met: "Frames 0, 12 of folder met frames 0, 12 of folder",
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
  const twice = sequence(["man_seg_001_003.tif", "seg_003.tif"]);
  const labels = sequence(["mask003.tif", "mask004.tif"]);
  assertThrows(
    () => matchTruth(labels, twice),
    RangeError,
    "man_seg_001_003.tif and seg_003.tif both belong to frame 3",
  );
});

Deno.test("matchTruth() refuses two sequences with nothing in common", () => {
  const error = assertThrows(
    () => matchTruth(sequence(["mask1.tif", "x.tif"]), sequence(["t2.tif", "t3.tif"])),
    RangeError,
  );
  assert(error.message.includes("mask1.tif") && error.message.includes("t2.tif"));
});

Deno.test("matchTruth() goes by the number that differs, also where it is not the last", () => {
  const labels = sequence(["t000_v2.tif", "t001_v2.tif", "t002_v2.tif"]);
  const truth = sequence(["gt_1_c3.tif", "gt_2_c3.tif"]);
  assertEquals(pairs(labels, truth), [[1, 0], [2, 1]]);
  // The only name of a sequence is read as those of the other are.
  assertEquals(pairs(labels, sequence(["man_seg002_v5.tif"])), [[2, 0]]);
  assertEquals(pairs(sequence(["man_seg002_v5.tif"]), labels), [[0, 2]]);
});

Deno.test("matchTruth() pairs numbers from 0 with numbers from 1, one by one, and says so", () => {
  const labels = sequence(["mask0.tif", "mask1.tif", "mask2.tif"], { path: "res" });
  const truth = sequence(["t1.tif", "t2.tif", "t3.tif"], { path: "gt" });
  for (const [a, b] of [[labels, truth], [truth, labels]]) {
    const { pairs, withoutTruth, withoutLabels } = matchTruth(a, b);
    assertEquals(pairs, [0, 1, 2].map((i) => ({ label: i, truth: i })));
    assertEquals([withoutTruth, withoutLabels], [[], []]);
  }
  assertEquals(matchTruth(labels, truth).met, "Frames 0–2 of res met frames 1–3 of gt");
  // Another shift is a difference in what is there.
  const later = sequence(["t2.tif", "t3.tif", "t4.tif"]);
  assertEquals(pairs(labels, later), [[2, 0]]);
  assertEquals(pairs(sequence(["m1.tif", "m2.tif"]), sequence(["t2.tif", "t3.tif"])), [[1, 0]]);
});

Deno.test("matchTruth() counts pages as the names do where those name the last page", () => {
  const stack = sequence(["a#0", "a#1", "a#2"], { stack: true, path: "a.tif" });
  const fromOne = sequence(["t1.tif", "t3.tif"], { path: "gt" });
  const { pairs: found, met, withoutLabels } = matchTruth(stack, fromOne);
  assertEquals(found, [{ label: 0, truth: 0 }, { label: 2, truth: 1 }]);
  assertEquals(met, "Pages 0, 2 of a.tif met frames 1, 3 of gt");
  assertEquals(withoutLabels, []);
  assertEquals(pairs(fromOne, stack), [[0, 0], [1, 2]]);
  assertEquals(matchTruth(fromOne, stack).withoutLabels, [{ truth: 1, name: "a#1", number: 2 }]);
  assertEquals(pairs(stack, sequence(["t0.tif", "t3.tif"])), [[0, 0]]);
});

Deno.test("matchTruth() says what to do where pages may be counted otherwise than names", () => {
  const stack = sequence(["a#0", "a#1", "a#2", "a#3", "a#4"], { stack: true, path: "a.tif" });
  const truth = sequence(["t1.tif", "t2.tif", "t3.tif"], { path: "gt" });
  assertEquals(
    matchTruth(stack, truth).met,
    "Pages 1–3 of a.tif met frames 1–3 of gt: pages count from 0, so number the files of gt from 0, too",
  );
  const plain = sequence(["t0.tif", "t2.tif"], { path: "gt" });
  assertEquals(matchTruth(stack, plain).met, "Pages 0, 2 of a.tif met frames 0, 2 of gt");
});

Deno.test("matchTruth() says what met by name", () => {
  const labels = sequence(["a.tif", "b.tif", "c.tif"], { path: "res" });
  const truth = sequence(["b.png", "c.png"], { path: "gt" });
  assertEquals(
    matchTruth(labels, truth).met,
    "b.tif to c.tif of res met b.png to c.png of gt, by their names",
  );
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
