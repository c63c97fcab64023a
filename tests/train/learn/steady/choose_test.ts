import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import type { LabelImage } from "../../../../train/images/image.ts";
import { choose } from "../../../../train/learn/steady/choose.ts";
import { type Judgement, judgementOf } from "../../../../train/learn/steady/judge.ts";
import { secondsFor, taughtFrames } from "../../../../train/learn/steady/plan.ts";
import { pairsOf } from "../../../../train/learn/steady/see.ts";

/** A judgement with these figures. */
function judged(figures: Partial<Judgement>): Judgement {
  const usual = { objects: 100, persistence: 0.8, agreement: 0.8, diameter: 20 };
  const { objects, persistence, ...others } = { ...usual, ...figures };
  const score = objects * persistence ** 2;
  return { objects, persistence, score, areaChange: 0.01, diceInstability: 0.1, ...others };
}

const plain = judged({});

Deno.test("choose() takes the adapted model where more persists than without and by the control", () => {
  const adapted = judged({ persistence: 0.85 });
  const { chosen, reasons } = choose({ unadapted: plain, control: plain, adapted, alarm: null });
  assertEquals(chosen, "adapted");
  assertStringIncludes(reasons.join("\n"), "85.0 % adapted, 80.0 % unadapted, 80.0 % control");
});

Deno.test("choose() takes the model as it was at any doubt, and says which", () => {
  const better = judged({ persistence: 0.85 });
  const cases: [Partial<Parameters<typeof choose>[0]>, string][] = [
    [{ adapted: plain }, "no more that persists than the unadapted model"],
    [{ control: judged({ persistence: 0.86 }) }, "than the control, which saw no video"],
    [{ adapted: judged({ persistence: 0.85, agreement: 0.7 }) }, "two views of a frame agree less"],
    [{ alarm: "Collapse alarm after step 9" }, "Collapse alarm after step 9"],
    [{ adapted: judged({ score: NaN, persistence: NaN }) }, "no more that persists"],
  ];
  for (const [change, why] of cases) {
    const usual = { unadapted: plain, control: plain, adapted: better, alarm: null };
    const { chosen, reasons } = choose({ ...usual, ...change });
    assertEquals(chosen, "unadapted", why);
    assertStringIncludes(reasons[0], why);
  }
});

/** Labels of one row. */
function row(...ids: number[]): LabelImage {
  return { width: ids.length, height: 1, data: Uint32Array.from(ids) };
}

Deno.test("judgementOf() counts objects by the intersection over union at which they are found again", () => {
  // Object 1 is found again by 3 of 4 pixels, object 2 by 1 of 3, which is another one.
  const now = row(1, 1, 1, 1, 0, 2, 2, 0, 0);
  const next = row(7, 7, 7, 0, 0, 0, 9, 9, 0);
  const { objects, persistence, agreement, score, diameter } = judgementOf([[now, next, now]]);
  assertEquals([objects, agreement], [2, 1]);
  assertAlmostEquals(persistence, 0.75 / 2, 1e-12);
  assertAlmostEquals(score, 2 * (0.75 / 2) ** 2, 1e-12);
  assertAlmostEquals(diameter!, 2 * Math.sqrt(3 / Math.PI), 1e-12);
});

Deno.test("judgementOf() of nothing is 0 and no number, not NaN", () => {
  const empty = row(0, 0, 0);
  const found = judgementOf([[empty, empty, empty]]);
  assertEquals([found.objects, found.persistence, found.agreement, found.score], [0, 0, 0, 0]);
  assertEquals(found.diameter, null);
});

Deno.test("pairsOf() takes neighbours in time that are like the others, spread evenly", () => {
  const times = [0, 1, 2, 3, 9, 10, 11];
  assertEquals(pairsOf({ usual: [0, 1, 2, 3, 4, 5, 6], times }), [0, 1, 4, 5]);
  // Frame 3 is stray; frames 3 and 4 are no neighbours.
  assertEquals(pairsOf({ usual: [0, 2, 4, 5], times }), [4]);
  assertEquals(pairsOf({ usual: [0], times: [0] }), []);
});

Deno.test("the plan spends minutes on a video of 100 frames of 700 x 1100, whatever its length", () => {
  const size = { frames: 100, width: 1100, height: 700 };
  assertEquals(taughtFrames(size), 25);
  assertEquals(taughtFrames({ ...size, frames: 1000 }), 25);
  assertEquals(taughtFrames({ frames: 30, width: 200, height: 200 }), 30);
  assertEquals(taughtFrames({ frames: 30, width: 5000, height: 5000 }), 10);
  const options = { secondsPerMegapixel: 0.75, adapts: true, rounds: 100 };
  const { adapt, compare, predict, track, report } = secondsFor(size, options);
  assertEquals(adapt + compare + predict + track + report < 300, true);
  assertEquals(secondsFor(size, { ...options, adapts: false }).adapt, 0);
});
