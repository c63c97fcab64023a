import { assert, assertEquals, assertThrows } from "@std/assert";
import { unzipSync } from "fflate";
import type { Loop } from "../../../../train/objects/contours.ts";
import { encodeRoi, imagejRoiZip } from "../../../../train/objects/formats/imagej_roi.ts";
import { decodeRoi } from "./fixtures/roi_decoder.ts";

const TRIANGLE: Loop = [[10.5, 2.75], [15, 2.75], [10.5, 7.5]];

Deno.test("encodeRoi() writes a polygon in whole pixels and with fractions", () => {
  assertEquals(decodeRoi(encodeRoi(TRIANGLE, { slice: 3 })), {
    magic: "Iout",
    version: 227,
    type: 0,
    box: [2, 10, 8, 15],
    options: 128,
    position: 3,
    secondHeader: 0,
    x: [1, 5, 1],
    y: [1, 1, 6],
    subpixelX: [10.5, 15, 10.5],
    subpixelY: [2.75, 2.75, 7.5],
    size: 64 + 3 * 12,
  });
});

Deno.test("encodeRoi() writes a polygon that begins above and left of the image", () => {
  const loop: Loop = [[-1.5, -2.5], [4.5, -2.5], [4.5, 5.5]];
  const { box, x, y, subpixelX } = decodeRoi(encodeRoi(loop, { slice: 0 }));
  assertEquals(box, [-3, -2, 6, 5]);
  assertEquals([x, y], [[1, 7, 7], [1, 1, 9]]);
  assertEquals(subpixelX, [-1.5, 4.5, 4.5]);
});

Deno.test("encodeRoi() refuses what the format cannot hold", () => {
  for (const far of [40_000, -40_000, NaN]) {
    const loop: Loop = [[0, 0], [1, 0], [1, far]];
    assertThrows(() => encodeRoi(loop, { slice: 1 }), RangeError, "32767; write GeoJSON");
  }
});

Deno.test("encodeRoi() leaves out corners that matter least where there are too many", () => {
  // Steps up, and a comb of long teeth down: the steps are pixels, the teeth are the object.
  const steps = Array.from({ length: 60_000 }, (_, i): [number, number] => [
    ...[Math.ceil(i / 2), Math.floor(i / 2)] as const,
  ]);
  const teeth = Array.from({ length: 10_000 }, (_, i): [number, number] => [
    ...[30_000 - 2 * i, i % 4 < 2 ? 31_000 : 31_500] as const,
  ]);
  const long: Loop = [...steps, ...teeth];
  const { x, y } = decodeRoi(encodeRoi(long, { slice: 1 }));
  assert(x.length <= 65_535 && x.length > 30_000, `${x.length} corners`);
  const kept = new Set([...x].map((value, i) => `${value} ${y[i]}`));
  assertEquals(teeth.filter(([x, y]) => !kept.has(`${x} ${y}`)).length <= 1, true);
  const few = long.slice(0, 65_535);
  assertEquals(decodeRoi(encodeRoi(few, { slice: 1 })).x.length, 65_535);
});

Deno.test("imagejRoiZip() holds one file for each object of each frame of a stack", () => {
  const two = [{ label: 1, parts: [TRIANGLE] }, { label: 2, parts: [TRIANGLE.slice(1)] }];
  const files = unzipSync(imagejRoiZip([two, [], two.slice(1)]));
  assertEquals(Object.keys(files), ["0001-0001.roi", "0001-0002.roi", "0003-0002.roi"]);
  assertEquals(files["0001-0002.roi"], encodeRoi(TRIANGLE.slice(1), { slice: 1 }));
  assertEquals(decodeRoi(files["0003-0002.roi"]).position, 3);
  assertEquals(imagejRoiZip([two]), imagejRoiZip([two]));
});

Deno.test("imagejRoiZip() of one image shows regions on every slice, and numbers further parts", () => {
  const outlines = [{ label: 7, parts: [TRIANGLE, TRIANGLE] }, { label: 12345, parts: [TRIANGLE] }];
  const files = unzipSync(imagejRoiZip([outlines]));
  assertEquals(Object.keys(files), ["0007.roi", "0007-p2.roi", "12345.roi"]);
  for (const bytes of Object.values(files)) assertEquals(decodeRoi(bytes).position, 0);
  assertEquals(unzipSync(imagejRoiZip([[]])), {});
});
