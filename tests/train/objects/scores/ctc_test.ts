import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ctcDetection, ctcSegmentation } from "../../../../train/objects/scores/ctc.ts";
import {
  countedAreas,
  drawn,
  empty,
  idsOf,
  rectangles,
  relabelled,
} from "../fixtures/label_images.ts";

Deno.test("ctcSegmentation() is the mean over all objects, not over frames", () => {
  const frames = [
    // 3 of 4 pixels found: 3/4. Missed: 0.
    { truth: drawn("1111.22"), prediction: drawn("777....") },
    // 2 of 2 found in an object of 4: 1/2.
    { truth: drawn("...11.."), prediction: drawn("..9999.") },
  ];
  assertAlmostEquals(ctcSegmentation(frames), (3 / 4 + 0 + 1 / 2) / 3);
});

Deno.test("ctcSegmentation() and ctcDetection() need more than half of the reference", () => {
  const half = [{ truth: drawn("1111"), prediction: drawn("55..") }];
  assertEquals(ctcSegmentation(half), 0);
  assertEquals(ctcDetection(half), 0);
  const more = [{ truth: drawn("1111"), prediction: drawn("555.") }];
  assertEquals(ctcSegmentation(more), 0.75);
  assertEquals(ctcDetection(more), 1);
});

Deno.test("ctcSegmentation() lets one computed object match two references", () => {
  const merged = [{ truth: drawn("111222"), prediction: drawn("888888") }];
  assertEquals(ctcSegmentation(merged), 0.5);
});

Deno.test("ctcSegmentation() does not punish extra computed objects", () => {
  const frames = [{ truth: drawn("11..."), prediction: drawn("11.34") }];
  assertEquals(ctcSegmentation(frames), 1);
});

Deno.test("ctcDetection() charges 5 for a split, 10 for a miss and 1 for an extra object", () => {
  const truth = drawn("11.22.33.44");
  const score = (prediction: string) => ctcDetection([{ truth, prediction: drawn(prediction) }]);
  assertEquals(score("55.66.77.88"), 1);
  assertAlmostEquals(score("55555.77.88"), 1 - 5 / 40);
  assertAlmostEquals(score("55555555.88"), 1 - 10 / 40);
  assertAlmostEquals(score("55.66.77..."), 1 - 10 / 40);
  assertAlmostEquals(score("55966.77.88"), 1 - 1 / 40);
  assertEquals(score("..........."), 0);
});

Deno.test("ctcDetection() is never below 0, however many extra objects there are", () => {
  const frames = [{ truth: drawn("1.........."), prediction: drawn(".2345678923") }];
  assertEquals(ctcDetection(frames), 0);
  const many = { truth: empty(1, 60), prediction: empty(1, 60) };
  many.truth.data[0] = 1;
  many.prediction.data.forEach((_, p) => many.prediction.data[p] = p + 1);
  assertEquals(ctcDetection([many]), 0);
});

Deno.test("ctcDetection() pools the frames before it divides", () => {
  const frames = [
    { truth: drawn("1.2.3"), prediction: drawn("1.2.3") },
    { truth: drawn("1...."), prediction: drawn("....1") },
  ];
  assertAlmostEquals(ctcDetection(frames), 1 - 11 / 40);
});

Deno.test("ctcSegmentation() and ctcDetection() are 0 without any reference", () => {
  for (const prediction of [empty(1, 3), drawn("1.2")]) {
    const frames = [{ truth: empty(1, 3), prediction }];
    assertEquals(ctcSegmentation(frames), 0);
    assertEquals(ctcDetection(frames), 0);
  }
  assertEquals([ctcSegmentation([]), ctcDetection([])], [0, 0]);
});

Deno.test("ctcSegmentation() and ctcDetection() of the truth itself are 1, whatever the ids", () => {
  const truth = rectangles({ seed: 8, count: 30, height: 40, width: 40, side: 9 });
  const frames = [{ truth, prediction: relabelled(truth, (id) => ~id >>> 0) }];
  assertEquals([ctcSegmentation(frames), ctcDetection(frames)], [1, 1]);
});

Deno.test("ctcSegmentation() and ctcDetection() agree with the definitions pixel by pixel", () => {
  const frames = Array.from({ length: 12 }, (_, seed) => ({
    truth: rectangles({ seed, count: 25, height: 40, width: 40, side: 9 }),
    prediction: rectangles({ seed, count: 22, height: 40, width: 40, side: 10 }),
  }));
  let [iou, references, cost] = [0, 0, 0];
  for (const { truth, prediction } of frames) {
    const areas = countedAreas(truth, prediction);
    const matchedBy = new Map<number, number>(idsOf(prediction).map((id) => [id, 0]));
    for (const r of idsOf(truth)) {
      references++;
      const area = areas.get(`${r},`)!;
      const s = idsOf(prediction).find((id) => (areas.get(`${r},${id}`) ?? 0) > area / 2);
      if (s === undefined) {
        cost += 10;
        continue;
      }
      matchedBy.set(s, matchedBy.get(s)! + 1);
      const shared = areas.get(`${r},${s}`)!;
      iou += shared / (area + areas.get(`,${s}`)! - shared);
    }
    for (const count of matchedBy.values()) cost += count === 0 ? 1 : 5 * (count - 1);
  }
  assertAlmostEquals(ctcSegmentation(frames), iou / references, 1e-12);
  assertAlmostEquals(ctcDetection(frames), 1 - Math.min(cost, 10 * references) / (10 * references));
});

Deno.test("ctcSegmentation() and ctcDetection() refuse frames of different sizes", () => {
  const frames = [{ truth: empty(2, 3), prediction: empty(3, 2) }];
  assertThrows(() => ctcSegmentation(frames), RangeError, "2x3");
  assertThrows(() => ctcDetection(frames), RangeError, "3x2");
});

Deno.test("ctcSegmentation() and ctcDetection() do not judge what lies where the reference is ignored", () => {
  const truth = drawn("11.?????.");
  const frame = (row: string) => [{ truth, prediction: drawn(row) }];
  for (const row of ["22.......", "22..33...", "22.3333.."]) {
    assertEquals([ctcSegmentation(frame(row)), ctcDetection(frame(row))], [1, 1], row);
  }
  // Half of it is known, and wrong; an object that reaches into it is compared where that is known.
  assertEquals(ctcDetection(frame("22.....33")), 1 - 1 / 10);
  assertEquals(ctcSegmentation(frame("222222...")), 2 / 3);
});
