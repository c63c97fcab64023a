import { assertEquals } from "@std/assert";
import type { LabelImage } from "../../../train/images/image.ts";
import {
  mergeObjects,
  paintObject,
  splitObjects,
  withoutObject,
} from "../../../train/objects/edits.ts";

/** Labels drawn as text: digits are objects, dots are none. */
function drawn(...rows: readonly string[]): LabelImage {
  const data = Uint32Array.from(rows.join(""), (c) => c === "." ? 0 : Number(c));
  return { width: rows[0].length, height: rows.length, data };
}

function textOf({ width, height, data }: LabelImage): string[] {
  return Array.from(
    { length: height },
    (_, y) =>
      Array.from(data.subarray(y * width, (y + 1) * width), (id) => id === 0 ? "." : id).join(""),
  );
}

const TWO = drawn(
  "1111..",
  "111122",
  "111122",
  "......",
);

Deno.test("withoutObject() and mergeObjects() change the one object, and copy", () => {
  assertEquals(textOf(withoutObject(TWO, 1)), ["......", "....22", "....22", "......"]);
  assertEquals(textOf(mergeObjects(TWO, 2, 1)), ["2222..", "222222", "222222", "......"]);
  assertEquals(textOf(TWO)[0], "1111..");
});

Deno.test("splitObjects() parts what the line crosses, and leaves what it only touches", () => {
  const parted = textOf(splitObjects(TWO, [[1.5, -1], [1.5, 5]]));
  // The part on the right is the larger one; pixels under the line go to the first neighbour found.
  assertEquals(parted.map((row) => row.slice(2)), ["11..", "1122", "1122", "...."]);
  assertEquals(parted.map((row) => row[0]), ["3", "3", "3", "."]);
  assertEquals(new Set(parted.join("")), new Set("123."));
  assertEquals(splitObjects(TWO, [[1.5, -1], [1.5, 1.2]]), TWO, "it ends inside");
});

Deno.test("splitObjects() parts along a slanted line, through which no side slips", () => {
  const square = drawn(...Array.from({ length: 9 }, () => "1".repeat(9)));
  const parted = splitObjects(square, [[-1, -0.7], [10, 9.6]]);
  assertEquals(new Set(parted.data), new Set([1, 2]));
});

Deno.test("paintObject() adds to an object, erases, or makes a new one", () => {
  const stroke = { points: [[0.5, 3.5], [3.5, 3.5]] as const, width: 1 };
  assertEquals(textOf(paintObject(TWO, stroke, 2))[3], "2222..");
  assertEquals(textOf(paintObject(TWO, stroke, null))[3], "3333..");
  const dot = { points: [[2.5, 1.5]] as const, width: 2 };
  assertEquals(textOf(paintObject(TWO, dot, 0)), ["11.1..", "1...22", "11.122", "......"]);
});
