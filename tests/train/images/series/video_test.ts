import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { encodePng } from "../../../../train/images/formats/encode_png.ts";
import type { DamagedFile } from "../../../../train/images/faults/damaged_files.ts";
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

Deno.test("openVideo() says so where the images of a folder are not numbered", async () => {
  const named = (...names: string[]) =>
    Object.fromEntries(names.map((name) => [`${name}.tif`, tiff([1, 0])]));
  const notes = (files: Record<string, Uint8Array>) =>
    withFolder(files, async (path) => (await openVideo(disk, path)).notes.join());
  assertMatch(await notes(named("ada", "eve7", "bob")), /3 images are not numbered one after the/);
  assertEquals(await notes(named("t0", "t1", "t3")), "");
  assertEquals(await notes(named("ada")), "");
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
      const notes = video.notes.map((note) => note.replace(`${path}: `, "a.tif: "));
      return { frames: await firstPixels(video), notes };
    },
  );
}

Deno.test("openVideo() takes the middle slice and the first channel unless told", async () => {
  const axes = "channels=2\nslices=3\nframes=2\n";
  const { frames, notes } = await hyperstack(axes);
  assertEquals(frames, [2, 8]);
  assertEquals(notes, [
    "a.tif: slice 2 of 3 is read; --slice reads another",
    "a.tif: channel 1 of 2 is read; --channel reads another",
  ]);
  const chosen = await hyperstack(axes, { channel: 2, slice: 3 });
  assertEquals(chosen.frames, [5, 11]);
  assertEquals(chosen.notes, ["a.tif: slice 3 of 3 is read", "a.tif: channel 2 of 2 is read"]);
  await assertRejects(() => hyperstack(axes, { channel: 3 }), RangeError, "it has channels 1 to 2");
  await assertRejects(() => hyperstack(axes, { channel: "DAPI" }), RangeError, "channel DAPI of");
  await assertRejects(() => hyperstack(axes, { slice: 0 }), RangeError, "it has slices 1 to 3");
});

Deno.test("openVideo() reads a stack with depth but no time as frames and says so", async () => {
  const { frames, notes } = await hyperstack("slices=12\n");
  assertEquals(frames, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  assertEquals(notes, [
    "a.tif: no time axis: its 12 slices are read as frames; --slice reads one of them",
  ]);
  assertEquals((await hyperstack("slices=12\n", { slice: 12 })).frames, [11]);
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

Deno.test("openVideo() names the files of other sizes, and what to do", async () => {
  await withFolder({ "t0.tif": tiff([1, 2]), "t1.tif": tiff([1]) }, async (path) => {
    await assertRejects(
      () => openVideo(disk, path),
      RangeError,
      "t1.tif is 1x1, t0.tif is 2x1; keep",
    );
  });
  const png = encodePng({ width: 3, height: 1, channels: 1, data: Uint8Array.of(1, 2, 3) });
  const files = {
    "t0.tif": tiff([1]),
    "t1.png": png,
    "t2.tif": tiff([1, 2]),
    "t3.tif": tiff([1, 2]),
  };
  await withFolder(files, async (path) => {
    const says =
      "t0.tif is 1x1, t1.png is 3x1, t2.tif is 2x1 as 2 files are; keep only frames of one";
    await assertRejects(() => openVideo(disk, path), RangeError, says);
    const left: string[] = [];
    const onDamaged = ({ path, error }: DamagedFile) => left.push(`${path}: ${error.message}`);
    const video = await openVideo(disk, path, { onDamaged });
    assertEquals(video.sourceNames, ["t2.tif", "t3.tif"]);
    assertEquals(left, [
      `${join(path, "t0.tif")}: it is 1x1, most frames are 2x1`,
      `${join(path, "t1.png")}: it is 3x1, most frames are 2x1`,
    ]);
  });
});

Deno.test("openVideo() names all files that are damaged, or leaves them out and tells", async () => {
  const cut = (bytes: Uint8Array) => bytes.slice(0, 40);
  const files = {
    "t0.tif": tiff([1]),
    "t1.tif": cut(tiff([1])),
    "t2.png": new Uint8Array(20).fill(7),
    "t3.tif": tiff([4]),
  };
  await withFolder(files, async (path) => {
    const error = await assertRejects(() => openVideo(disk, path), SyntaxError);
    assert(error.message.startsWith("Cannot read 2 of 4 images: "));
    for (const name of ["t1.tif (it points to bytes", "t2.png (it is neither PNG nor TIFF"]) {
      assert(error.message.includes(join(path, name)), error.message);
    }
    const left: string[] = [];
    const video = await openVideo(disk, path, { onDamaged: ({ path }) => left.push(path) });
    assertEquals(left, [join(path, "t1.tif"), join(path, "t2.png")]);
    assertEquals(await firstPixels(video), [1, 4]);
  });
  const one = { "t0.tif": tiff([1]), "t1.tif": cut(tiff([1])) };
  await withFolder(one, async (path) => {
    await assertRejects(
      () => openVideo(disk, path),
      SyntaxError,
      `Cannot read ${join(path, "t1.tif")}`,
    );
  });
  await withFolder({ "t0.tif": cut(tiff([1])) }, async (path) => {
    await assertRejects(
      () => openVideo(disk, path, { onDamaged: () => {} }),
      SyntaxError,
      "t0.tif",
    );
  });
});

Deno.test("openVideo() tells whether frames are numbered, and what kind of number they hold", async () => {
  const of = async (files: Record<string, Uint8Array>) =>
    await withFolder(files, async (path) => {
      const { isNumbered, kinds } = await openVideo(disk, path);
      return [isNumbered, kinds];
    });
  const png = encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(1) });
  assertEquals(await of({ "t1.tif": tiff([1]), "t2.png": png }), [true, ["16-bit", "8-bit"]]);
  assertEquals(await of({ "bright.tif": tiff([1]), "dim.tif": tiff([2]) }), [
    ...[false, ["16-bit", "16-bit"]],
  ]);
  assertEquals((await of({ "8c1a.tif": tiff([1]), "71b2.tif": tiff([2]) }))[0], false);
});

Deno.test("video.frame() names a file with damaged pixels, and frames that are not there", async () => {
  const bytes = tiff([1, 2, 3, 4]);
  const damaged = Uint8Array.from(bytes, (byte, i) => i >= 8 && i < 14 ? byte ^ 255 : byte);
  await withFolder({ "t0.tif": bytes, "t1.tif": damaged }, async (path) => {
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

Deno.test("openVideo() takes a stack of one channel as it is, and says so", async () => {
  const { frames, notes } = await hyperstack("frames=12\n", { channel: "GFP", slice: 2 });
  assertEquals(frames.length, 12);
  assertEquals(notes, [
    "a.tif: it has one slice, which is read",
    "a.tif: it has one channel, which is read",
  ]);
});

/** A z-stack of one pixel per slice, whose values count on from `first`. */
function zStack(first: number, slices: number): Uint8Array {
  const pages = Array.from(
    { length: slices },
    (_, i) => ({ width: 1, height: 1, data: [first + i] }),
  );
  const description = `ImageJ=1.53t\nimages=${slices}\nslices=${slices}\n`;
  return tiffBytes([{ ...pages[0], description }, ...pages.slice(1)]);
}

Deno.test("openVideo() reads the middle slice of a folder of z-stacks, or the one that is chosen", async () => {
  const files = { "t0.tif": zStack(0, 5), "t1.tif": zStack(10, 5), "t2.tif": zStack(20, 5) };
  await withFolder(files, async (path) => {
    const video = await openVideo(disk, path);
    assertEquals(await firstPixels(video), [2, 12, 22]);
    assertEquals(video.notes, [
      `${join(path, "t0.tif")}: slice 3 of 5 is read; --slice reads another`,
    ]);
    assertEquals(await firstPixels(await openVideo(disk, path, { slice: 5 })), [4, 14, 24]);
  });
  await withFolder({ ...files, "t2.tif": zStack(20, 4) }, async (path) => {
    const says = "t2.tif is 1x1, 4 slices of 1 channel, t0.tif is 1x1, 5 slices of 1 channel";
    await assertRejects(() => openVideo(disk, path), RangeError, says);
  });
  const plain = { "t0.tif": tiff([1], [2], [3]), "t1.tif": tiff([4], [5], [6]) };
  await withFolder(plain, async (path) => {
    const error = await assertRejects(() => openVideo(disk, path), RangeError, "it has 3 frames");
    assert(error.message.includes("choose one with --slice if they are slices"));
    assertEquals(await firstPixels(await openVideo(disk, path, { slice: 2 })), [2, 5]);
  });
});

Deno.test("openVideo() knows channels and slices in separate files by their names", async () => {
  const files = Object.fromEntries(
    [0, 1, 2].flatMap((t) =>
      [1, 2].flatMap((c) =>
        [0, 1, 2].map((z) => [`t${t}_c${c}_z${z}.tif`, tiff([100 * t + 10 * c + z])])
      )
    ),
  );
  await withFolder(files, async (path) => {
    const video = await openVideo(disk, path);
    assertEquals(await firstPixels(video), [11, 111, 211]);
    assertEquals(video.sourceNames[1], "t1_c1_z1.tif");
    assertEquals(video.notes, [
      `${path}: its files are of 3 slices (0, 1, 2): slice 2 is read; --slice reads another`,
      `${path}: its files are of 2 channels: channel 1 of 2 (1) is read; --channel reads another`,
    ]);
    const other = await openVideo(disk, path, { channel: 2, slice: 3 });
    assertEquals(await firstPixels(other), [22, 122, 222]);
    await assertRejects(() => openVideo(disk, path, { channel: 3 }), RangeError, "1 to 2 (1, 2)");
  });
  const named = { "a_w1DAPI_t1.tif": tiff([1]), "a_w2GFP_t1.tif": tiff([2]) };
  await withFolder(
    { ...named, "a_w1DAPI_t2.tif": tiff([3]), "a_w2GFP_t2.tif": tiff([4]) },
    async (path) => {
      assertEquals(await firstPixels(await openVideo(disk, path, { channel: "2gfp" })), [2, 4]);
    },
  );
  const manager = ["DAPI", "GFP"].flatMap((name, c) =>
    [0, 1].map((t) => [`img_00000000${t}_${name}_000.tif`, tiff([10 * t + c])])
  );
  await withFolder(Object.fromEntries(manager), async (path) => {
    assertEquals(await firstPixels(await openVideo(disk, path, { channel: "GFP" })), [1, 11]);
  });
});

Deno.test("openVideo() refuses two positions in one folder, and leaves plain numbers alone", async () => {
  const files = ["s1_t0.tif", "s1_t1.tif", "s2_t0.tif", "s2_t1.tif"];
  const folder = (names: string[]) => Object.fromEntries(names.map((name, i) => [name, tiff([i])]));
  await withFolder(folder(files), async (path) => {
    await assertRejects(
      () => openVideo(disk, path),
      RangeError,
      "are of 2 positions (1, 2); put each",
    );
  });
  for (
    const names of [["c0.tif", "c1.tif"], ["s0_t0.tif", "s1_t1.tif"], ["z1_c1.tif", "z2_c2.tif"]]
  ) {
    await withFolder(folder(names), async (path) => {
      const video = await openVideo(disk, path);
      assertEquals([video.length, video.notes], [2, []]);
    });
  }
});

Deno.test("openVideo() reads a folder that is one OME data set, and refuses two in one", async () => {
  const names = ["t0.ome.tif", "t1.ome.tif", "t2.ome.tif"];
  const inside = names.map((name, t) =>
    `<TiffData FirstT="${t}" IFD="0"><UUID FileName="${name}">urn:uuid:${t}</UUID></TiffData>`
  ).join("");
  const description = `<OME><Image><Pixels SizeT="3">${inside}</Pixels></Image></OME>`;
  const files = Object.fromEntries(
    names.map((
      name,
      t,
    ) => [name, tiffBytes([{ width: 1, height: 1, data: [t + 5], description }])]),
  );
  await withFolder(files, async (path) => {
    const video = await openVideo(disk, path);
    assertEquals([video.length, await firstPixels(video)], [3, [5, 6, 7]]);
    assertEquals([video.path, video.sourceNames, video.stems], [path, names, ["t0", "t1", "t2"]]);
  });
  await withFolder({ ...files, "x.tif": tiff([1]) }, async (path) => {
    await assertRejects(
      () => openVideo(disk, path),
      RangeError,
      "x.tif is not of the data set of t0.ome.tif; put each data set into a folder of its own",
    );
  });
});

Deno.test("openVideo() decodes a PNG when its frame is read, and says what it is before", async () => {
  const whole = encodePng({ width: 4, height: 2, channels: 3, data: new Uint8Array(24).fill(9) });
  const at = whole.findIndex((_, i) => whole[i] === 0x49 && whole[i + 1] === 0x44); // IDAT
  const broken = whole.map((byte, i) => i > at + 6 && i < at + 10 ? byte ^ 255 : byte);
  await withFolder({ "a.png": whole, "b.png": broken }, async (path) => {
    const open = (name: string) => openVideo(disk, join(path, name));
    const video = await open("a.png");
    assertEquals([video.length, video.width, video.height, video.measures?.bits], [1, 4, 2, 8]);
    assertEquals(video.notes, [`${join(path, "a.png")}: RGB converted to grey`]);
    assertEquals(await firstPixels(video), [9]);
    const damaged = await open("b.png");
    await assertRejects(() => damaged.frame(0), SyntaxError, join(path, "b.png"));
  });
});
