import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  encodeObjectScale,
  factorFor,
  medianDiameter,
  objectScaleOf,
  readObjectScale,
} from "../../../train/models/object_scale.ts";

Deno.test("medianDiameter() is that of a circle of the median area", () => {
  const labels = (...ids: number[]) => ({
    width: ids.length,
    height: 1,
    data: Uint32Array.from(ids),
  });
  assertAlmostEquals(
    medianDiameter(labels(1, 0, 2, 2, 3, 3, 3, 3))!,
    2 * Math.sqrt(2 / Math.PI),
    1e-12,
  );
  assertAlmostEquals(medianDiameter(labels(1, 0, 2, 2, 2))!, 2 * Math.sqrt(2 / Math.PI), 1e-12);
  assertEquals(medianDiameter(labels(0, 0)), null);
});

Deno.test("a scale comes back from the metadata of weights, and nothing from those without", () => {
  const scale = objectScaleOf([20, 10, 30, 12, 28, 21.123, 19, 18, 22, 25, 26])!;
  assertEquals(scale, { low: 12, median: 21.123, high: 28 });
  assertEquals(readObjectScale(encodeObjectScale(scale)), { ...scale, median: 21.12 });
  assertEquals([objectScaleOf([]), readObjectScale({})], [null, null]);
  assertEquals(encodeObjectScale(null), {});
});

Deno.test("readObjectScale() refuses what is no scale", () => {
  for (
    const objects of ['{"low":3,"median":2,"high":4}', '{"low":0,"median":1,"high":2}', "{}", "x"]
  ) {
    assertThrows(() => readObjectScale({ objects }), Error);
  }
});

Deno.test("factorFor() scales only what is far from all that a model knows", () => {
  const scale = { low: 12, median: 20, high: 30 };
  assertEquals([8.1, 12, 20, 44].map((diameter) => factorFor(diameter, scale)), [
    null,
    null,
    null,
    null,
  ]);
  assertEquals([factorFor(5, scale), factorFor(50, scale)], [4, 0.4]);
});
