import { assertEquals, assertRejects } from "@std/assert";
import { encodeFloatTiff, encodeLabelTiff } from "../../../train/images/formats/encode.ts";
import { encodePng } from "../../../train/images/formats/encode_png.ts";
import { decodeImage } from "../../../train/images/formats/decode.ts";
import {
  compressPage,
  concatenate,
  labelPage,
  TiffStackLayout,
} from "../../../train/images/formats/tiff_stack.ts";
import type { LabelImage } from "../../../train/images/image.ts";
import { disk } from "../../../train/jobs/disk/files.ts";
import {
  type FilterEvent,
  filterFiles,
  type FilterFilesOptions,
} from "../../../train/jobs/filter_files.ts";
import { InvalidArgumentError } from "../../../train/models/mod.ts";
import { withFolder } from "../fixtures/temporary.ts";
import { pages } from "../fixtures/label_pages.ts";

const WIDTH = 8;

/** A label image of one row. */
function row(...ids: number[]): LabelImage {
  const data = new Uint32Array(WIDTH);
  data.set(ids);
  return { width: WIDTH, height: 1, data };
}

/** An object that stays, one that blinks on and one that blinks off. */
const VIDEO = [row(1, 1, 0, 2), row(1, 1, 0, 0, 0, 3), row(1, 1, 0, 2)];
const DROPPED = [row(1, 1), row(1, 1), row(1, 1)];
const FILLED = [row(1, 1, 0, 2), row(1, 1, 0, 2), row(1, 1, 0, 2)];

function folderOf(video: readonly LabelImage[], folder = "labels"): Record<string, Uint8Array> {
  return Object.fromEntries(
    video.map((labels, t) => [`${folder}/t${t + 8}.tif`, encodeLabelTiff([labels])]),
  );
}

/** Filters under a folder, from `labels` into `out` by default, and gives all events. */
async function filter(folder: string, options: Partial<FilterFilesOptions> = {}) {
  const { labels = "labels", out = "out", ...others } = options;
  return await Array.fromAsync(
    filterFiles({ ...others, labels: `${folder}/${labels}`, out: `${folder}/${out}` }),
  );
}

async function names(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).sort();
}

function done(events: readonly FilterEvent[], folder: string) {
  const last = events.at(-1)!;
  if (last.type !== "done") throw new Error("Cannot test: the last event is not done");
  assertEquals(last.out.startsWith(folder), true);
  const { written, kept, dropped, filled } = last;
  return { written, kept, dropped, filled };
}

Deno.test("filterFiles() writes a folder's images under their names, in the order of time", async () => {
  // t8, t9, t10: the order of the alphabet would be another one.
  await withFolder(folderOf(VIDEO), async (folder) => {
    const events = await filter(folder);
    const path = `${folder}/labels`;
    assertEquals(events.slice(0, -1), [
      { type: "frame", name: "t8.tif", path, done: 1, total: 3, dropped: 1, filled: 0 },
      { type: "frame", name: "t9.tif", path, done: 2, total: 3, dropped: 1, filled: 0 },
      { type: "frame", name: "t10.tif", path, done: 3, total: 3, dropped: 1, filled: 0 },
    ]);
    assertEquals(done(events, folder), { written: 3, kept: 0, dropped: 3, filled: 0 });
    assertEquals(await names(`${folder}/out`), ["t10.tif", "t8.tif", "t9.tif"]);
    for (const [t, expected] of DROPPED.entries()) {
      assertEquals(await pages(`${folder}/out/t${t + 8}.tif`), [expected]);
    }
  });
});

Deno.test("filterFiles() takes what a missing frame parts for no neighbours, and says so", async () => {
  const [a, b] = [row(1, 1, 0, 2), row(1, 1)];
  const files = Object.fromEntries(
    [[0, a], [1, a], [3, b], [4, a]].map(([t, labels]) => [
      `labels/t${t}_v2.tif`,
      encodeLabelTiff([labels as LabelImage]),
    ]),
  );
  await withFolder(files, async (folder) => {
    const events = await filter(folder);
    assertEquals(events[0], {
      type: "note",
      text: `${folder}/labels: frame 2 is missing: frames 1 and 3 are no neighbours`,
    });
    // The object of frame 4 is not in frame 3; that of frame 1 is in frame 0.
    assertEquals(done(events, folder), { written: 4, kept: 0, dropped: 1, filled: 0 });
    assertEquals(await pages(`${folder}/out/t1_v2.tif`), [a]);
    const voted = await filter(folder, { votes: true, vote: 0.6, out: "voted" });
    assertEquals(done(voted, folder).dropped, 1);
  });
});

Deno.test("filterFiles() fills gaps and takes the overlap it is told", async () => {
  await withFolder(folderOf(VIDEO), async (folder) => {
    assertEquals(
      done(await filter(folder, { fillGaps: true }), folder),
      { written: 3, kept: 0, dropped: 1, filled: 1 },
    );
    for (const [t, expected] of FILLED.entries()) {
      assertEquals(await pages(`${folder}/out/t${t + 8}.tif`), [expected]);
    }
  });
  await withFolder(folderOf([row(1, 1), row(0, 2, 2)]), async (folder) => {
    assertEquals(done(await filter(folder, { minOverlap: 0.5 }), folder).dropped, 0);
    assertEquals(done(await filter(folder, { minOverlap: 0.6, out: "b" }), folder).dropped, 2);
  });
});

Deno.test("filterFiles() makes a stack of a stack, with ids beyond 16 bits", async () => {
  const wide = [...VIDEO, row(1, 1, 0, 0, 70000), row(1, 1, 0, 0, 70000)];
  const expected = [...DROPPED, ...wide.slice(3)];
  await withFolder({ "video.tiff": encodeLabelTiff(wide) }, async (folder) => {
    const events = await filter(folder, { labels: "video.tiff" });
    assertEquals(events.length, 6);
    assertEquals(done(events, folder), { written: 1, kept: 0, dropped: 3, filled: 0 });
    assertEquals(await names(`${folder}/out`), ["video.tif"]);
    assertEquals(await pages(`${folder}/out/video.tif`), expected);
  });
});

Deno.test("filterFiles() keeps the size of a pixel, and slices as slices", async () => {
  const calibration = { width: 0.5, height: 0.25, unit: "micron", depth: 2 };
  const fileOf = (images: readonly LabelImage[]) => {
    const layout = new TiffStackLayout(images.length, { calibration, axis: "slices" });
    const parts = images.map((image) =>
      layout.add(compressPage(labelPage(image, { wide: false })))
    );
    return concatenate([...parts, layout.end()]);
  };
  await withFolder({ "z.tif": fileOf(VIDEO), "v/t1.tif": fileOf([VIDEO[0]]) }, async (folder) => {
    await filter(folder, { labels: "z.tif" });
    const stack = await decodeImage(disk, `${folder}/out/z.tif`);
    assertEquals([stack.axes, stack.calibration], [{ t: 1, z: 3, c: 1 }, calibration]);
    await filter(folder, { labels: "v" });
    assertEquals((await decodeImage(disk, `${folder}/out/t1.tif`)).calibration, calibration);
  });
});

Deno.test("filterFiles() reads PNG, and leaves a single image as it is", async () => {
  const png = encodePng({
    width: WIDTH,
    height: 1,
    channels: 1,
    data: Uint8Array.from(VIDEO[0].data),
  });
  await withFolder({ "labels/only.png": png }, async (folder) => {
    for (const labels of ["labels", "labels/only.png"]) {
      const events = await filter(folder, { labels, overwrite: true });
      assertEquals(done(events, folder), { written: 1, kept: 0, dropped: 0, filled: 0 });
      assertEquals(await pages(`${folder}/out/only.tif`), [VIDEO[0]]);
    }
  });
});

Deno.test("filterFiles() keeps files that exist unless told otherwise, with the same neighbours", async () => {
  const files = { ...folderOf(VIDEO), "out/t9.tif": "mine" };
  await withFolder(files, async (folder) => {
    assertEquals(done(await filter(folder), folder).kept, 1);
    assertEquals(await Deno.readTextFile(`${folder}/out/t9.tif`), "mine");
    assertEquals(await pages(`${folder}/out/t10.tif`), [DROPPED[2]]);
    assertEquals(await filter(folder), [{
      ...{ type: "done", out: `${folder}/out`, written: 0, kept: 3, dropped: 0, filled: 0 },
    }]);
    assertEquals(done(await filter(folder, { overwrite: true }), folder).written, 3);
    assertEquals(await pages(`${folder}/out/t9.tif`), [DROPPED[1]]);
  });
});

Deno.test("filterFiles() does not write among the labels that it reads, by whatever path", async () => {
  const files = { ...folderOf(VIDEO), "video.tif": encodeLabelTiff(VIDEO) };
  await withFolder(files, async (folder) => {
    await Deno.symlink(`${folder}/labels`, `${folder}/link`);
    const cases = [
      { out: "labels" },
      { out: "labels/../labels" },
      { out: "link" },
      { labels: "link", out: "labels" },
      { labels: "video.tif", out: "." },
      { labels: "labels/t8.tif", out: "link" },
    ];
    for (const options of cases) {
      await assertRejects(
        () => filter(folder, { ...options, overwrite: true }),
        InvalidArgumentError,
        "results would be mixed with or replace the labels; give another --out",
      );
    }
    assertEquals(await names(`${folder}/labels`), ["t10.tif", "t8.tif", "t9.tif"]);
    await filter(folder, { out: "labels/filtered" });
    assertEquals((await names(`${folder}/labels/filtered`)).length, 3);
  });
});

Deno.test("filterFiles() refuses two images of one name, other sizes and senseless settings", async () => {
  const png = encodePng({ width: WIDTH, height: 1, channels: 1, data: new Uint8Array(WIDTH) });
  await withFolder({ ...folderOf(VIDEO), "labels/t8.png": png }, (folder) =>
    assertRejects(
      () => filter(folder),
      Error,
      "t8.tif would be written for both t8.png and t8.tif; keep one of them",
    ));
  const small = { width: 2, height: 2, data: new Uint32Array(4) };
  await withFolder(folderOf([...VIDEO, small]), (folder) =>
    assertRejects(
      () => filter(folder),
      RangeError,
      "t11.tif is 2x2, t8.tif is 8x1; keep only frames of one video there",
    ));
  await withFolder(folderOf(VIDEO), async (folder) => {
    await assertRejects(() => filter(folder, { minOverlap: 2 }), RangeError, "minOverlap is 2");
    assertEquals(await names(folder), ["labels"], "nothing is made");
  });
});

Deno.test("filterFiles() leaves no half-written file where a later one is damaged", async () => {
  const stack = encodeLabelTiff(VIDEO);
  const files = { ...folderOf(VIDEO), "labels/t11.tif": stack.slice(0, 30) };
  await withFolder(files, async (folder) => {
    await assertRejects(() => filter(folder), SyntaxError, "t11.tif");
    for (const name of await names(`${folder}/out`)) {
      assertEquals((await pages(`${folder}/out/${name}`)).length, 1, name);
    }
  });
});

Deno.test("filterFiles() lets frames vote, with what their probability maps say", async () => {
  // Object 2 is there in every other frame, object 3 in one; object 4 always, but nobody is sure of it.
  const video = [row(1, 2, 0, 4), row(1, 0, 3, 4), row(1, 2, 0, 4), row(1, 0, 0, 4)];
  const probability = encodeFloatTiff(
    video.map(() => ({ width: WIDTH, height: 1, data: new Float32Array(WIDTH).fill(0.4, 3, 4) })),
  );
  await withFolder({ ...folderOf(video), "maps.tif": probability }, async (folder) => {
    const events = await filter(folder, { votes: true });
    // The first frame has two others to ask, 1 / (1 + 0.7 + 0.4); the third has three.
    assertEquals(done(events, folder), { written: 4, kept: 0, dropped: 2, filled: 0 });
    assertEquals(await pages(`${folder}/out/t8.tif`), [row(1, 2, 0, 4)]);
    assertEquals(await pages(`${folder}/out/t9.tif`), [row(1, 0, 0, 4)]);
    assertEquals(await pages(`${folder}/out/t10.tif`), [row(1, 0, 0, 4)]);
    const maps = { votes: true, vote: 0.3, probability: `${folder}/maps.tif`, out: "sure" };
    await filter(folder, maps);
    assertEquals(await pages(`${folder}/sure/t8.tif`), [row(0, 0, 0, 4)]);
    await assertRejects(
      () => filter(folder, { votes: true, vote: 2, out: "none" }),
      RangeError,
      "vote is 2",
    );
    await assertRejects(
      () => filter(folder, { ...maps, probability: `${folder}/labels`, out: "none" }),
      RangeError,
      "beyond 0 to 1",
    );
    await Deno.remove(`${folder}/labels/t8.tif`);
    await assertRejects(
      () => filter(folder, maps),
      RangeError,
      "it has 3 images",
    );
  });
});

Deno.test("filterFiles() says so where labels look like an image", async () => {
  const data = Uint32Array.from({ length: 600 }, (_, i) => 100 + i * 7919 % 97);
  const files = folderOf([{ width: 30, height: 20, data }, { width: 30, height: 20, data }]);
  await withFolder(files, async (folder) => {
    const [note] = await filter(folder);
    assertEquals(note.type === "note" && note.text.includes("looks like an image"), true);
  });
});
