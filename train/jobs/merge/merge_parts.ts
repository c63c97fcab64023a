/**
 * Joins the predictions of parts of videos to those of the whole: what one process would have written, to
 * the byte. Which part is which is in the `predict.json` of each, so they may come in any order.
 *
 * @module
 */

import { unusable } from "../../images/faults/input_fault.ts";
import { decodeImage, readLabels, readPlane } from "../../images/formats/decode.ts";
import type { ImageStack } from "../../images/formats/format.ts";
import { basename, dirname } from "../../images/paths.ts";
import { outputFormats } from "../../objects/formats/list.ts";
import { labelTiff } from "../../objects/formats/label_tiff.ts";
import type { FrameResult, OutputFormat } from "../../objects/formats/output_format.ts";
import { writeFileAtomic } from "../disk/atomic_file.ts";
import { disk, isThere, readWhole } from "../disk/files.ts";
import { claimFolder, makeFolder } from "../disk/folders.ts";
import {
  begin,
  doing,
  type Progress,
  type ProgressEvent,
  stopIfAsked,
} from "../progress/progress.ts";
import { JobOutput } from "../outputs/job_output.ts";
import {
  type PredictionRecord,
  readRecord,
  RECORD,
  type RecordedInput,
} from "../predict/predict_record.ts";
import { type Part, type Parts, readParts } from "./read_parts.ts";

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
export type MergeEvent = FileMerged | MergeDone | ProgressEvent;

/**
 * Joins parts.
 *
 * @throws {RangeError} If a folder holds no prediction, parts were predicted unlike each other, or frames
 *   are missing or there twice: nothing is written then.
 * @throws {SyntaxError} If a file is damaged.
 * @throws {Error} If another process writes into the output folder.
 * @category Jobs
 */
export async function* mergeParts(
  { parts, ...options }: MergeOptions,
): AsyncGenerator<MergeEvent> {
  yield* mergeVideos(await readParts(parts, options), options);
}

/**
 * Joins the parts of videos that were read.
 *
 * @param options.isFlat Whether files lie in the output folder itself, although there was a folder for
 *   each of several inputs when they were predicted; for a single video.
 * @throws As {@linkcode mergeParts}.
 */
export async function* mergeVideos(
  { head, videos }: Parts,
  { out, overwrite = false, formats = outputFormats, isFlat = false }:
    & Omit<MergeOptions, "parts">
    & { isFlat?: boolean },
): AsyncGenerator<MergeEvent> {
  const placeOf = (name: string) => isFlat ? basename(name) : name;
  const merged: { file: MergedFile; whole: RecordedInput; path: string }[] = [];
  for (const video of videos) {
    const [{ input: whole }] = video;
    for (const file of await filesOf(video, { formats, placeOf })) {
      merged.push({ file, whole, path: `${out}/${file.name}` });
    }
  }
  const inputs = videos.map((parts): RecordedInput => {
    const [{ part: _, ...input }] = parts.map(({ input }) => input);
    const labels = new Set(parts.flatMap(({ input }) => input.labels.map(placeOf)));
    return { ...input, labels: [...labels] };
  });
  using made = new DisposableStack();
  made.use(await claimFolder(out, "merge"));
  const kept = new Set<string>();
  if (!overwrite) { for (const { path } of merged) if (await isThere(path)) kept.add(path); }
  if (kept.size > 0) await refuseOther(out, { ...head, inputs });
  for (const folder of new Set(merged.map(({ path }) => dirname(path)))) {
    made.use(await makeFolder(folder));
  }
  // What a later call will compare is there before the first file.
  await writeFileAtomic(`${out}/${RECORD}`, `${JSON.stringify({ ...head, inputs }, null, 2)}\n`);
  const isLabels = ({ file: { format } }: { file: MergedFile }) => format === labelTiff;
  let written = 0;
  for (const part of merged) {
    const { file, whole, path } = part;
    if (kept.has(path)) continue;
    const progress = begin(`joining ${path}: pages`, whole.frames);
    yield* doing(progress, (stop) => joinFiles(file, { whole, path, progress, stop }));
    if (isLabels(part)) written++;
    yield { type: "file", path, parts: file.places.length };
  }
  yield { type: "done", out, written, kept: merged.filter(isLabels).length - written };
}

/** Refuses to keep files that were merged of other parts. */
async function refuseOther(out: string, record: PredictionRecord): Promise<void> {
  const before = await readRecord(`${out}/${RECORD}`);
  if (before !== null && JSON.stringify(before) === JSON.stringify(record)) return;
  throw new Error(
    `Cannot merge into ${out}: it holds results that are not of these parts; give another --out, or ` +
      "replace them with --overwrite",
  );
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
  { formats, placeOf }: {
    formats: readonly OutputFormat[];
    placeOf: (name: string) => string;
  },
): Promise<MergedFile[]> {
  const folders = new Map<string, string[]>();
  for (const { folder, input } of parts) {
    for (const name of input.labels) folders.set(name, [...(folders.get(name) ?? []), folder]);
  }
  const files: MergedFile[] = [];
  for (const format of [...formats.filter(({ flag }) => flag !== null), labelTiff]) {
    for (const [label, from] of folders) {
      const stem = label.slice(0, -LABELS.length);
      const places = from.map((folder) => `${folder}/${format.file(stem)}`);
      const there = await Promise.all(places.map(isThere));
      if (!there.includes(true) && format !== labelTiff) continue;
      const gap = there.indexOf(false);
      if (gap >= 0) {
        throw unusable(
          `Cannot merge ${basename(places[gap])}: ${
            places[gap]
          } is missing; predict that part again`,
        );
      }
      files.push({ name: format.file(placeOf(stem)), format, places });
    }
  }
  return files;
}

/** Writes a file of the whole out of those of its parts. */
async function joinFiles(
  { format, places }: MergedFile,
  { whole, path, progress, stop }: {
    whole: RecordedInput;
    path: string;
    progress: Progress;
    stop: AbortSignal;
  },
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
    for (let page = 0; page < stack.length; page++) {
      stopIfAsked(stop, `while ${progress.what}`);
      await output.add(await resultOf(stack, page));
      progress.done++;
    }
  }
}

/** Reads all of a file, which throws where it is damaged: a copy would be, too. */
async function checkWhole(place: string): Promise<void> {
  const stack = await decodeImage(disk, place);
  for (let page = 0; page < stack.length; page++) await resultOf(stack, page);
}

/** A page of labels or of a probability map. */
async function resultOf(stack: ImageStack, page: number): Promise<FrameResult> {
  if (stack.sampleFormat !== "float") {
    const labels = await readLabels(stack, page);
    return { labels, doubtful: labels };
  }
  const map = await readPlane(stack, page);
  return { labels: { width: 0, height: 0, data: new Uint32Array() }, map };
}
