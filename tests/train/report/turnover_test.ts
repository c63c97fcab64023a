import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { LabelImage } from "../../../train/images/image.ts";
import { Random } from "../../../train/images/random.ts";
import { flickerOf } from "../../../train/objects/scores/flicker.ts";
import { findTurnover } from "../../../train/report/turnover.ts";
import { drawn } from "../objects/fixtures/label_images.ts";
import { drawLabels } from "../objects/fixtures/drawings.ts";

Deno.test("findTurnover() names who appears and who vanishes, whatever the ids", () => {
  const earlier = drawLabels([".......", ".11.22.", ".11.22.", "......."]);
  const later = drawLabels([".......", ".77....", ".77..3.", "......."]);
  const { appeared, vanished } = findTurnover(earlier, later);
  assertEquals([...appeared], []); // 3 shares a quarter of 2
  assertEquals([...vanished], []);
  const gone = findTurnover(earlier, drawLabels([".......", ".77....", ".77....", "......."]));
  assertEquals([[...gone.appeared], [...gone.vanished]], [[], [2]]);
});

Deno.test("findTurnover() takes an overlap of exactly a tenth for the same object", () => {
  // Ten pixels, of which one is shared: 1/10 with a later object of that pixel alone.
  const earlier = drawLabels(["............", ".1111111111.", "............"]);
  const tenth = drawLabels(["............", ".2..........", "............"]);
  assertEquals(findTurnover(earlier, tenth).appeared.size, 0);
  // 1/11 with a later object of two pixels.
  const less = drawLabels([".2..........", ".2..........", "............"]);
  assertEquals([...findTurnover(earlier, less).vanished], [1]);
});

Deno.test("findTurnover() leaves out objects at the border, but matches with them", () => {
  const earlier = drawLabels(["1...", "....", "...."]);
  assertEquals(findTurnover(earlier, drawLabels(["....", "....", "...2"])).appeared.size, 0);
  assertEquals(findTurnover(earlier, drawLabels(["....", "....", "...2"])).vanished.size, 0);
  const reaching = drawLabels([".1..", ".1..", "...."]);
  assertEquals(findTurnover(reaching, drawLabels(["....", ".5..", "...."])).appeared.size, 0);
});

Deno.test("findTurnover() counts what the birth and death rates count", () => {
  const random = new Random(4);
  const frame = (): LabelImage => ({
    width: 30,
    height: 30,
    data: Uint32Array.from({ length: 900 }, (_, i) => {
      const cell = 1 + Math.floor(i % 30 / 5) + 6 * Math.floor(i / 150);
      return random.chance(0.35) ? cell : 0;
    }),
  });
  const [a, b] = [frame(), frame()];
  // Take out some objects of either frame.
  const without = (labels: LabelImage, rest: number) => ({
    ...labels,
    data: labels.data.map((id) => id % 4 === rest ? 0 : id),
  });
  const [earlier, later] = [without(a, 0), without(b, 3)];
  const { appeared, vanished } = findTurnover(earlier, later);
  const inner = (labels: LabelImage) => {
    const ids = new Set(labels.data);
    labels.data.forEach((id, i) => {
      if ([0, 29].includes(i % 30) || [0, 29].includes(Math.floor(i / 30))) ids.delete(id);
    });
    ids.delete(0);
    return ids.size;
  };
  const flicker = flickerOf([earlier, later]);
  assertAlmostEquals(appeared.size / inner(later), flicker.birth_rate!, 1e-12);
  assertAlmostEquals(vanished.size / inner(earlier), flicker.death_rate!, 1e-12);
  assertEquals(appeared.size > 0 && vanished.size > 0, true);
});

Deno.test("findTurnover() refuses frames of different size", () => {
  assertThrows(() => findTurnover(drawLabels(["1"]), drawLabels(["11"])), RangeError);
});

Deno.test("findTurnover() does not know who appears or vanishes where the other frame is ignored", () => {
  const [shown, ignored] = [drawn("....\n.11.\n...."), drawn("....\n.??.\n....")];
  for (const frames of [[shown, ignored], [ignored, shown]] as const) {
    const { appeared, vanished } = findTurnover(...frames);
    assertEquals([appeared.size, vanished.size], [0, 0]);
  }
});
