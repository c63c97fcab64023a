import { assertEquals, assertThrows } from "@std/assert";
import { unzipSync } from "fflate";
import { encodeRoi, imagejRoiZip } from "../../../train/export/imagej_roi.ts";

/** What ImageJ's RoiDecoder takes from the bytes of a polygon, by their places in its source. */
function decodeRoi(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(16);
  const shorts = (from: number) =>
    Array.from({ length: count }, (_, at) => view.getInt16(from + 2 * at));
  const floats = (from: number) =>
    Array.from({ length: count }, (_, at) => view.getFloat32(from + 4 * at));
  return {
    magic: new TextDecoder().decode(bytes.subarray(0, 4)),
    version: view.getInt16(4),
    type: view.getUint8(6),
    box: [8, 10, 12, 14].map((at) => view.getInt16(at)),
    options: view.getInt16(50),
    position: view.getInt32(56),
    secondHeader: view.getInt32(60),
    x: shorts(64),
    y: shorts(64 + 2 * count),
    subpixelX: floats(64 + 4 * count),
    subpixelY: floats(64 + 8 * count),
    size: bytes.length,
  };
}

Deno.test("encodeRoi() writes a polygon in whole pixels and with fractions, half a pixel on", () => {
  assertEquals(decodeRoi(encodeRoi(Float32Array.of(2.25, 10, 2.25, 14.5, 7, 10), 3)), {
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
  const { box, x, y, subpixelX } = decodeRoi(encodeRoi(Float32Array.of(-3, -2, -3, 4, 5, 4), 0));
  assertEquals(box, [-3, -2, 6, 5]);
  assertEquals([x, y], [[1, 7, 7], [1, 1, 9]]);
  assertEquals(subpixelX, [-1.5, 4.5, 4.5]);
});

Deno.test("encodeRoi() refuses places that the format cannot hold", () => {
  for (const far of [40_000, -40_000, NaN]) {
    assertThrows(() => encodeRoi(Float32Array.of(0, 0, 0, 1, far, 1), 1), RangeError, "32767");
  }
});

Deno.test("imagejRoiZip() holds one file for each object of each frame", () => {
  const vertices = Float32Array.of(1, 1, 1, 3, 3, 3, 11, 11, 11, 13, 13, 13);
  const two = { vertices, rays: 3, prob: Float32Array.of(0.9, 0.8) };
  const none = { vertices: new Float32Array(), rays: 3, prob: new Float32Array() };
  const one = { vertices: vertices.subarray(6), rays: 3, prob: Float32Array.of(0.7) };
  const files = unzipSync(imagejRoiZip([two, none, one]));
  assertEquals(Object.keys(files), ["0001-0001.roi", "0001-0002.roi", "0003-0001.roi"]);
  assertEquals(decodeRoi(files["0001-0002.roi"]).position, 1);
  assertEquals(files["0003-0001.roi"], encodeRoi(vertices.subarray(6), 3));
  assertEquals(imagejRoiZip([two]), imagejRoiZip([two]));
});

Deno.test("imagejRoiZip() of no object is an empty archive", () => {
  assertEquals(unzipSync(imagejRoiZip([])), {});
});
