// Magnifications: sizes of pixels, and images brought to another number of them.
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { differInScale, medianOf, pixelSizeOf } from "../../../../train/images/scale/pixel_size.ts";
import { IGNORED_LABEL } from "../../../../train/images/image.ts";
import {
  resizeImage,
  resizeLabels,
  resizeTruth,
  scaledSize,
} from "../../../../train/images/scale/resize.ts";

Deno.test("pixelSizeOf() is in micrometres, and knows only units of microscopes", () => {
  assertEquals(pixelSizeOf({ width: 0.25, height: 1, unit: "micron" }), 0.5);
  assertAlmostEquals(pixelSizeOf({ width: 65, height: 65, unit: "nm" })!, 0.065, 1e-12);
  for (const unit of ["inch", "cm", "pixel"]) {
    assertEquals(pixelSizeOf({ width: 1, height: 1, unit }), null);
  }
  assertEquals(pixelSizeOf(undefined), null);
});

Deno.test("differInScale() allows a fifth in both directions", () => {
  assertEquals([0.6, 0.5 * 1.2, 0.5 / 1.2, 0.61, 0.41].map((size) => differInScale(size, 0.5)), [
    ...[false, false, false, true, true],
  ]);
});

Deno.test("medianOf() is the middle one", () => {
  assertEquals([medianOf([]), medianOf([3, 1, 2]), medianOf([4, 1])], [null, 2, 1]);
});

/** A smooth image: a sum of waves, by the position in the field from 0 to 1. */
function waves(width: number, height: number) {
  const data = Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [(i % width + 0.5) / width, (Math.floor(i / width) + 0.5) / height];
    return Math.sin(5 * x) * Math.cos(4 * y);
  });
  return { width, height, data };
}

Deno.test("resizeImage() shows the same field with more or fewer pixels, and keeps its mean", () => {
  const image = waves(60, 40);
  for (const factor of [0.5, 0.7, 1, 1.6, 2]) {
    const size = scaledSize(image, factor);
    const { data, ...found } = resizeImage(image, size);
    assertEquals(found, size);
    const expected = waves(size.width, size.height).data;
    const largest = data.reduce((max, value, i) => Math.max(max, Math.abs(value - expected[i])), 0);
    assert(largest < 0.06, `${factor}: ${largest}`);
  }
  const spot = { width: 8, height: 8, data: new Float32Array(64) };
  spot.data[27] = 16;
  const half = resizeImage(spot, { width: 4, height: 4 });
  assertAlmostEquals(half.data.reduce((sum, value) => sum + value, 0), 4, 0.5);
  assertEquals(resizeImage(image, image).data, image.data);
});

Deno.test("resizeImage() resizes each channel by itself", () => {
  const channels = {
    width: 2,
    height: 2,
    channels: 2,
    data: Float32Array.of(1, 1, 1, 1, 5, 5, 5, 5),
  };
  const { data, ...rest } = resizeImage(channels, { width: 3, height: 1 });
  assertEquals(rest, { width: 3, height: 1, channels: 2 });
  assertEquals([...data], [1, 1, 1, 5, 5, 5]);
});

Deno.test("resizeLabels() mixes no labels, and gives them back where they were enlarged", () => {
  const labels = { width: 3, height: 2, data: Uint32Array.of(0, 1, 2, 3, 4, 70_000) };
  const large = resizeLabels(labels, { width: 9, height: 4 });
  assertEquals([...new Set(large.data)], [0, 1, 2, 3, 4, 70_000]);
  assertEquals(resizeLabels(large, { width: 3, height: 2 }), labels);
});

Deno.test("resizeTruth() is resizeLabels(), but no object is lost", () => {
  // Objects of one pixel at (1, 0) and (4, 3), neither of them at the middle of a new pixel.
  const data = new Uint32Array(24);
  [data[1], data[22]] = [5, 6];
  [data[12], data[13], data[18], data[19]] = [7, 7, 7, 7];
  const labels = { width: 6, height: 4, data };
  assertEquals([...resizeLabels(labels, { width: 3, height: 2 }).data], [0, 0, 0, 7, 0, 0]);
  assertEquals([...resizeTruth(labels, { width: 3, height: 2 }).data], [5, 0, 0, 7, 0, 6]);
  const ignored = { width: 2, height: 1, data: Uint32Array.of(IGNORED_LABEL, 0) };
  assertEquals([...resizeTruth(ignored, { width: 1, height: 1 }).data], [0]);
  assertEquals(
    resizeTruth(labels, { width: 12, height: 8 }),
    resizeLabels(labels, { width: 12, height: 8 }),
  );
});
