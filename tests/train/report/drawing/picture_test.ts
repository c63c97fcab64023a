import { assertEquals } from "@std/assert";
import { decode } from "fast-png";
import type { Plane } from "../../../../train/images/image.ts";
import {
  cropPlane,
  greyRange,
  pictureAddress,
  shrinkPlane,
} from "../../../../train/report/drawing/picture.ts";

function plane(width: number, ...data: number[]): Plane {
  return { width, height: data.length / width, data: Float32Array.from(data) };
}

function pixelsOf(address: string): number[] {
  const [head, body] = address.split(",");
  assertEquals(head, "data:image/png;base64");
  return [...decode(Uint8Array.fromBase64(body)).data];
}

Deno.test("greyRange() is common to all planes and cuts off the extremes", () => {
  const ramp = Array.from({ length: 1001 }, (_, i) => i);
  const range = greyRange([plane(7, ...ramp.slice(0, 700)), plane(7, ...ramp.slice(700))]);
  assertEquals([range.low, Math.round(range.high)], [10, 998]);
});

Deno.test("greyRange() leaves out pixels that are not finite", () => {
  assertEquals(greyRange([plane(2, 3, NaN, Infinity, 3)]), { low: 3, high: 3 });
  assertEquals(greyRange([plane(2, NaN, NaN)]), { low: 0, high: 1 });
  assertEquals(greyRange([]), { low: 0, high: 1 });
});

Deno.test("pictureAddress() maps the range to black and white and NaN to black", () => {
  const address = pictureAddress(plane(3, -1, 0, 5, 10, 11, NaN), { low: 0, high: 10 });
  assertEquals(pixelsOf(address), [0, 0, 128, 255, 255, 0]);
});

Deno.test("pictureAddress() brightens what is dim if asked to, not the ends of the range", () => {
  const source = plane(3, -1, 0, 4, 16, 20, NaN);
  const address = pictureAddress(source, { low: 0, high: 16, gamma: 0.5 });
  assertEquals(pixelsOf(address), [0, 0, 128, 255, 255, 0]);
});

Deno.test("pictureAddress() shows a constant plane in black", () => {
  assertEquals(pixelsOf(pictureAddress(plane(2, 4, 4), { low: 4, high: 4 })), [0, 0]);
});

Deno.test("cropPlane() takes the rows and columns of the window", () => {
  const source = plane(4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  const part = cropPlane(source, { x: 1, y: 1, width: 2, height: 2 });
  assertEquals(part, plane(2, 5, 6, 9, 10));
});

Deno.test("shrinkPlane() averages squares and drops what does not fill one", () => {
  const source = plane(5, 1, 3, 5, 7, 99, 1, 3, 5, 7, 99, 9, 9, 9, 9, 9);
  assertEquals(shrinkPlane(source, 2), plane(2, 2, 6));
  assertEquals(shrinkPlane(source, 1), source);
});
