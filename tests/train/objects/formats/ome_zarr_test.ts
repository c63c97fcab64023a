// Labels as zipped OME-Zarr: unpacked, they are read back to the number.
import { assertEquals } from "@std/assert";
import { unzipSync } from "fflate";
import { decodeImage, readLabels } from "../../../../train/images/formats/decode.ts";
import { concatenate } from "../../../../train/images/formats/tiff_stack.ts";
import { everyFormat as formats } from "../../../../train/images/formats/every.ts";
import { heldSource } from "../../../../train/images/source.ts";
import { omeZarr } from "../../../../train/objects/formats/ome_zarr.ts";

const labelsOf = (width: number, height: number, seed: number) => ({
  ...{ width, height },
  data: Uint32Array.from({ length: width * height }, (_, i) => (i * 7919 + seed) % 70_000),
});

/** The file of some frames. */
function write(
  frames: ReturnType<typeof labelsOf>[],
  options: object = {},
): Uint8Array<ArrayBuffer> {
  const layout = omeZarr.open({ pages: frames.length, ...options });
  return concatenate([...frames.map((labels) => layout.add({ labels })), ...layout.end()]);
}

/** The file unpacked into a folder. */
function unpacked(file: Uint8Array) {
  const entries = Object.entries(unzipSync(file));
  const held = heldSource(new Map(entries.map(([name, bytes]) => [`x.zarr/${name}`, bytes])));
  return { ...held, formats };
}

Deno.test("omeZarr gives labels back, also at the edges of chunks, with spacing and time step", async () => {
  const frames = [labelsOf(1030, 5, 1), labelsOf(1030, 5, 2)];
  const calibration = { width: 0.25, height: 0.5, unit: "micron", interval: 30 };
  const source = unpacked(write(frames, { calibration }));
  const stack = await decodeImage(source, "x.zarr/labels/objects");
  assertEquals([stack.width, stack.height, stack.axes], [1030, 5, { t: 2, z: 1, c: 1 }]);
  assertEquals(stack.calibration, calibration);
  for (const [i, { data }] of frames.entries()) {
    assertEquals((await readLabels(stack, i)).data, data);
  }
});

Deno.test("omeZarr joins the parts of a video to the file of the whole", () => {
  const frames = [0, 1, 2].map((seed) => labelsOf(4, 3, seed));
  const parts = [
    write(frames.slice(0, 2), { whole: 3 }),
    write(frames.slice(2), { first: 2, whole: 3 }),
  ];
  const joined = unzipSync(omeZarr.join!(parts));
  const whole = unzipSync(write(frames));
  assertEquals(Object.keys(joined).sort(), Object.keys(whole).sort());
  for (const [name, bytes] of Object.entries(whole)) assertEquals(joined[name], bytes, name);
});

Deno.test("omeZarr calls slices in depth so", async () => {
  const source = unpacked(write([labelsOf(4, 3, 1), labelsOf(4, 3, 2)], { axis: "slices" }));
  assertEquals((await decodeImage(source, "x.zarr/labels/objects")).axes, { t: 1, z: 2, c: 1 });
});
