import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Plane } from "../../../train/images/image.ts";
import {
  defaultNormalization,
  intensityRange,
  type NormalizationSettings,
  normalize,
  normalizeAll,
  videoIntensityRange,
} from "../../../train/images/normalize.ts";
import { percentiles, videoPercentiles } from "../../../train/images/percentiles.ts";
import { Random } from "../../../train/images/random.ts";

// i = np.arange(4000)
// whole = ((i * 7919) % 1009).astype(float)
// real = (((i * 7919) % 10007 - 5000).astype(np.float32) / np.float32(7)).astype(float)
// np.percentile(whole | real, [0, 1, 37.5, 50, 99.8, 100])      (numpy 1.24.2)
const PERCENTS = [0, 1, 37.5, 50, 99.8, 100];
const WHOLE = [0, 10, 378, 504.5, 1006.002, 1008];
const REAL = [
  -714.2857055664062,
  -699.5728399658203,
  -178.33929061889648,
  0.9285714477300644,
  712.2859913330078,
  715.1428833007812,
];

function wholePlane(): Plane {
  return row(Array.from({ length: 4000 }, (_, i) => (i * 7919) % 1009));
}

function realPlane(): Plane {
  return row(Array.from({ length: 4000 }, (_, i) => (((i * 7919) % 10007) - 5000) / 7));
}

function row(values: number[]): Plane {
  return { width: values.length, height: 1, data: Float32Array.from(values) };
}

/** Cuts a row of pixels into planes of 700. */
function pieces({ data }: Plane): Plane[] {
  return Array.from(
    { length: Math.ceil(data.length / 700) },
    (_, i) => row([...data.subarray(i * 700, (i + 1) * 700)]),
  );
}

Deno.test("percentiles() equals numpy on whole numbers", () => {
  assertEquals(percentiles([wholePlane()], PERCENTS), WHOLE);
});

Deno.test("percentiles() equals numpy on negative and broken numbers", () => {
  assertEquals(percentiles([realPlane()], PERCENTS), REAL);
});

Deno.test("percentiles() equals sorting, whatever the kind of number", () => {
  const random = new Random(3);
  const kinds = [
    () => random.integer(70000), // beyond 16 bits
    () => random.integer(65536), // 16 bits
    () => random.normal() * 1e-3, // both signs, tiny
    () => Math.fround(1e30 * random.next()), // huge
    () => random.integer(3) - 1, // many ties, negative
    () => 32768 + random.next(), // close together
  ];
  for (const draw of kinds) {
    for (const count of [1, 2, 101]) {
      const plane = row(Array.from({ length: count }, draw));
      const sorted = [...plane.data].sort((a, b) => a - b);
      for (const percent of [0, 12.5, 50, 100]) {
        const position = (percent / 100) * (count - 1);
        const below = sorted[Math.floor(position)];
        const above = sorted[Math.ceil(position)];
        const t = position - Math.floor(position);
        const expected = t < 0.5 ? below + (above - below) * t : above - (above - below) * (1 - t);
        assertEquals(percentiles([plane], [percent]), [expected]);
      }
    }
  }
});

Deno.test("videoPercentiles() reads whole numbers once, others twice, and is exact", async () => {
  for (
    const [plane, expected, wanted] of [[wholePlane(), WHOLE, 1], [realPlane(), REAL, 2]] as const
  ) {
    let passes = 0;
    const result = await videoPercentiles(async function* () {
      passes++;
      await Promise.resolve();
      yield* pieces(plane);
    }, PERCENTS);
    assertEquals(result, expected);
    assertEquals(passes, wanted);
  }
});

Deno.test("percentiles() does not count the pixels around a view of a buffer", () => {
  const data = Float32Array.of(100, 1, 2, 3, 100).subarray(1, 4);
  assertEquals(percentiles([{ width: 3, height: 1, data }], [0, 100]), [1, 3]);
});

Deno.test("percentiles() refuses no pixels, NaN, infinity and impossible percents", async () => {
  assertThrows(() => percentiles([], [50]), RangeError, "there are no pixels");
  await assertRejects(() => videoPercentiles(() => [], [50]), RangeError, "there are no pixels");
  assertThrows(
    () => percentiles([{ width: 2, height: 2, data: Float32Array.of(0, 1, 2, NaN) }], [50]),
    RangeError,
    "pixel (1, 1) is NaN",
  );
  assertThrows(
    () => percentiles([row([1, Infinity])], [50]),
    RangeError,
    "pixel (1, 0) is Infinity",
  );
  for (const percent of [-1, 100.5, NaN]) {
    assertThrows(() => percentiles([row([1])], [percent]), RangeError, `percentile ${percent}`);
  }
});

Deno.test("normalize() makes the percentiles 0 and 1 and does not clip", () => {
  const settings: NormalizationSettings = { mode: "image", low: 25, high: 75 };
  const plane = row([0, 10, 20, 30, 50]);
  const range = intensityRange([plane], settings);
  assertEquals(range, { low: 10, high: 30 });
  assertEquals(normalize(plane, range).data, Float32Array.of(-0.5, 0, 0.5, 1, 2));
});

Deno.test("normalize() does not explode on even images", () => {
  const even = row(Array(1000).fill(7));
  assertEquals(normalizeAll([even], defaultNormalization)[0].data, new Float32Array(1000));

  // One bright pixel in a thousand lies above percentile 99.8: the maximum becomes 1.
  const [sparse] = normalizeAll([row([...Array(999).fill(7), 9])], defaultNormalization);
  assertEquals([sparse.data[0], sparse.data[999]], [0, 1]);
});

Deno.test("normalizeAll() uses one range for a video, one per frame otherwise", async () => {
  const dim = row([0, 1, 2, 3, 4]);
  const bright = row([0, 2, 4, 6, 8]);
  const whole = { low: 0, high: 100 };
  const asVideo = normalizeAll([dim, bright], { mode: "video", ...whole });
  assertEquals(asVideo[0].data, Float32Array.of(0, 0.125, 0.25, 0.375, 0.5));
  for (const mode of ["frame", "image"] as const) {
    const [a, b] = normalizeAll([dim, bright], { mode, ...whole });
    assertEquals(a, b);
  }
  assertEquals(
    await videoIntensityRange(() => [dim, bright], { mode: "video", ...whole }),
    intensityRange([dim, bright], { mode: "video", ...whole }),
  );
});

Deno.test("intensityRange() refuses percentiles in the wrong order", () => {
  for (const [low, high] of [[99, 1], [5, 5], [NaN, 1]]) {
    const settings: NormalizationSettings = { mode: "image", low, high };
    assertThrows(() => intensityRange([row([1, 2])], settings), RangeError, "is not below");
  }
});

Deno.test("NormalizationSettings survive JSON", () => {
  assertEquals(JSON.parse(JSON.stringify(defaultNormalization)), defaultNormalization);
  assert(defaultNormalization.low === 1 && defaultNormalization.high === 99.8);
});
