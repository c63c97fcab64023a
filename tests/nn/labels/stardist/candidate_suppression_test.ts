import { assertEquals, assertThrows } from "@std/assert";
import { suppressCandidates } from "../../../../nn/labels/stardist/candidate_suppression.ts";
import { type Candidates, selectCandidates } from "../../../../nn/labels/stardist/candidates.ts";
import { wholePolygons } from "../../../../nn/labels/stardist/polygons.ts";
import { suppressPolygons } from "../../../../nn/labels/stardist/suppression.ts";
import { Random } from "../../../../train/images/random.ts";
import { randomStars, type StarOptions } from "./fixtures/stars.ts";

function assertSame(candidates: Candidates, threshold: number, message?: string): void {
  const { rays } = candidates;
  const expected = suppressPolygons(wholePolygons(candidates), { rays, threshold });
  assertEquals(suppressCandidates(candidates, { threshold }), expected, message);
}

Deno.test("suppressCandidates() keeps what suppressPolygons() keeps: any stars, any thresholds", () => {
  const random = new Random(11);
  const cases: Omit<StarOptions, "count">[] = [
    { rays: 32, side: 60, shortest: 8, longest: 9 },
    { rays: 32, side: 150, shortest: 2, longest: 3.5 },
    { rays: 8, side: 40, shortest: 0, longest: 12 },
    { rays: 3, side: 40, shortest: 5, longest: 9 },
    { rays: 5, side: 1, shortest: 4, longest: 6 },
    { rays: 32, side: 900, shortest: 90, longest: 120 },
  ];
  for (const [i, stars] of cases.entries()) {
    for (const threshold of [-1, 0, 0.1, 0.4, 0.8, 0.9995, 2]) {
      const candidates = randomStars(random, { ...stars, count: 300 });
      // At the edge of an image polygons reach beyond it, where whole pixels are cut the other way.
      for (let at = 0; at < candidates.points.length; at++) candidates.points[at] -= 3 * (i % 2);
      assertSame(candidates, threshold, `case ${i}, threshold ${threshold}`);
    }
  }
});

Deno.test("suppressCandidates() compares a candidate after all whose holder is suppressed by another one", () => {
  // Circles in a row, each covering the next one; the second goes, and with it its hold on the third.
  const [rays, count] = [16, 6];
  const row = (step: number): Candidates => ({
    ...{ count, rays, prob: Float32Array.from({ length: count }, (_, i) => 1 - i / count) },
    points: Int32Array.from(
      { length: 2 * count },
      (_, i) => i % 2 === 0 ? 50 : 20 + step * (i >> 1),
    ),
    dist: new Float32Array(count * rays).fill(20),
  });
  for (let step = 1; step < 30; step++) {
    for (const threshold of [0.1, 0.3, 0.5, 0.7]) assertSame(row(step), threshold, `step ${step}`);
  }
});

Deno.test("suppressCandidates() takes rays of any length, also of a candidate that covers all others", () => {
  const random = new Random(12);
  const stars = { count: 120, rays: 32, side: 200, shortest: 4, longest: 9 };
  for (const length of [1e-3, 500, 2 ** 22]) {
    const candidates = randomStars(random, stars);
    for (const index of [0, 7]) candidates.dist.fill(length, 32 * index, 32 * (index + 1));
    for (const threshold of [0.1, 0.4]) assertSame(candidates, threshold);
  }
});

Deno.test("suppressCandidates() of one candidate and of none keeps what there is, and refuses NaN", () => {
  const stars = { count: 1, rays: 4, side: 9, shortest: 2, longest: 3 };
  const one = randomStars(new Random(1), stars);
  const none = selectCandidates(one, []);
  assertEquals([...suppressCandidates(one, { threshold: 0.4 })], [0]);
  assertEquals([...suppressCandidates(none, { threshold: 0.4 })], []);
  for (const candidates of [one, none]) {
    const refused = () => suppressCandidates(candidates, { threshold: NaN });
    assertThrows(refused, RangeError, "the threshold is NaN");
  }
});
