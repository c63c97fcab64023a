import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { encodeLabelTiff } from "../../../train/images/formats/encode.ts";
import type { LabelImage } from "../../../train/images/image.ts";
import { evaluateFiles, type EvaluateFilesOptions } from "../../../train/jobs/evaluate_files.ts";
import { withFolder } from "../fixtures/temporary.ts";
import { labelsOf, type Rectangle } from "../fixtures/models/threshold_model.ts";

const A: Rectangle = { x: 1, y: 1, width: 3, height: 2 };
const B: Rectangle = { x: 6, y: 2, width: 4, height: 3 };
const C: Rectangle = { x: 2, y: 6, width: 5, height: 2 };

const RATES = ["area_change", "dice_instability", "birth_rate", "death_rate", "blink_rate"];
const FLICKER = [...RATES, "rests_on", "objects_per_frame", "area_per_frame"];
const MATCHING = [
  ...["tp", "fp", "fn", "n_true", "n_pred", "precision", "recall", "accuracy", "f1"],
  ...["mean_true_score", "mean_matched_score", "panoptic_quality"],
];
const THRESHOLDS = "0.5 0.55 0.6 0.65 0.7 0.75 0.8 0.85 0.9 0.95".split(" ");

function image(...rectangles: Rectangle[]): Uint8Array<ArrayBuffer> {
  return encodeLabelTiff([labelsOf(rectangles)]);
}

function stack(...frames: Rectangle[][]): Uint8Array<ArrayBuffer> {
  return encodeLabelTiff(frames.map(labelsOf));
}

/** An image of another size. */
function small(): Uint8Array<ArrayBuffer> {
  const labels: LabelImage = { width: 4, height: 3, data: new Uint32Array(12) };
  return encodeLabelTiff([labels]);
}

type Paths = { labels: string; truth?: string; markers?: string; out?: string };

function under(folder: string, paths: Paths): EvaluateFilesOptions {
  const full = Object.entries(paths).map(([key, path]) => [key, `${folder}/${path}`]);
  return Object.fromEntries(full);
}

/** Evaluates files given by their paths in a folder. */
async function evaluate(files: Record<string, Uint8Array>, paths: Paths) {
  return await withFolder(files, (folder) => evaluateFiles(under(folder, paths)));
}

function keys(value: object | undefined): string[] {
  return Object.keys(value ?? {}).toSorted();
}

Deno.test("evaluateFiles() writes the keys that scripts rely on", async () => {
  const files = {
    "labels/t000.tif": image(A),
    "labels/t001.tif": image(A, B),
    "truth/t000.tif": image(A),
    "truth/t001.tif": image(A, B),
  };
  await withFolder(files, async (folder) => {
    const paths = under(folder, { labels: "labels", truth: "truth", out: "scores.json" });
    const evaluation = await evaluateFiles({ ...paths, markers: paths.truth });
    const text = await Deno.readTextFile(`${folder}/scores.json`);
    const written = JSON.parse(text);
    assertEquals(written, evaluation, "the file holds what is returned, nothing is NaN");
    assertEquals(text.at(-1), "\n");
    assertEquals(keys(written), [
      ...["ctc", "dots", "flicker", "flicker_excess", "flicker_on_truth_pairs", "flicker_truth"],
      ...["frames", "frames_with_markers", "frames_with_truth", "frames_without_labels"],
      ...["frames_without_truth", "matching", "mean_ap", "notes"],
    ]);
    assertEquals(keys(written.ctc), ["DET", "SEG"]);
    assertEquals(keys(written.matching), THRESHOLDS);
    for (const threshold of THRESHOLDS) {
      assertEquals(keys(written.matching[threshold]), MATCHING.toSorted());
    }
    for (const name of ["flicker", "flicker_truth", "flicker_on_truth_pairs"]) {
      assertEquals(keys(written[name]), [...FLICKER, "pairs"].toSorted());
    }
    assertEquals(keys(written.flicker_excess), RATES.toSorted());
  });
});

Deno.test("evaluateFiles() gives a perfect prediction 1, and no more flicker than the truth", async () => {
  const frames = { "t000.tif": image(A), "t001.tif": image(A, B), "t002.tif": image(A, B, C) };
  const files = Object.fromEntries(
    Object.entries(frames).flatMap(([name, bytes]) => [[`a/${name}`, bytes], [`b/${name}`, bytes]]),
  );
  const evaluation = await evaluate(files, { labels: "a", truth: "b" });
  assertEquals([evaluation.frames, evaluation.frames_without_truth], [3, 0]);
  for (const scores of Object.values(evaluation.matching ?? {})) {
    assertEquals([scores.tp, scores.fp, scores.fn, scores.accuracy], [6, 0, 0, 1]);
  }
  assertEquals(evaluation.mean_ap, 1);
  assertEquals(evaluation.ctc, { SEG: 1, DET: 1 });
  assertEquals(evaluation.flicker_truth, evaluation.flicker);
  assertEquals(evaluation.flicker.objects_per_frame, [1, 2, 3]);
  assertEquals(evaluation.flicker.area_per_frame, [6, 18, 28]);
  assertEquals(Object.values(evaluation.flicker_excess ?? {}), [0, 0, 0, 0, 0]);
});

Deno.test("evaluateFiles() without truth measures flicker alone", async () => {
  const evaluation = await evaluate({ "v.tif": stack([A], [A]) }, { labels: "v.tif" });
  assertEquals(keys(evaluation), ["flicker", "frames"]);
  assertEquals(evaluation.frames, 2);
});

Deno.test("evaluateFiles() takes DET from the markers, also without truth", async () => {
  const dot = { width: 1, height: 1 };
  const markers = image({ x: 2, y: 1, ...dot }, { x: 7, y: 3, ...dot });
  const files = { "l/0.tif": image(A, C), "m/0.tif": markers, "t/0.tif": image(A, C) };
  // One of two markers is missed (10) and one object hits none (1): 1 - 11 / 20.
  assertEquals((await evaluate(files, { labels: "l", markers: "m" })).ctc, { DET: 1 - 11 / 20 });
  const both = await evaluate(files, { labels: "l", truth: "t", markers: "m" });
  assertEquals(both.ctc, { SEG: 1, DET: 1 - 11 / 20 });
});

Deno.test("evaluateFiles() matches frames by number and counts those without truth", async () => {
  const files = {
    "res/mask010.tif": image(A),
    "res/mask011.tif": image(A, B),
    "res/mask012.tif": image(B),
    "seg/man_seg012.tif": image(B),
    "seg/man_seg011.tif": image(A, C),
  };
  const evaluation = await evaluate(files, { labels: "res", truth: "seg" });
  assertEquals([evaluation.frames, evaluation.frames_without_truth], [3, 1]);
  const { tp, fp, fn } = evaluation.matching!["0.5"];
  assertEquals({ tp, fp, fn }, { tp: 2, fp: 1, fn: 1 });
  assertEquals(evaluation.ctc?.SEG, 2 / 3);
  assertEquals(evaluation.flicker.pairs, 2);
  assertEquals(evaluation.flicker_truth?.pairs, 1);
});

Deno.test("evaluateFiles() counts what truth and markers have and the labels lack as missed, frame by frame", async () => {
  const frames = [0, 1, 2, 3].map((i) => [`seg/man_seg00${i}.tif`, image(A)]);
  const files = {
    "res/mask001.tif": image(A),
    "res/mask002.tif": image(A),
    ...Object.fromEntries(frames),
    "tra/man_track002.tif": image(A),
    "tra/man_track003.tif": image(A, B),
    "tra/man_track009.tif": image(A),
  };
  const paths = { labels: "res", truth: "seg", markers: "tra" };
  const evaluation = await evaluate(files, paths);
  // Frames 0, 3 and 9; the truth and the markers of frame 3 are one frame.
  assertEquals([evaluation.frames, evaluation.frames_without_labels], [2, 3]);
  assertEquals([evaluation.frames_with_truth, evaluation.frames_with_markers], [4, 3]);
  assertEquals(evaluation.ctc, { SEG: 0.5, DET: 1 / 4 });
  assertEquals(evaluation.matching!["0.5"].fn, 2);
  assertEquals([evaluation.flicker.pairs, evaluation.flicker_truth!.pairs], [1, 1]);
  // Names that have no place among the labels are missed all the same.
  const named = {
    "l/a.tif": image(A),
    "l/b.tif": image(A),
    "t/b.tif": image(A),
    "t/c.tif": image(B),
  };
  const byName = await evaluate(named, { labels: "l", truth: "t" });
  assertEquals([byName.frames_without_labels, byName.ctc], [1, { SEG: 0.5, DET: 0.5 }]);
});

Deno.test("evaluateFiles() counts frames without labels in its progress, too", async () => {
  const frames = Object.fromEntries([0, 1, 2, 3].map((i) => [`t/t${i}.tif`, image(A)]));
  await withFolder({ "l/t1.tif": image(A), "l/t2.tif": image(A), ...frames }, async (folder) => {
    const progress = { what: "", done: 0, total: null };
    await evaluateFiles({ ...under(folder, { labels: "l", truth: "t" }), progress });
    assertEquals([progress.done, progress.total], [4, 4]);
  });
});

Deno.test("evaluateFiles() measures stills of several sizes, which are no neighbours", async () => {
  const files = {
    "l/9f.tif": image(A),
    "l/a0.tif": small(),
    "l/c3.tif": image(A, B),
    "t/9f.tif": image(A),
    "t/a0.tif": small(),
    "t/c3.tif": image(A),
    "t/d4.tif": image(B),
  };
  const { notes, ...stills } = await evaluate(files, { labels: "l", truth: "t" });
  assertEquals([stills.frames, stills.frames_with_truth, stills.frames_without_labels], [3, 4, 1]);
  assertEquals([stills.flicker.pairs, stills.flicker.area_change], [0, null]);
  assertMatch(notes![0], /9f.tif to c3.tif of \S*l met 9f.tif to c3.tif of \S*t, by their names$/);
  assertMatch(notes![1], /l has no labels for d4.tif of/);
  assertMatch(
    notes![2],
    /l: its 3 images are of several sizes, so each stands for itself: there is/,
  );
  // Truth is of the size of its labels all the same.
  const wrong = evaluate({ ...files, "t/a0.tif": image(A) }, { labels: "l", truth: "t" });
  await assertRejects(() => wrong, RangeError, "a0.tif");
});

Deno.test("evaluateFiles() takes a folder with one stack for the stack, as predict writes it", async () => {
  const files = { "l/v.tif": stack([A], [A]), "t.tif": stack([A], [A]) };
  const { frames, flicker, mean_ap } = await evaluate(files, { labels: "l", truth: "t.tif" });
  assertEquals([frames, flicker.pairs, mean_ap], [2, 1, 1]);
});

Deno.test("evaluateFiles() names a file of another size that has no labels", async () => {
  const files = { "l/t1.tif": image(A), "t/t1.tif": image(A), "t/t2.tif": small() };
  const evaluated = evaluate(files, { labels: "l", truth: "t" });
  await assertRejects(() => evaluated, RangeError, "t2.tif is 4x3, t1.tif is 13x9");
});

Deno.test("evaluateFiles() takes gaps in the frame numbers for gaps", async () => {
  const files = { "v/t1.tif": image(A), "v/t2.tif": image(A), "v/t9.tif": image(B) };
  assertEquals((await evaluate(files, { labels: "v" })).flicker.pairs, 1);
  const inside = { "v/t1_c2.tif": image(A), "v/t2_c2.tif": image(A), "v/t9_c2.tif": image(B) };
  const { flicker, notes } = await evaluate(inside, { labels: "v" });
  assertEquals(flicker.pairs, 1);
  assert(
    notes![0].endsWith("v: frames 3–8 are missing: frames 2 and 9 are no neighbours"),
    notes![0],
  );
  // Truth between the labels says that they are no neighbours.
  const every2nd = {
    "v/t0.tif": image(A),
    "v/t2.tif": image(A),
    "t/s0.tif": image(A),
    "t/s1.tif": image(A),
  };
  assertEquals((await evaluate(every2nd, { labels: "v" })).flicker.pairs, 1);
  assertEquals((await evaluate(every2nd, { labels: "v", truth: "t" })).flicker.pairs, 0);
  const unnumbered = { "v/a.tif": image(A), "v/b.tif": image(A), "v/c.tif": image(B) };
  const inOrder = await evaluate(unnumbered, { labels: "v" });
  assertEquals(inOrder.flicker.pairs, 2);
  assertMatch(
    inOrder.notes!.join(),
    /v: its 3 images are not numbered one after the other; flicker/,
  );
});

Deno.test("evaluateFiles() compares a stack with a folder of as many images", async () => {
  const files = { "l.tif": stack([A], [B]), "t/x7.tif": image(A), "t/x9.tif": image(B) };
  assertEquals((await evaluate(files, { labels: "l.tif", truth: "t" })).mean_ap, 1);
  assertEquals((await evaluate(files, { labels: "t", truth: "l.tif" })).mean_ap, 1);
});

Deno.test("evaluateFiles() says which frames met which, and takes numbers that are not the last", async () => {
  const files = {
    "res/t000_v2.tif": image(A),
    "res/t001_v2.tif": image(B),
    "gt/seg_1_man.tif": image(A),
    "gt/seg_2_man.tif": image(B),
    "one/seg_1_man3.tif": image(B),
  };
  const from1 = await evaluate(files, { labels: "res", truth: "gt" });
  assertEquals([from1.mean_ap, from1.frames_without_labels], [1, 0]);
  assert(/^Frames 0–1 of .*res met frames 1–2 of .*gt$/.test(from1.notes![0]), from1.notes![0]);
  const one = await evaluate(files, { labels: "res", truth: "one" });
  assertEquals([one.mean_ap, one.frames_with_truth], [1, 1]);
});

Deno.test("evaluateFiles() measures the field of interest beside the whole frame", async () => {
  const edge: Rectangle = { x: 0, y: 0, width: 3, height: 1 };
  const files = { "l/t0.tif": image(B), "t/t0.tif": image(B, edge) };
  await withFolder(files, async (folder) => {
    const paths = under(folder, { labels: "l", truth: "t", markers: "t" });
    const { matching, ctc, field } = await evaluateFiles({ ...paths, field: 1 });
    assertEquals([matching!["0.5"].accuracy, ctc], [0.5, { SEG: 0.5, DET: 0.5 }]);
    assertEquals([field!.matching!["0.5"].accuracy, field!.ctc], [1, { SEG: 1, DET: 1 }]);
    assertEquals(field!.border, 1);
  });
});

Deno.test("evaluateFiles() names both files where sizes differ", async () => {
  const files = {
    "l/t1.tif": image(A),
    "t/t1.tif": small(),
    "mixed/t1.tif": image(A),
    "mixed/t2.tif": small(),
    "one.tif": image(A),
    "other.tif": small(),
    "two.tif": stack([A], [B]),
    "both/t0.tif": small(),
    "both/t1.tif": small(),
  };
  const cases: [paths: Paths, ...says: string[]][] = [
    [{ labels: "l", truth: "t" }, "l/t1.tif (13x9)", "t/t1.tif (4x3)"],
    [{ labels: "l", markers: "t" }, "l/t1.tif (13x9)", "t/t1.tif (4x3)"],
    [{ labels: "one.tif", truth: "other.tif" }, "/one.tif (13x9)", "/other.tif (4x3)"],
    [{ labels: "two.tif", truth: "both" }, "/two.tif#0 (13x9)", "both/t0.tif (4x3)"],
    [{ labels: "mixed" }, "mixed: t2.tif is 4x3, t1.tif is 13x9"],
  ];
  for (const [paths, ...says] of cases) {
    for (const words of says) await assertRejects(() => evaluate(files, paths), RangeError, words);
  }
});

Deno.test("evaluateFiles() writes nothing where nothing can be compared", async () => {
  const files = {
    "l/t1.tif": image(A),
    "l/t2.tif": image(A),
    "t/man_seg007.tif": image(A),
    "t/man_seg008.tif": image(A),
    "empty/notes.txt": new Uint8Array(1),
  };
  await withFolder(files, async (folder) => {
    const fails = async (paths: Paths, says: string) => {
      const evaluated = evaluateFiles(under(folder, { out: "scores.json", ...paths }));
      await assertRejects(() => evaluated, Error, says);
    };
    await fails({ labels: "l", truth: "t" }, "no name or frame number is in both");
    await fails({ labels: "l", truth: "nowhere" }, `${folder}/nowhere`);
    await fails({ labels: "l", markers: "empty" }, `${folder}/empty: it has no PNG or TIFF files`);
    await fails({ labels: "l", out: "no/scores.json" }, "its folder does not exist; make it first");
    await fails({ labels: "l", out: "empty" }, "it is a folder; name a file");
    const left = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
    assertEquals(left, ["empty", "l", "t"]);
  });
});

Deno.test("evaluateFiles() warns of labels, truth and markers that look like an image", async () => {
  const { width, height } = { width: 30, height: 20 };
  const data = Uint32Array.from({ length: 600 }, (_, i) => 100 + i * 7919 % 97);
  const empty = encodeLabelTiff([{ width, height, data: new Uint32Array(600) }]);
  const files = { "a/t0.tif": encodeLabelTiff([{ width, height, data }]), "b/t0.tif": empty };
  await withFolder(files, async (folder) => {
    for (const given of ["labels", "truth", "markers"]) {
      const paths = { labels: "b", [given]: "a" };
      const { warnings = [] } = await evaluateFiles(under(folder, paths));
      assertEquals(warnings.length, 1);
      assert(warnings[0].startsWith("t0.tif looks like an image, not like labels (97 numbers in "));
      assert(warnings[0].endsWith(`give label images with --${given}`), warnings[0]);
    }
  });
});
