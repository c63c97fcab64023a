/**
 * What the data of an experiment is, cheaply: a folder or a file may be replaced, and a relative path leads
 * elsewhere from another folder.
 *
 * @module
 */

import { resolve } from "node:path";
import { crc32 } from "node:zlib";
import { isImageFolder, join, splitInner } from "../../images/paths.ts";
import { listFolder } from "../../images/source.ts";
import { BUILTIN } from "../../models/builtin/mod.ts";
import { disk, explain, opened } from "../disk/files.ts";
import { isFocusTable } from "../disk/focus_source.ts";
import { weightsFile } from "../disk/model_files.ts";
import type { TrainConfig } from "../train/config.ts";

/** What an input was when it was looked at; plain JSON. */
export interface Input {
  /** The setting that names it. */
  readonly setting: string;
  /** Where it is, from the root on. */
  readonly path: string;
  /** How many files it has. */
  readonly files: number;
  /** How many bytes they have. */
  readonly bytes: number;
  /** CRC-32 of their names in it, their sizes, and of how each begins and ends. */
  readonly crc: number;
}

/** The settings that name inputs. */
type Inputs = Pick<
  TrainConfig,
  "stills" | "video" | "volume" | "truth" | "markers" | "focus" | "resumeFrom"
>;

/** The bytes of a file's beginning, and of its end, that are looked at. */
const ENDS = 2 ** 16;
/** The folders of stills that hold images; those of videos and of labels lie in no others. */
const OF_STILLS = ["images", "masks"];

/**
 * All inputs that settings name, but for those that Kymo brings along.
 *
 * @throws {Error} If one cannot be read.
 */
export async function inputsOf(
  { stills, video, volume, truth, markers, focus, resumeFrom }: Inputs,
): Promise<Input[]> {
  const model = (path: string) => path === "" || path === BUILTIN ? "" : weightsFile(path);
  const given: readonly (readonly [setting: string, path: string])[] = [
    ["stills", stills === BUILTIN ? "" : stills],
    ...video.map((path) => ["video", path] as const),
    ...volume.map((path) => ["volume", path] as const),
    ["truth", truth],
    ["markers", markers],
    ["focus", isFocusTable(focus) ? focus : model(focus)],
    ["resumeFrom", model(resumeFrom)],
  ];
  const inputs: Input[] = [];
  for (const [setting, path] of given) {
    if (path !== "") inputs.push(await inputAt(path, { setting }));
  }
  return inputs;
}

/**
 * What is wrong with the first input that is not what it was; null where all are. Where they were, they need
 * not be: a project may have moved.
 */
export function changedInput(
  before: readonly Input[],
  now: readonly Input[],
): string | null {
  for (const [i, input] of now.entries()) {
    const then = before[i];
    if (then === undefined || then.setting !== input.setting) {
      return `its results are of other ${input.setting}`;
    }
    if (then.files === input.files && then.bytes === input.bytes && then.crc === input.crc) {
      continue;
    }
    return then.path === input.path
      ? `its results are of ${input.setting} ${input.path} as it was before it changed`
      : `its results are of ${input.setting} ${then.path}, not of ${input.path}`;
  }
  return before.length > now.length
    ? `its results are of other ${before[now.length].setting}`
    : null;
}

/** Whether something that was read is a list of inputs. */
export function areInputs(value: unknown): value is Input[] {
  return Array.isArray(value) &&
    value.every((input) => typeof input?.setting === "string" && typeof input.path === "string");
}

async function inputAt(given: string, { setting }: { setting: string }): Promise<Input> {
  const path = resolve(splitInner(given).file);
  const encoder = new TextEncoder();
  let [files, bytes, crc] = [0, 0, 0];
  for await (const file of filesOf(path, { isStills: setting === "stills" })) {
    const { size, ends } = await endsOf(file);
    files++;
    bytes += size;
    const name = file.slice(path.length).replaceAll("\\", "/");
    crc = crc32(ends, crc32(encoder.encode(`${name} ${size} `), crc));
  }
  return { setting, path, files, bytes, crc };
}

/** The files of an input in a fixed order: what readers of images take in a folder, and no other. */
async function* filesOf(
  path: string,
  { isStills, isShown = true }: { isStills: boolean; isShown?: boolean },
): AsyncGenerator<string> {
  if (isImageFolder(path)) return yield* allFiles(path);
  if (!await disk.isFolder(path)) return yield path;
  const { images, folders } = await listFolder(disk, path);
  for (const name of isShown ? images : []) yield* filesOf(join(path, name), { isStills: false });
  for (const name of isStills ? folders : []) {
    const isOfImages = OF_STILLS.includes(name);
    yield* filesOf(join(path, name), { isStills: !isOfImages, isShown: isOfImages });
  }
}

/** All files in a folder that is an image. */
async function* allFiles(path: string): AsyncGenerator<string> {
  const { isDirectory } = await Deno.stat(path);
  if (!isDirectory) return yield path;
  const names = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  for (const name of names.sort()) yield* allFiles(join(path, name));
}

/** How large a file is, and how it begins and ends. */
async function endsOf(path: string): Promise<{ size: number; ends: Uint8Array }> {
  try {
    using file = await opened(() => Deno.open(path));
    const { size } = await file.stat();
    const ends = new Uint8Array(Math.min(size, 2 * ENDS));
    const first = ends.subarray(0, Math.min(size, ENDS));
    await fill(file, first);
    if (size > ENDS) await file.seek(Math.max(ENDS, size - ENDS), Deno.SeekMode.Start);
    await fill(file, ends.subarray(first.length));
    return { size, ends };
  } catch (error) {
    throw explain(error, "read", path);
  }
}

async function fill(file: Deno.FsFile, part: Uint8Array): Promise<void> {
  for (let filled = 0; filled < part.length;) {
    const count = await file.read(part.subarray(filled));
    if (count === null) return;
    filled += count;
  }
}
