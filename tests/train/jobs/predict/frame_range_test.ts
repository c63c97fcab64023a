import { assertEquals, assertThrows } from "@std/assert";
import { framesIn, parseFrameRange } from "../../../../train/jobs/predict/frame_range.ts";
import { InvalidArgumentError } from "../../../../train/models/mod.ts";

Deno.test("parseFrameRange() reads both ends, or one of them", () => {
  assertEquals(parseFrameRange("3:10"), { first: 3, end: 10 });
  assertEquals(parseFrameRange("3:"), { first: 3 });
  assertEquals(parseFrameRange(":10"), { first: 0, end: 10 });
  for (const text of ["", ":", "3", "a:b", "3:3", "5:3", "-1:3", "1:2:3", "1.5:3"]) {
    assertThrows(() => parseFrameRange(text), RangeError, `Cannot use frames ${text}`);
  }
});

Deno.test("framesIn() refuses what is not in the video", () => {
  const video = { length: 5, path: "movie.tif" };
  assertEquals(framesIn({ first: 2 }, video), { first: 2, end: 5 });
  assertEquals(framesIn({ first: 0, end: 5 }, video), { first: 0, end: 5 });
  assertThrows(
    () => framesIn({ first: 5 }, video),
    InvalidArgumentError,
    "movie.tif: it has frames 0 to 4, all of which are 0:5,",
  );
  assertThrows(() => framesIn({ first: 0, end: 6 }, video), InvalidArgumentError, "0:6");
});
