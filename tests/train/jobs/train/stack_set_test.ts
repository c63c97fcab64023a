import { assert, assertEquals, assertRejects } from "@std/assert";
import { changeConfig, type TrainConfig } from "../../../../train/jobs/train/config.ts";
import type { SettingChange } from "../../../../train/models/model_kind.ts";
import { intensityRange, normalize } from "../../../../train/images/normalize.ts";
import { subStack } from "../../../../train/images/series/sub_stack.ts";
import { openZSequence } from "../../../../train/images/series/z_stack.ts";
import {
  openStackMovie,
  readStackStills,
  readVolumes,
} from "../../../../train/jobs/train/stack_set.ts";
import type { FindFocus } from "../../../../train/images/series/stack_video.ts";
import { type SynthStackFiles, synthStackFiles } from "../../../../train/jobs/synth_files.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { tinyConfig } from "../../fixtures/tiny_run.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

const SETTINGS = { mode: "video", low: 1, high: 99.8 } as const;
const READ = { source: disk, settings: SETTINGS };

/** Every stack is in focus at one plane. */
function always(plane: number): FindFocus {
  return ({ length }) => Promise.resolve(Array(length).fill(plane));
}

function configWith(change: SettingChange): TrainConfig {
  return changeConfig(tinyConfig(""), { change: { planes: 2, ...change }, source: "the test" });
}

/** Writes a few tiny stacks and removes them after use. */
async function withStacks<T>(use: (files: SynthStackFiles) => Promise<T>): Promise<T> {
  return await withFolder({}, async (out) =>
    await use(
      await synthStackFiles({ out: `${out}/data`, stills: 2, frames: 3, size: 24, depth: 7 }),
    ));
}

Deno.test("openStackMovie() gives the planes around focus, normalised as the planes in focus", async () => {
  await withStacks(async ({ movie }) => {
    const config = configWith({});
    const options = { config, source: disk, findFocus: always(3), settings: SETTINGS };
    const { frames, volumes, video } = await openStackMovie(movie, options);
    assertEquals([frames.length, frames.channels, frames.width], [3, 5, 24]);
    assertEquals([volumes, video.notes], [[], []]);
    const sequence = await openZSequence(disk, movie);
    const inFocus = await Promise.all([0, 1, 2].map((t) => sequence.plane(t, 3)));
    const range = intensityRange(inFocus, SETTINGS);
    for (let t = 0; t < 3; t++) {
      const { data } = await subStack(sequence, { t, focus: 3, planes: 2 });
      const expected = data.map((x) => (x - range.low) / (range.high - range.low));
      assertEquals((await frames.frame(t)).data, expected);
    }
  });
});

Deno.test("openStackMovie() with frames by themselves normalises each as its own plane in focus", async () => {
  await withStacks(async ({ movie }) => {
    const settings = { ...SETTINGS, mode: "frame" } as const;
    const config = configWith({ planes: 1 });
    const options = { config, source: disk, findFocus: always(2), settings };
    const { frames } = await openStackMovie(movie, options);
    const sequence = await openZSequence(disk, movie);
    const range = intensityRange([await sequence.plane(1, 2)], settings);
    const image = await subStack(sequence, { t: 1, focus: 2, planes: 1 });
    assertEquals((await frames.frame(1)).data, normalize(image, range).data);
  });
});

Deno.test("openStackMovie() says where planes have to be repeated", async () => {
  await withStacks(async ({ movie }) => {
    const config = configWith({});
    const findFocus: FindFocus = () => Promise.resolve([0, 3, 6]);
    const { video, frames } = await openStackMovie(movie, {
      ...{ config, source: disk, findFocus },
      settings: SETTINGS,
    });
    assertEquals(video.notes, [
      "2 of the stacks of movie are in focus less than 2 planes from their first or last plane, " +
      "which is repeated",
    ]);
    const { data } = await frames.frame(0);
    const plane = 24 * 24;
    assertEquals(data.subarray(0, plane), data.subarray(2 * plane, 3 * plane));
  });
});

Deno.test("openStackMovie() gives the planes near focus in order of depth, if they are asked for", async () => {
  await withStacks(async ({ movie }) => {
    const config = configWith({ depthPairs: true, depthGap: 2, planes: 1 });
    const findFocus: FindFocus = () => Promise.resolve([0, 3, 6]);
    const options = { config, source: disk, findFocus, settings: SETTINGS };
    const { volumes, frames } = await openStackMovie(movie, options);
    // Planes 0 to 2, 1 to 5 and 4 to 6.
    assertEquals(volumes.map(({ length }) => length), [3, 5, 3]);
    assertEquals(await volumes[1].frame(2), await frames.frame(1));
    assertEquals(await volumes[2].frame(2), await frames.frame(2));
  });
});

Deno.test("readStackStills() gives samples of the planes around focus with their labels", async () => {
  await withStacks(async ({ stills }) => {
    const config = configWith({ stills });
    const options = {
      config,
      source: disk,
      findFocus: always(3),
      settings: { ...SETTINGS, mode: "image" } as const,
    };
    const { samples, notes } = await readStackStills(options);
    assertEquals(samples.map(({ channels, width }) => [channels, width]), [[5, 24], [5, 24]]);
    assert(samples.every(({ labels }) => labels?.length === 24 * 24));
    assertEquals(notes, []);
  });
});

Deno.test("readVolumes() gives every plane of every stack, and refuses stacks that are too thin", async () => {
  await withStacks(async ({ movie }) => {
    const config = configWith({ volume: [movie], planes: 0, depthGap: 2 });
    const volumes = await readVolumes(config, READ);
    assertEquals(volumes.map(({ length, channels }) => [length, channels]), [[7, 1], [7, 1], [
      7,
      1,
    ]]);
    await assertRejects(
      () => readVolumes({ ...config, depthGap: 7 }, READ),
      RangeError,
      `Cannot use ${movie} for consistency in depth: it has 7 planes, more than depthGap 7 are needed`,
    );
  });
});
