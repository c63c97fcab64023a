// OME-Zarr: both versions, by values; which axis is which; and what is no image.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeImage, readPlane } from "../../../../../train/images/formats/decode.ts";
import type { ImageStack } from "../../../../../train/images/formats/format.ts";
import { openVideo } from "../../../../../train/images/series/video.ts";
import { everyFormat as formats } from "../../../../../train/images/formats/every.ts";
import { heldSource, type Source } from "../../../../../train/images/source.ts";
import { disk } from "../../../../../train/jobs/disk/files.ts";
import { withFolder } from "../../../fixtures/temporary.ts";

type Files = Record<string, Uint8Array | object>;

/** Files in memory; objects are written as JSON. */
function sourceOf(files: Files): Source {
  const bytes = Object.entries(files).map(([name, content]) =>
    [
      name,
      content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content)),
    ] as const
  );
  return { ...heldSource(new Map(bytes)), formats };
}

async function compressed(bytes: Uint8Array, format: CompressionFormat): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  return new Uint8Array(
    await new Response(stream.pipeThrough(new CompressionStream(format))).arrayBuffer(),
  );
}

const little = (values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);

/** An image of two channels and 3 × 4 pixels in version 0.4, each chunk one row of one channel. */
async function version4(): Promise<Files> {
  const array = {
    ...{
      zarr_format: 2,
      shape: [2, 3, 4],
      chunks: [1, 1, 4],
      dtype: "<u2",
      fill_value: 7,
      order: "C",
    },
    ...{ compressor: { id: "zlib", level: 1 }, filters: null, dimension_separator: "/" },
  };
  const files: Files = {
    "i.zarr/.zgroup": { zarr_format: 2 },
    "i.zarr/.zattrs": {
      multiscales: [{
        version: "0.4",
        axes: [{ name: "c" }, { name: "y", unit: "micrometer" }, { name: "x", unit: "micrometer" }],
        datasets: ["0", "1"].map((path, level) => ({
          path,
          coordinateTransformations: [{
            type: "scale",
            scale: [1, 0.5 * 2 ** level, 0.25 * 2 ** level],
          }],
        })),
      }],
      omero: { channels: [{ label: "DAPI" }, { label: "GFP" }] },
    },
    "i.zarr/0/.zarray": array,
    "i.zarr/1/.zarray": { ...array, shape: [2, 1, 4], compressor: null },
    "i.zarr/1/0/0/0": little([1, 2, 3, 4]),
    "i.zarr/1/1/0/0": little([5, 6, 7, 8]),
  };
  for (let c = 0; c < 2; c++) {
    for (let y = 0; y < 3; y++) {
      // The last row of the second channel is missing: its pixels have the fill value.
      if (c === 1 && y === 2) continue;
      const row = [0, 1, 2, 3].map((x) => 100 * c + 10 * y + x);
      files[`i.zarr/0/${c}/${y}/0`] = await compressed(little(row), "deflate");
    }
  }
  return files;
}

const pixelsOf = async (
  stack: ImageStack,
  page: number,
) => [...(await readPlane(stack, page)).data];

Deno.test("decodeImage() reads OME-Zarr 0.4 with its channels, spacing and missing chunks", async () => {
  const stack = await decodeImage(sourceOf(await version4()), "i.zarr");
  assertEquals([stack.width, stack.height, stack.axes, stack.bits, stack.sampleFormat], [
    ...[4, 3, { t: 1, z: 1, c: 2 }, 16, "uint"],
  ]);
  assertEquals(stack.channelNames, ["DAPI", "GFP"]);
  assertEquals(stack.calibration, { width: 0.25, height: 0.5, unit: "micron" });
  assertEquals(await pixelsOf(stack, 0), [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]);
  assertEquals(await pixelsOf(stack, 1), [100, 101, 102, 103, 110, 111, 112, 113, 7, 7, 7, 7]);
  assertEquals(stack.notes, ["level 0 of 2 is read; --level reads another"]);
});

Deno.test("decodeImage() reads the level that is wanted, or the array that is named", async () => {
  const source = sourceOf(await version4());
  const coarse = await decodeImage({ ...source, level: 1 }, "i.zarr");
  assertEquals(await pixelsOf(coarse, 1), [5, 6, 7, 8]);
  assertEquals(coarse.calibration, { width: 0.5, height: 1, unit: "micron" });
  const named = await decodeImage(source, "i.zarr/1");
  assertEquals([named.axes.c, named.calibration], [2, coarse.calibration]);
  await assertRejects(
    () => decodeImage({ ...source, level: 2 }, "i.zarr"),
    SyntaxError,
    "it has the levels 0 to 1, not 2; give another --level",
  );
});

Deno.test("decodeImage() says how to save an array whose codec is not read", async () => {
  const files: Files = {
    "a.zarr/.zarray": {
      ...{ zarr_format: 2, shape: [1, 2], chunks: [1, 2], dtype: "<u2", fill_value: 0, order: "C" },
      ...{ compressor: { id: "bz2", level: 1 }, filters: null },
    },
    "a.zarr/0.0": little([1, 2]),
  };
  const stack = await decodeImage(sourceOf(files), "a.zarr");
  await assertRejects(
    () => stack.page(0),
    SyntaxError,
    "save it with Blosc, Zstandard, LZ4, gzip or no compression",
  );
});

Deno.test("decodeImage() reads OME-Zarr 0.5 as a video with a time step", async () => {
  const codecs = [{ name: "bytes", configuration: { endian: "little" } }, { name: "gzip" }];
  const files: Files = {
    "v.zarr/zarr.json": {
      zarr_format: 3,
      node_type: "group",
      attributes: {
        ome: {
          version: "0.5",
          multiscales: [{
            axes: [
              { name: "t", unit: "minute" },
              { name: "y", unit: "micrometer" },
              { name: "x", unit: "micrometer" },
            ],
            datasets: [{
              path: "s0",
              coordinateTransformations: [{ type: "scale", scale: [2, 0.5, 0.5] }],
            }],
          }],
        },
      },
    },
    "v.zarr/s0/zarr.json": {
      ...{ zarr_format: 3, node_type: "array", shape: [3, 2, 2], data_type: "uint16" },
      chunk_grid: { name: "regular", configuration: { chunk_shape: [2, 2, 2] } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      ...{ fill_value: 0, codecs, attributes: {} },
    },
    "v.zarr/s0/c/0/0/0": await compressed(little([1, 2, 3, 4, 5, 6, 7, 8]), "gzip"),
    "v.zarr/s0/c/1/0/0": await compressed(little([9, 10, 11, 12, 0, 0, 0, 0]), "gzip"),
  };
  const video = await openVideo(sourceOf(files), "v.zarr");
  assertEquals([video.length, video.name], [3, "v"]);
  assertEquals([...(await video.frame(2)).data], [9, 10, 11, 12]);
  assertEquals(video.calibration, { width: 0.5, height: 0.5, unit: "micron", interval: 120 });
});

Deno.test("decodeImage() reads compressed Zarr from a disk, in a folder beside images", async () => {
  const files = Object.entries(await version4()).map(([name, content]) => [
    name,
    content instanceof Uint8Array ? content : JSON.stringify(content),
  ]);
  await withFolder(Object.fromEntries(files), async (folder) => {
    assertEquals(await disk.list(folder), { files: ["i.zarr"], folders: [] });
    const stack = await decodeImage(disk, `${folder}/i.zarr`);
    assertEquals((await pixelsOf(stack, 0))[11], 23);
    await Deno.writeFile(`${folder}/i.zarr/0/0/0/0`, new Uint8Array(9));
    const damaged = await decodeImage(disk, `${folder}/i.zarr`);
    await assertRejects(() => readPlane(damaged, 0), SyntaxError, "a chunk of it cannot be read");
  });
});

Deno.test("decodeImage() says which image to name in groups that hold several, and none", async () => {
  const group = (attributes: object): Files => ({
    "g.zarr/.zgroup": { zarr_format: 2 },
    "g.zarr/.zattrs": attributes,
  });
  const cases: [Files, string][] = [
    [
      group({ plate: { wells: [{ path: "B/3" }] } }),
      "it is a plate of many images; name one of them, such as g.zarr/B/3/0",
    ],
    [group({ "bioformats2raw.layout": 3 }), "name g.zarr/0"],
    [group({ labels: ["cells"] }), "it holds the labels cells; name g.zarr/cells"],
    [group({}), "it is a group that describes no image"],
    [{ "g.zarr/a.txt": new Uint8Array(1) }, "it is no Zarr group or array"],
  ];
  for (const [files, says] of cases) {
    const error = await assertRejects(
      () => decodeImage(sourceOf(files), "g.zarr"),
      SyntaxError,
      says,
    );
    assert(error.message.startsWith("Cannot read g.zarr"), error.message);
  }
});

const BLOBS = new URL(
  "../../../../../../shared/data/formats/viv_blobs_image_v04.ome.zarr",
  import.meta.url,
);

Deno.test("decodeImage() reads Blosc as another program wrote it", async () => {
  if (!await Deno.stat(BLOBS).then(() => true, () => false)) {
    return console.log("Skipped: no OME-Zarr of others lies beside the project");
  }
  const stack = await decodeImage(disk, decodeURI(BLOBS.pathname));
  assertEquals([stack.width, stack.height, stack.axes.c], [12, 12, 3]);
  const all = (await Promise.all([0, 1, 2].map((page) => pixelsOf(stack, page)))).flat();
  const mean = all.reduce((sum, value) => sum + value / all.length, 0);
  assert(Math.abs(mean - 0.5416670073) < 1e-6, `${mean}`);
});
