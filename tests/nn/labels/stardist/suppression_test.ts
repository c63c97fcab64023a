import { assertEquals, assertThrows } from "@std/assert";
import { intersectionArea, sweepPolygon } from "../../../../nn/labels/stardist/intersection.ts";
import {
  polygonArea,
  rayPolygons,
  truncatePolygons,
} from "../../../../nn/labels/stardist/polygons.ts";
import { suppressPolygons } from "../../../../nn/labels/stardist/suppression.ts";
import { Random } from "../../../../train/images/random.ts";
import { randomStars } from "./fixtures/stars.ts";

type Box = readonly [top: number, left: number, bottom: number, right: number];

/** Rectangles as polygons. */
function rectangles(boxes: readonly Box[]): Int32Array {
  return Int32Array.from(boxes.flatMap(([top, left, bottom, right]) => [
    ...[top, left, top, right],
    ...[bottom, right, bottom, left],
  ]));
}

/** Which of the boxes are kept. */
function keptBoxes(boxes: readonly Box[], threshold: number): number[] {
  return [...suppressPolygons(rectangles(boxes), { rays: 4, threshold })];
}

/** Suppression as it is defined: every pair. */
function suppressSlowly(
  count: number,
  { overlap, threshold }: { overlap: (a: number, b: number) => number; threshold: number },
): number[] {
  const suppressed = new Set<number>();
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count && !suppressed.has(i); j++) {
      if (overlap(i, j) > threshold) suppressed.add(j);
    }
  }
  return Array.from({ length: count }, (_, i) => i).filter((i) => !suppressed.has(i));
}

Deno.test("suppressPolygons() divides by the smaller area", () => {
  const large: Box = [0, 0, 100, 100];
  const small: Box = [5, 5, 7, 7];
  assertEquals(keptBoxes([large, small], 0.99), [0]);
  assertEquals(keptBoxes([small, large], 0.99), [0]);
  assertEquals(keptBoxes([large, [98, 98, 102, 102]], 0.24), [0]);
  assertEquals(keptBoxes([large, [98, 98, 102, 102]], 0.26), [0, 1]);
});

Deno.test("suppressPolygons() keeps a polygon that overlaps by the threshold exactly", () => {
  for (const [shared, threshold] of [[50, 0.5], [30, 0.3], [40, 0.4], [70, 0.7]]) {
    const pair: Box[] = [[0, 0, 10, 100], [0, 100 - shared, 10, 200 - shared]];
    assertEquals(keptBoxes(pair, threshold), [0, 1]);
    assertEquals(keptBoxes(pair, threshold - 0.001), [0]);
  }
});

Deno.test("suppressPolygons() lets no suppressed polygon suppress others", () => {
  // Each overlaps its neighbour by 60 %: the second goes, and with it the danger to the third.
  const chain: Box[] = [[0, 0, 10, 10], [0, 4, 10, 14], [0, 8, 10, 18], [0, 12, 10, 22]];
  assertEquals(keptBoxes(chain, 0.5), [0, 2]);
});

Deno.test("suppressPolygons() keeps one of many equal polygons: the first", () => {
  assertEquals(keptBoxes(new Array(50).fill([3, 4, 9, 9]), 0.4), [0]);
});

Deno.test("suppressPolygons() keeps polygons without area, and what they lie in", () => {
  assertEquals(keptBoxes([[0, 0, 9, 9], [4, 4, 4, 4], [4, 4, 4, 4], [2, 2, 2, 8]], 0), [
    ...[0, 1, 2, 3],
  ]);
  const bowTie = Int32Array.of(0, 0, 10, 10, 0, 10, 10, 0);
  // Its parts cancel out in the shoelace sum, but not in what is shared.
  const both = Int32Array.of(...rectangles([[0, 0, 10, 10]]), ...bowTie);
  assertEquals([...suppressPolygons(both, { rays: 4, threshold: 0.4 })], [0]);
});

Deno.test("suppressPolygons() of one polygon and of none keeps what there is", () => {
  assertEquals(keptBoxes([[-5, -5, 3, 3]], 0.4), [0]);
  assertEquals(keptBoxes([], 0.4), []);
});

Deno.test("suppressPolygons() equals comparing every pair: rectangles, far apart and near", () => {
  const random = new Random(2);
  for (const side of [20, 100, 1000]) {
    const boxes = Array.from({ length: 300 }, (_, at): Box => {
      const [top, left] = [random.integer(side) - side / 4, random.integer(side) - side / 4];
      const most = at % 50 === 0 ? side : 15;
      return [top, left, top + random.integer(most), left + random.integer(most)];
    });
    const areas = boxes.map(([top, left, bottom, right]) => (bottom - top) * (right - left));
    const overlap = (a: number, b: number) => {
      const span = (axis: 0 | 1) =>
        Math.min(boxes[a][axis + 2], boxes[b][axis + 2]) -
        Math.max(boxes[a][axis], boxes[b][axis]);
      const shared = Math.max(0, span(0)) * Math.max(0, span(1));
      return shared / (Math.min(areas[a], areas[b]) + 1e-10);
    };
    for (const threshold of [0, 0.3, 0.5]) {
      const expected = suppressSlowly(boxes.length, { overlap, threshold });
      assertEquals(keptBoxes(boxes, threshold), expected);
    }
  }
});

Deno.test("suppressPolygons() equals comparing every pair: stars", () => {
  const rays = 16;
  const stars = randomStars(new Random(8), { count: 250, rays, side: 80, shortest: 0, longest: 9 });
  const polygons = truncatePolygons(rayPolygons(stars));
  const parts = Array.from(
    { length: stars.count },
    (_, at) => polygons.subarray(2 * rays * at, 2 * rays * (at + 1)),
  );
  const sweeps = parts.map(sweepPolygon);
  const areas = parts.map(polygonArea);
  const overlap = (a: number, b: number) =>
    intersectionArea(sweeps[a], sweeps[b]) / (Math.min(areas[a], areas[b]) + 1e-10);
  for (const threshold of [0.1, 0.4, 0.7]) {
    assertEquals(
      [...suppressPolygons(polygons, { rays, threshold })],
      suppressSlowly(stars.count, { overlap, threshold }),
    );
  }
});

Deno.test("suppressPolygons() refuses a threshold that is no number", () => {
  assertThrows(() => keptBoxes([[0, 0, 1, 1]], NaN), RangeError, "the threshold is NaN");
});
