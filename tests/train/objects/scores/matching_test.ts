import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { IGNORED_LABEL, type LabelImage } from "../../../../train/images/image.ts";
import {
  type LabelPair,
  matching,
  matchingDataset,
  matchObjects,
} from "../../../../train/objects/scores/matching.ts";
import { scoresOf } from "../../../../train/objects/scores/matching_scores.ts";
import { type Criterion, overlapOf } from "../../../../train/objects/overlap.ts";
import {
  countedAreas,
  drawn,
  empty,
  enlarged,
  HUGE_ID,
  idsOf,
  moved,
  rectangles,
  relabelled,
} from "../fixtures/label_images.ts";

const NOTHING = {
  tp: 0,
  fp: 0,
  fn: 0,
  n_true: 0,
  n_pred: 0,
  precision: 0,
  recall: 0,
  accuracy: 0,
  f1: 0,
  mean_true_score: 0,
  mean_matched_score: 0,
  panoptic_quality: 0,
};

function square(): LabelImage {
  const labels = empty(100, 100);
  for (let y = 10; y < 20; y++) labels.data.fill(1, y * 100 + 10, y * 100 + 20);
  return labels;
}

/** Five discs of radius 8 in a row, as in StarDist's own test. */
function discs(): LabelImage {
  const labels = empty(128, 128);
  for (let i = 1; i <= 5; i++) {
    const centre = i * 128 / 6;
    labels.data.forEach((_, p) => {
      if ((Math.floor(p / 128) - 64) ** 2 + (p % 128 - centre) ** 2 < 64) labels.data[p] = i;
    });
  }
  return labels;
}

/** True positives and sum of scores by trying every assignment, straight from the definition. */
function triedOut(
  { truth, prediction }: LabelPair,
  { threshold, criterion }: { threshold: number; criterion: Criterion },
): { tp: number; score: number } {
  const areas = countedAreas(truth, prediction);
  let [rows, columns] = [idsOf(truth), idsOf(prediction)];
  const transposed = rows.length > columns.length;
  if (transposed) [rows, columns] = [columns, rows];
  const score = (row: number, column: number) => {
    const [t, p] = transposed ? [column, row] : [row, column];
    const shared = areas.get(`${t},${p}`) ?? 0;
    const [areaT, areaP] = [areas.get(`${t},`)!, areas.get(`,${p}`)!];
    return shared / { iou: areaT + areaP - shared, iot: areaT, iop: areaP }[criterion];
  };
  let best = { cost: Infinity, tp: 0, score: 0 };
  const visit = (row: number, now: { cost: number; tp: number; score: number }, free: number[]) => {
    if (row === rows.length) {
      if (now.cost < best.cost - 1e-12) best = now;
      return;
    }
    for (const column of free) {
      const s = score(rows[row], column);
      const hit = s >= threshold ? 1 : 0;
      const next = {
        cost: now.cost - hit - s / (2 * rows.length),
        tp: now.tp + hit,
        score: now.score + hit * s,
      };
      visit(row + 1, next, free.filter((other) => other !== column));
    }
  };
  visit(0, { cost: 0, tp: 0, score: 0 }, columns);
  return { tp: best.tp, score: best.score };
}

Deno.test("matching() finds no match for a 10×10 square moved by half its side", () => {
  const truth = square();
  const prediction = moved(truth, { dy: 5 });
  const scores = matching({ truth, prediction });
  assertEquals(scores, { ...NOTHING, fp: 1, fn: 1, n_true: 1, n_pred: 1 });
  assertEquals(matching({ truth, prediction }, { threshold: 1 / 3 }).tp, 1);
  assertEquals(matching({ truth, prediction }, { threshold: 0.5, criterion: "iot" }).tp, 1);
  assertEquals(matching({ truth, prediction }, { threshold: 0.51, criterion: "iop" }).tp, 0);
});

Deno.test("matching() matches five moved discs below their overlap and none above it", () => {
  const truth = discs();
  for (const dy of [0, 5, 10]) {
    const prediction = moved(truth, { dy });
    const union = truth.data.filter((id, p) => id + prediction.data[p] > 0).length;
    const iou = truth.data.filter((id, p) => id > 0 && id === prediction.data[p]).length / union;
    const low = matching({ truth, prediction }, { threshold: 0.5 * iou });
    const high = matching({ truth, prediction }, { threshold: 2 * iou });
    assertEquals([low.tp, low.fp, low.fn], [5, 0, 0]);
    assertEquals([high.tp, high.fp, high.fn], [0, 5, 5]);
    for (const threshold of [0.5 * iou, 2 * iou]) {
      const matches = matchObjects({ truth, prediction }, { threshold });
      assertEquals(
        matches.map((match) => [match.truth, match.prediction]),
        [1, 2, 3, 4, 5].map(
          (id) => [id, id],
        ),
      );
      assertEquals(matches.every((match) => match.accepted), threshold < iou);
    }
  }
});

Deno.test("scoresOf() gives the ratios that StarDist reports for its validation set", () => {
  // From StarDist's notebook 2_training: counts and ratios at a threshold of 0.5.
  const scores = scoresOf({ tp: 2210, n_true: 2543, n_pred: 2313, score: 0.7361843 * 2543 });
  assertEquals([scores.fp, scores.fn], [103, 333]);
  assertAlmostEquals(scores.precision, 0.95547, 5e-6);
  assertAlmostEquals(scores.recall, 0.86905, 5e-6);
  assertAlmostEquals(scores.accuracy, 0.83522, 5e-6);
  assertAlmostEquals(scores.f1, 0.91021, 5e-6);
  assertAlmostEquals(scores.mean_true_score, 0.73618, 5e-6);
  assertAlmostEquals(scores.mean_matched_score, 0.84711, 5e-6);
  assertAlmostEquals(scores.panoptic_quality, 0.77105, 5e-6);
});

Deno.test("matching() finds the optimum of all assignments, at any threshold and criterion", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const size = { height: 9, width: 11, side: 5 };
    const truth = rectangles({ seed, count: 1 + seed % 7, ...size });
    const prediction = rectangles({ seed: seed + 500, count: 1 + seed % 6, ...size });
    for (const criterion of ["iou", "iot", "iop"] as const) {
      for (const threshold of [0, 1e-10, 0.1, 0.2, 0.35, 0.5, 0.8]) {
        const { tp, mean_matched_score, n_true, n_pred } = matching({ truth, prediction }, {
          threshold,
          criterion,
        });
        const expected = triedOut({ truth, prediction }, { threshold, criterion });
        assertEquals(tp, expected.tp, `seed ${seed}, ${criterion} ${threshold}`);
        assertAlmostEquals(mean_matched_score * tp, expected.score, 1e-9);
        assertEquals([n_true, n_pred], [idsOf(truth).length, idsOf(prediction).length]);
      }
    }
  }
});

Deno.test("matching() agrees with a reference in SciPy on 83 and 84 objects", () => {
  // Python, with rectangles() as in label_images.ts and O, T, P by counting pixels:
  //   t, p = rectangles(7, 90, 80, 100, 16), rectangles(7, 90, 80, 100, 18)
  //   S = O / (T + P - O)                        # iou; O / T is iot, O / P is iop
  //   m = min(S.shape)
  //   r, c = linear_sum_assignment(-(S >= thr).astype(float) - S / (2 * m))
  //   ok = S[r, c] >= thr; print(ok.sum(), S[r, c][ok].sum())
  const size = { seed: 7, count: 90, height: 80, width: 100 };
  const truth = rectangles({ ...size, side: 16 });
  const prediction = rectangles({ ...size, side: 18 });
  const expected: [Criterion, number, number, number][] = [
    ["iou", 0, 83, 24.2567959414],
    ["iou", 0.1, 67, 23.8527359988],
    ["iou", 0.3, 33, 17.1224685790],
    ["iou", 0.5, 18, 11.8474185273],
    ["iou", 0.7, 5, 4.2326237704],
    ["iot", 0, 83, 45.3496712841],
    ["iot", 0.1, 71, 45.0571468873],
    ["iot", 0.3, 56, 42.2436947583],
    ["iot", 0.5, 45, 38.1302723273],
    ["iot", 0.7, 30, 29.1643356643],
    ["iop", 0, 83, 41.5885842237],
    ["iop", 0.1, 73, 41.5269311072],
    ["iop", 0.3, 54, 37.7725200662],
    ["iop", 0.5, 36, 31.2629606643],
    ["iop", 0.7, 29, 27.0741329801],
  ];
  for (const [criterion, threshold, tp, score] of expected) {
    const scores = matching({ truth, prediction }, { threshold, criterion });
    assertEquals([scores.n_true, scores.n_pred, scores.tp], [83, 84, tp]);
    assertAlmostEquals(scores.mean_true_score * 83, score, 1e-9);
  }
});

Deno.test("matching() counts a score that equals the threshold", () => {
  const truth = drawn("11111111111.........");
  const prediction = drawn("11111111111111111111");
  assertEquals(matching({ truth, prediction }, { threshold: 0.55 }).tp, 1);
  assertEquals(matching({ truth, prediction }, { threshold: 0.5500001 }).tp, 0);
});

Deno.test("matching() prefers two matches above the threshold to one that is better", () => {
  const truth = drawn("111111222...");
  const prediction = drawn(".3344444444.");
  // Best single pair: 1 with 4 (4/10); but 1 with 3 (2/6) and 2 with 4 (3/8) are two at 0.3.
  assertEquals(matching({ truth, prediction }, { threshold: 0.3 }).tp, 2);
  const pairs = matchObjects({ truth, prediction }, { threshold: 0.3 });
  assertEquals(pairs.map((pair) => [pair.truth, pair.prediction]), [[1, 3], [2, 4]]);
});

Deno.test("matching() takes more matches before better ones", () => {
  // Shares of the true objects 1, 2, 3: each .15 by its own number, 1 and 2 also .8 by the next.
  // Three matches of .15 count more than two of .8.
  const truth = empty(1, 300);
  const prediction = empty(1, 300);
  for (let i = 0; i < 3; i++) {
    truth.data.fill(i + 1, 100 * i, 100 * i + 100);
    prediction.data.fill(i + 1, 100 * i, 100 * i + 15);
    if (i < 2) prediction.data.fill(i + 2, 100 * i + 15, 100 * i + 95);
  }
  const scores = matching({ truth, prediction }, { threshold: 0.1, criterion: "iot" });
  assertEquals(scores.tp, 3);
  assertAlmostEquals(scores.mean_matched_score, 0.15);
});

Deno.test("matching() of two empty images is 0 and not 1", () => {
  assertEquals(matching({ truth: empty(4, 4), prediction: empty(4, 4) }), NOTHING);
  assertEquals(matching({ truth: empty(0, 0), prediction: empty(0, 0) }), NOTHING);
});

Deno.test("matching() counts a lone object as missed or made up", () => {
  const one = drawn(`
    .1
    .1`);
  const missed = matching({ truth: one, prediction: empty(2, 2) });
  assertEquals(missed, { ...NOTHING, fn: 1, n_true: 1 });
  const madeUp = matching({ truth: empty(2, 2), prediction: one });
  assertEquals(madeUp, { ...NOTHING, fp: 1, n_pred: 1 });
  assertEquals(matchObjects({ truth: one, prediction: empty(2, 2) }), []);
});

Deno.test("matching() depends neither on the ids nor on the size of a pixel", () => {
  const truth = rectangles({ seed: 4, count: 20, height: 30, width: 30, side: 9 });
  const prediction = moved(truth, { dx: 1, dy: 1 });
  const expected = matching({ truth, prediction });
  assertEquals(expected.tp > 0 && expected.fp > 0, true);
  const other = relabelled(prediction, (id) => HUGE_ID - id + 1);
  assertEquals(matching({ truth, prediction: other }), expected);
  const big = { truth: enlarged(truth, 3), prediction: enlarged(other, 3) };
  assertEquals(matching(big), expected);
});

Deno.test("matching() swaps precision and recall when truth and prediction are swapped", () => {
  const a = rectangles({ seed: 7, count: 30, height: 30, width: 30, side: 9 });
  const b = rectangles({ seed: 7, count: 26, height: 30, width: 30, side: 8 });
  const there = matching({ truth: a, prediction: b }, { threshold: 0.3 });
  const back = matching({ truth: b, prediction: a }, { threshold: 0.3 });
  assertEquals([there.tp, there.fp, there.fn], [back.tp, back.fn, back.fp]);
  assertEquals([there.precision, there.accuracy], [back.recall, back.accuracy]);
});

Deno.test("matchObjects() reports original ids, also of pairs below the threshold", () => {
  const truth = drawn("##..55.");
  const prediction = drawn("9..1111");
  assertEquals(matchObjects({ truth, prediction }, { threshold: 0.5 }), [
    { truth: 5, prediction: 1, score: 0.5, accepted: true },
    { truth: HUGE_ID, prediction: 9, score: 0.5, accepted: true },
  ]);
  const strict = matchObjects({ truth, prediction }, { threshold: 0.6 });
  assertEquals(strict.map((match) => match.accepted), [false, false]);
});

Deno.test("matchObjects() assigns as many pairs as the smaller image has, without overlap too", () => {
  const truth = drawn("1.2.3..");
  const prediction = drawn(".....45");
  const matches = matchObjects({ truth, prediction });
  assertEquals(matches.map(({ score, accepted }) => [score, accepted]), [[0, false], [0, false]]);
  assertEquals(matching({ truth, prediction }, { threshold: 0 }).tp, 2);
});

Deno.test("matchingDataset() pools objects or averages images", () => {
  const full = drawn("11.22.33");
  const one = drawn("11......");
  const images = [
    { truth: full, prediction: full },
    { truth: full, prediction: one },
    { truth: empty(1, 8), prediction: empty(1, 8) },
  ];
  const [pooled] = matchingDataset(images, { thresholds: [0.5] });
  assertEquals([pooled.tp, pooled.fp, pooled.fn], [4, 0, 2]);
  assertAlmostEquals(pooled.accuracy, 4 / 6);
  const [mean] = matchingDataset(images, { thresholds: [0.5], byImage: true });
  assertEquals([mean.tp, mean.fp, mean.fn, mean.n_true], [4, 0, 2, 6]);
  assertAlmostEquals(mean.accuracy, (1 + 1 / 3 + 0) / 3);
  assertAlmostEquals(mean.precision, 2 / 3);
  assertAlmostEquals(mean.panoptic_quality, (1 + 1 / 2 + 0) / 3);
});

Deno.test("matchingDataset() gives at each threshold what matching() gives", () => {
  const truth = rectangles({ seed: 9, count: 30, height: 40, width: 40, side: 9 });
  const prediction = rectangles({ seed: 9, count: 30, height: 40, width: 40, side: 10 });
  const thresholds = [0.75, 0.2, 0.5];
  const scores = matchingDataset([{ truth, prediction }], { thresholds, criterion: "iot" });
  const single = thresholds.map((threshold) =>
    matching({ truth, prediction }, { threshold, criterion: "iot" })
  );
  assertEquals(scores, single);
  assertEquals(matchingDataset([], { thresholds: [0.5], byImage: true }), [NOTHING]);
});

Deno.test("matching() refuses different sizes and a threshold that is not a number", () => {
  const images = { truth: empty(2, 3), prediction: empty(3, 2) };
  assertThrows(() => matching(images), RangeError, "the first is 2x3, the second is 3x2");
  const same = { truth: empty(2, 3), prediction: empty(2, 3) };
  assertThrows(() => matching(same, { threshold: NaN }), RangeError, "the threshold is NaN");
});

Deno.test("matchingDataset() takes less than a second for 5184 touching cells at ten thresholds", () => {
  const truth = empty(2000, 2000);
  truth.data.forEach((_, p) => {
    truth.data[p] = 1 + Math.floor(p / 2000 / 28) * 1000 + Math.floor(p % 2000 / 28);
  });
  const prediction = moved(truth, { dy: 9, dx: 5 });
  const thresholds = Array.from({ length: 10 }, (_, i) => 0.05 + 0.1 * i);
  const start = performance.now();
  const scores = matchingDataset([{ truth, prediction }], { thresholds });
  // Measured 0.25 s; the bound leaves room for a busy machine.
  assertLess(performance.now() - start, 3000);
  assertEquals([scores[0].n_true, scores[0].n_pred], [72 * 72, 72 * 72]);
  assertEquals(scores[9].tp, 0);
});

Deno.test("matching() calls what lies where truth is ignored neither right nor wrong", () => {
  const truth = drawn("111...?????..");
  const scores = (row: string, threshold = 0.5) => {
    const { tp, fp, fn } = matching({ truth, prediction: drawn(row) }, { threshold });
    return [tp, fp, fn];
  };
  assertEquals(scores("111.........."), [1, 0, 0]);
  assertEquals(scores("111....22...."), [1, 0, 0]); // wholly there
  assertEquals(scores("111..22222..."), [1, 0, 0]); // four of five pixels
  assertEquals(scores("111..22......"), [1, 1, 0]); // one of two
  assertEquals(scores("111.2........"), [1, 1, 0]);
  assertEquals(scores("......2222222"), [0, 0, 1]);
});

Deno.test("matching() compares objects where truth is known alone, also those that reach beyond it", () => {
  // Of five pixels three are ignored; the other two are the object.
  const truth = drawn("11???.");
  const cut = matching({ truth, prediction: drawn("22222.") }, { threshold: 1 });
  assertEquals([cut.tp, cut.fp, cut.fn, cut.mean_true_score], [1, 0, 0, 1]);
  // Below the threshold it is left out, not wrong: most of it lies where nothing is known.
  const missed = matching({ truth, prediction: drawn(".2222.") }, { threshold: 0.9 });
  assertEquals([missed.tp, missed.fp, missed.fn], [0, 0, 1]);
});

Deno.test("matching() with ignored pixels is that of the image without them, if none are mostly there", () => {
  const truth = rectangles({ seed: 8, count: 30, height: 40, width: 40, side: 9 });
  const prediction = moved(truth, { dx: 1 });
  // Rows 10 to 19 are unknown; objects across their edges lose pixels in both images alike.
  const isIgnored = (i: number) => Math.floor(i / 40) >= 10 && Math.floor(i / 40) < 20;
  const kept = (labels: LabelImage) => ({
    ...labels,
    height: 30,
    data: labels.data.filter((_, i) => !isIgnored(i)),
  });
  const ignoring = { ...truth, data: truth.data.map((id, i) => isIgnored(i) ? IGNORED_LABEL : id) };
  const overlap = overlapOf(ignoring, prediction);
  const known = new Set(idsOf(kept(prediction)));
  const mostly = [...overlap.ignored.second].map((i) => overlap.second.ids[i]);
  const clean = { ...prediction, data: prediction.data.map((id) => mostly.includes(id) ? 0 : id) };
  assertEquals(mostly.length > 3 && known.size > 10, true);
  for (const threshold of [0.3, 0.5, 0.8]) {
    assertEquals(
      matching({ truth: ignoring, prediction: clean }, { threshold }),
      matching({ truth: kept(truth), prediction: kept(clean) }, { threshold }),
    );
  }
});
