import { assertEquals, assertThrows } from "@std/assert";
import { decodeApng } from "fast-png";
import {
  type Animation,
  animationEnd,
  animationFrame,
  animationHead,
} from "../../../../train/report/drawing/animated_png.ts";

const LOOK: Animation = {
  width: 3,
  height: 2,
  palette: [[0, 0, 0], [255, 0, 0], [0, 128, 255]],
  frames: 3,
  rate: 8,
};
const FRAMES = [[0, 1, 2, 2, 1, 0], [1, 1, 1, 1, 1, 1], [2, 0, 2, 0, 2, 0]];

async function bytesOf(look: Animation): Promise<Uint8Array> {
  const frames = FRAMES.map((pixels, i) => animationFrame(Uint8Array.from(pixels), look, i));
  const parts = [animationHead(look), ...frames, animationEnd()];
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

Deno.test("an animated PNG gives another reader the same frames", async () => {
  const { width, height, numberOfFrames, numberOfPlays, frames, palette } = decodeApng(
    await bytesOf(LOOK),
    { checkCrc: true },
  );
  assertEquals([width, height, numberOfFrames, numberOfPlays], [3, 2, 3, 0]);
  assertEquals(palette, LOOK.palette.map((colour) => [...colour]));
  assertEquals(frames.map(({ data }) => [...data]), FRAMES);
  assertEquals(
    frames.map(({ delayNumber, delayDenominator }) => delayNumber / delayDenominator),
    FRAMES.map(() => 1 / 8),
  );
});

Deno.test("an animation has frames, colours, and pixels of its size", () => {
  assertThrows(() => animationHead({ ...LOOK, frames: 0 }), RangeError, "at least one frame");
  const palette = Array.from({ length: 257 }, () => [0, 0, 0] as const);
  assertThrows(() => animationHead({ ...LOOK, palette }), RangeError, "257 colours");
  assertThrows(() => animationFrame(new Uint8Array(5), LOOK, 0), RangeError, "5 pixels as 3 x 2");
});
