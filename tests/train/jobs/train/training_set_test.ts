import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  encodeFloatTiff,
  encodeGreyTiff,
  encodeLabelTiff,
} from "../../../../train/images/formats/encode.ts";
import type { Sample } from "../../../../train/images/sample.ts";
import { syntheticVideo } from "../../../../train/synthetic/mod.ts";
import { defaultConfig } from "../../../../train/jobs/train/config.ts";
import { loadTrainingSet } from "../../../../train/jobs/train/training_set.ts";
import { type KnownLabels, splitStills } from "../../../../train/learn/training_set.ts";
import type { LabelImage } from "../../../../train/images/image.ts";
import { normalizeFrames } from "../../../../train/images/normalization_settings.ts";
import { frameName, tinyConfig, tinyFiles, withTinyData } from "../../fixtures/tiny_run.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { tiffBytes } from "../../fixtures/tiff_bytes.ts";

/** Samples that can be told apart by their width. */
function samples(count: number): Sample[] {
  return Array.from({ length: count }, (_, i) => ({
    channels: 1,
    width: i + 1,
    height: 1,
    image: new Float32Array(i + 1),
    labels: new Uint32Array(i + 1),
  }));
}

/** The widths of the stills in each part. */
function split(count: number, shares: { validation: number; test: number }, heldBack = 0) {
  const parts = splitStills(samples(count), {
    config: { ...defaultConfig, ...shares },
    heldBack: samples(100 + heldBack).slice(100),
  });
  const widths = (part: readonly Sample[]) => part.map(({ width }) => width);
  return {
    train: widths(parts.train),
    validation: widths(parts.validation),
    test: widths(parts.test),
  };
}

/** All labels that are known, by frame index. */
async function labelsOf(known: KnownLabels): Promise<[number, LabelImage | undefined][]> {
  const labels: [number, LabelImage | undefined][] = [];
  for (const frame of known.keys()) labels.push([frame, await known.get(frame)]);
  return labels;
}

Deno.test("splitStills() gives every still to exactly one part, in the shares asked for", () => {
  const shares = { validation: 0.1, test: 0.15 };
  for (const count of [3, 4, 10, 37, 100]) {
    const { train, validation, test } = split(count, shares);
    const all = [...train, ...validation, ...test].toSorted((a, b) => a - b);
    assertEquals(all, Array.from({ length: count }, (_, i) => i + 1));
    assertEquals(validation.length, Math.max(1, Math.round(0.1 * count)));
    assertEquals(test.length, Math.max(1, Math.round(0.15 * count)));
  }
});

Deno.test("splitStills() is the same for every seed", () => {
  const of = (seed: number) => {
    const config = { ...defaultConfig, seed };
    return splitStills(samples(20), { config, heldBack: [] });
  };
  assertEquals(of(1), of(2));
});

Deno.test("splitStills() uses what is held back already, and else the validation stills", () => {
  const heldBack = split(10, { validation: 0.2, test: 0.3 }, 2);
  assertEquals(heldBack.test, [101, 102]);
  assertEquals([heldBack.train.length, heldBack.validation.length], [8, 2]);
  const without = split(10, { validation: 0.2, test: 0 });
  assertEquals(without.test, without.validation);
  assertEquals(without.train.length, 8);
  const none = split(10, { validation: 0, test: 0 });
  assertEquals([none.train.length, none.validation, none.test], [10, [], []]);
});

Deno.test("splitStills() refuses stills that leave none to learn from", () => {
  for (const [count, they] of [[1, "1 still leaves"], [2, "2 stills leave"]] as const) {
    assertThrows(
      () => split(count, { validation: 0.1, test: 0.15 }),
      RangeError,
      `${they} none to learn from; give more, or lower validation and test`,
    );
  }
});

Deno.test("loadTrainingSet() reads and normalises stills, videos and truth", async () => {
  await withTinyData(async ({ data }) => {
    const video = [0, 1].map((v) => `${data}/video-${v}`);
    const set = await loadTrainingSet(tinyConfig(data, { video, markers: `${data}/truth` }));
    assertEquals([set.train.length, set.validation.length, set.test.length], [4, 1, 1]);
    assert(set.train.every(({ labels }) => labels?.some((id) => id > 0)));
    assertEquals(set.videos.map(({ name, frames }) => [name, frames.length]), [
      ["video-0", 5],
      ["video-1", 3],
    ]);
    const [first, second] = set.videos;
    const { frames, truth } = syntheticVideo({ seed: 5, frames: 5, size: 32 });
    assertEquals(await labelsOf(first.truth), [...truth.entries()]);
    assertEquals(await labelsOf(first.markers), [...truth.entries()]);
    assertEquals([second.truth.size, second.markers.size], [0, 0]);
    // The files hold whole numbers, the generator's frames too.
    assertEquals(
      await Promise.all(frames.map((_, i) => first.frames.frame(i))),
      (await normalizeFrames(frames, { mode: "video", low: 1, high: 99.8 }))
        .map((plane) => ({ ...plane, channels: 1 })),
    );
    assertEquals(set.notes, []);
  }, { videos: [5, 3] });
});

Deno.test("loadTrainingSet() matches truth that only some frames have", async () => {
  await withTinyData(async ({ data }) => {
    const { videos: [video], notes } = await loadTrainingSet(tinyConfig(data));
    assertEquals([...video.truth.keys()], [1, 4]);
    assertEquals(notes, [`Frames 1, 4 of video-0 met frames 1, 4 of ${data}/truth`]);
    const { truth } = syntheticVideo({ seed: 5, frames: 5, size: 32 });
    assertEquals(await video.truth.get(4), truth[4]);
    assertEquals(await video.truth.get(0), undefined);
  }, { truth: [1, 4] });
});

Deno.test("loadTrainingSet() leaves out what is missing: frames are no neighbours across it", async () => {
  const files = tinyFiles();
  delete files[`video-0/${frameName("t", 2)}`];
  await withFolder(files, async (data) => {
    const { videos: [video], notes } = await loadTrainingSet(tinyConfig(data));
    assertEquals(video.frames.times, [0, 1, 3, 4]);
    assertEquals([...video.truth.keys()], [0, 1, 2, 3]);
    assertEquals(notes, [
      "video-0: frame 2 is missing: frames 1 and 3 are no neighbours",
      `${data}/truth: images of no frame of video-0 are left out: 1`,
    ]);
    const inOrder = await loadTrainingSet(tinyConfig(data, { neighbours: "order" }));
    assertEquals(inOrder.videos[0].frames.times, undefined);
  });
});

Deno.test("loadTrainingSet() counts the pages of a stack from 0 when it matches truth", async () => {
  const { frames, truth } = syntheticVideo({ seed: 5, frames: 5, size: 32 });
  const files = {
    ...tinyFiles({ videos: [] }),
    "v.tif": encodeGreyTiff(frames),
    [`some/${frameName("man_seg", 2)}`]: encodeLabelTiff([truth[2]]),
    "all/v.tif": encodeLabelTiff(truth),
  };
  await withFolder(files, async (data) => {
    const load = (folder: string) =>
      loadTrainingSet(tinyConfig(data, { video: [`${data}/v.tif`], truth: `${data}/${folder}` }));
    const { videos: [video], notes } = await load("some");
    assertEquals(await labelsOf(video.truth), [[2, truth[2]]]);
    assert(notes[0].startsWith("Page 2 of v met man_seg002.tif"), notes[0]);
    const all = await load("all/v.tif");
    assertEquals(await labelsOf(all.videos[0].truth), [...truth.entries()]);
  });
});

Deno.test("loadTrainingSet() refuses truth of another size, before anything is trained", async () => {
  const files = tinyFiles();
  const { truth } = syntheticVideo({ seed: 5, frames: 1, size: 40 });
  files[`truth/${frameName("man_seg", 3)}`] = encodeLabelTiff(truth);
  await withFolder(files, async (data) => {
    await assertRejects(
      () => loadTrainingSet(tinyConfig(data)),
      RangeError,
      "truth: man_seg003.tif is 40x40, the frames of video-0 are 32x32",
    );
  });
});

Deno.test("loadTrainingSet() refuses truth that fits no frame", async () => {
  await withFolder({
    ...tinyFiles({ truth: [] }),
    "truth/man_seg900.tif": encodeLabelTiff(syntheticVideo({ seed: 5, frames: 1 }).truth),
  }, async (data) => {
    await assertRejects(
      () => loadTrainingSet(tinyConfig(data)),
      RangeError,
      "no name or frame number is in both",
    );
  });
});

Deno.test("loadTrainingSet() needs a frame more than the gap, in every video", async () => {
  await withTinyData(async ({ data }) => {
    const load = (gap: number) =>
      loadTrainingSet(
        tinyConfig(data, { gap, video: [`${data}/video-0`, `${data}/video-1`], truth: "" }),
      );
    assertEquals((await load(1)).videos.length, 2);
    await assertRejects(() => load(2), RangeError, "video-1 as a video: it has 2 frame");
  }, { videos: [3, 2] });
});

Deno.test("loadTrainingSet() trains on stills alone without a video", async () => {
  await withTinyData(async ({ data }) => {
    const set = await loadTrainingSet(tinyConfig(data, { video: [], truth: "" }));
    assertEquals(set.videos, []);
  });
});

Deno.test("loadTrainingSet() makes synthetic stills where none are named", async () => {
  const set = await loadTrainingSet(defaultConfig);
  assertEquals(set.train.length + set.validation.length + set.test.length, 48);
  const [{ name, frames, truth }] = set.videos;
  assertEquals([name, frames.length, truth.size], ["synthetic video", 24, 24]);
  await withTinyData(async ({ data }) => {
    const own = await loadTrainingSet({ ...defaultConfig, video: [`${data}/video-0`] });
    assertEquals(own.videos.map(({ name }) => name), ["video-0"]);
    assertEquals(own.train, set.train);
  });
});

Deno.test("loadTrainingSet() refuses an image with NaN in it by name", async () => {
  const data = new Float32Array(32 * 32).fill(1);
  data[77] = NaN;
  const files = tinyFiles();
  files["stills/images/s2.tif"] = encodeFloatTiff([{ width: 32, height: 32, data }]);
  await withFolder(files, async (folder) => {
    await assertRejects(() => loadTrainingSet(tinyConfig(folder)), SyntaxError, "s2.tif");
  });
});

Deno.test("loadTrainingSet() names all stills that cannot be read", async () => {
  const files = tinyFiles();
  files["stills/images/s1.tif"] = files["stills/images/s1.tif"].slice(0, 60);
  files["stills/masks/s4.tif"] = new Uint8Array(9);
  await withFolder(files, async (folder) => {
    const error = await assertRejects(() => loadTrainingSet(tinyConfig(folder)), SyntaxError);
    assert(error.message.startsWith("Cannot read 2 of 6 images: "), error.message);
    for (const name of ["images/s1.tif (it points", "masks/s4.tif"]) {
      assert(error.message.includes(`${folder}/stills/${name}`), error.message);
    }
  });
});

/** An ImageJ hyperstack of pages of 16 bits. */
function hyperstack(
  pages: readonly (readonly number[])[],
  { channels, slices, frames }: { channels: number; slices: number; frames: number },
): Uint8Array<ArrayBuffer> {
  const description = `ImageJ=1.53t\nimages=${pages.length}\nchannels=${channels}\n` +
    `slices=${slices}\nframes=${frames}\nhyperstack=true\n`;
  return tiffBytes(pages.map((data, i) => ({
    ...{ width: 32, height: 32, bits: 16, data },
    ...(i === 0 && { description }),
  })));
}

Deno.test("loadTrainingSet() reads the channel and slice that are chosen, and stills of one as they are", async () => {
  const ramp = (step: number) => Array.from({ length: 1024 }, (_, i) => step * i);
  const files = tinyFiles({ videos: [2] });
  files["stills/images/s0.tif"] = hyperstack([ramp(0), ramp(7)], {
    channels: 2,
    slices: 1,
    frames: 1,
  });
  for (const t of [0, 1]) {
    const pages = Array.from({ length: 6 }, (_, i) => i === 5 ? ramp(3) : ramp(0));
    files[`video-0/${frameName("t", t)}`] = hyperstack(pages, {
      channels: 2,
      slices: 3,
      frames: 1,
    });
  }
  await withFolder(files, async (folder) => {
    const chosen = tinyConfig(folder, { channel: "2", slice: 3, truth: "" });
    const { train, validation, test, videos, notes } = await loadTrainingSet(chosen);
    const all = [...train, ...validation, ...test];
    assert(all.every(({ image }) => image.some((value) => value !== 0)));
    assert((await videos[0].frames.frame(1)).data.some((value) => value !== 0));
    assert(notes.some((note) => note.includes("t000.tif: slice 3 of 3 is read")), notes.join());
    assert(
      notes.some((note) => note.includes("s0.tif") && note.includes("channel 2 of 2 is read")),
    );
    const none = tinyConfig(folder, { truth: "" });
    await assertRejects(() => loadTrainingSet(none), RangeError, "choose one with --channel");
  });
});

Deno.test("loadTrainingSet() leaves a flash out of the range of a video, unless all frames count", async () => {
  const files = tinyFiles({ videos: [6] });
  const flash = new Float32Array(32 * 32).fill(60_000);
  files[`video-0/${frameName("t", 3)}`] = encodeGreyTiff([{ width: 32, height: 32, data: flash }]);
  await withFolder(files, async (folder) => {
    const highest = async (rangeFrames: string) => {
      const config = tinyConfig(folder, { rangeFrames, truth: "" });
      const { videos: [{ frames }], notes } = await loadTrainingSet(config);
      const { data } = await frames.frame(0);
      return [data.reduce((most, value) => Math.max(most, value)), notes.join()] as const;
    };
    const [steady, note] = await highest("steady");
    assert(steady > 0.8, `${steady}`);
    assert(note.includes("t003.tif is without any contrast"), note);
    const [all] = await highest("all");
    assert(all < 0.1, `${all}`);
  });
});
