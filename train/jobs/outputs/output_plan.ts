/**
 * Which files a job writes: never the same one twice, never one among its inputs, and those that exist
 * are kept unless told otherwise. The same plan for all that writes an image for an image.
 *
 * @module
 */

import { disk, isThere } from "../disk/files.ts";
import { dirname } from "../../images/names.ts";
import { InvalidArgumentError } from "../../invalid_argument.ts";
import { labelTiff } from "../../objects/formats/label_tiff.ts";
import type { OutputFormat } from "../../objects/formats/output_format.ts";

/** Frames of one source that go into files together. */
export interface OutputJob<S> {
  /** Where the frames come from. */
  readonly source: S;
  /** Their numbers in the source. */
  readonly frames: readonly number[];
  /** What its files are named after. */
  readonly stem: string;
  /** How many frames the whole file would have, where it gets only some of them. */
  readonly whole?: number;
}

/** One file to be written. */
export interface OutputFile {
  /** Where it is written. */
  readonly path: string;
  /** What it holds. */
  readonly format: OutputFormat;
}

/** A job with its files. */
export interface PlannedJob<S> extends OutputJob<S> {
  /** Its files; the labels last, so that with them everything is there. */
  readonly files: readonly OutputFile[];
}

/** Where files go, and what must not be harmed. */
export interface PlanOptions<S> {
  /** Output folder. */
  readonly out: string;
  /** What is written besides the labels. */
  readonly outputs?: readonly OutputFormat[];
  /** Files, or folders of files, that are read. */
  readonly inputs: readonly string[];
  /** What to say of a file, by its name in the output folder, that two jobs would write. */
  readonly sayTwice: (name: string, jobs: { first: OutputJob<S>; second: OutputJob<S> }) => string;
  /** What to say of an input among which files would be written. */
  readonly sayAmong: (input: string) => string;
}

/**
 * Plans the files of all jobs.
 *
 * @returns The jobs in their order, each with its files.
 * @throws {Error} If a file would be written twice, or into the folder of an input.
 */
export async function planOutputs<S>(
  jobs: readonly OutputJob<S>[],
  { out, outputs = [], inputs, sayTwice, sayAmong }: PlanOptions<S>,
): Promise<PlannedJob<S>[]> {
  const formats = [...outputs, labelTiff];
  refuseTwice(jobs, { formats, sayTwice });
  const planned = jobs.map((job) => ({
    ...job,
    files: formats.map((format) => ({ path: `${out}/${format.file(job.stem)}`, format })),
  }));
  await refuseAmong(foldersOf(planned), { inputs, sayAmong });
  return planned;
}

/** The folders that the files of some jobs are in. */
export function foldersOf(jobs: readonly Pick<PlannedJob<unknown>, "files">[]): string[] {
  return [...new Set(jobs.flatMap(({ files }) => files.map(({ path }) => dirname(path))))];
}

/** Those of some files that are to be written: all, or those that are not there. */
export async function filesToWrite(
  files: readonly OutputFile[],
  { overwrite = false }: { overwrite?: boolean },
): Promise<readonly OutputFile[]> {
  if (overwrite) return files;
  const found = await Promise.all(
    files.map(({ path }) => isThere(path)),
  );
  return files.filter((_, i) => !found[i]);
}

function refuseTwice<S>(
  jobs: readonly OutputJob<S>[],
  { formats, sayTwice }: Pick<PlanOptions<S>, "sayTwice"> & { formats: readonly OutputFormat[] },
): void {
  const writers = new Map<string, OutputJob<S>>();
  for (const second of jobs) {
    // The labels first: theirs is the name that a user knows.
    for (const format of formats.toReversed()) {
      const name = format.file(second.stem);
      const first = writers.get(name);
      if (first === second) {
        throw new Error(
          `Cannot write ${name}: two formats give their files this name; leave one of them out`,
        );
      }
      if (first !== undefined) throw new Error(sayTwice(name, { first, second }));
      writers.set(name, second);
    }
  }
}

async function refuseAmong(
  folders: readonly string[],
  { inputs, sayAmong }: Pick<PlanOptions<unknown>, "inputs" | "sayAmong">,
): Promise<void> {
  const targets = await Promise.all(folders.map((path) => Deno.realPath(path).catch(() => null)));
  for (const input of new Set(inputs)) {
    const folder = await Deno.realPath(await disk.isFolder(input) ? input : dirname(input));
    if (targets.includes(folder)) throw new InvalidArgumentError(sayAmong(input));
  }
}
