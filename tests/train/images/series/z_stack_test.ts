import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { PlaneCache } from "../../../../train/images/plane_cache.ts";
import { openZSequence, type ZSequence } from "../../../../train/images/series/z_stack.ts";
import { withFile, withFolder } from "../../fixtures/temporary.ts";
import { tiffBytes } from "../../fixtures/tiff_bytes.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

/** Pages of two pixels that hold these numbers. */
function stack(values: number[], description?: string): Uint8Array<ArrayBuffer> {
  return tiffBytes(values.map((value, i) => ({
    width: 2,
    height: 1,
    data: [value, value],
    ...(i === 0 && description !== undefined ? { description } : {}),
  })));
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The number in each plane, time point by time point. */
async function values(sequence: ZSequence): Promise<number[][]> {
  const all: number[][] = [];
  for (let t = 0; t < sequence.length; t++) {
    all.push([]);
    for (let z = 0; z < sequence.depth; z++) all[t].push((await sequence.plane(t, z)).data[1]);
  }
  return all;
}

const imageJ = (axes: string) => `ImageJ=1.53t\n${axes}hyperstack=true\n`;

Deno.test("openZSequence() reads a file by ImageJ's axes", async () => {
  const bytes = stack(upTo(6), imageJ("images=6\nslices=3\nframes=2\n"));
  await withFile("movie.tif", bytes, async (path) => {
    const movie = await openZSequence(disk, path);
    assertEquals([movie.length, movie.depth, movie.width, movie.height], [2, 3, 2, 1]);
    assertEquals([movie.name, ...movie.names], ["movie", "movie_t000", "movie_t001"]);
    assertEquals(movie.notes, []);
    assertEquals(await values(movie), [[0, 1, 2], [3, 4, 5]]);
  });
});

Deno.test("openZSequence() reads a file by OME's axes, in any order of dimensions", async () => {
  const ome = '<OME><Image><Pixels DimensionOrder="XYTZC" SizeT="2" SizeZ="3"/></Image></OME>';
  await withFile("movie.ome.tif", stack(upTo(6), ome), async (path) => {
    const movie = await openZSequence(disk, path);
    assertEquals(movie.name, "movie");
    assertEquals(await values(movie), [[0, 2, 4], [1, 3, 5]]);
  });
});

Deno.test("openZSequence() reads a channel and says so", async () => {
  const bytes = stack(upTo(8), imageJ("images=8\nchannels=2\nslices=2\nframes=2\n"));
  await withFile("movie.tif", bytes, async (path) => {
    const movie = await openZSequence(disk, path, { channel: 2 });
    assertEquals(await values(movie), [[1, 3], [5, 7]]);
    assertEquals(movie.notes, [`${path}: channel 2 of 2 is read`]);
    await assertRejects(
      () => openZSequence(disk, path, { channel: 3 }),
      RangeError,
      "it has channels 1 to 2",
    );
  });
});

Deno.test("openZSequence() cuts the pages of a plain file by the depth given", async () => {
  await withFile("movie.tif", stack(upTo(6)), async (path) => {
    assertEquals(await values(await openZSequence(disk, path, { depth: 2 })), [[0, 1], [2, 3], [
      4,
      5,
    ]]);
    const whole = await openZSequence(disk, path, { depth: 6 });
    assertEquals(await values(whole), [upTo(6)]);
    assertEquals(whole.names, ["movie"]);
    const flat = await openZSequence(disk, path);
    assertEquals(await values(flat), upTo(6).map((i) => [i]));
    assertEquals(flat.notes, [
      `${path}: it has no depth axis: each page counts as a stack of one plane`,
    ]);
    for (const depth of [4, 0, -2, 1.5, NaN]) {
      await assertRejects(() => openZSequence(disk, path, { depth }), RangeError, "whole stacks");
    }
  });
  await withFile("a.tif", stack(upTo(6), imageJ("images=6\nslices=6\n")), async (path) => {
    await assertRejects(
      () => openZSequence(disk, path, { depth: 3 }),
      RangeError,
      "description says 6",
    );
  });
});

Deno.test("openZSequence() reads a folder of stacks in natural order, described or not", async () => {
  const files = {
    "t10.tif": stack([20, 21, 22]),
    "t9.tif": stack([10, 11, 12], imageJ("images=3\nslices=3\n")),
    "t1.tif": stack([0, 1, 2], imageJ("images=3\nframes=3\n")),
    "notes.txt": "",
  };
  await withFolder(files, async (path) => {
    const movie = await openZSequence(disk, path);
    assertEquals([movie.length, movie.depth], [3, 3]);
    assertEquals(movie.names, ["t1", "t9", "t10"]);
    assertEquals(await values(movie), [[0, 1, 2], [10, 11, 12], [20, 21, 22]]);
    assertEquals(await values(movie), [[0, 1, 2], [10, 11, 12], [20, 21, 22]]);
  });
});

Deno.test("openZSequence() reads a folder of single planes as stacks of depth 1", async () => {
  const page = { width: 2, height: 1, data: Float32Array.of(4, 4) };
  const files = Object.fromEntries(upTo(9).map((t) => [`t${t}.tif`, encodeGreyTiff([page])]));
  await withFolder(files, async (path) => {
    assertEquals(await values(await openZSequence(disk, path)), upTo(9).map(() => [4]));
  });
});

Deno.test("openZSequence() refuses folders without stacks and files of several", async () => {
  await withFolder({ "a.txt": "" }, async (path) => {
    await assertRejects(() => openZSequence(disk, path), RangeError, "one stack per time point");
  });
  const several = stack(upTo(4), imageJ("images=4\nslices=2\nframes=2\n"));
  await withFolder({ "a.tif": several }, async (path) => {
    await assertRejects(() => openZSequence(disk, path), RangeError, "it has 2 of 2 planes");
  });
  await withFolder({ "a.tif": stack([1, 2]) }, async (path) => {
    await assertRejects(() => openZSequence(disk, path, { depth: 3 }), RangeError, "it has 2");
  });
});

Deno.test("ZSequence.plane() names both files when depth or size differ", async () => {
  const wide = tiffBytes([1, 2].map(() => ({ width: 3, height: 1, data: [1, 1, 1] })));
  const files = { "a0.tif": stack([1, 2]), "a1.tif": stack([1, 2, 3]), "a2.tif": wide };
  await withFolder(files, async (path) => {
    const movie = await openZSequence(disk, path);
    for (const [t, words] of [[1, "a1.tif is 3x1x2, a0.tif is 2x1x2"], [2, "2x1x3"]] as const) {
      await assertRejects(() => movie.plane(t, 0), RangeError, words);
    }
  });
});

Deno.test("ZSequence.plane() refuses planes that are not there", async () => {
  await withFolder({ "a.tif": stack([1, 2]) }, async (folder) => {
    for (const path of [folder, join(folder, "a.tif")]) {
      const movie = await openZSequence(disk, path, path === folder ? {} : { depth: 2 });
      for (const [t, z] of [[0, 2], [1, 0], [0, -1], [-1, 0], [0, 0.5], [NaN, 0]]) {
        await assertRejects(() => movie.plane(t, z), RangeError, "it has planes 0 to 1 at times 0");
      }
    }
  });
});

Deno.test("ZSequence.plane() tries a damaged file again and decodes a held plane no more", async () => {
  await withFolder({ "a0.tif": stack([1, 2]), "a1.tif": "" }, async (path) => {
    const movie = await openZSequence(disk, path);
    await assertRejects(() => movie.plane(1, 0), SyntaxError, "a1.tif: it is empty");
    await Deno.writeFile(join(path, "a1.tif"), stack([3, 4]));
    assertEquals((await movie.plane(1, 1)).data[0], 4);
    await Deno.remove(join(path, "a1.tif"));
    assertEquals((await movie.plane(1, 1)).data[0], 4);
    await assertRejects(() => movie.plane(1, 0), Deno.errors.NotFound, "a1.tif");
  });
});

Deno.test("openZSequence() shares a cache between files without mixing their planes", async () => {
  const cache = new PlaneCache(1024);
  await withFolder({ "a.tif": stack([1, 2]), "b.tif": stack([3, 4]) }, async (path) => {
    const [a, b] = await Promise.all(
      ["a.tif", "b.tif"].map((name) => openZSequence(disk, join(path, name), { depth: 2, cache })),
    );
    assertEquals([await values(a), await values(b)], [[[1, 2]], [[3, 4]]]);
    assertEquals(cache.bytes, 4 * 8);
  });
});
