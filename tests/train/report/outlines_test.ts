import { assertEquals, assertThrows } from "@std/assert";
import { makeStrips } from "../../../train/report/outlines.ts";
import { drawSquares } from "../objects/fixtures/drawings.ts";
import { frameOf } from "./fixtures/frames.ts";

Deno.test("makeStrips() sorts frames and cuts them where they are not consecutive", () => {
  const frames = [9, 3, 4, 5, 6, 20].map((index) => frameOf(index, []));
  const strips = makeStrips(frames).map((strip) => strip.map(({ index }) => index));
  assertEquals(strips, [[3, 4, 5], [6], [9], [20]]);
  assertEquals(makeStrips([]), []);
});

Deno.test("makeStrips() tells what is new and gone since the frame before, also across strips", () => {
  const frames = [0, 1, 2].map((index) => frameOf(index, [[4, 4]]));
  const [first, second] = makeStrips([...frames, frameOf(3, [[20, 10]])]);
  assertEquals(first[0].outlines.baseline?.appeared.size, 0); // nothing is known before frame 0
  assertEquals(first[2].outlines.baseline?.vanished.size, 0);
  assertEquals(second[0].outlines.baseline?.appeared, new Set([1]));
  assertEquals(second[0].outlines.baseline?.vanished.get(1), [[[4, 4], [10, 4], [10, 10], [
    4,
    10,
  ]]]);
});

Deno.test("makeStrips() does not compare frames with a gap between", () => {
  const [, later] = makeStrips([frameOf(0, [[4, 4]]), frameOf(2, [[20, 10]])]);
  assertEquals(later[0].outlines.baseline?.appeared.size, 0);
});

Deno.test("makeStrips() refuses labels and neighbours of another size", () => {
  const frame = frameOf(7, []);
  const labels = { consistent: drawSquares({ width: 40, height: 31 }, []) };
  assertThrows(
    () => makeStrips([{ ...frame, labels }]),
    RangeError,
    "frame 7: it has 40×30 pixels",
  );
  const other = frameOf(8, [], { width: 41 });
  assertThrows(() => makeStrips([frame, other]), RangeError, "frame 8 has 41×30");
});
