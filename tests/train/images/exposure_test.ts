import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { BRIGHTEST, expose } from "../../../train/images/exposure.ts";

const image = { width: 3, height: 2, data: Float32Array.of(-0.5, 0, 0.2, 0.5, 1, 40) };

Deno.test("expose() leaves an image alone at a gain of 1, and multiplies up to 1", () => {
  assertStrictEquals(expose(image, 1), image);
  const { data } = expose(image, 2);
  [-1, 0, 0.4, 1].forEach((value, i) => assertAlmostEquals(data[i], value, 1e-6));
  assertEquals([...expose(image, 0.5).data], [-0.25, 0, Math.fround(0.1), 0.25, 0.5, BRIGHTEST]);
});

Deno.test("expose() never passes its bound, keeps the order, and bends without a kink", () => {
  const ramp = Float32Array.from({ length: 400 }, (_, i) => i / 100);
  const { data } = expose({ width: 400, height: 1, data: ramp }, 1.0001);
  data.forEach((value, i) => {
    assert(value <= BRIGHTEST);
    if (i > 0) assert(value >= data[i - 1]);
  });
  assertAlmostEquals((data[101] - data[100]) / 0.01, 1, 0.02);
});

Deno.test("expose() refuses a gain that is no number over 0", () => {
  for (const gain of [0, -1, NaN, Infinity]) {
    assertThrows(() => expose(image, gain), RangeError, `the gain is ${gain}`);
  }
});
