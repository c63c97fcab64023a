import { assertEquals } from "@std/assert";
import {
  marginFor,
  NO_MARGIN,
  withMargin,
  withoutMargin,
} from "../../../../train/images/registration/pixel_grid.ts";

Deno.test("marginFor() brings a scene back to its place in the grid", () => {
  assertEquals(marginFor({ y: 0, x: 0 }, 8), { top: 0, left: 0, bottom: 0, right: 0 });
  assertEquals(marginFor({ y: 1, x: -1 }, 8), { top: 7, left: 1, bottom: 1, right: 7 });
  assertEquals(marginFor({ y: 16.4, x: -9.6 }, 8), { top: 0, left: 2, bottom: 0, right: 6 });
  for (let y = -20; y <= 20; y++) {
    const { top } = marginFor({ y, x: 0 }, 8);
    assertEquals([(y + top) % 8 + 0, top >= 0 && top < 8], [0, true]);
  }
});

Deno.test("withMargin() mirrors what is beside it in every channel, and withoutMargin() takes it away", () => {
  const image = {
    width: 3,
    height: 2,
    channels: 2,
    data: Float32Array.from({ length: 12 }, (_, i) => i),
  };
  const margin = { ...NO_MARGIN, top: 1, left: 2 };
  const padded = withMargin(image, margin);
  assertEquals([padded.width, padded.height], [5, 3]);
  assertEquals([...padded.data], [
    ...[5, 4, 3, 4, 5, 2, 1, 0, 1, 2, 5, 4, 3, 4, 5],
    ...[11, 10, 9, 10, 11, 8, 7, 6, 7, 8, 11, 10, 9, 10, 11],
  ]);
  const [first] = [{ ...padded, data: padded.data.slice(0, 15) }];
  assertEquals([...withoutMargin(first, margin).data], [0, 1, 2, 3, 4, 5]);
  // Farther than the image is wide.
  const line = { width: 2, height: 1, data: Float32Array.of(1, 2) };
  assertEquals([...withMargin(line, { ...NO_MARGIN, top: 2, left: 5 }).data].slice(0, 7), [
    2,
    1,
    2,
    1,
    2,
    1,
    2,
  ]);
  const behind = withMargin(line, { ...NO_MARGIN, bottom: 1, right: 3 });
  assertEquals([...behind.data], [1, 2, 1, 2, 1, 1, 2, 1, 2, 1]);
  assertEquals([...withoutMargin({ ...behind }, { ...NO_MARGIN, bottom: 1, right: 3 }).data], [
    1,
    2,
  ]);
});
