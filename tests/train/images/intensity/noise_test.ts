import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Plane } from "../../../../train/images/image.ts";
import { aboveNoise, noiseOf, noiseOfRows } from "../../../../train/images/intensity/noise.ts";
import { intensityRange } from "../../../../train/images/normalize.ts";
import { Random } from "../../../../train/images/random.ts";

const SETTINGS = { mode: "image", low: 1, high: 99.8 } as const;

/** Normal noise on what a function gives. */
function noisy(
  { width = 200, height = 150, deviation = 8 },
  ground: (x: number, y: number) => number = () => 100,
): Plane {
  const random = new Random(width + height);
  const data = Float32Array.from(
    { length: width * height },
    (_, i) => ground(i % width, Math.floor(i / width)) + deviation * random.normal(),
  );
  return { width, height, data };
}

Deno.test("noiseOf() is the standard deviation of the noise, whatever lies under it", () => {
  for (const deviation of [0.3, 8, 500]) {
    const near = (plane: Plane) => assertAlmostEquals(noiseOf(plane) / deviation, 1, 0.05);
    near(noisy({ deviation }));
    near(noisy({ deviation }, (x, y) => 100 * x - 40 * y));
    near(noisy({ deviation }, (x, y) => 1000 * Math.sin(x / 40) * Math.cos(y / 30)));
    near(noisy({ deviation }, (x, y) => (x - 50) ** 2 + (y - 70) ** 2 < 900 ? 9000 : 0));
    near(noisy({ width: 91, height: 301, deviation }));
  }
});

Deno.test("noiseOf() is 0 without noise, and of an image without a middle", () => {
  assertEquals(noiseOf(noisy({ deviation: 0 }, (x) => 3 * x)), 0);
  for (const [width, height] of [[2, 9], [9, 2], [1, 1]]) {
    assertEquals(noiseOf(noisy({ width, height })), 0);
  }
});

Deno.test("noiseOfRows() is the noise of the image in one piece, to the bit", async () => {
  for (const [width, height] of [[91, 301], [40, 3], [5, 8], [2, 9], [9, 2]]) {
    for (const deviation of [8, 0]) {
      const plane = noisy({ width, height, deviation }, (x, y) => x * y);
      const rows = ({ from, to }: { from: number; to: number }) => {
        const data = plane.data.slice(from * width, to * width);
        return Promise.resolve({ width, height: to - from, data });
      };
      for (const bandRows of [1, 2, 7, 64, 1000]) {
        const found = await noiseOfRows({ width, height, rows, bandRows });
        assertEquals(found, noiseOf(plane), `${width}x${height} by ${bandRows}`);
      }
    }
  }
});

Deno.test("aboveNoise() changes the range of an image with few objects or none, and of no other", () => {
  const disc = (radius: number, brightness: number) => (x: number, y: number) =>
    100 + ((x - 60) ** 2 + (y - 60) ** 2 < radius ** 2 ? brightness : 0);
  const of = (plane: Plane) => {
    const range = intensityRange([plane], SETTINGS);
    const noise = noiseOf(plane);
    return { above: aboveNoise(range, noise), range, noise };
  };
  for (const ground of [disc(0, 0), disc(4, 400), disc(4, 9000)]) { // 0.17 % of the pixels at most.
    const { above, range, noise } = of(noisy({}, ground));
    assertEquals(above, { low: range.low, high: range.low + 16 * noise });
    assert(above!.high > range.high + 5 * noise);
  }
  for (const ground of [disc(6, 400), disc(50, 60), disc(50, 9000)]) {
    assertEquals(of(noisy({}, ground)).above, null);
  }
  assertEquals(aboveNoise({ low: 3, high: 3 }, 0), null);
});
