/**
 * Movies of z-stacks as videos: the planes around focus are the channels of a frame.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import { basename, imageStem } from "../names.ts";
import type { Source } from "../source.ts";
import { formatsOf } from "../formats/list.ts";
import type { Channels } from "../image.ts";
import { subStack } from "./sub_stack.ts";
import type { Video } from "./video.ts";
import { openZSequence, type ZSequence } from "./z_stack.ts";

/**
 * Finds the plane in focus of each stack of a sequence.
 *
 * @category Series
 */
export type FindFocus = (sequence: ZSequence) => Promise<readonly number[]>;

/**
 * What of a stack becomes an image.
 *
 * @category Series
 */
export interface StackReading {
  /** Planes on each side of the focus. */
  readonly planes: number;
  /** Finds the plane in focus. */
  readonly findFocus: FindFocus;
  /** Channel of the files, by its number from 1 or its name; the first by default. */
  readonly channel?: number | string;
}

/**
 * A movie of z-stacks.
 *
 * @category Series
 */
export interface StackVideo extends Video {
  /** The stacks. */
  readonly sequence: ZSequence;
  /** For each of them its plane in focus, from 0. */
  readonly focus: readonly number[];
  /** The planes around focus of stack t, from low to high. */
  readonly frame: (t: number) => Promise<Channels>;
  /** The plane in focus of stack t: the other planes are normalised as it is. */
  readonly reference: NonNullable<Video["reference"]>;
}

/**
 * Opens a movie of z-stacks: one file, or a folder with a file for each time. Planes are read when
 * they are needed.
 *
 * @throws {SyntaxError | RangeError} If a file is damaged or does not fit, or a focus is not known.
 * @category Series
 */
export async function openStackVideo(
  source: Source,
  path: string,
  { planes, findFocus, channel }: StackReading,
): Promise<StackVideo> {
  const sequence = await openZSequence(source, path, { channel });
  const { name, length, depth, width, height, names, notes } = sequence;
  const focus = await findFocus(sequence);
  // As those of any video: one name for the frames of one file.
  const sourceNames = await source.isFolder(path) ? names : names.map(() => basename(path));
  const stems = sourceNames.map((name) => imageStem(name, formatsOf(source)));
  const nearEdge = focus.filter((z) => z < planes || z + planes >= depth).length;
  const inFile = !await source.isFolder(path);
  return {
    ...{ path, name, length, width, height, sourceNames, stems, sequence, focus },
    calibration: sequence.calibration,
    planes: focus.map((z, t) => ({ z, t: inFile ? t : 0 })),
    notes: [...notes, ...edgeNotes(nearEdge, { planes, what: `stacks of ${name}` })],
    frame: (t) => subStack(sequence, { t, focus: focus[t], planes }),
    reference: (t) => sequence.plane(t, focus[t]),
  };
}

/** A note about stacks that are in focus so near to an edge that planes have to be repeated. */
export function edgeNotes(
  count: number,
  { planes, what }: { planes: number; what: string },
): string[] {
  if (count === 0) return [];
  return [
    `${count} of the ${what} ${wordFor(count, "is", "are")} in focus less than ${
      counted(planes, "plane")
    } from their first or last ` +
    "plane, which is repeated",
  ];
}
