import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodeGreyTiff, encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import { IGNORED_LABEL } from "../../../../train/images/image.ts";
import { openStillStacks } from "../../../../train/images/series/still_stacks.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { tiffBytes } from "../../fixtures/tiff_bytes.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

/** A stack whose two-pixel planes hold these numbers. */
function stack(values: number[]): Uint8Array<ArrayBuffer> {
  return encodeGreyTiff(values.map((value) => ({
    width: 2,
    height: 1,
    data: Float32Array.of(value, value),
  })));
}

/** A label image of one row. */
function mask(...ids: number[]): Uint8Array<ArrayBuffer> {
  return encodeLabelTiff([{ width: ids.length, height: 1, data: Uint32Array.from(ids) }]);
}

Deno.test("openStillStacks() gives stacks of any depth with one mask each, in natural order", async () => {
  const files = {
    "images/s10.tif": stack([4, 5]),
    "masks/s10.tif": mask(0, 7),
    "images/s2.tif": stack([1, 2, 3]),
    "masks/s2.tif": mask(5, 0),
    "images/s3.tif": stack([9]),
    "masks/s3.tif": mask(0, 0),
  };
  await withFolder(files, async (path) => {
    const stills = await openStillStacks(disk, path);
    assertEquals(stills.map(({ name }) => name), ["s2", "s3", "s10"]);
    assertEquals(stills.map(({ stack }) => [stack.length, stack.depth]), [[1, 3], [1, 1], [1, 2]]);
    assertEquals(stills.map(({ labels }) => [...labels.data]), [[5, 0], [0, 0], [0, 7]]);
    assertEquals([...(await stills[0].stack.plane(0, 2)).data], [3, 3]);
    assertEquals([...(await stills[2].stack.plane(0, 1)).data], [5, 5]);
  });
});

Deno.test("openStillStacks() merges the objects into one when asked", async () => {
  await withFolder({ "images/a.tif": stack([1, 2]), "masks/a.tif": mask(5, 0) }, async (path) => {
    const [{ labels }] = await openStillStacks(disk, path, { mergeInstances: true });
    assertEquals([...labels.data], [1, 0]);
  });
});

Deno.test("openStillStacks() leaves out the pixels that hold the number to ignore", async () => {
  await withFolder({ "images/a.tif": stack([1, 2]), "masks/a.tif": mask(5, 9) }, async (path) => {
    const [{ labels }] = await openStillStacks(disk, path, { ignoreLabel: 9 });
    assertEquals([...labels.data], [5, IGNORED_LABEL]);
  });
});

Deno.test("openStillStacks() makes connected pixels of binary masks objects", async () => {
  const files = {
    "images/a.tif": stack([1, 2]),
    "masks/a.tif": mask(2, 2),
    "images/b.tif": stack([1, 2]),
    "masks/b.tif": mask(1, 2),
  };
  await withFolder(files, async (path) => {
    const stills = await openStillStacks(disk, path, { masks: "binary" });
    assertEquals(stills.map(({ labels }) => [...labels.data]), [[1, 1], [0, 1]]);
    assertEquals(stills.map(({ facts }) => [facts.objects, facts.background]), [[1, 1], [1, 1]]);
  });
});

Deno.test("openStillStacks() decodes no plane before it is asked for", async () => {
  // The pixels of the stack are damaged, its directory is not.
  const page = { width: 2, height: 1, data: [1, 1], compression: "deflate" as const };
  const damaged = tiffBytes([page]);
  damaged.fill(0, 8, 12);
  await withFolder({ "images/a.tif": damaged, "masks/a.tif": mask(1, 1) }, async (path) => {
    const [{ stack }] = await openStillStacks(disk, path);
    await assertRejects(() => stack.plane(0, 0), SyntaxError, "a.tif");
  });
});

Deno.test("openStillStacks() refuses masks of another size, of several pages or missing", async () => {
  const refused = async (files: Record<string, Uint8Array<ArrayBuffer>>, words: string) => {
    await withFolder({ "images/a.tif": stack([1, 2]), ...files }, async (path) => {
      const error = await assertRejects(() => openStillStacks(disk, path), RangeError, words);
      assert(error.message.includes("a.tif"), error.message);
    });
  };
  await refused({ "masks/a.tif": mask(1, 2, 3) }, "the mask is 3x1, the stack 2x1");
  await refused({ "masks/a.tif": stack([1, 2]) }, "it has 2 pages");
  await refused({ "masks/b.tif": mask(1, 2) }, "Cannot find the mask");
});

Deno.test("openStillStacks() refuses a file with several stacks and masks of single objects", async () => {
  const description = "ImageJ=1.53t\nimages=4\nslices=2\nframes=2\n";
  const pages = [1, 2, 3, 4].map((value, i) => ({
    width: 1,
    height: 1,
    data: [value],
    ...(i === 0 ? { description } : {}),
  }));
  await withFolder({ "images/a.tif": tiffBytes(pages), "masks/a.tif": mask(1) }, async (path) => {
    await assertRejects(() => openStillStacks(disk, path), RangeError, "it has 2 of 2 planes");
  });
  await withFolder(
    { "ID/images/a.tif": stack([1]), "ID/masks/m.tif": mask(1, 0) },
    async (path) => {
      await assertRejects(() => openStillStacks(disk, path), RangeError, "give one label image");
    },
  );
});
