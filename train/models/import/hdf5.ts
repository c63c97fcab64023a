/**
 * Arrays in an HDF5 file, by path. The format is read by the package jsfive, loaded only when the first
 * file is.
 *
 * @module
 */

import { unreadable } from "../../images/bytes.ts";
import { sizeOf } from "../../../kernels/gpu/shape.ts";

/** One array in an HDF5 file. */
export interface Hdf5Array {
  /** Extent along each axis. */
  readonly shape: readonly number[];
  /**
   * Reads the values, row-major.
   *
   * @throws {SyntaxError} If they are no finite floating-point numbers, or the file is damaged.
   */
  readonly values: () => Float32Array<ArrayBuffer>;
}

/** What is used of the package jsfive, which has no types of its own. */
interface Group {
  readonly keys: string[];
  get(name: string): unknown;
}

interface Dataset {
  readonly shape: number[];
  readonly dtype: unknown;
  readonly value: ArrayLike<number>;
}

interface Jsfive {
  readonly File: new (bytes: ArrayBuffer, name: string) => Group;
  readonly Group: abstract new (...args: never[]) => Group;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Groups are not looked for deeper than this: links of a damaged file may lead round in a circle. */
const DEEPEST = 8;
/** More groups and arrays than any network has layers. */
const MOST_ITEMS = 10_000;
/** Deflate makes at most so many bytes out of one. */
const MOST_GROWTH = 1032;

/**
 * Lists all arrays in an HDF5 file; their values are read when they are asked for.
 *
 * @param bytes The whole file.
 * @param file Its name, for errors.
 * @returns Arrays by path, for example `prob/prob/kernel:0`.
 * @throws {SyntaxError} If it is no HDF5 file, or damaged.
 */
export async function readHdf5(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
): Promise<Map<string, Hdf5Array>> {
  if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) {
    throw unreadable(file, "it is no HDF5 file", "give the weights that Keras saved");
  }
  const { File, Group } = await import("jsfive") as unknown as Jsfive;
  const arrays = new Map<string, Hdf5Array>();
  let items = 0;
  const list = (group: Group, prefix: string, depth: number) => {
    for (const name of group.keys) {
      if (++items > MOST_ITEMS) {
        throw new RangeError(`There are over ${MOST_ITEMS} groups and arrays`);
      }
      const item = group.get(name);
      const path = `${prefix}${name}`;
      if (!(item instanceof Group)) {
        arrays.set(path, toArray(item as Dataset, { path, file, bytes: bytes.length }));
      } else if (depth < DEEPEST) list(item, `${path}/`, depth + 1);
      else throw new RangeError(`Group ${path} lies too deep`);
    }
  };
  orDamaged(file, () => list(new File(bytes.slice().buffer, file), "", 0));
  return arrays;
}

/** A dataset whose values are checked when they are read. */
function toArray(
  dataset: Dataset,
  { path, file, bytes }: { path: string; file: string; bytes: number },
): Hdf5Array {
  const shape = dataset.shape;
  const values = () => {
    if (!(2 * sizeOf(shape) <= MOST_GROWTH * bytes)) {
      const what = `its ${bytes} bytes cannot hold the ${sizeOf(shape)} values of ${path}`;
      throw unreadable(file, what, "copy it again from its source");
    }
    const dtype = orDamaged(file, () => dataset.dtype);
    if (typeof dtype !== "string" || !/^[<>]f[248]$/.test(dtype)) {
      const remedy = "give weights of floating-point numbers";
      throw unreadable(file, `${path} holds values of type ${dtype}`, remedy);
    }
    const numbers = orDamaged(file, () => Float32Array.from(dataset.value));
    if (numbers.length !== sizeOf(shape)) {
      const what = `${path} holds ${numbers.length} of ${sizeOf(shape)} values`;
      throw unreadable(file, what, "copy it again from its source");
    }
    if (!numbers.every(Number.isFinite)) {
      const remedy = "give the weights of another epoch or model";
      throw unreadable(file, `${path} holds values that are not finite`, remedy);
    }
    return numbers;
  };
  return { shape, values };
}

/** Runs what reads the file; whatever it trips over, the file is at fault. */
function orDamaged<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const error = unreadable(file, "it is damaged or cut short", "copy it again from its source");
    error.cause = cause;
    throw error;
  }
}
