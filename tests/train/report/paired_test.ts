import { assertAlmostEquals, assertEquals } from "@std/assert";
import { pairedDifference, pairedNote } from "../../../train/report/paired.ts";
import type { ModelResults, SeedResults } from "../../../train/report/results.ts";

Deno.test("pairedDifference() has the interval of Student's t", () => {
  assertEquals(pairedDifference([]), null);
  assertEquals(pairedDifference([1]), null);
  const three = pairedDifference([1, 2, 3])!;
  // 4.303 · 1 / √3
  assertAlmostEquals(three.low, 2 - 2.48433, 1e-4);
  assertAlmostEquals(three.high, 2 + 2.48433, 1e-4);
  const widths = [2, 5, 11, 12, 16, 21, 31, 61, 1000].map((count) => {
    const { low, high } = pairedDifference(Array.from({ length: count }, (_, i) => i % 2))!;
    return high - low;
  });
  assertEquals(widths, widths.toSorted((a, b) => b - a));
  const many = pairedDifference(Array.from({ length: 10_000 }, (_, i) => i % 2))!;
  assertAlmostEquals(many.high - many.mean, 1.96 * 0.5 / 100, 1e-5);
});

function seed(control: number | null, consistent: number | null): SeedResults {
  const results = (ap50: number) => ({ stills: { ap50 }, video: null }) as unknown as ModelResults;
  return {
    ...(control !== null && { control: results(control) }),
    ...(consistent !== null && { consistent: results(consistent) }),
  };
}

Deno.test("pairedNote() compares the models of each seed, where it has both", () => {
  assertEquals(pairedNote([seed(0.5, 0.6)]), null);
  assertEquals(pairedNote([seed(0.5, 0.6), seed(0.5, null)]), null);
  assertEquals(
    // Seeds differ by far more than models do.
    pairedNote([seed(0.1, 0.2), seed(0.9, 1), seed(0.5, 0.6), seed(0.7, null)]),
    "The consistent model less the control of the same seed, mean of 3 seeds and 95 % interval: " +
      "AP 0.5 on stills +0.100 (+0.100 to +0.100)",
  );
});
