import { assert, assertEquals } from "@std/assert";
import type { LabelImage } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import { PixelDraw } from "../../../../train/models/pixel_classifier/samples.ts";

function row(...ids: number[]): LabelImage {
  return { width: ids.length, height: 1, data: Uint32Array.from(ids) };
}

Deno.test("PixelDraw takes all pixels where there are few", () => {
  const count = { pixels: [2, 1, 0, 2], images: [0, 1] };
  const draw = new PixelDraw(count, { most: 100, random: new Random(1), merge: false });
  assertEquals(draw.next(row(0, 1, 2, 4)), {
    places: Uint32Array.of(1, 2, 3),
    classes: [0, 1, 3],
  });
  assertEquals(draw.next(row(4, 0, 1)), { places: Uint32Array.of(0, 2), classes: [3, 0] });
});

Deno.test("PixelDraw takes equally many of each class, exactly as many as wanted", () => {
  const drawn = row(...Array.from({ length: 1000 }, (_, i) => i % 10 === 0 ? 2 : 1));
  const count = { pixels: [2700, 300], images: [0, 1, 2] };
  const draw = new PixelDraw(count, { most: 90, random: new Random(7), merge: false });
  const classes = [0, 1, 2].flatMap(() => draw.next(drawn).classes);
  assertEquals([0, 1].map((id) => classes.filter((other) => other === id).length), [45, 45]);
});

Deno.test("PixelDraw gives every pixel the same chance", () => {
  const hits = Array(10).fill(0);
  for (let seed = 0; seed < 2000; seed++) {
    const count = { pixels: [10], images: [0] };
    const draw = new PixelDraw(count, { most: 3, random: new Random(seed), merge: false });
    const { places } = draw.next(row(...Array(10).fill(1)));
    assertEquals(places.length, 3);
    for (const place of places) hits[place]++;
  }
  // 600 expected for each, with a standard deviation of 20.
  assert(hits.every((count) => Math.abs(count - 600) < 100), hits.join());
});

Deno.test("PixelDraw merges all ids over 1 when asked", () => {
  const draw = new PixelDraw({ pixels: [1, 3], images: [0] }, {
    most: 100,
    random: new Random(1),
    merge: true,
  });
  assertEquals(draw.next(row(9, 1, 2, 70000)).classes, [1, 0, 1, 1]);
});
