import { assertEquals, assertMatch } from "@std/assert";
import { intensitiesDoubt } from "../../../../train/images/masks/intensities.ts";
import { Random } from "../../../../train/images/random.ts";

const SIZE = { width: 60, height: 40 };

function imageOf(at: (y: number, x: number) => number) {
  const data = Uint32Array.from(
    { length: SIZE.width * SIZE.height },
    (_, i) => at(Math.floor(i / SIZE.width), i % SIZE.width),
  );
  return { ...SIZE, data };
}

Deno.test("intensitiesDoubt() finds images of any kind", () => {
  const random = new Random(4);
  const noisy = imageOf(() => 200 + random.integer(3000));
  assertMatch(`${intensitiesDoubt(noisy)}`, /^\d+ numbers in \d+ places, and no 0 for background$/);
  const smooth = imageOf((y, x) => Math.round(100 + 60 * Math.sin(x / 9) * Math.cos(y / 7)));
  assertMatch(`${intensitiesDoubt(smooth)}`, /no 0 for background/);
  // Cells on black: most pixels are 0.
  const dark = imageOf((y, x) => {
    const [down, right] = [y % 20 - 10, x % 20 - 10];
    return Math.max(0, Math.round(90 - 4 * (down * down + right * right)));
  });
  assertMatch(`${intensitiesDoubt(dark)}`, /^\d+ numbers in \d+ places$/);
  // The same in 16 bits: hardly any number is there twice.
  const fine = { ...dark, data: dark.data.map((grey) => grey && 500 * grey + random.integer(500)) };
  assertMatch(`${intensitiesDoubt(fine)}`, /^\d+ numbers in \d+ places$/);
});

Deno.test("intensitiesDoubt() trusts labels: packed, broken, few, or of single pixels", () => {
  const packed = imageOf((y, x) => 1 + Math.floor(y / 4) * 15 + Math.floor(x / 4));
  assertEquals(intensitiesDoubt(packed), null);
  // Three pieces each.
  const broken = imageOf((y, x) => y < 12 && [1, 2, 5, 6, 7].includes(y % 8) ? 1 + (x >> 2) : 0);
  assertEquals(intensitiesDoubt(broken), null);
  const dots = imageOf((y, x) => y % 3 === 0 && x % 3 === 0 ? 1 + y * 60 + x : 0);
  assertEquals(intensitiesDoubt(dots), null);
  assertEquals(intensitiesDoubt(imageOf((y, x) => (x + y) % 2 * 255)), null);
  assertEquals(intensitiesDoubt(imageOf(() => 0)), null);
});
