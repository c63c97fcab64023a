import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import { openLabels } from "../../../../train/images/series/truth.ts";
import { IGNORED_LABEL } from "../../../../train/images/image.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

/** A label TIFF whose pages have the given ids as their only pixels. */
function tiff(...pages: number[]): Uint8Array {
  return encodeLabelTiff(pages.map((id) => ({ width: 1, height: 1, data: Uint32Array.of(id) })));
}

Deno.test("openLabels() opens a folder, a stack and a single image", async () => {
  const files = {
    "res/mask010.tif": tiff(10),
    "res/mask002.tif": tiff(2),
    "all.tif": tiff(5, 70000),
  };
  await withFolder(files, async (path) => {
    const folder = await openLabels(disk, join(path, "res"));
    assertEquals([folder.names, folder.numbers], [["mask002.tif", "mask010.tif"], [2, 10]]);
    assertEquals([...(await folder.frame(1)).data], [10]);
    const stack = await openLabels(disk, join(path, "all.tif"));
    assertEquals([stack.stack, stack.names, stack.numbers], [true, ["all.tif#0", "all.tif#1"], [
      0,
      1,
    ]]);
    assertEquals([...(await stack.frame(1)).data], [70000]);
    const single = await openLabels(disk, join(path, "res", "mask010.tif"));
    assertEquals([single.stack, single.length, single.numbers], [false, 1, [10]]);
  });
});

Deno.test("openLabels() takes the number that differs among the names for the frame's", async () => {
  const files = { "a/t007_v2.tif": tiff(7), "a/t008_v2.tif": tiff(8), "a/t010_v2.tif": tiff(10) };
  await withFolder(files, async (path) => {
    assertEquals((await openLabels(disk, join(path, "a"))).numbers, [7, 8, 10]);
  });
});

Deno.test("openLabels() merges the objects into one when asked", async () => {
  const files = { "res/mask010.tif": tiff(10), "res/mask011.tif": tiff(0), "all.tif": tiff(5, 0) };
  await withFolder(files, async (path) => {
    for (const name of ["res", "all.tif"]) {
      const { frame, names } = await openLabels(disk, join(path, name), { mergeInstances: true });
      assertEquals(names.length, 2);
      assertEquals([...(await frame(0)).data, ...(await frame(1)).data], [1, 0]);
    }
  });
});

Deno.test("openLabels() leaves out the pixels that hold the number to ignore", async () => {
  const files = { "res/mask010.tif": tiff(10), "all.tif": tiff(5, 10) };
  await withFolder(files, async (path) => {
    const options = { ignoreLabel: 10 };
    const folder = await openLabels(disk, join(path, "res"), options);
    const stack = await openLabels(disk, join(path, "all.tif"), options);
    assertEquals([...(await folder.frame(0)).data], [IGNORED_LABEL]);
    assertEquals([...(await stack.frame(0)).data, ...(await stack.frame(1)).data], [
      ...[5, IGNORED_LABEL],
    ]);
  });
});

Deno.test("openLabels() refuses an empty folder, a missing path and stacks in a folder", async () => {
  await withFolder({ "a.txt": "", "res/a.tif": tiff(1, 2), "res/b.tif": tiff(1) }, async (path) => {
    await assertRejects(() => openLabels(disk, path), RangeError, "no PNG or TIFF files");
    await assertRejects(() => openLabels(disk, join(path, "no")), Deno.errors.NotFound);
    const labels = await openLabels(disk, join(path, "res"));
    await assertRejects(() => labels.frame(0), RangeError, "it has 2 pages");
  });
});
