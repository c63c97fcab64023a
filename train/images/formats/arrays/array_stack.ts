/**
 * Arrays of any number of axes as image stacks: what Zarr and HDF5 hold.
 *
 * @module
 */

import { unreadable } from "../../bytes.ts";
import type { Calibration } from "../../image.ts";
import { checkPage, type ImageStack, type PixelArray, type SampleFormat } from "../format.ts";

/** What an axis of an array is: time, channel, depth, row or column. */
export type ArrayAxis = "t" | "c" | "z" | "y" | "x";

/** Numbers of an array as libraries give them. */
export type ArrayValues = PixelArray | BigInt64Array | BigUint64Array;

/** An array that is an image. */
export interface ImageArray {
  /** The path that was asked for. */
  readonly path: string;
  /** Extent along each axis. */
  readonly shape: readonly number[];
  /** What each axis is; none twice. */
  readonly axes: readonly ArrayAxis[];
  /** Bits of a number. */
  readonly bits: number;
  /** Kind of number. */
  readonly sampleFormat: SampleFormat;
  /** How large a pixel is, where that is known. */
  readonly calibration?: Calibration;
  /** Names of the channels, where they have any. */
  readonly channelNames?: readonly string[];
  /** What a user should know about how it is read. */
  readonly notes: readonly string[];
  /** Reads what lies at an index along each axis, or all along it where that is null; row-major. */
  read(index: readonly (number | null)[]): Promise<ArrayValues>;
}

/** More pixels than this in one plane are refused rather than allocated. */
const MOST_PIXELS = 2 ** 30;

/**
 * An array as a stack, plane by plane.
 *
 * @throws {SyntaxError} If it has no rows and columns, or too many of them.
 */
export function stackOfArray(image: ImageArray): ImageStack {
  const { path, shape, axes, bits, sampleFormat, calibration, channelNames } = image;
  const extent = (axis: ArrayAxis) => axes.includes(axis) ? shape[axes.indexOf(axis)] : 1;
  const [width, height] = [extent("x"), extent("y")];
  const [t, z, c] = [extent("t"), extent("z"), extent("c")];
  const isImage = axes.includes("x") && axes.includes("y") && axes.length === shape.length &&
    shape.every((size) => Number.isSafeInteger(size) && size > 0);
  if (!isImage || width * height > MOST_PIXELS) {
    const what = `its values, ${shape.join("x")} along ${axes.join("")}, are no image`;
    throw unreadable(path, what, "name another array in it");
  }
  const length = t * z * c;
  const isTransposed = axes.indexOf("x") < axes.indexOf("y");
  const names = channelNames?.length === c && channelNames.some(Boolean) ? channelNames : undefined;
  return {
    ...{ path, width, height, length, bits, sampleFormat },
    axes: { t, z, c },
    order: Array.from({ length }, (_, page) => page),
    ...calibration && { calibration },
    ...names && { channelNames: names },
    ...{ samples: 1, rgb: false, palette: null, notes: image.notes },
    page: async (index) => {
      checkPage(index, { path, length });
      const at = { t: Math.floor(index / (z * c)), z: Math.floor(index / c) % z, c: index % c };
      const place = axes.map((axis) => axis === "x" || axis === "y" ? null : at[axis]);
      const values = asNumbers(await image.read(place), path);
      if (values.length !== width * height) {
        const what = `plane ${index + 1} of it has ${values.length} of ${width * height} values`;
        throw unreadable(path, what, "copy it again from its source");
      }
      return isTransposed ? transposed(values, { width, height }) : values;
    },
  };
}

/** Whole numbers of 64 bits as floats, exactly or not at all. */
function asNumbers(values: ArrayValues, path: string): PixelArray {
  if (!(values instanceof BigInt64Array || values instanceof BigUint64Array)) return values;
  return Float64Array.from(values, (value) => {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw unreadable(
      path,
      `it holds ${value}, which is above 2^53`,
      "save it with smaller numbers",
    );
  });
}

function transposed(
  values: PixelArray,
  { width, height }: { width: number; height: number },
): PixelArray {
  const result = values.slice() as PixelArray;
  for (let x = 0, i = 0; x < width; x++) {
    for (let y = 0; y < height; y++, i++) result[y * width + x] = values[i];
  }
  return result;
}

/** Axes that hold at most so many values are taken for channels where they come last. */
const MOST_CHANNELS = 4;

/**
 * What the axes of an array are that says nothing about them: rows and columns last, but for a few channels
 * behind them; before them time, then depth; of five, as OME orders them.
 *
 * @throws {SyntaxError} If there are fewer than two or more than five.
 */
export function guessAxes(
  shape: readonly number[],
  path: string,
): { axes: readonly ArrayAxis[]; notes: readonly string[] } {
  const isLast = shape.length > 2 && shape.at(-1)! <= MOST_CHANNELS &&
    shape.at(-2)! > MOST_CHANNELS;
  const plain = { 2: "yx", 3: "tyx", 4: "tzyx", 5: "tczyx" };
  const withChannels = { 3: "yxc", 4: "tyxc", 5: "tzyxc" };
  const orders: Readonly<Record<number, string>> = isLast ? withChannels : plain;
  const order = orders[shape.length];
  if (order === undefined) {
    const what = `its values have ${shape.length} axes (${shape.join("x")})`;
    throw unreadable(path, what, "name an array of 2 to 5 axes in it");
  }
  const notes = shape.length === 2
    ? []
    : [`it does not say what its axes are: ${shape.join("x")} is read as ${order.toUpperCase()}`];
  return { axes: [...order] as ArrayAxis[], notes };
}
