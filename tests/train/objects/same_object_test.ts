import { assertEquals } from "@std/assert";
import type { LabelImage } from "../../../train/images/image.ts";
import { overlapOf } from "../../../train/objects/overlap.ts";
import { SAME_OBJECT_IOU, sameObjects } from "../../../train/objects/same_object.ts";

/** A row of `width` pixels of which those from `start` up to `end` are object 1. */
function run(start: number, end: number, width = 40): LabelImage {
  const data = Uint32Array.from({ length: width }, (_, x) => x >= start && x < end ? 1 : 0);
  return { width, height: 1, data };
}

Deno.test("sameObjects() takes a pair from an intersection over union of 0.1 on", () => {
  assertEquals(SAME_OBJECT_IOU, 0.1);
  // 11 pixels each: with 2 shared the union is 20, with 1 it is 21.
  const same = sameObjects(overlapOf(run(0, 11), run(9, 20)));
  assertEquals(same, [{ first: 0, second: 0, area: 2, iou: 0.1 }]);
  assertEquals(sameObjects(overlapOf(run(0, 11), run(10, 21))), []);
  assertEquals(sameObjects(overlapOf(run(0, 11), run(11, 22))), []);
});

Deno.test("sameObjects() gives an object to every other that overlaps it enough", () => {
  const two = { ...run(0, 0, 6), data: Uint32Array.of(5, 5, 5, 9, 9, 9) };
  const same = sameObjects(overlapOf(run(0, 6, 6), two));
  assertEquals(same.map(({ first, second, iou }) => [first, second, iou]), [[0, 0, 0.5], [
    0,
    1,
    0.5,
  ]]);
});
