import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { encodePng } from "../../../../train/images/formats/encode_png.ts";
import { openVideo, type Video, type VideoOptions } from "../../../../train/images/series/video.ts";
import { withFile, withFolder } from "../../fixtures/temporary.ts";
import { tiffBytes } from "../../fixtures/tiff_bytes.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

/** A grey TIFF with one pixel per value on each page. */
function tiff(...pages: number[][]): Uint8Array {
  return encodeGreyTiff(pages.map((data) => ({
    width: data.length,
    height: 1,
    data: Float32Array.from(data),
  })));
}

/** The first pixel of every frame. */
async function firstPixels(video: Video): Promise<number[]> {
  const values = [];
  for (let i = 0; i < video.length; i++) values.push((await video.frame(i)).data[0]);
  return values;
}

Deno.test("openVideo() reads a folder in natural order, PNG and TIFF", async () => {
  const png = encodePng({ width: 2, height: 1, channels: 1, data: Uint8Array.of(2, 0) });
  const files = { "t10.tif": tiff([10, 0]), "t2.png": png, "t1.tif": tiff([1, 0]), "x.txt": "" };
  await withFolder(files, async (path) => {
    const video = await openVideo(disk, path);
    assertEquals([video.length, video.width, video.height], [3, 2, 1]);
    assertEquals(video.sourceNames, ["t1.tif", "t2.png", "t10.tif"]);
    assertEquals(await firstPixels(video), [1, 2, 10]);
    assertEquals(await firstPixels(video), [1, 2, 10]);
  });
});

Deno.test("openVideo() reads a TIFF stack as frames", async () => {
  await withFile("cells.ome.tif", tiff([5], [6], [7]), async (path) => {
    const video = await openVideo(disk, path);
    assertEquals([video.name, video.length], ["cells", 3]);
    assertEquals(video.sourceNames, new Array(3).fill("cells.ome.tif"));
    assertEquals(await firstPixels(video), [5, 6, 7]);
  });
});

/** Opens a stack of 12 one-pixel pages, numbered from 0, with an ImageJ description. */
async function hyperstack(axes: string, options?: VideoOptions) {
  const pages = Array.from({ length: 12 }, (_, i) => ({ width: 1, height: 1, data: [i] }));
  const [first, ...others] = pages;
  const description = `ImageJ=1.53t\nimages=12\n${axes}hyperstack=true\n`;
  return await withFile(
    "a.tif",
    tiffBytes([{ ...first, description }, ...others]),
    async (path) => {
      const video = await openVideo(disk, path, options);
      return { frames: await firstPixels(video), notes: video.notes };
    },
  );
}

Deno.test("openVideo() takes the middle slice and the first channel unless told", async () => {
  const axes = "channels=2\nslices=3\nframes=2\n";
  const { frames, notes } = await hyperstack(axes);
  assertEquals(frames, [2, 8]);
  assertEquals(notes, ["slice 1 of 3 (0 to 2) is used", "channel 0 of 2 (0 to 1) is used"]);
  assertEquals((await hyperstack(axes, { channel: 1, slice: 2 })).frames, [5, 11]);
  await assertRejects(() => hyperstack(axes, { channel: 2 }), RangeError, "it has 0 to 1");
  await assertRejects(() => hyperstack(axes, { slice: -1 }), RangeError, "it has 0 to 2");
});

Deno.test("openVideo() reads a stack with depth but no time as frames and says so", async () => {
  const { frames, notes } = await hyperstack("slices=12\n");
  assertEquals(frames, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  assertEquals(notes, ["no time axis: its 12 slices are read as frames"]);
});

Deno.test("openVideo() refuses an empty folder and too few frames", async () => {
  await withFolder({ "01/t0.tif": tiff([1]) }, async (path) => {
    await assertRejects(() => openVideo(disk, path), RangeError, "only the folders 01");
    const folder = join(path, "01");
    assertEquals((await openVideo(disk, folder)).length, 1);
    await assertRejects(() => openVideo(disk, folder, { minFrames: 2 }), RangeError, "at least 2");
    const file = join(folder, "t0.tif");
    await assertRejects(
      () => openVideo(disk, file, { minFrames: 2 }),
      RangeError,
      "it has 1 frame",
    );
  });
  await withFolder({}, async (path) => {
    await assertRejects(() => openVideo(disk, path), RangeError, "no PNG or TIFF files in it");
  });
  await assertRejects(() => openVideo(disk, "no/such"), Deno.errors.NotFound, "no/such");
});

Deno.test("video.frame() names both files when sizes differ", async () => {
  await withFolder({ "t0.tif": tiff([1, 2]), "t1.tif": tiff([1]) }, async (path) => {
    const video = await openVideo(disk, path);
    await assertRejects(() => video.frame(1), RangeError, "t1.tif is 1x1, t0.tif is 2x1");
  });
});

Deno.test("video.frame() names a damaged file and frames that are not there", async () => {
  const files = { "t0.tif": tiff([1]), "t1.tif": tiff([1]).slice(0, 40) };
  await withFolder(files, async (path) => {
    const video = await openVideo(disk, path);
    await assertRejects(() => video.frame(1), SyntaxError, join(path, "t1.tif"));
    await assertRejects(() => video.frame(2), RangeError, "it has frames 0 to 1");
  });
});

Deno.test("openVideo() refuses a folder of stacks and says what to give instead", async () => {
  await withFolder({ "a.tif": tiff([1], [2]) }, async (path) => {
    const error = await assertRejects(() => openVideo(disk, path), RangeError, "it has 2 frames");
    assert(error.message.includes(join(path, "a.tif")));
  });
});
