/**
 * HDF5 files as image stacks: a data set by its path (`file.h5:/path`), the only one, or the images of an
 * Imaris file. The library reads files that it holds in memory, so large ones take as much of it.
 *
 * @module
 */

import { unreadable } from "../../bytes.ts";
import { splitInner } from "../../paths.ts";
import { type ArrayAxis, guessAxes, stackOfArray } from "../arrays/array_stack.ts";
import { type ImageFormat, isExplained, type SampleFormat } from "../format.ts";
import { isImaris, openImaris } from "./imaris.ts";
import { type Hdf5File, type Hdf5Image, openInMemory } from "./open_files.ts";

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const damaged = "copy it again from its source";
/** WebAssembly addresses no more. */
const MOST_BYTES = 2 ** 31 - 2 ** 26;
/** Links may lead round in a circle: groups are not looked for deeper. */
const DEEPEST = 12;
const MOST_ITEMS = 10_000;

/** HDF5, also that of Imaris. */
export const hdf5: ImageFormat = {
  name: "HDF5",
  extensions: ["h5", "hdf5", "ims"],
  isAdvised: false,
  matches: (head) => SIGNATURE.every((byte, i) => head[i] === byte),
  async open(bytes, reopen) {
    if (bytes.size > MOST_BYTES) {
      const what = `its ${bytes.size} bytes are more than can be read of an HDF5 file`;
      throw unreadable(bytes.path, what, "save a part of it, or convert it to OME-Zarr");
    }
    const { inner } = splitInner(bytes.path);
    const file = await openInMemory(bytes);
    const image = orDamaged(
      bytes.path,
      () => isImaris(file, inner) ? openImaris(file, inner) : openDataset(file, inner),
    );
    const { length } = image.shape;
    const [height, width] = [image.shape[length - 2], image.shape[length - 1]];
    if (!isExplained({ samples: width * height, bytes: bytes.size })) {
      const what = `${bytes.size} bytes are hardly planes of ${width}x${height} pixels`;
      throw unreadable(bytes.path, what, damaged);
    }
    return stackOfArray({
      ...image,
      path: bytes.path,
      read: async (index) => {
        using again = await reopen();
        const file = await openInMemory(again);
        return orDamaged(bytes.path, () => image.values(file, index));
      },
    });
  },
};

/** A data set by its path, or the only one. */
function openDataset(file: Hdf5File, inner: string | null): Hdf5Image {
  const { library, root, path } = file;
  const found = inner === null || inner === "" ? root : root.get(inner);
  if (found === null) {
    throw unreadable(path, `it has no ${inner}`, `name one of ${listed(datasetsIn(file, root))}`);
  }
  if (!(found instanceof library.Group || found instanceof library.Dataset)) {
    throw unreadable(path, `${inner} is a link that leads nowhere`, damaged);
  }
  const names = found instanceof library.Dataset ? [inner!] : datasetsIn(file, found);
  if (names.length === 0) {
    throw unreadable(path, "it holds no images: no data set has rows and columns", "give another");
  }
  if (names.length > 1) {
    const example = `${splitInner(path).file}:${names[0]}`;
    const what = `it holds ${names.length} data sets: ${listed(names)}`;
    throw unreadable(path, what, `name one, such as ${example}`);
  }
  return describeDataset(file, names[0]);
}

function describeDataset(file: Hdf5File, name: string): Hdf5Image {
  const dataset = file.dataset(name);
  const { shape, metadata } = dataset;
  const { type, size, signed } = metadata;
  if (shape === null || !holdsNumbers(metadata)) {
    throw unreadable(file.path, `${name} holds no numbers`, "name another data set");
  }
  const { axes, notes } = taggedAxes(dataset.attrs["axistags"]?.value, shape) ??
    guessAxes(shape, file.path);
  const spacing = dataset.attrs["element_size_um"]?.value;
  const sizes = spacing instanceof Float32Array || spacing instanceof Float64Array
    ? [...spacing].slice(-3)
    : [];
  const [depth, height, width] = sizes.length === 3 ? sizes : [undefined, ...sizes];
  return {
    ...{ shape, axes, notes },
    bits: 8 * size,
    sampleFormat: (type === FLOAT ? "float" : signed ? "int" : "uint") satisfies SampleFormat,
    ...width !== undefined && height !== undefined && width > 0 && height > 0 && {
      calibration: { width, height, unit: "micron", ...depth !== undefined && { depth } },
    },
    values: (file, index) => file.slice(name, index),
  };
}

/** Classes of values in HDF5. */
const [INTEGER, FLOAT, ENUM] = [0, 1, 8];

/** Whether values are numbers, also those with names, as h5py writes yes and no. */
function holdsNumbers(
  { type, enum_type }: { type: number; enum_type?: { type: number } },
): boolean {
  return type === INTEGER || type === FLOAT || (type === ENUM && enum_type?.type === INTEGER);
}

/** Axes as ilastik and Vigra describe them. */
function taggedAxes(
  text: unknown,
  shape: readonly number[],
): { axes: readonly ArrayAxis[]; notes: readonly string[] } | null {
  if (typeof text !== "string") return null;
  try {
    const { axes } = JSON.parse(text) as { axes: { key: string }[] };
    const keys = axes.map(({ key }) => key);
    const isKnown = keys.length === shape.length && new Set(keys).size === keys.length &&
      keys.every((key) => "tczyx".includes(key));
    return isKnown ? { axes: keys as ArrayAxis[], notes: [] } : null;
  } catch {
    return null;
  }
}

/** Paths of all data sets of numbers with rows and columns. */
function datasetsIn({ library, path }: Hdf5File, group: Hdf5File["root"]): string[] {
  const names: string[] = [];
  let items = 0;
  const list = (group: Hdf5File["root"], depth: number) => {
    for (const key of group.keys()) {
      if (++items > MOST_ITEMS) {
        throw unreadable(path, `it has over ${MOST_ITEMS} parts`, "name a data set in it");
      }
      const item = group.get(key);
      if (item instanceof library.Group && depth < DEEPEST) list(item, depth + 1);
      if (!(item instanceof library.Dataset)) continue;
      const { shape, metadata } = item;
      const isImage = holdsNumbers(metadata) && shape !== null &&
        shape.filter((size: number) => size > 1).length >= 2;
      if (isImage) names.push(item.path);
    }
  };
  list(group, 0);
  return names;
}

const MOST_NAMES = 8;

function listed(names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? ", …" : "";
  return names.length === 0 ? "none" : names.slice(0, MOST_NAMES).join(", ") + more;
}

/** Runs what reads a file; whatever the library trips over, the file is at fault. */
function orDamaged<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof SyntaxError) throw cause;
    const error = unreadable(
      path,
      "it is damaged, or compressed in a way that is not read",
      "save it with gzip compression or none",
    );
    error.cause = cause;
    throw error;
  }
}
