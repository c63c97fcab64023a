/**
 * Files of one folder that are channels, slices or positions of the same time point, by their names:
 * `t001_c1.tif`, `img_channel000_position000_time000000000_z003.tif`, `img_000000000_DAPI_000.tif`.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { unusable } from "../faults/input_fault.ts";
import { naturalCompare } from "../names.ts";
import { channelIndex, channelSentence, type PlaneChoice } from "../series/plane_choice.ts";

/** The files of a folder that are read, one for each frame. */
export interface ChosenFiles {
  /** Their indices among all files, in their order. */
  readonly indices: readonly number[];
  /** Whether the channel was chosen by the name of a file, so that the file has no other. */
  readonly hasChannel: boolean;
  /** Whether the slice was. */
  readonly hasSlice: boolean;
  /** What a user should know. */
  readonly notes: readonly string[];
}

/** What a part of a name may stand for. */
interface NameAxis {
  readonly kind: "position" | "slice" | "channel";
  /** Finds the part; its first group is the value. */
  readonly pattern: RegExp;
}

/** A channel that has a name of its own counts as one with its number does. */
const AXES: readonly NameAxis[] = [
  { kind: "position", pattern: /(?<![a-z])(?:position|pos|xy|s|p)[-_]?(\d+)(?!\d)/i },
  { kind: "slice", pattern: /(?<![a-z])(?:slice|z)[-_]?(\d+)(?!\d)/i },
  { kind: "slice", pattern: /^img_\d{9}_.*_(\d{3})$/i },
  { kind: "channel", pattern: /(?<![a-z])(?:channel|ch|c)[-_]?(\d+)(?!\d)/i },
  { kind: "channel", pattern: /(?<![a-z])w(\d[^_]*)/i },
  { kind: "channel", pattern: /^img_\d{9}_(.*?)(?:_\d{3})?$/i },
];

/** An axis that some names have. */
interface FoundAxis {
  readonly kind: NameAxis["kind"];
  /** Its values in natural order. */
  readonly values: readonly string[];
  /** For each frame the index of the file of each value. */
  readonly frames: readonly (readonly number[])[];
}

/**
 * Chooses files so that there is one for each frame. A part of the names counts as an axis only where
 * every frame has each of its values, and there is more than one frame (or another axis).
 *
 * @param stems Names without extensions, in natural order.
 * @param options.areStills Whether each stands for itself, and may be of any position.
 * @throws {RangeError} If they are of several positions, or a channel or slice asked for is not there.
 */
export function chooseFiles(
  stems: readonly string[],
  { path, areStills = false, ...choice }: PlaneChoice & { path: string; areStills?: boolean },
): ChosenFiles {
  let indices = [...stems.keys()];
  const chosen = { hasChannel: false, hasSlice: false };
  const notes: string[] = [];
  for (const axis of AXES) {
    const found = findAxis(axis, { stems, indices, isSecond: notes.length > 0 });
    if (found === null) continue;
    const { kind, values, frames } = found;
    if (kind === "position") {
      if (areStills) continue;
      throw unusable(
        `Cannot use ${path} as a video: its files are of ${values.length} positions (${
          shown(values)
        }); put each into a folder of its own, or predict them --as stills`,
      );
    }
    const { index, note } = kind === "slice"
      ? sliceOf(values, { ...choice, path })
      : channelOf(values, { ...choice, path });
    if (kind === "slice") chosen.hasSlice = true;
    else chosen.hasChannel = true;
    notes.push(`${path}: ${note}`);
    indices = frames.map((files) => files[index]);
  }
  return { indices: indices.sort((a, b) => a - b), ...chosen, notes };
}

function sliceOf(
  values: readonly string[],
  { slice, path }: PlaneChoice & { path: string },
): { index: number; note: string } {
  const index = slice === undefined ? Math.floor(values.length / 2) : slice - 1;
  if (!(Number.isInteger(index) && index >= 0 && index < values.length)) {
    throw unusable(
      `Cannot read slice ${slice} of ${path}: its files are of slices 1 to ${values.length}`,
    );
  }
  const other = slice === undefined ? "; --slice reads another" : "";
  const note = `its files are of ${counted(values.length, "slice")} (${shown(values)}): slice ${
    index + 1
  } is read${other}`;
  return { index, note };
}

function channelOf(
  values: readonly string[],
  { channel, path, together }: PlaneChoice & { path: string },
): { index: number; note: string } {
  const index = channelIndex(channel, { path, names: values, together });
  const sentence = channelSentence(index, { count: values.length, channelNames: values, channel });
  return { index, note: `its files are of ${counted(values.length, "channel")}: ${sentence}` };
}

function shown(values: readonly string[]): string {
  return values.length > 4 ? `${values[0]} … ${values.at(-1)}` : values.join(", ");
}

function findAxis(
  { kind, pattern }: NameAxis,
  { stems, indices, isSecond }: {
    stems: readonly string[];
    indices: readonly number[];
    isSecond: boolean;
  },
): FoundAxis | null {
  const groups = new Map<string, Map<string, number>>();
  const values = new Set<string>();
  for (const i of indices) {
    const match = stems[i].match(pattern);
    if (match === null) return null;
    const [part, value] = match;
    const at = match.index! + part.lastIndexOf(value);
    const rest = stems[i].slice(0, at) + "*" + stems[i].slice(at + value.length);
    const group = groups.get(rest) ?? new Map<string, number>();
    groups.set(rest, group.set(value, i));
    values.add(value);
  }
  const isWhole = [...groups.values()].every((group) => group.size === values.size);
  if (values.size < 2 || !isWhole || groups.size < (isSecond ? 1 : 2)) return null;
  const sorted = [...values].sort(naturalCompare);
  return {
    kind,
    values: sorted,
    frames: [...groups.values()].map((group) => sorted.map((value) => group.get(value)!)),
  };
}
