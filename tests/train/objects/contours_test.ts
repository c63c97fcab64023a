import { assert, assertEquals } from "@std/assert";
import { IGNORED_LABEL } from "../../../train/images/image.ts";
import { Random } from "../../../train/images/random.ts";
import { type Loop, traceContours } from "../../../train/objects/contours.ts";
import { drawLabels } from "./fixtures/drawings.ts";

/** The loops of object 1. */
function trace(...rows: string[]): Loop[] {
  return traceContours(drawLabels(rows)).get(1) ?? [];
}

/** Twice the area inside a loop: positive if it runs clockwise on a screen. */
function doubleArea(loop: Loop): number {
  return loop.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = loop[(i + 1) % loop.length];
    return sum + x * nextY - nextX * y;
  }, 0);
}

/** Whether the centre of pixel (x, y) is inside, by the even-odd rule on a ray to the left. */
function covers(loops: readonly Loop[], x: number, y: number): boolean {
  let crossings = 0;
  for (const loop of loops) {
    loop.forEach(([x0, y0], i) => {
      const [x1, y1] = loop[(i + 1) % loop.length];
      const [top, bottom] = [Math.min(y0, y1), Math.max(y0, y1)];
      if (x0 === x1 && x0 < x + 0.5 && top < y + 0.5 && bottom > y + 0.5) crossings++;
    });
  }
  return crossings % 2 === 1;
}

Deno.test("traceContours() goes clockwise round one pixel", () => {
  assertEquals(trace("...", ".1.", "..."), [[[1, 1], [2, 1], [2, 2], [1, 2]]]);
});

Deno.test("traceContours() closes outlines along the image border", () => {
  assertEquals(trace("1"), [[[0, 0], [1, 0], [1, 1], [0, 1]]]);
  assertEquals(trace("111", "111"), [[[0, 0], [3, 0], [3, 2], [0, 2]]]);
  // An object at the right end of a row is not joined to one at the left end of the next.
  assertEquals(trace("..1", "1.."), [
    [[2, 0], [3, 0], [3, 1], [2, 1]],
    [[0, 1], [1, 1], [1, 2], [0, 2]],
  ]);
});

Deno.test("traceContours() has a corner only where the outline turns", () => {
  assertEquals(trace("1...", "1...", "1111"), [
    [[0, 0], [1, 0], [1, 2], [4, 2], [4, 3], [0, 3]],
  ]);
});

Deno.test("traceContours() goes counter-clockwise round a hole", () => {
  assertEquals(trace("111", "1.1", "111"), [
    [[0, 0], [3, 0], [3, 3], [0, 3]],
    [[1, 2], [2, 2], [2, 1], [1, 1]],
  ]);
});

Deno.test("traceContours() gives pixels that touch at a corner an outline each", () => {
  assertEquals(trace("1.", ".1"), [
    [[0, 0], [1, 0], [1, 1], [0, 1]],
    [[1, 1], [2, 1], [2, 2], [1, 2]],
  ]);
  assertEquals(trace(".1", "1."), [
    [[1, 0], [2, 0], [2, 1], [1, 1]],
    [[0, 1], [1, 1], [1, 2], [0, 2]],
  ]);
});

Deno.test("traceContours() gives holes that touch at a corner one loop", () => {
  const loops = trace("1111", "1.11", "11.1", "1111");
  assertEquals(loops.length, 2);
  assertEquals(loops.map(doubleArea), [2 * 16, 2 * -2]);
});

Deno.test("traceContours() keeps touching objects apart and lists ids in raster order", () => {
  const contours = traceContours(drawLabels(["911", "9.1"]));
  assertEquals([...contours.keys()], [9, 1]);
  assertEquals(contours.get(9), [[[0, 0], [1, 0], [1, 2], [0, 2]]]);
  assertEquals(contours.get(1), [[[1, 0], [3, 0], [3, 2], [2, 2], [2, 1], [1, 1]]]);
});

Deno.test("traceContours() finds nothing in an empty image", () => {
  assertEquals(traceContours(drawLabels(["...", "..."])).size, 0);
  assertEquals(traceContours({ width: 0, height: 0, data: new Uint32Array(0) }).size, 0);
});

Deno.test("traceContours() covers exactly the pixels of every object of random images", () => {
  const random = new Random(1);
  for (let round = 0; round < 40; round++) {
    const [width, height] = [1 + random.integer(12), 1 + random.integer(12)];
    const data = Uint32Array.from({ length: width * height }, () => random.integer(3));
    const contours = traceContours({ width, height, data });
    for (const id of [1, 2]) {
      const loops = contours.get(id) ?? [];
      const inside = Array.from(data, (_, i) => covers(loops, i % width, Math.floor(i / width)));
      assertEquals(inside, Array.from(data, (value) => value === id));
      const area = loops.reduce((sum, loop) => sum + doubleArea(loop) / 2, 0);
      assertEquals(area, data.filter((value) => value === id).length);
      for (const loop of loops) {
        const isVertical = loop.map(([x], i) => x === loop[(i + 1) % loop.length][0]);
        assert(isVertical.every((vertical, i) => vertical !== isVertical.at(i - 1)), "collinear");
      }
    }
  }
});

Deno.test("traceContours() has no outline for what is to be ignored", () => {
  const labels = { width: 3, height: 1, data: Uint32Array.of(1, IGNORED_LABEL, 0) };
  assertEquals([...traceContours(labels).keys()], [1]);
});
