import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { encodeGreyTiff, encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import { encodePng } from "../../../../train/images/formats/encode_png.ts";
import { IGNORED_LABEL } from "../../../../train/images/image.ts";
import { listStills, readStill, readStills } from "../../../../train/images/series/stills.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { tiffBytes } from "../../fixtures/tiff_bytes.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

/** A grey PNG of 2x2 pixels. */
function png(...data: number[]): Uint8Array {
  return encodePng({ width: 2, height: 2, channels: 1, data: Uint8Array.from(data) });
}

/** A label TIFF of 2x2 pixels. */
function ids(...data: number[]): Uint8Array {
  return encodeLabelTiff([{ width: 2, height: 2, data: Uint32Array.from(data) }]);
}

Deno.test("readStills() says which flag chooses a channel, where all images have several", async () => {
  const description = "ImageJ=1.53t\nimages=2\nchannels=2\nhyperstack=true\n";
  const image = tiffBytes([0, 1].map((c) => ({
    ...{ width: 2, height: 1, data: [c, 9] },
    ...c === 0 && { description },
  })));
  const mask = encodeLabelTiff([{ width: 2, height: 1, data: Uint32Array.of(0, 1) }]);
  const files = Object.fromEntries(
    ["a", "b"].flatMap((name) => [[`images/${name}.tif`, image], [`masks/${name}.tif`, mask]]),
  );
  await withFolder(files, async (path) => {
    const error = await assertRejects(() => readStills(disk, path), SyntaxError);
    assertStringIncludes(error.message, "it has 2 channels); ");
    assertMatch(error.message, /; choose one with --channel$/);
    const { image } = (await readStills(disk, path, { channel: 2 }))[1];
    assertEquals([...image.data], [1, 9]);
  });
});

Deno.test("readStills() pairs images/ and masks/ by name in natural order", async () => {
  const files = {
    "images/a10.png": png(1, 2, 3, 4),
    "images/a2.tif": encodeGreyTiff([{ width: 2, height: 2, data: Float32Array.of(5, 6, 7, 8) }]),
    "images/.hidden.png": "",
    "masks/a2.png": png(0, 1, 1, 2),
    "masks/a10.tif": ids(0, 0, 300, 300),
    "masks/a11.tif": ids(1, 1, 1, 1),
  };
  await withFolder(files, async (path) => {
    const stills = await readStills(disk, path);
    assertEquals(stills.map(({ name }) => name), ["a2", "a10"]);
    assertEquals([...stills[0].image.data], [5, 6, 7, 8]);
    assertEquals([...stills[0].labels.data], [0, 1, 1, 2]);
    assertEquals([...stills[1].labels.data], [0, 0, 300, 300]);
    const set = await listStills(disk, path);
    assertEquals([set.layout, set.test.length], ["pairs", 0]);
    assert(set.notes[0].startsWith("1 mask in "));
  });
});

Deno.test("readStill() merges the objects into one when asked", async () => {
  await withFolder(
    { "images/a.png": png(1, 2, 3, 4), "masks/a.tif": ids(0, 7, 300, 0) },
    async (path) => {
      const [still] = await readStills(disk, path, { mergeInstances: true });
      assertEquals([...still.labels.data], [0, 1, 1, 0]);
    },
  );
});

Deno.test("readStill() leaves out the pixels that hold the number to ignore, also of merged objects", async () => {
  const files = { "images/a.png": png(1, 2, 3, 4), "masks/a.tif": ids(0, 7, 255, 9) };
  await withFolder(files, async (path) => {
    const [still] = await readStills(disk, path, { ignoreLabel: 255 });
    assertEquals([...still.labels.data], [0, 7, IGNORED_LABEL, 9]);
    const [merged] = await readStills(disk, path, { ignoreLabel: 255, mergeInstances: true });
    assertEquals([...merged.labels.data], [0, 1, IGNORED_LABEL, 1]);
  });
});

Deno.test("readStill() refuses a number to ignore where each mask is one object", async () => {
  const files = { "x/images/x.png": png(1, 2, 3, 4), "x/masks/m.png": png(0, 0, 0, 255) };
  await withFolder(files, async (path) => {
    const error = await assertRejects(
      () => readStills(disk, path, { ignoreLabel: 255 }),
      RangeError,
      "leave --ignore-label out, or give label images",
    );
    assert(error.message.includes("x.png"));
  });
});

Deno.test("readStills() keeps StarDist's train and test parts apart", async () => {
  const files = {
    "train/images/a.png": png(1, 1, 1, 1),
    "train/masks/a.tif": ids(0, 0, 0, 1),
    "test/images/b.png": png(2, 2, 2, 2),
    "test/masks/b.tif": ids(0, 0, 0, 2),
  };
  await withFolder(files, async (path) => {
    assertEquals((await readStills(disk, path)).map(({ name }) => name), ["a"]);
    assertEquals((await readStills(disk, path, { part: "test" })).map(({ name }) => name), ["b"]);
    assertEquals((await listStills(disk, path)).layout, "split");
    await Deno.remove(join(path, "test"), { recursive: true });
    assertEquals(await readStills(disk, path, { part: "test" }), []);
  });
});

Deno.test("readStills() merges one mask per object and counts overlaps", async () => {
  const files = {
    "x1/images/x1.png": png(1, 2, 3, 4),
    "x1/masks/m2.png": png(0, 255, 255, 0),
    "x1/masks/m1.png": png(255, 255, 0, 0),
    "x0/images/x0.png": png(1, 2, 3, 4),
    "x0/masks/m.png": png(0, 0, 0, 255),
  };
  await withFolder(files, async (path) => {
    const [first, second] = await readStills(disk, path);
    assertEquals([first.name, ...first.labels.data], ["x0", 0, 0, 0, 1]);
    assertEquals([second.name, ...second.labels.data], ["x1", 1, 1, 2, 0]);
    assertEquals(second.notes.map((note) => note.split(": ")[1]), [
      "1 pixel lies in two masks; the first one keeps it",
    ]);
  });
});

Deno.test("readStill() says that RGB was converted, and that a mask seems to have no instances", async () => {
  const rgb = encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(9) });
  const files = { "images/a.png": rgb, "masks/a.png": png(0, 255, 0, 255) };
  await withFolder(files, async (path) => {
    const [still] = await readStills(disk, path);
    assertEquals([...still.image.data], [9, 9, 9, 9]);
    assertEquals(still.notes, [`${join(path, "images/a.png")}: RGB converted to grey`]);
    assertEquals(still.facts.doubt, "the single number 255");
  });
});

Deno.test("readStills() makes connected pixels of binary masks objects, whatever the numbers are", async () => {
  for (const [off, on] of [[0, 255], [0, 1], [1, 2]]) {
    const files = {
      "train/images/a.png": png(1, 2, 3, 4),
      "train/masks/a.tif": ids(on, on, on, on),
      "train/images/b.png": png(1, 2, 3, 4),
      "train/masks/b.tif": ids(off, off, off, off),
      "test/images/c.png": png(1, 2, 3, 4),
      "test/masks/c.tif": ids(on, off, off, on),
    };
    await withFolder(files, async (path) => {
      const read = async (part: "train" | "test") =>
        (await readStills(disk, path, { part, masks: "binary" }))
          .map(({ labels }) => [...labels.data]);
      assertEquals(await read("train"), [[1, 1, 1, 1], [0, 0, 0, 0]]);
      assertEquals(await read("test"), [[1, 0, 0, 1]]);
    });
  }
});

Deno.test("readStills() refuses binary masks that are one object each, or all the same number", async () => {
  const objects = { "x/images/x.png": png(1, 2, 3, 4), "x/masks/m.png": png(0, 0, 0, 255) };
  const same = { "images/x.png": png(1, 2, 3, 4), "masks/x.png": png(7, 7, 7, 7) };
  for (
    const [files, words] of [
      [objects, "leave --masks binary out, or give label images"],
      [same, "they hold 7 and nothing else"],
    ] as const
  ) {
    await withFolder(files, async (path) => {
      const error = await assertRejects(
        () => readStills(disk, path, { masks: "binary" }),
        RangeError,
        words,
      );
      assert(error.message.includes(path));
    });
  }
});

Deno.test("listStills() refuses folders of no known layout and says which are known", async () => {
  const refused = async (files: Record<string, Uint8Array | string>, words: string) => {
    await withFolder(files, async (path) => {
      const error = await assertRejects(() => listStills(disk, path), RangeError, words);
      assert(error.message.includes(path));
    });
  };
  await refused({}, "its layout is not known; give a folder with images/ and masks/");
  await refused({ "a.png": "", "b.png": "" }, "it holds 2 images and no folders");
  await refused({ "images/a.png": "" }, "it has no folder masks/");
  await refused({ "masks/a.png": "" }, "it has no folder images/");
  await refused({ "train/a.png": "" }, "it has no folder images/");
  await refused({ "images/a.txt": "", "masks/a.png": "" }, "no PNG or TIFF files in it");
  await refused({ "images/a.png": "", "masks/a.txt": "" }, "no PNG or TIFF files in it");
  await refused({ "images/a.png": "", "images/a.tif": "", "masks/a.png": "" }, "a.png and a.tif");
  await refused({ "x/images/x.png": "" }, "there are none in");
  await refused({ "x/images/x.png": "", "x/images/y.png": "", "x/masks/m.png": "" }, "2 images");
  await assertRejects(() => listStills(disk, "no/such"), Deno.errors.NotFound, "no/such");
});

Deno.test("listStills() names the image without mask and the mask it misses", async () => {
  const files = { "images/a.png": "", "images/b.png": "", "masks/a.png": "" };
  await withFolder(files, async (path) => {
    const error = await assertRejects(() => listStills(disk, path), RangeError);
    assert(error.message.includes(join(path, "images", "b.png")));
    assert(error.message.includes(join(path, "masks", "b")));
  });
});

Deno.test("readStill() refuses sizes that differ, several pages and damage, naming the files", async () => {
  const one = { width: 1, height: 1, data: new Uint32Array(1) };
  const files = {
    "images/a.png": png(1, 2, 3, 4),
    "masks/a.tif": encodeLabelTiff([one]),
    "images/b.png": png(1, 2, 3, 4),
    "masks/b.tif": encodeLabelTiff([one, one]),
    "images/c.png": png(1, 2, 3, 4).slice(0, -20),
    "masks/c.png": png(1, 2, 3, 4),
  };
  await withFolder(files, async (path) => {
    const { train: [a, b, c] } = await listStills(disk, path);
    const error = await assertRejects(
      () => readStill(disk, a),
      RangeError,
      "is 1x1, the image 2x2",
    );
    assert(error.message.includes(a.image) && error.message.includes(a.masks[0]));
    await assertRejects(() => readStill(disk, b), RangeError, "it has 2 pages");
    await assertRejects(() => readStill(disk, c), SyntaxError, c.image);
  });
});
