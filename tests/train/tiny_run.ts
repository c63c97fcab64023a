/** Runs that take a second: tiny images from the synthetic generator, written as files. */

import { encodeGreyTiff, encodeLabelTiff } from "../../train/data/encode.ts";
import type { LabelImage, Plane } from "../../train/data/image.ts";
import { syntheticStills, syntheticVideo } from "../../train/data/synthetic.ts";
import { changeConfig, type ConfigChange, defaultConfig } from "../../train/config.ts";
import type { TrainConfig } from "../../train/config.ts";
import type { TrainEvent } from "../../train/events.ts";
import { train, type TrainOptions } from "../../train/train.ts";
import { withFolder } from "./data/fixtures/temporary.ts";

/** What data to write. */
export interface TinyData {
  /** Number of labelled stills; 6 by default. */
  readonly stills?: number;
  /** Frames of each video; one video of 5 frames by default. */
  readonly videos?: readonly number[];
  /** Frames of the first video that get a truth file; all by default. */
  readonly truth?: readonly number[];
  /** Width and height of all images; 32 by default. */
  readonly size?: number;
}

/** The name of the file of frame t. */
export function frameName(prefix: string, t: number): string {
  return `${prefix}${String(t).padStart(3, "0")}.tif`;
}

/** The files of a tiny data set: `stills/`, `video-0/`, `video-1/` …, `truth/`. */
export function tinyFiles(data: TinyData = {}): Record<string, Uint8Array> {
  const { stills = 6, videos = [5], size = 32 } = data;
  const files: Record<string, Uint8Array> = {};
  syntheticStills({ seed: 3, count: stills, size }).forEach(({ image, labels }, i) => {
    files[`stills/images/s${i}.tif`] = encodeGreyTiff([image]);
    files[`stills/masks/s${i}.tif`] = encodeLabelTiff([labels]);
  });
  videos.forEach((count, v) => {
    const { frames, truth } = syntheticVideo({ seed: 5 + v, frames: count, size });
    frames.forEach((frame: Plane, t) => {
      files[`video-${v}/${frameName("t", t)}`] = encodeGreyTiff([frame]);
    });
    if (v > 0) return;
    truth.forEach((labels: LabelImage, t) => {
      if (data.truth && !data.truth.includes(t)) return;
      files[`truth/${frameName("man_seg", t)}`] = encodeLabelTiff([labels]);
    });
  });
  return files;
}

/** Settings of a tiny run on the data in a folder, with its first video and its truth. */
export function tinyConfig(data: string, change: ConfigChange = {}): TrainConfig {
  const tiny = changeConfig(defaultConfig, {
    change: {
      stills: `${data}/stills`,
      video: [`${data}/video-0`],
      truth: `${data}/truth`,
      depth: 1,
      base: 2,
      patch: 16,
      batch: 2,
      pairs: 8,
      warmup: 6,
      ramp: 0,
      rounds: 2,
      validateEvery: 3,
      saveEvery: 2,
      warmupRate: 0.01,
      control: true,
    },
    source: "the test",
  });
  return changeConfig(tiny, { change, source: "the test" });
}

/** Makes a tiny data set and an empty folder for runs, and removes both after use. */
export async function withTinyData<T>(
  use: (paths: { data: string; runs: string }) => Promise<T>,
  data: TinyData = {},
): Promise<T> {
  return await withFolder(
    tinyFiles(data),
    (folder) => withFolder({}, (runs) => use({ data: folder, runs })),
  );
}

/** Runs to the end and gives all events. */
export async function trainToEnd(options: TrainOptions): Promise<TrainEvent[]> {
  return await Array.fromAsync(train(options));
}

/** The content of the files of a run that must not depend on how often it was interrupted. */
export async function runContent(out: string): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for await (const { name } of Deno.readDir(out)) {
    if (name === "metrics.jsonl") content[name] = await Deno.readTextFile(`${out}/${name}`);
    if (name.endsWith(".safetensors")) {
      content[name] = await digest(await Deno.readFile(`${out}/${name}`));
    }
  }
  return content;
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex();
}
