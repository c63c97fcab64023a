/**
 * What a prediction writes: which frames go into which file, which files are there already, and the
 * files while their frames arrive.
 *
 * @module
 */

import { frameNumber, imageStem, isFolder } from "./data/files.ts";
import type { LabelImage, Plane } from "./data/image.ts";
import type { Video } from "./data/video.ts";
import { LabelFile, MapFile } from "./label_file.ts";

/** How outputs are named, and where they go. */
export interface OutputOptions {
  /** Output folder. */
  readonly out: string;
  /** Whether there are probability maps, in the subfolder `probability`. */
  readonly probability?: boolean;
  /** Whether results are named as the Cell Tracking Challenge does: mask000.tif, … */
  readonly ctc?: boolean;
}

/** One output file and the frames that go into it. */
export interface Job {
  /** Where its frames come from. */
  readonly video: Video;
  /** Numbers of its frames in the video. */
  readonly frames: readonly number[];
  /** File name. */
  readonly name: string;
}

/** A stack becomes one file, a folder one file per frame; `--ctc` is always one file per frame. */
export async function jobsOf(video: Video, { ctc = false }: OutputOptions): Promise<Job[]> {
  const isSequence = await isFolder(video.path);
  const indices = Array.from({ length: video.length }, (_, i) => i);
  if (ctc) {
    const numbers = isSequence || video.length === 1 ? ascendingNumbers(video.sourceNames) : null;
    return indices.map((i) => {
      const name = `mask${String(numbers?.[i] ?? i).padStart(3, "0")}.tif`;
      return { video, frames: [i], name };
    });
  }
  if (!isSequence) {
    return [{ video, frames: indices, name: `${imageStem(video.sourceNames[0])}.tif` }];
  }
  return indices.map((i) => ({
    video,
    frames: [i],
    name: `${imageStem(video.sourceNames[i])}.tif`,
  }));
}

/** The numbers in frames' names where they ascend, else null. */
function ascendingNumbers(names: readonly string[]): (number | null)[] | null {
  const numbers = names.map(frameNumber);
  const ascend = numbers.every((number, i) =>
    number !== null && (i === 0 || number > (numbers[i - 1] ?? Infinity))
  );
  return ascend ? numbers : null;
}

/**
 * Checks that no result replaces another or an input.
 *
 * @throws {Error} If one would, with both.
 */
export async function checkOutputs(
  jobs: readonly Job[],
  { out, probability = false }: OutputOptions,
): Promise<void> {
  const sources = new Map<string, string>();
  for (const { name, video } of jobs) {
    const other = sources.get(name);
    if (other !== undefined) {
      throw new Error(
        `Cannot predict ${video.path}: ${name} would be written twice, also for ${other}; predict ` +
          "them into different folders with --out",
      );
    }
    sources.set(name, video.path);
  }
  const folders = probability ? [out, probabilityFolder(out)] : [out];
  const targets = await Promise.all(
    folders.map((path) => Deno.realPath(path).catch(() => null)),
  );
  for (const video of new Set(jobs.map(({ video }) => video))) {
    const isSequence = await isFolder(video.path);
    const folder = await Deno.realPath(
      isSequence ? video.path : video.path.replace(/[^/\\]*$/, "") || ".",
    );
    if (targets.includes(folder)) {
      throw new Error(
        `Cannot predict ${video.path} into ${out}: results would be mixed with or replace the ` +
          "images; give another --out",
      );
    }
  }
}

/** One file to be written. */
export interface OutputFile {
  /** Where it is written. */
  readonly path: string;
  /** Whether it holds probabilities instead of labels. */
  readonly isMap: boolean;
}

/** What a job writes; the labels last, so that with them everything is there. */
export function filesOf({ name }: Job, { out, probability = false }: OutputOptions): OutputFile[] {
  return [
    ...(probability ? [{ path: `${probabilityFolder(out)}/${name}`, isMap: true }] : []),
    { path: `${out}/${name}`, isMap: false },
  ];
}

/** Where probability maps go. */
export function probabilityFolder(out: string): string {
  return `${out}/probability`;
}

/** Those of some files that are not there. */
export async function absent(files: readonly OutputFile[]): Promise<OutputFile[]> {
  const found = await Promise.all(
    files.map(({ path }) => Deno.stat(path).then(() => true, () => false)),
  );
  return files.filter((_, i) => !found[i]);
}

/** The files of one job while its frames arrive. */
export class JobOutput implements AsyncDisposable {
  readonly #frames: number;
  readonly #maps: MapFile[];
  readonly #labels: LabelFile[];
  #added = 0;

  /** Nothing is written before the first frame. */
  constructor(files: readonly OutputFile[], { frames }: { frames: number }) {
    this.#frames = frames;
    const paths = (maps: boolean) => files.filter((f) => f.isMap === maps).map(({ path }) => path);
    this.#maps = paths(true).map((path) => new MapFile(path, { pages: frames }));
    this.#labels = paths(false).map((path) => new LabelFile(path));
  }

  /**
   * Takes the next frame; with the last one the files are written, the labels last, so that with them
   * everything is there.
   *
   * @returns Whether it was the last one.
   * @throws {Error} If a file cannot be written.
   */
  async add({ labels, map }: { labels: LabelImage; map: Plane | null }): Promise<boolean> {
    for (const file of this.#maps) await file.add(map!);
    for (const file of this.#labels) await file.add(labels);
    if (++this.#added < this.#frames) return false;
    for (const file of [...this.#maps, ...this.#labels]) await file.commit();
    return true;
  }

  /** Removes what was written unless it is complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of [...this.#maps, ...this.#labels]) await file[Symbol.asyncDispose]();
  }
}
