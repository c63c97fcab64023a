import { assertEquals, assertThrows } from "@std/assert";
import { Evaluator } from "../../../train/objects/scores/evaluate.ts";
import { drawn } from "./fixtures/label_images.ts";
import { checkField, inField } from "../../../train/objects/field.ts";

Deno.test("inField() keeps objects with a pixel inside whole, and removes the others", () => {
  const data = Uint32Array.from([
    ...[1, 1, 0, 2, 2],
    ...[0, 3, 0, 0, 2],
    ...[4, 4, 4, 0, 0],
    ...[0, 0, 0, 0, 5],
    ...[6, 0, 0, 5, 5],
  ]);
  const labels = { width: 5, height: 5, data };
  assertEquals(inField(labels, 0).data, data);
  assertEquals([...new Set(inField(labels, 1).data)].toSorted(), [0, 3, 4]);
  assertEquals([...inField(labels, 1).data.slice(10, 15)], [4, 4, 4, 0, 0]);
  assertEquals([...new Set(inField(labels, 2).data)].toSorted(), [0, 4]);
  assertEquals([...new Set(inField(labels, 3).data)], [0]);
  assertThrows(() => inField(labels, -1), RangeError, "Cannot evaluate: field is -1");
});

Deno.test("checkField() refuses a rim that leaves nothing of a frame", () => {
  const frame = { width: 9, height: 5, task: "train" };
  checkField(2, frame);
  const says = "Cannot train: field is 3, expected less than half of a side of the frames, 9x5";
  assertThrows(() => checkField(3, frame), RangeError, says);
  const labels = { width: 9, height: 5, data: new Uint32Array(45) };
  const evaluator = new Evaluator({ field: 3 });
  assertThrows(() => evaluator.add({ number: 0, labels, truth: labels }), RangeError, "field is 3");
});

Deno.test("inField() keeps what is to be ignored, in the rim and inside", () => {
  const labels = drawn("?1...\n?.2..\n.....");
  assertEquals(inField(labels, 1), drawn("?....\n?.2..\n....."));
});
