import { assertEquals, assertThrows } from "@std/assert";
import type { FrameView } from "../../../../train/report/data.ts";
import { makeStrips } from "../../../../train/report/figures/outlines.ts";
import { chooseWindow, windowOn } from "../../../../train/report/drawing/window.ts";
import { drawSquares } from "../fixtures/drawings.ts";

function frameOf(
  index: number,
  corners: readonly (readonly [number, number])[],
  { width = 40, height = 30 } = {},
): FrameView {
  const image = { width, height, data: new Float32Array(width * height) };
  return { index, image, labels: { baseline: drawSquares(image, corners) } };
}

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

Deno.test("chooseWindow() shows a small frame whole", () => {
  const [strip] = makeStrips([frameOf(0, [[4, 4]])]);
  assertEquals(chooseWindow(strip), { x: 0, y: 0, width: 40, height: 30 });
});

Deno.test("chooseWindow() goes where objects appear or vanish", () => {
  const size = { width: 600, height: 500 };
  const many = Array.from({ length: 20 }, (_, i) => [10 + 10 * i, 20] as const);
  const frames = [frameOf(0, many, size), frameOf(1, [...many, [560, 470]], size)];
  const [strip] = makeStrips(frames);
  // Of the windows in steps of 32 pixels that show the new object, the one nearest to the middle.
  assertEquals(chooseWindow(strip), { x: 448, y: 352, width: 128, height: 128 });
});

Deno.test("chooseWindow() takes the crowd if nothing changes, and the middle if all is empty", () => {
  const size = { width: 600, height: 500 };
  const crowd = [[300, 20], [310, 20], [320, 20], [30, 400]] as const;
  const [busy] = makeStrips([frameOf(0, crowd, size)]);
  const window = chooseWindow(busy);
  assertEquals(window.y < 20 && window.x < 300 && window.x + window.width > 326, true);
  const [empty] = makeStrips([frameOf(0, [], size)]);
  const { x, y, width, height } = chooseWindow(empty);
  assertEquals(Math.abs(x + width / 2 - 300) < 60 && Math.abs(y + height / 2 - 250) < 60, true);
});

Deno.test("chooseWindow() stays inside a frame that is long and flat", () => {
  const [strip] = makeStrips([frameOf(0, [[900, 3]], { width: 1000, height: 60 })]);
  const { x, y, width, height } = chooseWindow(strip);
  assertEquals([y, height, width], [0, 60, 128]);
  assertEquals(x >= 0 && x + width <= 1000 && x <= 900 && x + width >= 906, true);
});

Deno.test("windowOn() follows the events, whatever else there is", () => {
  const box = (x: number, y: number) => [[[x, y], [x + 9, y], [x + 9, y + 9], [x, y + 9]] as const];
  const objects = Array.from({ length: 30 }, (_, i) => box(10 + 9 * (i % 10), 10 + 9 * (i % 3)));
  const events = [box(500, 400), box(520, 410)];
  const { x, y, width, height } = windowOn({ width: 600, height: 500 }, { objects, events });
  assertEquals([width, height], [128, 128]);
  assertEquals(x <= 500 && x + width >= 529 && y <= 400 && y + height >= 419, true);
});
