import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { expose, exposureCurve } from "../../../train/images/exposure.ts";

const image = { width: 3, height: 2, data: Float32Array.of(-0.5, 0, 0.2, 0.5, 1, 40) };

Deno.test("expose() leaves an image alone at a gain of 1, and dims by a factor", () => {
  assertStrictEquals(expose(image, 1), image);
  assertEquals([...expose(image, 0.5).data], [-0.25, 0, Math.fround(0.1), 0.25, 0.5, 20]);
});

Deno.test("expose() brightens what is dim by the gain, and leaves white white", () => {
  for (const gain of [1.0001, 1.4, 2, 8, 100]) {
    const curve = exposureCurve(gain);
    assertAlmostEquals(curve(1e-6) / 1e-6, gain, 1e-3 * gain);
    assertAlmostEquals(curve(-1e-6) / 1e-6, -gain, 1e-3 * gain);
    assertAlmostEquals(curve(1), 1, 1e-12);
    assertEquals(curve(0), 0);
  }
  // k = 10 gives a gain of 10 / asinh(10).
  const { data } = expose(image, 10 / Math.asinh(10));
  assertAlmostEquals(data[3], Math.asinh(5) / Math.asinh(10), 1e-6);
});

Deno.test("expose() keeps the order, and bends less the less it brightens", () => {
  const ramp = Float32Array.from({ length: 400 }, (_, i) => i / 100);
  const { data } = expose({ width: 400, height: 1, data: ramp }, 3);
  data.forEach((value, i) => assert(i === 0 || value > data[i - 1]));
  const nearly = expose({ width: 400, height: 1, data: ramp }, 1 + 1e-9).data;
  nearly.forEach((value, i) => assertAlmostEquals(value, ramp[i], 1e-5));
});

Deno.test("expose() refuses a gain that is no number over 0", () => {
  for (const gain of [0, -1, NaN, Infinity]) {
    assertThrows(() => expose(image, gain), RangeError, `the gain is ${gain}`);
  }
});
