import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { LabelImage } from "../../../../train/images/image.ts";
import { ctcDetection, ctcSegmentation } from "../../../../train/objects/scores/ctc.ts";
import { evaluateFrames, type EvaluationFrame } from "../../../../train/objects/scores/evaluate.ts";
import { flickerOf } from "../../../../train/objects/scores/flicker.ts";
import { matchingDataset } from "../../../../train/objects/scores/matching.ts";
import { drawn, empty, rectangles } from "../fixtures/label_images.ts";

const SIZE = { height: 40, width: 50 };

/** Six frames; truth on all but frame 2. */
function video(): (EvaluationFrame & { labels: LabelImage })[] {
  return Array.from({ length: 6 }, (_, number) => {
    const labels = rectangles({ seed: 3, count: 20, side: 8 + number % 2, ...SIZE });
    const truth = rectangles({ seed: 3, count: 22, side: 8, ...SIZE });
    return number === 2 ? { number, labels } : { number, labels, truth };
  });
}

function labelPairs(frames: readonly EvaluationFrame[]) {
  return frames.flatMap(({ labels, truth }) =>
    truth && labels ? [{ truth, prediction: labels }] : []
  );
}

Deno.test("evaluateFrames() combines the single measures over the frames with truth", async () => {
  const frames = video();
  const evaluation = await evaluateFrames(frames);
  assertEquals(evaluation.frames, 6);
  assertEquals(evaluation.frames_without_truth, 1);
  const names = ["0.5", "0.55", "0.6", "0.65", "0.7", "0.75", "0.8", "0.85", "0.9", "0.95"];
  assertEquals(Object.keys(evaluation.matching!), names);
  const pairs = labelPairs(frames);
  const scores = matchingDataset(pairs, { thresholds: names.map(Number) });
  assertEquals(Object.values(evaluation.matching!), scores);
  assertAlmostEquals(evaluation.mean_ap!, scores.reduce((sum, s) => sum + s.accuracy, 0) / 10);
  assertEquals(evaluation.ctc, { SEG: ctcSegmentation(pairs), DET: ctcDetection(pairs) });
  assertEquals(evaluation.flicker, flickerOf(frames.map(({ labels }) => labels)));
});

Deno.test("evaluateFrames() has the keys that its file promises", async () => {
  const evaluation = await evaluateFrames(video());
  const { matching, flicker, flicker_truth } = JSON.parse(JSON.stringify(evaluation));
  assertEquals(
    Object.keys(matching["0.5"]).join(),
    "tp,fp,fn,n_true,n_pred,precision,recall,accuracy,f1,mean_true_score,mean_matched_score," +
      "panoptic_quality",
  );
  const keys = "pairs,area_change,dice_instability,birth_rate,death_rate,blink_rate,rests_on," +
    "objects_per_frame,area_per_frame";
  assertEquals([Object.keys(flicker).join(), Object.keys(flicker_truth).join()], [keys, keys]);
});

Deno.test("evaluateFrames() holds flicker against the truth over the same pairs of frames", async () => {
  const evaluation = await evaluateFrames(video());
  // Truth is constant and lacks frame 2: pairs 0–1, 3–4, 4–5. Ours grows and shrinks.
  const { flicker, flicker_truth, flicker_on_truth_pairs, flicker_excess } = evaluation;
  assertEquals([flicker.pairs, flicker_truth!.pairs, flicker_on_truth_pairs!.pairs], [5, 3, 3]);
  assertEquals(flicker_truth!.objects_per_frame.length, 5);
  assertEquals(flicker_truth!.area_change, 0);
  const areas = flicker.area_per_frame;
  const change = [[0, 1], [3, 4], [4, 5]].map(([a, b]) => Math.abs(areas[a] - areas[b]));
  const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const expected = mean(change) / mean([0, 1, 3, 4, 5].map((t) => areas[t]));
  assertAlmostEquals(flicker_on_truth_pairs!.area_change!, expected, 1e-12);
  assertAlmostEquals(flicker_excess!.area_change!, expected, 1e-12);
  assertEquals(Object.keys(flicker_excess!).length, 5);
});

Deno.test("evaluateFrames() leaves the excess out when no two frames in a row have truth", async () => {
  const labels = drawn("11..2");
  const evaluation = await evaluateFrames([
    { number: 0, labels, truth: labels },
    { number: 1, labels },
    { number: 2, labels, truth: labels },
  ]);
  assertEquals(evaluation.flicker_truth!.pairs, 0);
  assertEquals(evaluation.flicker_truth!.area_change, null);
  assertEquals("flicker_excess" in evaluation, false);
});

Deno.test("evaluateFrames() without truth gives flicker only", async () => {
  const frames = video().map(({ number, labels }) => ({ number, labels }));
  assertEquals(Object.keys(await evaluateFrames(frames)), ["frames", "flicker"]);
});

Deno.test("evaluateFrames() takes DET from the markers where there are any", async () => {
  const labels = drawn("111.222");
  const truth = drawn("111.22.");
  const markers = drawn(".1..2.3");
  const frames = [{ number: 0, labels, truth, markers }, { number: 1, labels, truth }];
  const { ctc } = await evaluateFrames(frames);
  assertEquals(ctc, { SEG: (1 + 2 / 3) / 2, DET: 1 - 5 / 30 });
  const onlyMarkers = await evaluateFrames([{ number: 0, labels, markers }]);
  assertEquals(onlyMarkers.ctc, { DET: 1 - 5 / 30 });
  assertEquals(onlyMarkers.dots, {
    ...{ tp: 2, fp: 0, fn: 1, accuracy: 2 / 3 },
    mean_accuracy: 2 / 3,
  });
  assertEquals("matching" in onlyMarkers, false);
});

Deno.test("evaluateFrames() counts all objects of frames without a segmentation as missed", async () => {
  const labels = drawn("11.2\n11..");
  const half = [{ number: 0, labels, truth: labels }, { number: 1, truth: labels }];
  const evaluation = await evaluateFrames(half);
  assertEquals([evaluation.frames, evaluation.frames_without_truth], [1, 0]);
  assertEquals([evaluation.frames_without_labels, evaluation.frames_with_truth], [1, 2]);
  const { tp, fp, fn, n_true } = evaluation.matching!["0.5"];
  assertEquals({ tp, fp, fn, n_true }, { tp: 2, fp: 0, fn: 2, n_true: 4 });
  assertEquals(evaluation.ctc, { SEG: 0.5, DET: 0.5 });
  // What is not there is no neighbour: it neither flickers nor makes the truth do so.
  assertEquals([evaluation.flicker.pairs, evaluation.flicker_truth!.pairs], [0, 0]);
  const byMarkers = await evaluateFrames([
    { number: 0, labels, markers: labels },
    { number: 1, markers: labels },
  ], { field: 0 });
  assertEquals([byMarkers.ctc, byMarkers.frames_with_markers], [{ DET: 0.5 }, 2]);
  assertEquals(byMarkers.dots!.mean_accuracy, 0.5);
});

Deno.test("evaluateFrames() counts them as missed in the field, too", async () => {
  const labels = drawn("1...\n..2.\n....");
  const frames = [{ number: 0, labels, truth: labels }, { number: 1, truth: labels }];
  const { field, matching, ctc } = await evaluateFrames(frames, { field: 1 });
  assertEquals([matching!["0.5"].n_true, field!.matching!["0.5"].n_true], [4, 2]);
  assertEquals([ctc!.SEG, field!.ctc!.SEG], [0.5, 0.5]);
});

Deno.test("evaluateFrames() refuses a frame that has nothing, and a video without segmentation", async () => {
  const truth = empty(2, 3);
  await assertRejects(
    () => evaluateFrames([{ number: 4 }]),
    RangeError,
    "Cannot evaluate frame 4: it has neither labels nor truth nor markers",
  );
  await assertRejects(() => evaluateFrames([{ number: 4, truth }]), RangeError, "no frames");
});

Deno.test("evaluateFrames() reads a stream and asks for one frame at a time", async () => {
  let asked = 0;
  async function* stream(): AsyncGenerator<EvaluationFrame> {
    for (const frame of video()) {
      asked++;
      await Promise.resolve();
      yield frame;
    }
  }
  assertEquals(await evaluateFrames(stream()), await evaluateFrames(video()));
  assertEquals(asked, 6);
});

Deno.test("evaluateFrames() of the truth itself is perfect and has no excess", async () => {
  const frames = video().map(({ number, labels }) => ({ number, labels, truth: labels }));
  const evaluation = await evaluateFrames(frames);
  assertEquals([evaluation.mean_ap, evaluation.ctc], [1, { SEG: 1, DET: 1 }]);
  assertEquals(evaluation.flicker_truth, evaluation.flicker);
  assertEquals(Object.values(evaluation.flicker_excess!), [0, 0, 0, 0, 0]);
});

Deno.test("evaluateFrames() names the frame and both sizes when they differ", async () => {
  const labels = empty(2, 3);
  await assertRejects(
    () => evaluateFrames([{ number: 7, labels, truth: empty(2, 4) }]),
    RangeError,
    "Cannot evaluate frame 7: the segmentation is 2x3, the truth is 2x4",
  );
  await assertRejects(
    () => evaluateFrames([{ number: 8, labels, markers: empty(1, 3) }]),
    RangeError,
    "Cannot evaluate frame 8: the segmentation is 2x3, the marker image is 1x3",
  );
  await assertRejects(
    () => evaluateFrames([{ number: 1, labels }, { number: 2, labels: empty(3, 2) }]),
    RangeError,
    "frame 1 is 2x3, frame 2 is 3x2",
  );
});

Deno.test("evaluateFrames() refuses a video without frames or with a number twice", async () => {
  const labels = empty(2, 3);
  await assertRejects(() => evaluateFrames([]), RangeError, "there are no frames");
  await assertRejects(
    () => evaluateFrames([{ number: 1, labels }, { number: 1, labels }]),
    RangeError,
    "frame 1 comes after frame 1",
  );
});

Deno.test("evaluateFrames() leaves out what truth ignores, of predictions, markers and flicker alike", async () => {
  const truth = drawn(`
    11.???
    11.???`);
  const labels = drawn(`
    22.33.
    22.33.`);
  const markers = drawn(`
    ......
    1...5.`);
  const frames = [0, 1].map((number) => ({ number, labels, truth, markers }));
  frames[1] = { ...frames[1], labels: drawn("22....\n22....") };
  const evaluation = await evaluateFrames(frames, { field: 0 });
  const { matching, ctc, dots, ignored } = evaluation;
  assertEquals([matching!["0.5"].accuracy, matching!["0.95"].accuracy], [1, 1]);
  assertEquals([ctc, dots!.fp, dots!.fn], [{ SEG: 1, DET: 1 }, 0, 0]);
  assertEquals(ignored, { pixels: 12, objects: 1 });
  // The object that vanishes is seen by the flicker of all, not by that on the pairs of truth.
  assertEquals(evaluation.flicker.dice_instability! > 0, true);
  assertEquals(evaluation.flicker_on_truth_pairs!.dice_instability, 0);
  assertEquals(evaluation.flicker_excess!.area_change, 0);
  assertEquals("ignored" in await evaluateFrames([{ number: 0, labels, truth: labels }]), false);
});

Deno.test("evaluateFrames() leaves out what truth ignores in the field, too", async () => {
  const truth = drawn(`
    ?????
    ?1.??
    ?...?
    ?????`);
  const labels = drawn(`
    .....
    .1.33
    ...33
    .....`);
  const { field } = await evaluateFrames([{ number: 0, labels, truth }], { field: 1 });
  assertEquals(field!.matching!["0.5"].accuracy, 1);
});
