import { assert, assertEquals } from "@std/assert";
import { boundingBoxes } from "../../../../nn/labels/stardist/box_index.ts";
import { intersectionArea, sweepPolygon } from "../../../../nn/labels/stardist/intersection.ts";
import { compareShared, Profile } from "../../../../nn/labels/stardist/overlap_bounds.ts";
import { rayPolygons, truncatePolygons } from "../../../../nn/labels/stardist/polygons.ts";
import { Random } from "../../../../train/images/random.ts";
import { randomStars } from "./fixtures/stars.ts";

/** A profile of one polygon; null if it has none. */
function profileOf(vertices: Int32Array<ArrayBuffer>): Profile | null {
  const profile = new Profile();
  const boxes = boundingBoxes(vertices, vertices.length / 2);
  return profile.take(vertices, { from: 0, to: vertices.length, boxes, box: 0 }) ? profile : null;
}

Deno.test("compareShared() decides as the exact area does, or not at all: any polygons", () => {
  const random = new Random(5);
  let [decided, all] = [0, 0];
  for (let turn = 0; turn < 600; turn++) {
    // Vertices anywhere cross themselves, turn back and wind twice; stars hardly do.
    const isWild = turn % 3 === 0;
    const vertices = () => {
      if (isWild) {
        const count = 3 + random.integer(6);
        return Int32Array.from({ length: 2 * count }, () => random.integer(12));
      }
      const stars = { count: 1, rays: 32, side: 6, shortest: 4, longest: 9 };
      return truncatePolygons(rayPolygons(randomStars(random, stars)));
    };
    const [a, b] = [vertices(), vertices()];
    const shared = intersectionArea(sweepPolygon(a), sweepPolygon(b));
    const profiles = [profileOf(a)!, profileOf(b)!] as const;
    for (const limit of [0, shared - 1e-5, shared, shared + 1e-5, 0.5 * shared, 1.5 * shared, 40]) {
      const verdict = compareShared(...profiles, limit);
      if (verdict > 0) assert(shared > limit, `turn ${turn}: ${shared} is not above ${limit}`);
      if (verdict < 0) assert(shared < limit, `turn ${turn}: ${shared} is not below ${limit}`);
      if (isWild) continue;
      all++;
      if (verdict !== 0) decided++;
    }
  }
  assert(decided > 0.3 * all, `${decided} of ${all}`);
});

Deno.test("compareShared() leaves equal areas to who computes exactly", () => {
  const square = (left: number, top: number, side: number) =>
    profileOf(
      Int32Array.of(top, left, top, left + side, top + side, left + side, top + side, left),
    )!;
  const [a, b] = [square(0, 0, 10), square(5, 0, 10)];
  assertEquals(compareShared(a, b, 50), 0);
  assertEquals(compareShared(a, b, 50.001), -1);
  assertEquals(compareShared(a, b, 49.999), 1);
  assertEquals(compareShared(a, square(20, 0, 4), 0.001), -1);
  assertEquals(compareShared(a, b, Infinity), 0);
});

Deno.test("Profile refuses what is too wide or too far away to be exact", () => {
  assertEquals(profileOf(Int32Array.of(0, 0, 0, 600, 9, 300)), null);
  assertEquals(profileOf(Int32Array.of(2 ** 20, 0, 2 ** 20, 6, 2 ** 20 + 9, 3)), null);
  assertEquals(profileOf(Int32Array.of(0, -(2 ** 20), 0, 6 - 2 ** 20, 9, 3 - 2 ** 20)), null);
  assert(profileOf(Int32Array.of(0, 0, 0, 512, 9, 300)) !== null);
});
