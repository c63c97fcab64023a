import { assertEquals, assertThrows } from "@std/assert";
import { heldFrames } from "../../../../train/images/series/frames.ts";
import {
  commonView,
  shiftsOf,
  viewedFrames,
  viewedLabels,
} from "../../../../train/images/registration/common_view.ts";
import { Random } from "../../../../train/images/random.ts";

/** A window on a large scene of noise, smoothed a little. */
function scene() {
  const random = new Random(6);
  const side = 160;
  const noise = Float32Array.from({ length: side * side }, () => random.normal());
  const smooth = noise.map((_, at) =>
    [-side - 1, -side, -1, 0, 1, side, side + 1].reduce((sum, by) => sum + (noise[at + by] ?? 0), 0)
  );
  return ([top, left]: readonly number[], { width, height } = { width: 90, height: 70 }) => ({
    ...{ width, height },
    data: Float32Array.from(
      { length: width * height },
      (_, i) => smooth[(top + Math.floor(i / width)) * side + left + i % width],
    ),
  });
}

/** Where the window is: the scene moves the other way. */
const CORNERS = [[40, 40], [38, 43], [41, 50], [36, 38]];

Deno.test("viewedFrames() show the same part of a moving scene, to the bit", async () => {
  const at = scene();
  const frames = heldFrames(CORNERS.map((corner) => at(corner)));
  const shifts = await shiftsOf(frames);
  assertEquals(
    shifts.map(({ y, x }) => [Math.round(y), Math.round(x)]),
    CORNERS.map(([top, left]) => [40 - top, 40 - left]),
  );
  const view = commonView(frames, shifts, { least: 32, name: "v" });
  // Rows 41 to 105 and columns 50 to 127 of the scene, counted by hand.
  assertEquals([view.width, view.height], [78, 65]);
  const viewed = viewedFrames(frames, view);
  const expected = at([41, 50], view).data;
  for (let i = 0; i < 4; i++) {
    const { width, height, data } = await viewed.frame(i);
    assertEquals([width, height], [78, 65]);
    assertEquals(data, expected);
    const labels = { ...frames, data: Uint32Array.from({ length: 6300 }, (_, k) => k) };
    const { top, left } = view.corners[i];
    assertEquals(viewedLabels(labels, view, i).data[78 + 2], (top + 1) * 90 + left + 2);
  }
});

Deno.test("commonView() refuses what moves too far", () => {
  const shifts = [{ y: 0, x: 0 }, { y: 50, x: 0 }];
  const options = { least: 32, name: "v" };
  assertThrows(
    () => commonView({ width: 90, height: 70 }, shifts, options),
    RangeError,
    "show only 90x20 pixels",
  );
  assertEquals(commonView({ width: 90, height: 70 }, [{ y: 0, x: 0 }], options).height, 70);
});
