/**
 * Joins the predictions of parts of videos to those of the whole: what one process would have written, to
 * the byte. Which part is which is in the `predict.json` of each, so they may come in any order.
 *
 * @module
 */

import { decodeImage, readLabels, readPlane } from "../../images/formats/decode.ts";
import type { ImageStack } from "../../images/formats/format.ts";
import { basename, dirname } from "../../images/paths.ts";
import { outputFormats } from "../../objects/formats/list.ts";
import { labelTiff } from "../../objects/formats/label_tiff.ts";
import type { FrameResult, OutputFormat } from "../../objects/formats/output_format.ts";
import { writeFileAtomic } from "../disk/atomic_file.ts";
import { disk, readWhole } from "../disk/files.ts";
import { makeFolder } from "../disk/folders.ts";
import { JobOutput } from "../outputs/job_output.ts";
import {
  differencesOf,
  isSamePlace,
  type PredictionRecord,
  readRecord,
  RECORD,
  type RecordedInput,
} from "./predict_record.ts";

/**
 * What to join, and where to.
 *
 * @category Jobs
 */
export interface MergeOptions {
  /** The output folders of the parts, in any order. */
  readonly parts: readonly string[];
  /** Output folder. */
  readonly out: string;
  /** Replace files that exist; otherwise they are kept and counted. */
  readonly overwrite?: boolean;
  /** Formats that there may be; all of Kymo's unless told. */
  readonly formats?: readonly OutputFormat[];
}

/**
 * A file of the whole is there.
 *
 * @category Jobs
 */
export interface FileMerged {
  /** What kind of event this is. */
  readonly type: "file";
  /** Its path. */
  readonly path: string;
  /** From how many parts it is. */
  readonly parts: number;
}

/**
 * Everything is written.
 *
 * @category Jobs
 */
export interface MergeDone {
  /** What kind of event this is. */
  readonly type: "done";
  /** The output folder. */
  readonly out: string;
  /** Label files written. */
  readonly written: number;
  /** Label files that existed and were kept. */
  readonly kept: number;
}

/**
 * What merging tells while it runs.
 *
 * @category Jobs
 */
export type MergeEvent = FileMerged | MergeDone;

/** A part of an input. */
interface Part {
  /** The folder that it is in. */
  readonly folder: string;
  readonly input: RecordedInput;
  readonly first: number;
  readonly end: number;
}

/**
 * Joins parts.
 *
 * @throws {Error} If a folder holds no prediction, parts were predicted unlike each other, or frames are
 *   missing or there twice: nothing is written then.
 * @throws {SyntaxError} If a file is damaged.
 * @category Jobs
 */
export async function* mergeParts(
  { parts, out, overwrite = false, formats = outputFormats }: MergeOptions,
): AsyncGenerator<MergeEvent> {
  const { head, videos } = await readParts(parts, out);
  const merged: { file: MergedFile; whole: RecordedInput }[] = [];
  for (const video of videos) {
    const [{ input: whole }] = video;
    merged.push(...(await filesOf(video, formats)).map((file) => ({ file, whole })));
  }
  const counts = { written: 0, kept: 0 };
  using made = new DisposableStack();
  const folders = new Set([out, ...merged.map(({ file: { name } }) => dirname(`${out}/${name}`))]);
  for (const folder of folders) made.use(await makeFolder(folder));
  for (const { file, whole } of merged) {
    const path = `${out}/${file.name}`;
    const isLabels = file.format === labelTiff;
    if (!overwrite && await isThere(path)) {
      if (isLabels) counts.kept++;
      continue;
    }
    await join(file, { whole, path });
    if (isLabels) counts.written++;
    yield { type: "file", path, parts: file.places.length };
  }
  const inputs = videos.map(([{ input: { part: _, ...input } }, ...others]): RecordedInput => ({
    ...input,
    labels: [
      ...new Set([input, ...others.map(({ input }) => input)].flatMap(({ labels }) => labels)),
    ],
  }));
  await writeFileAtomic(`${out}/${RECORD}`, `${JSON.stringify({ ...head, inputs }, null, 2)}\n`);
  yield { type: "done", out, ...counts };
}

/** The parts of each video, in the order of time, and what all were predicted with. */
async function readParts(
  folders: readonly string[],
  out: string,
): Promise<{ head: Omit<PredictionRecord, "inputs">; videos: Part[][] }> {
  let head: Omit<PredictionRecord, "inputs"> | null = null;
  const videos: Part[][] = [];
  for (const folder of folders) {
    if (await isSamePlace(folder, out)) {
      throw new Error(`Cannot merge into ${out}: it is one of the parts; give another --out`);
    }
    await disk.isFolder(folder); // It throws where there is nothing.
    const record = await readRecord(`${folder}/${RECORD}`);
    if (record === null) {
      throw new Error(
        `Cannot merge ${folder}: there is no ${RECORD} in it, so it is no prediction`,
      );
    }
    const { inputs, ...own } = record;
    head ??= own;
    const differences = differencesOf(head, own);
    if (head.version !== own.version) {
      differences.push(`version ${head.version}, not ${own.version}`);
    }
    if (differences.length > 0) {
      throw new Error(
        `Cannot merge ${folder} with ${folders[0]}: that has ${
          differences.join(", ")
        }; predict all ` +
          "parts alike",
      );
    }
    for (const input of inputs) {
      const { first, end = input.frames } = input.part ?? { first: 0 };
      const part = { folder, input, first, end };
      const others = await findAsync(videos, ([one]) => isSamePlace(one.input.path, input.path));
      if (others) others.push(part);
      else videos.push([part]);
    }
  }
  for (const parts of videos) {
    parts.sort((a, b) => a.first - b.first);
    checkComplete(parts);
  }
  return { head: head!, videos };
}

async function findAsync<T>(
  list: readonly T[],
  holds: (item: T) => Promise<boolean>,
): Promise<T | undefined> {
  for (const item of list) if (await holds(item)) return item;
  return undefined;
}

/** Refuses parts that leave out frames, hold some twice, or did not see the video alike. */
function checkComplete(parts: readonly Part[]): void {
  const [{ input: { path, frames, range, exposure } }] = parts;
  let next = 0;
  let before = "";
  for (const { folder, input, first, end } of parts) {
    const fail = (what: string) => {
      throw new Error(`Cannot merge the parts of ${path}: ${what}`);
    };
    if (input.frames !== frames) {
      fail(`it had ${frames} frames for ${parts[0].folder}, ${input.frames} for ${folder}`);
    }
    if (JSON.stringify([input.range, input.exposure]) !== JSON.stringify([range, exposure])) {
      fail(
        `${
          parts[0].folder
        } and ${folder} have other ranges or exposures; predict all parts with one ` +
          "file of ranges",
      );
    }
    if (first > next) fail(`frames ${next} to ${first - 1} are in none of them`);
    if (first < next) fail(`frame ${first} is in both ${before} and ${folder}`);
    [next, before] = [end, folder];
  }
  if (next < frames) {
    throw new Error(
      `Cannot merge the parts of ${path}: frames ${next} to ${frames - 1} are in none of them`,
    );
  }
}

/** A file of the whole, and the files that it is made of. */
interface MergedFile {
  /** Its name in the output folder. */
  readonly name: string;
  readonly format: OutputFormat;
  readonly places: readonly string[];
}

const LABELS = labelTiff.file("");

/** All files of a video: of formats that are there, the labels last. */
async function filesOf(
  parts: readonly Part[],
  formats: readonly OutputFormat[],
): Promise<MergedFile[]> {
  const folders = new Map<string, string[]>();
  for (const { folder, input } of parts) {
    for (const name of input.labels) folders.set(name, [...(folders.get(name) ?? []), folder]);
  }
  const files: MergedFile[] = [];
  for (const format of [...formats.filter(({ flag }) => flag !== null), labelTiff]) {
    for (const [label, from] of folders) {
      const stem = label.slice(0, -LABELS.length);
      const name = format.file(stem);
      const places = from.map((folder) => `${folder}/${name}`);
      const there = await Promise.all(places.map(isThere));
      if (!there.includes(true) && format !== labelTiff) continue;
      const gap = there.indexOf(false);
      if (gap >= 0) {
        throw new Error(
          `Cannot merge ${basename(name)}: ${places[gap]} is missing; predict that part again`,
        );
      }
      files.push({ name, format, places });
    }
  }
  return files;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Writes a file of the whole out of those of its parts. */
async function join(
  { format, places }: MergedFile,
  { whole, path }: { whole: RecordedInput; path: string },
): Promise<void> {
  if (places.length === 1) {
    if (!format.join) await checkWhole(places[0]);
    return await writeFileAtomic(path, await readWhole(places[0]));
  }
  if (format.join) {
    const parts = await Promise.all(places.map((place) => readWhole(place)));
    return await writeFileAtomic(path, format.join(parts));
  }
  await using output = new JobOutput([{ path, format }], {
    frames: whole.frames,
    of: whole,
  });
  for (const place of places) {
    const stack = await decodeImage(disk, place);
    for (let page = 0; page < stack.length; page++) await output.add(await resultOf(stack, page));
  }
}

/** Reads all of a file, which throws where it is damaged: a copy would be, too. */
async function checkWhole(place: string): Promise<void> {
  const stack = await decodeImage(disk, place);
  for (let page = 0; page < stack.length; page++) await resultOf(stack, page);
}

/** A page of labels or of a probability map. */
async function resultOf(stack: ImageStack, page: number): Promise<FrameResult> {
  if (stack.sampleFormat !== "float") return { labels: await readLabels(stack, page) };
  const map = await readPlane(stack, page);
  return { labels: { width: 0, height: 0, data: new Uint32Array() }, map };
}
