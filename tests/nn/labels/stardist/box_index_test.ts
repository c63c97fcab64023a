import { assertEquals } from "@std/assert";
import {
  boundingBoxes,
  indexBoxes,
  laterTouching,
} from "../../../../nn/labels/stardist/box_index.ts";
import { Random } from "../../../../train/images/random.ts";

/** The later boxes that touch one, as often as they are visited. */
function touching(
  boxes: Int32Array<ArrayBuffer>,
  box: number,
  { index = indexBoxes(boxes), isAsked = (_: number): boolean => true } = {},
): number[] {
  const into = new Uint32Array(boxes.length / 4);
  const found = laterTouching(index, box, { isAsked, into });
  return [...into.subarray(0, found)].sort((a, b) => a - b);
}

Deno.test("boundingBoxes() holds the first and the last row and column of each polygon", () => {
  const polygons = Int32Array.of(3, -7, 5, 2, 4, 9, ...[0, 0, 0, 0, 0, 0]);
  assertEquals([...boundingBoxes(polygons, 3)], [3, -7, 5, 9, 0, 0, 0, 0]);
  assertEquals(boundingBoxes(new Int32Array(), 3).length, 0);
});

Deno.test("laterTouching() takes boxes with a common edge or corner, and no earlier box", () => {
  const boxes = Int32Array.of(
    ...[0, 0, 4, 4],
    ...[4, 4, 8, 8],
    ...[5, 0, 8, 4],
    ...[0, 4, 4, 9],
    ...[2, 2, 2, 2],
  );
  assertEquals(touching(boxes, 0), [1, 3, 4]);
  assertEquals(touching(boxes, 1), [2, 3]);
  assertEquals(touching(boxes, 4), []);
});

for (
  const [name, far, large] of [
    ["near and small", 60, 9],
    ["of very different sizes", 400, 400],
    ["with one far away", 2 ** 23, 9],
  ] as const
) {
  Deno.test(`laterTouching() finds every touching box once: ${name}`, () => {
    const random = new Random(far);
    const boxes = new Int32Array(4 * 200);
    for (let box = 0; box < 200; box++) {
      const outlier = box % 40 === 0;
      const place = () => random.integer(outlier ? far : 60) - 30;
      const [top, left] = [place(), place()];
      const size = () => random.integer(outlier ? large : 9);
      boxes.set([top, left, top + size(), left + size()], 4 * box);
    }
    const index = indexBoxes(boxes);
    for (let box = 0; box < 200; box++) {
      const [top, left, bottom, right] = boxes.subarray(4 * box);
      const expected: number[] = [];
      for (let other = box + 1; other < 200; other++) {
        const [top2, left2, bottom2, right2] = boxes.subarray(4 * other);
        const apart = top2 > bottom || bottom2 < top || left2 > right || right2 < left;
        if (!apart) expected.push(other);
      }
      assertEquals(touching(boxes, box, { index }), expected);
      const isAsked = (other: number) => other % 3 !== 0;
      const others = expected.filter(isAsked);
      assertEquals(touching(boxes, box, { index, isAsked }), others);
    }
  });
}
