/**
 * What a prediction writes: which frames go into which file, which files are there already, and the
 * files while their frames arrive.
 *
 * @module
 */

import { disk } from "../disk/files.ts";
import { frameNumber, imageStem } from "../../images/names.ts";
import type { Video } from "../../images/series/video.ts";
import {
  type FrameResult,
  geoJsonLayout,
  LabelFile,
  mapLayout,
  type PageWriter,
  roiLayout,
  StreamedFile,
} from "./output_file.ts";

/** How outputs are named, and where they go. */
export interface OutputOptions {
  /** Output folder. */
  readonly out: string;
  /** Whether there are probability maps, in the subfolder `probability`. */
  readonly probability?: boolean;
  /** Whether there are archives of ImageJ regions, `NAME.zip` beside the labels. */
  readonly rois?: boolean;
  /** Whether there are outlines as GeoJSON, `NAME.geojson` beside the labels. */
  readonly geojson?: boolean;
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
  const isSequence = await disk.isFolder(video.path);
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
    const isSequence = await disk.isFolder(video.path);
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

/** What a file holds. */
export type OutputKind = "map" | "rois" | "geojson" | "labels";

/** One file to be written. */
export interface OutputFile {
  /** Where it is written. */
  readonly path: string;
  /** What it holds. */
  readonly kind: OutputKind;
}

/**
 * What a job writes; the labels last, so that with them everything is there. All files are named after
 * the labels, so where those of two jobs differ, all do.
 */
export function filesOf(
  { name }: Job,
  { out, probability = false, rois = false, geojson = false }: OutputOptions,
): OutputFile[] {
  const stem = `${out}/${name.replace(/\.tif$/, "")}`;
  return [
    ...(probability ? [{ path: `${probabilityFolder(out)}/${name}`, kind: "map" } as const] : []),
    ...(rois ? [{ path: `${stem}.zip`, kind: "rois" } as const] : []),
    ...(geojson ? [{ path: `${stem}.geojson`, kind: "geojson" } as const] : []),
    { path: `${out}/${name}`, kind: "labels" },
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
  readonly #files: readonly PageWriter[];
  #added = 0;

  /** Nothing is written before the first frame. */
  constructor(files: readonly OutputFile[], { frames }: { frames: number }) {
    this.#frames = frames;
    this.#files = files.map((file) => writerOf(file, { pages: frames }));
  }

  /**
   * Takes the next frame; with the last one the files are written, the labels last, so that with them
   * everything is there.
   *
   * @returns Whether it was the last one.
   * @throws {Error} If a file cannot be written.
   */
  async add(result: FrameResult): Promise<boolean> {
    for (const file of this.#files) await file.add(result);
    if (++this.#added < this.#frames) return false;
    for (const file of this.#files) await file.commit();
    return true;
  }

  /** Removes what was written unless it is complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files) await file[Symbol.asyncDispose]();
  }
}

function writerOf({ path, kind }: OutputFile, { pages }: { pages: number }): PageWriter {
  switch (kind) {
    case "map":
      return new StreamedFile(path, mapLayout({ pages }));
    case "rois":
      return new StreamedFile(path, roiLayout({ pages }));
    case "geojson":
      return new StreamedFile(path, geoJsonLayout());
    case "labels":
      return new LabelFile(path);
  }
}
