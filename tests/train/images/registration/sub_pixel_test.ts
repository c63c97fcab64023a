import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { IGNORED_LABEL, type LabelImage } from "../../../../train/images/image.ts";
import {
  movedImage,
  movedLabels,
  NO_WAY,
  restOf,
} from "../../../../train/images/registration/sub_pixel.ts";

const SIZE = { width: 60, height: 50 };

/** Discs whose centres need not be on pixels. */
function discs(list: readonly { y: number; x: number; r: number; id: number }[]): LabelImage {
  const data = new Uint32Array(SIZE.width * SIZE.height);
  data.forEach((_, at) => {
    const [row, column] = [Math.floor(at / SIZE.width), at % SIZE.width];
    const disc = list.find(({ y, x, r }) => Math.hypot(row - y, column - x) < r);
    data[at] = disc?.id ?? 0;
  });
  return { ...SIZE, data };
}

function iou(a: LabelImage, b: LabelImage, id: number): number {
  let [both, either] = [0, 0];
  a.data.forEach((label, at) => {
    both += Number(label === id && b.data[at] === id);
    either += Number(label === id || b.data[at] === id);
  });
  return both / either;
}

Deno.test("restOf() leaves what whole pixels do not cover", () => {
  const { y, x } = restOf({ y: -2.25, x: 3.75 });
  assertEquals([y, x], [-0.25, -0.25]);
});

Deno.test("movedImage() interpolates every channel, and goes on at the edge as it ends", () => {
  const ramp = (slopes: readonly [number, number][]) => ({
    ...{ width: 5, height: 4, channels: slopes.length },
    data: Float32Array.from(
      { length: 20 * slopes.length },
      (_, i) =>
        slopes[Math.floor(i / 20)][0] * (Math.floor(i / 5) % 4) +
        slopes[Math.floor(i / 20)][1] * (i % 5),
    ),
  });
  const image = ramp([[10, 1], [0, 8]]);
  const moved = movedImage(image, { y: 0.25, x: -0.5 });
  // What was a quarter above and half to the right.
  assertAlmostEquals(moved.data[2 * 5 + 2], 10 * 1.75 + 2.5, 1e-5);
  assertAlmostEquals(moved.data[20 + 2 * 5 + 2], 8 * 2.5, 1e-5);
  assertAlmostEquals(moved.data[20 + 4], 32, 1e-5);
  assertEquals(movedImage(image, NO_WAY), image);
});

Deno.test("movedLabels() moves outlines by parts of a pixel, nearer to where objects are than whole pixels", () => {
  let [better, all] = [0, 0];
  for (const way of [{ y: 0.45, x: 0 }, { y: -0.3, x: 0.3 }, { y: 0.4, x: -0.45 }]) {
    for (let i = 0; i < 8; i++) {
      const disc = { y: 22 + 0.13 * i, x: 30 - 0.29 * i, r: 7 + 0.4 * i, id: 5 };
      const before = discs([disc]);
      const truth = discs([{ ...disc, y: disc.y + way.y, x: disc.x + way.x }]);
      const moved = movedLabels(before, way);
      better += iou(moved, truth, 5) - iou(before, truth, 5);
      all++;
    }
  }
  assert(better / all > 0.01, `${better / all}`);
});

Deno.test("movedLabels() keeps every object, what is ignored, and objects that touch apart", () => {
  const labels = discs([
    { y: 20, x: 20, r: 8, id: 1 },
    { y: 20, x: 34, r: 6, id: 2 },
    { y: 40, x: 10, r: 0.5, id: 3 },
    { y: 0, x: 50, r: 5, id: 4 },
  ]);
  labels.data[45 * 60 + 40] = IGNORED_LABEL;
  const moved = movedLabels(labels, { y: 0.2, x: -0.4 });
  assertEquals([...new Set(moved.data)].sort((a, b) => a - b), [0, 1, 2, 3, 4, IGNORED_LABEL]);
  assertEquals(moved.data[40 * 60 + 10], 3);
  assertEquals(moved.data[45 * 60 + 40], IGNORED_LABEL);
  // At the edge nothing is known beyond: the object reaches it as before.
  assertEquals(moved.data[50], 4);
  const area = (image: LabelImage, id: number) => image.data.filter((label) => label === id).length;
  for (const id of [1, 2]) {
    assert(
      Math.abs(area(moved, id) - area(labels, id)) <= 0.06 * area(labels, id),
      `area of ${id}`,
    );
  }
  assertEquals(movedLabels(labels, NO_WAY), labels);
});
