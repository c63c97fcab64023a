/**
 * HDF5 files that the library holds in its memory: the last few, since each is copied there as a whole.
 *
 * @module
 */

import { type Bytes, unreadable } from "../../bytes.ts";
import { splitInner } from "../../paths.ts";
import type { ArrayValues, ImageArray } from "../arrays/array_stack.ts";
import { type Hdf5Library, hdf5Library, nameInMemory } from "./library.ts";

type Group = InstanceType<Hdf5Library["Group"]>;
type Dataset = InstanceType<Hdf5Library["Dataset"]>;

/** An open file. */
export interface Hdf5File {
  /** The library. */
  readonly library: Hdf5Library;
  /** The path that was asked for. */
  readonly path: string;
  /** Its outermost group. */
  readonly root: Group;
  /** A data set that is known to be there. */
  dataset(name: string): Dataset;
  /** Values of a data set at an index along each axis, or all along it where that is null. */
  slice(name: string, index: readonly (number | null)[]): ArrayValues;
}

/** An image in a file, whose values are read from the file when it is open. */
export interface Hdf5Image extends Omit<ImageArray, "path" | "read"> {
  /** Reads values, as {@linkcode ImageArray.read} does. */
  values(file: Hdf5File, index: readonly (number | null)[]): ArrayValues;
}

interface Held extends Hdf5File {
  readonly size: number;
  close(): void;
}

/** Files in memory at once. */
const MOST_FILES = 2;
const held = new Map<string, Held>();

/**
 * Opens a file in memory.
 *
 * @throws {SyntaxError} If it is no HDF5 file, or damaged.
 */
export async function openInMemory(bytes: Bytes): Promise<Hdf5File> {
  const { path } = bytes;
  const { file: key } = splitInner(path);
  const known = held.get(key);
  held.delete(key);
  if (known !== undefined && known.size === bytes.size) {
    held.set(key, known);
    return { ...known, path };
  }
  known?.close();
  for (const [other, file] of held) {
    if (held.size < MOST_FILES) break;
    held.delete(other);
    file.close();
  }
  const { library, files } = await hdf5Library();
  const name = nameInMemory();
  files.writeFile(name, await bytes.read(0, bytes.size));
  const root = openRoot(() => {
    const file = new library.File(name, "r");
    if (file.file_id < 0n) throw new Error("It cannot be opened");
    return file;
  }, {
    path,
    remove: () => files.unlink(name),
  });
  const dataset = (path: string) => root.get(path) as Dataset;
  const opened: Held = {
    ...{ library, path, root, dataset, size: bytes.size },
    slice: (path, index) => {
      const ranges = index.map((at) => at === null ? [] : [at, at + 1]);
      return dataset(path).slice(ranges as Parameters<Dataset["slice"]>[0]) as ArrayValues;
    },
    close: () => {
      root.close();
      files.unlink(name);
    },
  };
  held.set(key, opened);
  return opened;
}

function openRoot<T>(
  open: () => T,
  { path, remove }: { path: string; remove: () => void },
): T {
  try {
    return open();
  } catch (cause) {
    remove();
    const error = unreadable(path, "it is damaged or cut short", "copy it again from its source");
    error.cause = cause;
    throw error;
  }
}
