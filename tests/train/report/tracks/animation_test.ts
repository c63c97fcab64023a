import { assertEquals } from "@std/assert";
import { animationPixels, trackAnimation } from "../../../../train/report/tracks/animation.ts";

/** An object of 3 x 3 pixels of track 2 in the middle of 5 x 5. */
const LABELS = {
  width: 5,
  height: 5,
  data: Uint32Array.from({ length: 25 }, (_, i) => {
    const inside = [i % 5, Math.floor(i / 5)].every((at) => at >= 1 && at <= 3);
    return inside ? 2 : 0;
  }),
};
const RANGE = { low: 0, high: 100 };

Deno.test("animationPixels() draws outlines in the colour of the track on the image", () => {
  const look = trackAnimation({ ...LABELS, frames: 1 });
  const white = look.palette.findIndex(([red, green, blue]) => red + green + blue === 3 * 255);
  const image = { width: 5, height: 5, data: new Float32Array(25).fill(250) };
  const pixels = animationPixels({ name: "a", labels: LABELS, image }, RANGE, look);
  const colour = pixels[6];
  // The second of the colours of tracks, #56b4e9.
  assertEquals(look.palette[colour], [0x56, 0xb4, 0xe9]);
  assertEquals([...pixels], [...LABELS.data].map((id, i) => id > 0 && i !== 12 ? colour : white));
});

Deno.test("animationPixels() fills objects without an image, on black", () => {
  const look = trackAnimation({ ...LABELS, frames: 1 });
  const pixels = animationPixels({ name: "a", labels: LABELS }, RANGE, look);
  assertEquals([...pixels], [...LABELS.data].map((id) => id > 0 ? pixels[12] : 0));
  assertEquals(look.palette[0], [0, 0, 0]);
});

Deno.test("trackAnimation() makes large frames smaller, and keeps small ones", () => {
  const { factor, width, height } = trackAnimation({ width: 1100, height: 700, frames: 2 });
  assertEquals([factor, width, height], [3, 366, 233]);
  assertEquals(trackAnimation({ width: 512, height: 9, frames: 2 }).factor, 1);
  const labels = { width: 1100, height: 700, data: new Uint32Array(1100 * 700).fill(1) };
  const look = trackAnimation({ ...labels, frames: 1 });
  assertEquals(animationPixels({ name: "a", labels }, RANGE, look).length, 366 * 233);
});
