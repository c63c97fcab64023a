import { assertEquals, assertThrows } from "@std/assert";
import { PercentileFinder, percentiles } from "../../../train/images/percentiles.ts";
import { Random } from "../../../train/images/random.ts";

/** numpy's rule on sorted numbers. */
function sortedPercentiles(values: readonly number[], percents: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return percents.map((percent) => {
    const position = (percent / 100) * (sorted.length - 1);
    const below = Math.floor(position);
    const [a, b] = [sorted[below], sorted[Math.min(below + 1, sorted.length - 1)]];
    const fraction = position - below;
    return fraction < 0.5 ? a + (b - a) * fraction : b - (b - a) * (1 - fraction);
  });
}

/** Numbers of one kind. */
const KINDS: Readonly<Record<string, (random: Random) => number>> = {
  "whole numbers": (random) => random.integer(65536),
  "few whole numbers": (random) => random.integer(3),
  "both zeros": (random) => random.chance(0.5) ? -0 : random.integer(2),
  "fractions of both signs": (random) => Math.fround(random.normal()),
  "large numbers": (random) => random.integer(2 ** 24),
};
const PERCENTS = [0, 1, 33.3, 50, 99.8, 100];

function planeOf(values: readonly number[]) {
  return { width: values.length, height: 1, data: Float32Array.from(values) };
}

for (const [kind, draw] of Object.entries(KINDS)) {
  Deno.test(`percentiles() are those of sorted numbers: ${kind}, alone and after whole ones`, () => {
    const random = new Random(kind.length);
    const drawn = Array.from({ length: 997 }, () => draw(random));
    assertEquals(percentiles([planeOf(drawn)], PERCENTS), sortedPercentiles(drawn, PERCENTS));
    const whole = Array.from({ length: 400 }, () => random.chance(0.1) ? -0 : random.integer(900));
    const both = [planeOf(whole), planeOf(drawn)];
    const expected = sortedPercentiles([...whole, ...drawn], PERCENTS);
    assertEquals(percentiles(both, PERCENTS), expected);
    assertEquals(percentiles(both.toReversed(), PERCENTS), expected);
  });
}

Deno.test("PercentileFinder.merge() adds what was counted apart, and takes it away", () => {
  const random = new Random(6);
  const kinds = Object.values(KINDS);
  for (let turn = 0; turn < 12; turn++) {
    const parts = [0, 1, 2].map((i) =>
      Array.from({ length: 300 }, () => kinds[turn < 4 ? turn % 3 : (turn + i) % 5](random))
    );
    const all = new PercentileFinder(PERCENTS);
    const finders = parts.map((part) => {
      const finder = new PercentileFinder([50]);
      finder.count(planeOf(part));
      all.merge(finder);
      return finder;
    });
    const valuesOf = (kept: readonly (readonly number[])[]) => {
      if (all.needsRefinement()) kept.forEach((part) => all.refine(planeOf(part)));
      return all.values();
    };
    if (all.hasOnlyWhole) {
      all.merge(finders[1], { sign: -1 });
      parts.splice(1, 1);
    }
    assertEquals(valuesOf(parts), sortedPercentiles(parts.flat(), PERCENTS), `turn ${turn}`);
    all.clear();
    assertThrows(() => all.needsRefinement(), RangeError, "there are no pixels");
  }
});

Deno.test("percentiles() name the pixel that is no number, also behind whole ones", () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    const plane = { width: 2, height: 2, data: Float32Array.of(1, 2, 3, bad) };
    assertThrows(() => percentiles([plane], [50]), RangeError, `pixel (1, 1) is ${bad}`);
  }
});
