import { assertEquals } from "@std/assert";
import { chooseWindow, windowOn } from "../../../../train/report/drawing/window.ts";
import { makeStrips } from "../../../../train/report/outlines.ts";
import { frameOf } from "../fixtures/frames.ts";

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
