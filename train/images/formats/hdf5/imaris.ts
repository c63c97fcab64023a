/**
 * The images of Imaris files (`.ims`): an array of slices for each time point and channel, padded to whole
 * blocks, under `DataSet/ResolutionLevel N`. By the file format that Imaris publishes, version 5.5.
 *
 * @module
 */

import { unreadable } from "../../bytes.ts";
import type { ArrayAxis, ArrayValues } from "../arrays/array_stack.ts";
import type { PixelArray } from "../format.ts";
import type { Hdf5File, Hdf5Image } from "./open_files.ts";

const LEVELS = "DataSet";
const INFO = "DataSetInfo";
const AXES: readonly ArrayAxis[] = ["t", "c", "z", "y", "x"];
const FLOAT = 1;

/** Whether a file is one of Imaris, and all of it or one of its resolutions is asked for. */
export function isImaris({ root }: Hdf5File, inner: string | null): boolean {
  const isWanted = inner === null || inner === "" ||
    /^\/?DataSet\/ResolutionLevel \d+\/?$/.test(inner);
  return isWanted && [LEVELS, INFO].every((name) => root.keys().includes(name));
}

/** The images of one resolution, the finest unless told. */
export function openImaris(file: Hdf5File, inner: string | null): Hdf5Image {
  const level = inner === null || inner === "" ? `${LEVELS}/ResolutionLevel 0` : inner;
  const times = countOf(file, level, "TimePoint");
  const channels = countOf(file, `${level}/TimePoint 0`, "Channel");
  const first = `${level}/TimePoint 0/Channel 0`;
  const nameOf = (t: number, c: number) => `${level}/TimePoint ${t}/Channel ${c}/Data`;
  if (times === 0 || channels === 0) {
    throw unreadable(file.path, "it has no images", "copy it again from its source");
  }
  const dataset = file.dataset(nameOf(0, 0));
  const stored = dataset.shape ?? [];
  if (stored.length !== 3) {
    throw unreadable(file.path, `${nameOf(0, 0)} is no stack of slices`, "copy it again");
  }
  const real = ["Z", "Y", "X"].map((axis, i) => {
    const size = Number(textOf(file, first, `ImageSize${axis}`));
    return Number.isInteger(size) && size > 0 && size <= stored[i] ? size : stored[i];
  });
  const { type, size, signed } = dataset.metadata;
  return {
    shape: [times, channels, ...real],
    axes: AXES,
    bits: 8 * size,
    sampleFormat: type === FLOAT ? "float" : signed ? "int" : "uint",
    channelNames: Array.from(
      { length: channels },
      (_, c) => textOf(file, `${INFO}/Channel ${c}`, "Name"),
    ),
    ...calibrationOf(file, real),
    notes: [],
    values(file, [t, c, z]) {
      const plane = file.slice(nameOf(t!, c!), [z, null, null]);
      return cropped(plane as PixelArray, { from: stored[2], to: [real[1], real[2]] });
    },
  };
}

/** How many of a group's parts are called NAME 0, NAME 1 and so on. */
function countOf({ root, library }: Hdf5File, path: string, name: string): number {
  const group = root.get(path);
  if (!(group instanceof library.Group)) return 0;
  const keys = new Set(group.keys());
  let count = 0;
  while (keys.has(`${name} ${count}`)) count++;
  return count;
}

/** Texts are arrays of single characters. */
function textOf({ root, library }: Hdf5File, group: string, name: string): string {
  const item = root.get(group);
  const value = item instanceof library.Group ? item.attrs[name]?.value : null;
  return Array.isArray(value) ? value.join("") : typeof value === "string" ? value : "";
}

function calibrationOf(
  file: Hdf5File,
  [slices, rows, columns]: readonly number[],
): Pick<Hdf5Image, "calibration"> {
  const image = `${INFO}/Image`;
  const spacing = (axis: number, count: number) => {
    const [least, most] = ["ExtMin", "ExtMax"].map((name) =>
      Number(textOf(file, image, name + axis))
    );
    return (most - least) / count;
  };
  const [width, height, depth] = [spacing(0, columns), spacing(1, rows), spacing(2, slices)];
  const unit = textOf(file, image, "Unit") === "um" ? "micron" : textOf(file, image, "Unit");
  if (!(width > 0 && height > 0) || unit === "") return {};
  return { calibration: { width, height, unit, ...depth > 0 && { depth } } };
}

/** The upper left part of a plane. */
function cropped(
  plane: PixelArray,
  { from, to: [rows, columns] }: { from: number; to: readonly [number, number] },
): ArrayValues {
  const part = plane.slice(0, rows * columns) as PixelArray;
  for (let y = 0; y < rows; y++) {
    part.set(plane.subarray(y * from, y * from + columns) as never, y * columns);
  }
  return part;
}
