import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Plane } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import {
  phaseShift,
  Registration,
} from "../../../../train/images/registration/phase_correlation.ts";

/** Many soft spots, moved by a shift that may have fractions, with noise. */
function scene(
  { seed = 1, y = 0, x = 0, width = 160, height = 120, noise = 0, spots = 60 },
): Plane {
  const random = new Random(seed);
  const places = Array.from({ length: spots }, () => ({
    y: random.uniform(-20, height + 20),
    x: random.uniform(-20, width + 20),
    bright: random.uniform(50, 200),
  }));
  const grain = new Random(seed, 1000 + Math.round(Math.abs(100 * (y + 7 * x))));
  const data = new Float32Array(width * height);
  for (const spot of places) {
    const [cy, cx] = [spot.y + y, spot.x + x];
    for (let row = Math.max(0, Math.floor(cy - 12)); row < Math.min(height, cy + 12); row++) {
      for (
        let column = Math.max(0, Math.floor(cx - 12));
        column < Math.min(width, cx + 12);
        column++
      ) {
        data[row * width + column] += spot.bright *
          Math.exp(-((row - cy) ** 2 + (column - cx) ** 2) / (2 * 3 ** 2));
      }
    }
  }
  return { width, height, data: data.map((value) => 100 + value + noise * grain.normal()) };
}

Deno.test("phaseShift() finds shifts to a tenth of a pixel, in noise", () => {
  for (const [y, x] of [[0, 0], [7, -12], [3.5, 2.25], [-0.4, 0.7]]) {
    const shift = phaseShift(scene({ noise: 10 }), scene({ y, x, noise: 10 }));
    assertAlmostEquals(shift.y, y, 0.15);
    assertAlmostEquals(shift.x, x, 0.15);
  }
});

Deno.test("phaseShift() takes images that are made smaller first, and other brightness", () => {
  const size = { width: 700, height: 540, spots: 400 };
  const dim = scene({ ...size, y: 20, x: -9 });
  const shift = phaseShift(scene(size), { ...dim, data: dim.data.map((value) => 0.3 * value + 7) });
  assertAlmostEquals(shift.y, 20, 0.4);
  assertAlmostEquals(shift.x, -9, 0.4);
});

Deno.test("phaseShift() finds nothing where there is nothing", () => {
  const blank = { width: 40, height: 30, data: new Float32Array(1200).fill(5) };
  assertEquals(phaseShift(blank, blank), { y: 0, x: 0, peak: 0 });
  const [a, b] = [1, 2].map((seed) => {
    const random = new Random(seed);
    return { width: 64, height: 64, data: new Float32Array(4096).map(() => random.normal()) };
  });
  const { y, x, peak } = phaseShift(a, b);
  assert(peak < 0.4);
  assertEquals([y, x], [0, 0]);
});

Deno.test("Registration adds up what frames move", () => {
  const registration = new Registration();
  const steps = [0, 1, 2, 3].map((t) =>
    registration.add(scene({ y: 2.5 * t, x: -4 * t, noise: 5 }))
  );
  assertEquals(steps[0], { y: 0, x: 0, peak: 1 });
  assertAlmostEquals(steps[3].y, 7.5, 0.3);
  assertAlmostEquals(steps[3].x, -12, 0.3);
});
