import { assertEquals, assertThrows } from "@std/assert";
import { dotMatching, sumDots } from "../../../../train/objects/scores/dot_matching.ts";
import { drawn, empty } from "../fixtures/label_images.ts";

Deno.test("dotMatching() finds a dot inside a large prediction", () => {
  const truth = drawn(`
    .....
    ..1..
    .....`);
  const prediction = drawn(`
    66666
    66666
    66666`);
  assertEquals(dotMatching({ truth, prediction }), { tp: 1, fp: 0, fn: 0, accuracy: 1 });
});

Deno.test("dotMatching() needs more than the share, not just the share", () => {
  const truth = drawn("11111");
  assertEquals(dotMatching({ truth, prediction: drawn("33...") }).tp, 0);
  assertEquals(dotMatching({ truth, prediction: drawn("333..") }).tp, 1);
  assertEquals(dotMatching({ truth, prediction: drawn("33...") }, { coverage: 0.39 }).tp, 1);
});

Deno.test("dotMatching() uses a prediction once, for the true object with the lowest id", () => {
  const scores = dotMatching({ truth: drawn("2.1.3"), prediction: drawn("44444") });
  assertEquals(scores, { tp: 1, fp: 0, fn: 2, accuracy: 1 / 3 });
});

Deno.test("dotMatching() is greedy: an object takes the larger id and leaves the other", () => {
  // Object 1 is half 5 and half 6 and takes 6, which object 2 would have needed.
  const scores = dotMatching({ truth: drawn("1122"), prediction: drawn("5666") });
  assertEquals(scores, { tp: 1, fp: 1, fn: 1, accuracy: 1 / 3 });
  // With the ids the other way round, 2 objects are found.
  assertEquals(dotMatching({ truth: drawn("1122"), prediction: drawn("6555") }).tp, 2);
});

Deno.test("sumDots() pools the counts, and averages the ratios of the images", () => {
  const half = { tp: 1, fp: 1, fn: 0, accuracy: 0.5 };
  const none = { tp: 0, fp: 0, fn: 3, accuracy: 0 };
  assertEquals(sumDots([half, none, half]), {
    ...{ tp: 2, fp: 2, fn: 3, accuracy: 2 / 7 },
    mean_accuracy: 1 / 3,
  });
  assertEquals(sumDots([]), { tp: 0, fp: 0, fn: 0, accuracy: 0, mean_accuracy: 0 });
});

Deno.test("dotMatching() of empty images is 0, and sizes must agree", () => {
  const nothing = { tp: 0, fp: 0, fn: 0, accuracy: 0 };
  assertEquals(dotMatching({ truth: empty(2, 2), prediction: empty(2, 2) }), nothing);
  const images = { truth: empty(2, 3), prediction: empty(3, 2) };
  assertThrows(() => dotMatching(images), RangeError, "2x3");
});

Deno.test("dotMatching() does not judge what lies where truth is ignored", () => {
  const truth = drawn("1...???");
  assertEquals(dotMatching({ truth, prediction: drawn("22..33.") }).fp, 0);
  assertEquals(dotMatching({ truth, prediction: drawn("22.33..") }).fp, 1);
});
