import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Pace } from "../../../../train/learn/steady/plan.ts";

Deno.test("Pace corrects estimates by what parts took, as soon as that says anything", () => {
  let now = 0;
  const pace = new Pace(() => 1000 * now);
  pace.begin(0);
  now = 30;
  // Nothing was foreseen of the first part.
  pace.begin(10);
  assertEquals(pace.factor, 1);
  now = 60;
  pace.begin(4);
  assertEquals(pace.factor, 3);
  now = 62;
  pace.begin(1000);
  assertAlmostEquals(pace.factor, 32 / 14);
  now = 62.5;
  pace.begin(1);
  assertEquals(pace.factor, 1 / 8);
});
