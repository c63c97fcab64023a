/**
 * Which frames of which videos the parts hold, as the `predict.json` of each tells.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { unusable } from "../../images/faults/input_fault.ts";
import { InvalidArgumentError } from "../../invalid_argument.ts";
import { disk } from "../disk/files.ts";
import { formatFrameRange } from "../predict/frame_range.ts";
import {
  differencesOf,
  isSamePlace,
  type PredictionRecord,
  readRecord,
  RECORD,
  type RecordedInput,
} from "../predict/predict_record.ts";

/** A part of a video. */
export interface Part {
  /** The folder that it is in. */
  readonly folder: string;
  /** What is known of the video, and which frames are there. */
  readonly input: RecordedInput;
  /** The first frame. */
  readonly first: number;
  /** The frame after the last one. */
  readonly end: number;
}

/** All parts. */
export interface Parts {
  /** What all were predicted with. */
  readonly head: Omit<PredictionRecord, "inputs">;
  /** The parts of each video, in the order of time. */
  readonly videos: readonly (readonly Part[])[];
}

/**
 * Reads what is in the folders of parts.
 *
 * @param folders The folders, in any order.
 * @param options.out Where results will go, which must be none of them.
 * @throws {RangeError} If a folder holds no prediction, parts were predicted unlike each other, or frames
 *   are missing or there twice.
 * @throws {SyntaxError} If a record is damaged.
 */
export async function readParts(
  folders: readonly string[],
  { out }: { out: string },
): Promise<Parts> {
  let head: Parts["head"] | null = null;
  const videos: Part[][] = [];
  for (const [at, folder] of folders.entries()) {
    if (await isSameFolder(folder, out)) {
      throw new InvalidArgumentError(
        `Cannot merge into ${out}: it is one of the parts; give another --out`,
      );
    }
    for (const other of folders.slice(0, at)) {
      if (await isSameFolder(folder, other)) {
        throw new InvalidArgumentError(
          `Cannot merge: ${folder} is given twice; name every part once`,
        );
      }
    }
    const { inputs, ...own } = await readPart(folder);
    head ??= own;
    refuseUnlike({ folder, own }, { folder: folders[0], own: head });
    for (const input of inputs) {
      const { first, end = input.frames } = input.part ?? { first: 0 };
      const part = { folder, input, first, end };
      const others = await findAsync(videos, ([one]) => isSamePlace(one.input.path, input.path));
      if (others) others.push(part);
      else videos.push([part]);
    }
  }
  if (head === null) throw new RangeError("Cannot merge: no part is given");
  for (const parts of videos) {
    parts.sort((a, b) => a.first - b.first || a.end - b.end);
    checkComplete(parts);
  }
  return { head, videos };
}

async function readPart(folder: string): Promise<PredictionRecord> {
  await disk.isFolder(folder); // It throws where there is nothing.
  const record = await readRecord(`${folder}/${RECORD}`);
  if (record !== null) return record;
  throw unusable(
    `Cannot merge ${folder}: there is no ${RECORD} in it, so it is no prediction; name the folders ` +
      "that predict --frames wrote",
  );
}

/** Whether two folders are one. One that is not there is no other. */
async function isSameFolder(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [a, b].map((path) => Deno.realPath(path).catch(() => path)),
  );
  return first === second;
}

interface Known {
  readonly folder: string;
  readonly own: Parts["head"];
}

function refuseUnlike({ folder, own }: Known, first: Known): void {
  const differences = differencesOf(first.own, own);
  if (first.own.version !== own.version) {
    differences.push(`version ${first.own.version}, not ${own.version}`);
  }
  if (differences.length === 0) return;
  throw unusable(
    `Cannot merge ${folder} with ${first.folder}: that has ${
      differences.join(", ")
    }; predict all ` +
      "parts alike",
  );
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
  const fail = (what: string): never => {
    throw unusable(`Cannot merge the parts of ${path}: ${what}`);
  };
  const missing = (first: number, end: number) =>
    fail(
      `no part has ${textOf({ first, end })} of its ${frames}; predict --frames ${
        formatFrameRange({ first, end })
      }, and name that part, too`,
    );
  let next = 0;
  let before = parts[0];
  for (const part of parts) {
    const { folder, input, first, end } = part;
    if (input.frames !== frames) {
      fail(
        `it had ${counted(frames, "frame")} for ${parts[0].folder}, ${input.frames} for ${folder}`,
      );
    }
    if (JSON.stringify([input.range, input.exposure]) !== JSON.stringify([range, exposure])) {
      fail(
        `${
          parts[0].folder
        } and ${folder} have other ranges or exposures; predict all parts with one ` +
          "file of ranges",
      );
    }
    if (first > next) missing(next, first);
    if (first < next) {
      const both = textOf({ first, end: Math.min(next, end) });
      const [here, there] = [before, part].map((one) => `${one.folder} (${textOf(one)})`);
      fail(`two parts have ${both}: ${here} and ${there}; leave one out, or predict it anew`);
    }
    [next, before] = [end, part];
  }
  if (next < frames) missing(next, frames);
}

/** Frames from `first` up to but without `end`, as a user counts them in `--frames`. */
function textOf({ first, end }: { first: number; end: number }): string {
  return end === first + 1 ? `frame ${first}` : `frames ${first} to ${end - 1}`;
}
