// Labels and maps as zipped OME-Zarr: unpacked, they are read back to the number, also by Python's zarr.
import { assert, assertEquals } from "@std/assert";
import { unzipSync } from "fflate";
import { decodeImage, readLabels, readPlane } from "../../../../train/images/formats/decode.ts";
import { concatenate } from "../../../../train/images/formats/tiff_stack.ts";
import { everyFormat as formats } from "../../../../train/images/formats/every.ts";
import { heldSource } from "../../../../train/images/source.ts";
import { omeZarr, probabilityZarr } from "../../../../train/objects/formats/ome_zarr.ts";
import { withFolder } from "../../fixtures/temporary.ts";

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

/** Probabilities that floats hold to the bit. */
const mapOf = (width: number, height: number, seed: number) => ({
  ...{ width, height },
  data: Float32Array.from({ length: width * height }, (_, i) => ((i * 37 + seed) % 257) / 256),
});
const NO_LABELS = { width: 0, height: 0, data: new Uint32Array() };

/** The file of some maps. */
function writeMaps(maps: ReturnType<typeof mapOf>[], options: object = {}) {
  const layout = probabilityZarr.open({ pages: maps.length, ...options });
  return concatenate([
    ...maps.map((map) => layout.add({ labels: NO_LABELS, map })),
    ...layout.end(),
  ]);
}

Deno.test("probabilityZarr gives maps back as an image, with spacing and time step", async () => {
  const maps = [mapOf(1030, 5, 1), mapOf(1030, 5, 2)];
  const calibration = { width: 0.25, height: 0.5, unit: "micron", interval: 30 };
  const stack = await decodeImage(unpacked(writeMaps(maps, { calibration })), "x.zarr");
  assertEquals([stack.width, stack.height, stack.axes], [1030, 5, { t: 2, z: 1, c: 1 }]);
  assertEquals([stack.sampleFormat, stack.bits, stack.calibration], ["float", 32, calibration]);
  for (const [i, { data }] of maps.entries()) {
    assertEquals((await readPlane(stack, i)).data, data);
  }
});

Deno.test("probabilityZarr joins the parts of a video, and its chunks come as frames do", () => {
  const maps = [0, 1, 2].map((seed) => mapOf(4, 3, seed));
  const parts = [
    writeMaps(maps.slice(0, 2), { whole: 3 }),
    writeMaps(maps.slice(2), { first: 2, whole: 3 }),
  ];
  assertEquals(probabilityZarr.join!(parts), writeMaps(maps));
  const layout = probabilityZarr.open({ pages: 3 });
  for (const map of maps) assert(layout.add({ labels: NO_LABELS, map }).length > 0);
  const names = Object.keys(unzipSync(writeMaps(maps)));
  assertEquals(names, ["0/0/0/0", "0/1/0/0", "0/2/0/0", ".zgroup", ".zattrs", "0/.zarray"]);
});

const READ = `
import sys, zarr, json
store = zarr.ZipStore(sys.argv[1], mode="r")
group = zarr.open_group(store, mode="r")
array = group[sys.argv[2]]
print(json.dumps([list(array.shape), list(array.chunks), str(array.dtype), float(array[1].sum()),
  float(array[1, 2, 1027]), group.attrs.asdict()]))
`;

/** Runs the script with the first Python that has zarr; null where none has. */
async function readWithPython(file: string, path: string): Promise<unknown[] | null> {
  const script =
    'for p in python3 /usr/bin/python3; do "$p" -c "import zarr" 2>/dev/null && exec "$p" -c "$0" "$@"; done';
  const args = ["-c", script, READ, file, path];
  const { stdout, stderr } = await new Deno.Command("sh", { args }).output();
  const [text, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(errors, "");
  return text === "" ? null : JSON.parse(text);
}

Deno.test("Python's zarr reads both as zipped stores", async () => {
  const maps = [mapOf(1030, 5, 1), mapOf(1030, 5, 2)];
  const frames = [labelsOf(1030, 5, 1), labelsOf(1030, 5, 2)];
  const sum = (data: ArrayLike<number>) => Array.from(data).reduce((a, b) => a + b);
  await withFolder(
    { "map.zip": writeMaps(maps), "labels.zip": write(frames) },
    async (folder) => {
      for (
        const [name, path, type, { data }] of [
          ["map.zip", "0", "float32", maps[1]],
          ["labels.zip", "labels/objects/0", "uint32", frames[1]],
        ] as const
      ) {
        const read = await readWithPython(`${folder}/${name}`, path);
        if (read === null) return console.log("Skipped: no Python with zarr is here");
        const expected = [[2, 5, 1030], [1, 5, 1024], type, sum(data), data[2 * 1030 + 1027]];
        assertEquals(read.slice(0, 5), expected);
        const attributes = read[5] as { multiscales?: { axes: unknown[] }[] };
        assertEquals(attributes.multiscales?.[0].axes.length, path === "0" ? 3 : undefined);
      }
    },
  );
});
