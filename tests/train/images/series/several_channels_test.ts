import { assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { encodeGreyTiff, encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import { encodePng } from "../../../../train/images/formats/encode_png.ts";
import { channelRanges, normalize } from "../../../../train/images/normalize.ts";
import { PlaneCache } from "../../../../train/images/plane_cache.ts";
import { normalizedFrames } from "../../../../train/images/series/frames.ts";
import { channelList, chosenPages } from "../../../../train/images/series/plane_choice.ts";
import { openChannels } from "../../../../train/images/series/several_channels.ts";
import { readStills } from "../../../../train/images/series/stills.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { tiffBytes } from "../../fixtures/tiff_bytes.ts";

/** An ImageJ stack of 2 x 1 pixels with so many channels; a page is 100 t + 10 c and one more. */
function hyperstack({ channels = 3, frames = 2, labels = "" } = {}): Uint8Array {
  const description = [
    ...["ImageJ=1.53t", `images=${channels * frames}`, `channels=${channels}`],
    ...[`frames=${frames}`, "hyperstack=true", labels],
  ].join("\n");
  const pages = Array.from({ length: channels * frames }, (_, i) => {
    const value = 100 * Math.floor(i / channels) + 10 * (i % channels + 1);
    const data = [value, value + 1];
    return { width: 2, height: 1, data, ...i === 0 && { description } };
  });
  return tiffBytes(pages);
}

Deno.test("channelList() is what a user names, each once", () => {
  assertEquals(channelList(["1", " 3 "]), ["1", "3"]);
  assertEquals(channelList([0, "DAPI", 2]), ["0", "DAPI", "2"]);
  for (const wrong of [["1", ""], ["2", "2"], ["dapi", "DAPI"]]) {
    assertThrows(() => channelList(wrong), RangeError, "give each once");
  }
});

Deno.test("openChannels() gives frames that have the channels in the order asked for", async () => {
  await withFolder({ "a.tif": hyperstack() }, async (folder) => {
    const path = join(folder, "a.tif");
    for (
      const [channels, expected] of [
        [["3", "1"], [[30, 31, 10, 11], [130, 131, 110, 111]]],
        [[0, 1], [[10, 11, 20, 21], [110, 111, 120, 121]]],
      ] as const
    ) {
      const video = await openChannels(disk, path, { channels });
      assertEquals([video.length, video.width, video.height], [2, 2, 1]);
      const frames = await Promise.all([0, 1].map((i) => video.frame(i)));
      assertEquals(frames.map(({ data }) => [...data]), expected.map((values) => [...values]));
      assertEquals(frames[0], { ...frames[0], channels: 2, width: 2, height: 1 });
      assertEquals(video.rows, undefined, "rows are of one channel");
      const alone = await Promise.all(video.channelFrames!.map((read) => read(1)));
      assertEquals(alone.flatMap(({ data }) => [...data]), [...expected[1]]);
    }
    const { notes } = await openChannels(disk, path, { channels: ["3", "1"] });
    assertEquals(notes, [`${path}: channel 3 of 3 is read`, `${path}: channel 1 of 3 is read`]);
    assertEquals((await openChannels(disk, path, { channel: 2 })).channelFrames, undefined);
  });
});

Deno.test("chosenPages() takes the first channel unless told, also where another is called 1", () => {
  const stack = { axes: { t: 1, z: 1, c: 3 }, order: [0, 1, 2], path: "a", notes: [] };
  const named = { ...stack, channelNames: ["0", "1", "2"] };
  assertEquals(chosenPages(named).pages, [0]);
  // A name goes before a number.
  assertEquals(chosenPages(named, { channel: 1 }).pages, [1]);
});

Deno.test("openChannels() refuses files that lack a channel, with the remedy", async () => {
  const files = { "a.tif": hyperstack({ channels: 2 }), "grey.tif": hyperstack({ channels: 1 }) };
  await withFolder(files, async (folder) => {
    const open = (name: string, channels: string[]) => () =>
      openChannels(disk, join(folder, name), { channels });
    for (
      const [name, channels, message] of [
        ["a.tif", ["1", "3"], "Cannot read channel 3 of"],
        ["a.tif", ["1", "GFP"], "it has channels 1 to 2; give images with all channels"],
        ["grey.tif", ["1", "2"], "it has one channel; give images with all channels"],
      ] as const
    ) {
      await assertRejects(open(name, [...channels]), RangeError, message);
    }
  });
});

Deno.test("openChannels() reads channels in files of their own, by number or name", async () => {
  const grey = (value: number) =>
    encodeGreyTiff([{ width: 2, height: 1, data: Float32Array.of(value, 0) }]);
  const files: Record<string, Uint8Array> = Object.fromEntries(
    [1, 2].flatMap((t) => [1, 2, 3].map((c) => [`t00${t}_c${c}.tif`, grey(100 * t + c)])),
  );
  await withFolder(files, async (folder) => {
    const video = await openChannels(disk, folder, { channels: ["3", "2"] });
    assertEquals(video.length, 2);
    assertEquals([...(await video.frame(1)).data], [203, 0, 202, 0]);
    await assertRejects(
      () => openChannels(disk, folder, { channels: ["1", "4"] }),
      RangeError,
      "it has channels 1 to 3",
    );
  });
});

Deno.test("openChannels() takes the numbers in the names of files for names, from 0, too", async () => {
  const grey = (value: number) =>
    encodeGreyTiff([{ width: 2, height: 1, data: Float32Array.of(value, 0) }]);
  const files = Object.fromEntries(
    [1, 2].flatMap((t) => [0, 1, 2].map((c) => [`t00${t}_c${c}.tif`, grey(100 * t + c)])),
  );
  await withFolder(files, async (folder) => {
    for (const [channels, expected] of [[["0", "2"], [100, 102]], [["1", "2"], [101, 102]]]) {
      const video = await openChannels(disk, folder, { channels });
      const { data } = await video.frame(0);
      assertEquals([data[0], data[2]], expected);
    }
  });
});

Deno.test("openChannels() takes red, green and blue for channels, of PNG and TIFF", async () => {
  const data = Uint8Array.of(1, 2, 3, 11, 12, 13);
  const rgb = { width: 2, height: 1, data, samples: 3 };
  const files = {
    "a.png": encodePng({ width: 2, height: 1, channels: 3, data }),
    "a.tif": tiffBytes([{ ...rgb }, { ...rgb, data: data.map((value) => 100 + value) }]),
    "planar.tif": tiffBytes([{ ...rgb, planar: true }]),
  };
  await withFolder(files, async (folder) => {
    const read = async (name: string, channels: string[], i = 0) => {
      const { frame, notes } = await openChannels(disk, join(folder, name), { channels });
      assertEquals(notes.filter((note) => note.includes("converted to grey")), []);
      return [...(await frame(i)).data];
    };
    for (const name of Object.keys(files)) {
      assertEquals(await read(name, ["1", "2", "3"]), [1, 11, 2, 12, 3, 13], name);
      assertEquals(await read(name, ["blue", "Red"]), [3, 13, 1, 11], name);
    }
    assertEquals(await read("a.tif", ["2", "1"], 1), [102, 112, 101, 111]);
  });
});

Deno.test("readStills() reads several channels of an image", async () => {
  const mask = encodeLabelTiff([{ width: 2, height: 1, data: Uint32Array.of(0, 1) }]);
  const files = { "images/s.tif": hyperstack({ frames: 1 }), "masks/s.tif": mask };
  await withFolder(files, async (folder) => {
    const [{ image }] = await readStills(disk, folder, { channels: ["1", "3"] });
    assertEquals(image, { ...image, channels: 2, width: 2, height: 1 });
    assertEquals([...image.data], [10, 11, 30, 31]);
    await assertRejects(
      () => readStills(disk, folder, { channels: ["1", "4"] }),
      RangeError,
      "Cannot read channel 4",
    );
  });
});

Deno.test("normalize() scales each channel by percentiles of its own", () => {
  const data = Float32Array.of(0, 5, 10, 1000, 1500, 2000);
  const image = { width: 3, height: 1, channels: 2, data };
  const range = channelRanges(image, { mode: "image", low: 0, high: 100 });
  assertEquals(range, { low: 0, high: 10, further: [{ low: 1000, high: 2000 }] });
  assertEquals([...normalize(image, range).data], [0, 0.5, 1, 0, 0.5, 1]);
  // Without ranges of channels all are scaled alike, as planes of a z-stack are.
  assertEquals([...normalize(image, { low: 0, high: 2000 }).data].slice(3), [0.5, 0.75, 1]);
  assertThrows(
    () => normalize({ width: 6, height: 1, data }, range),
    RangeError,
    "1 channel by the ranges of 2",
  );
});

Deno.test("normalizedFrames() shares percentiles among frames, channel by channel", async () => {
  const values = [[0, 2, 8], [100, 300, 500]]; // of frames 0, 1, 2 in each channel
  const read = (c: number) => (t: number) =>
    Promise.resolve({ width: 2, height: 1, data: Float32Array.of(values[c][t], 0) });
  const frame = async (t: number) => {
    const planes = await Promise.all([read(0)(t), read(1)(t)]);
    return {
      ...planes[0],
      channels: 2,
      data: Float32Array.of(...planes.flatMap((p) => [...p.data])),
    };
  };
  const video = {
    ...{ path: "v", length: 3, width: 2, height: 1, frame, sourceNames: ["a", "b", "c"] },
    channelFrames: [read(0), read(1)],
  };
  const { frames, range } = await normalizedFrames(video, {
    ...{ settings: { mode: "video", low: 0, high: 100 }, cache: new PlaneCache(1e6) },
    leavesOut: false,
  });
  assertEquals(range, { low: 0, high: 8, further: [{ low: 0, high: 500 }] });
  assertEquals(frames.channels, 2);
  const shown = (await frames.frame(1)).data;
  [0.25, 0, 0.6, 0].forEach((value, i) => assertAlmostEquals(shown[i], value, 1e-6));
});
