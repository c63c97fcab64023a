import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  polygonArea,
  rayPolygons,
  truncatePolygons,
} from "../../../../nn/labels/stardist/polygons.ts";

/** The polygon of one object. */
function polygon(point: number[], dist: number[]): Float32Array {
  return rayPolygons({
    count: 1,
    rays: dist.length,
    prob: Float32Array.of(1),
    points: Int32Array.from(point),
    dist: Float32Array.from(dist),
  });
}

Deno.test("rayPolygons() turns from the columns' axis to the rows' axis", () => {
  const vertices = polygon([7, 100], [2, 2, 2, 2, 2, 2, 2, 2]);
  const half = Math.SQRT2;
  const expected = [
    ...[7, 102, 7 + half, 100 + half, 9, 100, 7 + half, 100 - half],
    ...[7, 98, 7 - half, 100 - half, 5, 100, 7 - half, 100 + half],
  ];
  expected.forEach((value, at) => assertAlmostEquals(vertices[at], value, 1e-5));
});

Deno.test("rayPolygons() along the axes ends on whole pixels", () => {
  for (const distance of [1, 100, 4097]) {
    const vertices = polygon([5000, 5001], new Array(32).fill(distance));
    assertEquals([...vertices.subarray(0, 2)], [5000, 5001 + distance]);
    assertEquals([...vertices.subarray(16, 18)], [5000 + distance, 5001]);
    assertEquals([...vertices.subarray(32, 34)], [5000, 5001 - distance]);
    assertEquals([...vertices.subarray(48, 50)], [5000 - distance, 5001]);
  }
});

Deno.test("rayPolygons() puts objects one after the other", () => {
  const two = rayPolygons({
    count: 2,
    rays: 3,
    prob: Float32Array.of(0.9, 0.8),
    points: Int32Array.of(4, 5, 20, 30),
    dist: Float32Array.of(1, 2, 3, 4, 5, 6),
  });
  assertEquals(two.subarray(0, 6), polygon([4, 5], [1, 2, 3]));
  assertEquals(two.subarray(6), polygon([20, 30], [4, 5, 6]));
});

Deno.test("truncatePolygons() cuts towards 0 on both sides of it", () => {
  const cut = truncatePolygons(Float32Array.of(1.9, -1.9, -0.5, 0.5, 7, -7));
  assertEquals([...cut], [1, -1, 0, 0, 7, -7]);
});

Deno.test("polygonArea() is half the shoelace sum, whichever way round", () => {
  assertEquals(polygonArea(Int32Array.of(0, 0, 0, 5, 3, 5, 3, 0)), 15);
  assertEquals(polygonArea(Int32Array.of(3, 0, 3, 5, 0, 5, 0, 0)), 15);
  assertEquals(polygonArea(Int32Array.of(0, 0, 1, 0, 0, 1)), 0.5);
  assertEquals(polygonArea(Int32Array.of(4, 4, 9, 9, 4, 4)), 0);
});
