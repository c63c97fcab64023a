import { assertAlmostEquals, assertEquals } from "@std/assert";
import { intersectionArea, sweepPolygon } from "../../../../nn/labels/stardist/intersection.ts";
import {
  polygonArea,
  rayPolygons,
  truncatePolygons,
} from "../../../../nn/labels/stardist/polygons.ts";
import { Random } from "../../../../train/images/random.ts";
import { exactIntersection } from "./fixtures/exact_area.ts";
import { randomStars } from "./fixtures/stars.ts";

function area(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return intersectionArea(sweepPolygon(Int32Array.from(a)), sweepPolygon(Int32Array.from(b)));
}

function rectangle(top: number, left: number, bottom: number, right: number): number[] {
  return [top, left, top, right, bottom, right, bottom, left];
}

/** The same polygon run through the other way round. */
function reversed(vertices: number[]): number[] {
  return Array.from({ length: vertices.length / 2 }, (_, k) => vertices.slice(2 * k, 2 * k + 2))
    .reverse().flat();
}

const SQUARE = rectangle(0, 0, 10, 10);
const PENTAGRAM = [1, 10, 17, 15, 7, 2, 7, 18, 17, 5];
const TWICE_AROUND = [...rectangle(0, 0, 10, 10), ...rectangle(0, 0, 4, 4)];
const BOW_TIE = [0, 0, 10, 10, 0, 10, 10, 0];
const LINE = [0, 0, 10, 10, 5, 5];

Deno.test("intersectionArea() of rectangles is their common rectangle", () => {
  assertEquals(area(SQUARE, rectangle(5, 6, 20, 20)), 20);
  assertEquals(area(SQUARE, rectangle(-5, 2, 20, 3)), 10);
  assertEquals(area(SQUARE, rectangle(2, 2, 5, 5)), 9);
  assertEquals(area(rectangle(-10, -10, -4, -4), rectangle(-6, -7, 3, 3)), 6);
});

Deno.test("intersectionArea() is 0 for polygons apart, or with an edge or a corner in common", () => {
  assertEquals(area(SQUARE, rectangle(0, 20, 10, 30)), 0);
  assertEquals(area(SQUARE, rectangle(20, 0, 30, 10)), 0);
  assertEquals(area(SQUARE, rectangle(0, 10, 10, 20)), 0);
  assertEquals(area(SQUARE, rectangle(10, 0, 20, 10)), 0);
  assertEquals(area(SQUARE, rectangle(10, 10, 20, 20)), 0);
});

Deno.test("intersectionArea() does not ask which way round polygons run", () => {
  const other = rectangle(5, 6, 20, 20);
  assertEquals(area(reversed(SQUARE), other), 20);
  assertEquals(area(SQUARE, reversed(other)), 20);
  assertEquals(area(reversed(SQUARE), reversed(other)), 20);
});

Deno.test("intersectionArea() counts what is enclosed, however often and either way", () => {
  assertEquals(area(SQUARE, TWICE_AROUND), 100);
  assertEquals(area(TWICE_AROUND, TWICE_AROUND), 100);
  assertEquals(area(BOW_TIE, SQUARE), 50);
  assertEquals(polygonArea(Int32Array.from(BOW_TIE)), 0);
  assertAlmostEquals(
    area(PENTAGRAM, rectangle(0, 0, 20, 20)),
    exactIntersection(
      Int32Array.from(PENTAGRAM),
      Int32Array.from(rectangle(0, 0, 20, 20)),
    ),
    1e-7,
  );
});

Deno.test("intersectionArea() with a polygon without area is 0", () => {
  assertEquals(area(LINE, SQUARE), 0);
  assertEquals(area(LINE, LINE), 0);
  assertEquals(area([0, 5, 10, 5, 3, 5], SQUARE), 0);
  assertEquals(area([5, 5, 5, 5, 5, 5], SQUARE), 0);
  assertEquals(area([5, 5, 5, 5, 5, 5], [5, 5, 5, 5, 5, 5]), 0);
});

Deno.test("intersectionArea() of far coordinates loses nothing", () => {
  const far = 1_000_003;
  const shifted = (vertices: number[]) => vertices.map((value) => value + far);
  const [a, b] = [[0, 0, 7, 3, 2, 9], [1, 1, 9, 4, -3, 8]];
  assertEquals(area(shifted(a), shifted(b)), area(a, b));
});

Deno.test("intersectionArea() of a simple polygon with itself is its area", () => {
  const rays = 32;
  const stars = randomStars(new Random(3), {
    count: 50,
    rays,
    side: 50,
    shortest: 12,
    longest: 14,
  });
  const polygons = truncatePolygons(rayPolygons(stars));
  for (let at = 0; at < polygons.length; at += 2 * rays) {
    const one = polygons.subarray(at, at + 2 * rays);
    assertEquals(area(one, one), polygonArea(one));
  }
});

for (
  const [name, rays, shortest, longest, count] of [
    ["triangles", 3, 1, 12, 60],
    ["round stars", 32, 5, 7, 6],
    ["wild stars", 16, 0.001, 12, 16],
    ["stars as small as pixels", 8, 0.001, 2.5, 60],
  ] as const
) {
  Deno.test(`intersectionArea() equals exact fractions: ${name}`, () => {
    const random = new Random(11);
    const stars = randomStars(random, { count, rays, side: 8, shortest, longest });
    const polygons = truncatePolygons(rayPolygons(stars));
    for (let at = 0; at < count; at += 2) {
      const a = polygons.subarray(2 * rays * at, 2 * rays * (at + 1));
      const b = polygons.subarray(2 * rays * (at + 1), 2 * rays * (at + 2));
      assertAlmostEquals(area(a, b), exactIntersection(a, b), 2 ** -24, `${a} and ${b}`);
    }
  });
}

Deno.test("intersectionArea() equals exact fractions: any vertices", () => {
  const random = new Random(5);
  const draw = () => Int32Array.from({ length: 14 }, () => random.integer(9) - 4);
  for (let trial = 0; trial < 40; trial++) {
    const [a, b] = [draw(), draw()];
    assertAlmostEquals(area(a, b), exactIntersection(a, b), 2 ** -24, `${a} and ${b}`);
    assertEquals(area(a, b), area(b, a));
  }
});
