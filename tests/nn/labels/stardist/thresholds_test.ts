import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { optimizeThresholds } from "../../../../nn/labels/stardist/thresholds.ts";

/**
 * A score, and what scipy's `minimize_scalar(method="golden", bracket=(0.45, 0.9), tol=1e-2,
 * options={"maxiter": 20})` finds for it when places are clipped to the bracket: the probability, and
 * how many different ones it asked.
 */
const SEARCHES: Record<string, [score: (prob: number) => number, prob: number, asked: number]> = {
  "a peak inside": [(p) => 1 - (p - 0.6) ** 2, 0.6004658426260752, 12],
  "a peak near the lower end": [(p) => 1 - (p - 0.47) ** 2, 0.4691576124462899, 11],
  "rising": [(p) => p, 0.9, 7],
  "falling": [(p) => -p, 0.45, 8],
  "steps": [(p) => -Math.abs(Math.floor(p * 20) - 14), 0.7030376551757451, 12],
  "flat": [() => 0.25, 0.4536587785141091, 13],
  "two peaks": [
    (p) => Math.max(1 - Math.abs(p - 0.55) * 5, 0.9 - Math.abs(p - 0.8) * 4),
    0.5503105626683381,
    12,
  ],
};

for (const [name, [score, expected, asked]] of Object.entries(SEARCHES)) {
  Deno.test(`optimizeThresholds() goes where scipy's golden section goes: ${name}`, async () => {
    const places: number[] = [];
    const ask = ({ prob }: { prob: number }) => {
      places.push(prob);
      return Promise.resolve(score(prob));
    };
    const best = await optimizeThresholds(ask, { maxProb: 0.9, nms: [0.4] });
    assertAlmostEquals(best.prob, expected, 1e-8);
    assertEquals([best.nms, best.score], [0.4, score(best.prob)]);
    assertEquals([places.length, new Set(places).size], [asked, asked]);
    assertEquals(places.slice(0, 2), [0.45, 0.9]);
    assertEquals(places.every((place) => place >= 0.45 && place <= 0.9), true);
  });
}

Deno.test("optimizeThresholds() takes the best overlap threshold, of equal ones the first", async () => {
  const score = ({ prob, nms }: { prob: number; nms: number }) => nms / 10 - (prob - 0.6) ** 2;
  const best = await optimizeThresholds(score, { maxProb: 0.8 });
  assertEquals(best.nms, 0.5);
  assertAlmostEquals(best.prob, 0.6, 0.01);
  const equal = await optimizeThresholds(() => 0.5, { maxProb: 0.8, nms: [0.3, 0.4] });
  assertEquals(equal.nms, 0.3);
});

Deno.test("optimizeThresholds() of a network that answers 0 everywhere ends at 0", async () => {
  const best = await optimizeThresholds(() => 0, { maxProb: 0 });
  assertEquals(best, { prob: 0, nms: 0.3, score: 0 });
});

Deno.test("optimizeThresholds() stops after the most steps", async () => {
  let asked = 0;
  const score = ({ prob }: { prob: number }) => {
    asked++;
    return -((prob - 0.6) ** 2);
  };
  await optimizeThresholds(score, { maxProb: 0.9, nms: [0.4], maxSteps: 3, tolerance: 0 });
  // Both ends; the place beyond the better end, clipped to it, is not asked again.
  assertEquals(asked, 5);
});

Deno.test("optimizeThresholds() refuses what is no probability and no score", async () => {
  for (const maxProb of [NaN, -0.1, 1.1]) {
    await assertRejects(() => optimizeThresholds(() => 1, { maxProb }), RangeError, `${maxProb}`);
  }
  await assertRejects(
    () => optimizeThresholds(() => 1, { maxProb: 0.9, nms: [] }),
    RangeError,
    "0 overlap thresholds",
  );
  await assertRejects(
    () => optimizeThresholds(() => NaN, { maxProb: 0.9 }),
    RangeError,
    "the score of probability 0.45 and overlap 0.3 is NaN",
  );
});
