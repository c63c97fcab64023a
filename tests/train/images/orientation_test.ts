import { assertEquals, assertThrows } from "@std/assert";
import type { Plane } from "../../../train/images/image.ts";
import {
  inverseOrientation,
  orient,
  ORIENTATIONS,
  swapsAxes,
  unorient,
} from "../../../train/images/orientation.ts";

const ALL = Array.from({ length: ORIENTATIONS }, (_, k) => k);

function numbered(width: number, height: number): Plane {
  return { width, height, data: Float32Array.from({ length: width * height }, (_, i) => i + 1) };
}

Deno.test("orient() transposes, flips and turns as its bits say", () => {
  const plane = numbered(3, 2); // 1 2 3 / 4 5 6
  const expected = [
    [1, 2, 3, 4, 5, 6],
    [1, 4, 2, 5, 3, 6],
    [4, 5, 6, 1, 2, 3],
    [3, 6, 2, 5, 1, 4], // quarter turn anticlockwise, np.rot90(a)
    [3, 2, 1, 6, 5, 4],
    [4, 1, 5, 2, 6, 3], // quarter turn clockwise, np.rot90(a, -1)
    [6, 5, 4, 3, 2, 1],
    [6, 3, 5, 2, 4, 1],
  ];
  for (const k of ALL) {
    const turned = orient(plane, k);
    assertEquals([...turned.data], expected[k]);
    assertEquals([turned.width, turned.height], swapsAxes(k) ? [2, 3] : [3, 2]);
  }
});

Deno.test("orient() is a group: closed, every product once per row, unorient() the inverse", () => {
  const plane = numbered(3, 3);
  const names = new Map(ALL.map((k) => [orient(plane, k).data.join(), k]));
  assertEquals(names.size, ORIENTATIONS);
  for (const a of ALL) {
    const products = ALL.map((b) => names.get(orient(orient(plane, a), b).data.join()));
    assertEquals([...products].sort(), ALL);
    assertEquals(orient(orient(plane, a), inverseOrientation(a)), plane);
    assertEquals(unorient(orient(numbered(5, 2), a), a), numbered(5, 2));
    assertEquals(orient(unorient(numbered(5, 2), a), a), numbered(5, 2));
  }
});

Deno.test("orient() keeps ids beyond what a float holds, and its input", () => {
  const labels = { width: 2, height: 1, data: Uint32Array.of(4294967295, 16777217) };
  assertEquals(orient(labels, 4).data, Uint32Array.of(16777217, 4294967295));
  assertEquals(labels.data, Uint32Array.of(4294967295, 16777217));
});

Deno.test("orient() refuses what is no orientation", () => {
  for (const k of [-1, 8, 0.5, NaN]) {
    assertThrows(() => orient(numbered(1, 1), k), RangeError, `orientation ${k}`);
    assertThrows(() => unorient(numbered(1, 1), k), RangeError, `orientation ${k}`);
  }
});
