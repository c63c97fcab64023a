/**
 * OME-Zarr (NGFF 0.4 and 0.5) as image stacks: a folder whose name ends with `.zarr`, or a folder in it. Only
 * the chunks of the planes that are read are decoded. Arrays are read by the package zarrita, loaded when
 * the first such folder is.
 *
 * @module
 */

import { unreadable } from "../../bytes.ts";
import type { Calibration } from "../../image.ts";
import { isImageFolder, join } from "../../paths.ts";
import {
  type ArrayAxis,
  type ArrayValues,
  guessAxes,
  type ImageArray,
  stackOfArray,
} from "../arrays/array_stack.ts";
import type { FolderFiles, ImageFormat, ImageStack, SampleFormat } from "../format.ts";
import { type Multiscale, multiscalesOf, type ZarrAttributes } from "./ngff.ts";

/** OME-Zarr. */
export const zarr: ImageFormat = {
  name: "OME-Zarr",
  extensions: ["zarr"],
  isAdvised: false,
  matches: () => false,
  folder: {
    matches: isImageFolder,
    open: openZarr,
  },
  open: (bytes) => {
    throw unreadable(bytes.path, "it is a file, OME-Zarr is a folder", "name the folder");
  },
};

const damaged = "copy it again from its source";

type Library = typeof import("zarrita");
type Node = Awaited<ReturnType<Library["open"]>>;
type ZarrArray = Extract<Node, { kind: "array" }>;

async function openZarr(files: FolderFiles): Promise<ImageStack> {
  const { path } = files;
  const library = await import("zarrita");
  const node = await openNode(library, files, "");
  const { array, description } = node.kind === "array"
    ? { array: node, description: await ofParent(library, files) }
    : await imageOf(library, files, node);
  const { shape } = array;
  const axes = description !== null && description.axes.length === shape.length
    ? { axes: description.axes, notes: description.notes }
    : guessAxes(shape, path);
  return stackOfArray({
    ...{ path, shape, ...axes, ...numbersOf(array.dtype, path) },
    ...description?.channelNames && { channelNames: description.channelNames },
    ...description?.calibration && { calibration: description.calibration },
    read: async (index) => {
      try {
        const { data } = await library.get(array as never, [...index]);
        return valuesOf(data as unknown);
      } catch (cause) {
        const why = textOf(cause);
        const remedy = why.startsWith("Unknown codec")
          ? "save it with Blosc, Zstandard, LZ4, gzip or no compression"
          : damaged;
        const error = unreadable(path, `a chunk of it cannot be read (${why})`, remedy);
        error.cause = cause;
        throw error;
      }
    },
  });
}

/** What is known of an array's image. */
interface Described {
  readonly axes: readonly ArrayAxis[];
  readonly calibration?: Calibration;
  readonly channelNames?: readonly string[];
  readonly notes: readonly string[];
}

async function openNode(library: Library, files: FolderFiles, inside: string): Promise<Node> {
  try {
    return await library.open(storeOf(library, files, inside));
  } catch (cause) {
    const error = unreadable(
      files.path,
      `it is no Zarr group or array (${textOf(cause)})`,
      "name the folder that holds .zattrs, .zarray or zarr.json",
    );
    error.cause = cause;
    throw error;
  }
}

/** What zarrita reads from: a folder whose missing files are chunks of zeros. */
function storeOf(library: Library, files: FolderFiles, inside: string) {
  const get = async (key: string) =>
    await files.read(join(inside || ".", key.slice(1))) ?? undefined;
  return library.root({ get });
}

/** The image of a group, in the resolution that is wanted. */
async function imageOf(
  library: Library,
  files: FolderFiles,
  group: Node,
): Promise<{ array: ZarrArray; description: Described }> {
  const { path, level = 0 } = files;
  const attributes = group.attrs as ZarrAttributes;
  const { multiscales, ome } = multiscalesOf(attributes);
  if (multiscales.length === 0) throw noImage(path, ome);
  const [image] = multiscales;
  const dataset = image.datasets[level];
  if (dataset === undefined) {
    const what = `it has the levels 0 to ${image.datasets.length - 1}, not ${level}`;
    throw unreadable(path, what, "give another --level");
  }
  const array = await openNode(library, files, dataset.path);
  if (array.kind !== "array") {
    throw unreadable(path, `${dataset.path} in it is no array`, damaged);
  }
  const labels = ome.omero?.channels?.map(({ label }) => `${label ?? ""}`);
  const notes = image.datasets.length === 1
    ? []
    : [`level ${level} of ${image.datasets.length} is read; --level reads another`];
  const more = multiscales.length > 1
    ? [`the first of its ${multiscales.length} images is read`]
    : [];
  return {
    array,
    description: {
      axes: image.axes,
      ...dataset.calibration && { calibration: dataset.calibration },
      ...labels && { channelNames: labels },
      notes: [...notes, ...more],
    },
  };
}

function noImage(path: string, ome: ZarrAttributes): SyntaxError {
  if (ome.plate) {
    const wells = ome.plate.wells?.map(({ path }) => path).slice(0, 3) ?? [];
    const example = wells.length > 0 ? `${path}/${wells[0]}/0` : "NAME.zarr/A/1/0";
    return unreadable(path, "it is a plate of many images", `name one of them, such as ${example}`);
  }
  if (ome["bioformats2raw.layout"] !== undefined) {
    return unreadable(path, "it holds one image or more in numbered groups", `name ${path}/0`);
  }
  if (ome.labels) {
    const what = `it holds the labels ${ome.labels.join(", ")}`;
    return unreadable(path, what, `name ${path}/${ome.labels[0]}`);
  }
  return unreadable(path, "it is a group that describes no image", "name an image or array in it");
}

/** What the group above an array says about it, where that lies in the same Zarr. */
async function ofParent(library: Library, files: FolderFiles): Promise<Described | null> {
  const parent = files.parent?.();
  if (parent === undefined) return null;
  try {
    const group = await library.open(storeOf(library, parent.files, ""), { kind: "group" });
    const { multiscales } = multiscalesOf(group.attrs as ZarrAttributes);
    const of = (image: Multiscale) => image.datasets.find(({ path }) => path === parent.name);
    const image = multiscales.find((image) => of(image) !== undefined);
    if (image === undefined) return null;
    const { calibration } = of(image)!;
    return { axes: image.axes, ...calibration && { calibration }, notes: [] };
  } catch {
    return null;
  }
}

function numbersOf(dtype: string, path: string): Pick<ImageArray, "bits" | "sampleFormat"> {
  if (dtype === "bool") return { bits: 8, sampleFormat: "uint" };
  const [, kind, bits] = dtype.match(/^(u?int|float)(\d+)$/) ?? [];
  if (kind === undefined) {
    throw unreadable(path, `it holds values of type ${dtype}`, "name an array of numbers");
  }
  return { bits: Number(bits), sampleFormat: kind as SampleFormat };
}

/** Arrays of zarrita's own types as those of the language. */
function valuesOf(data: unknown): ArrayValues {
  if (ArrayBuffer.isView(data)) {
    const values = data as ArrayValues;
    // Floats of 16 bits have an array type of their own.
    return values.constructor.name === "Float16Array" ? Float32Array.from(values as never) : values;
  }
  return Uint8Array.from(data as Iterable<boolean>, Number);
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.split("\n")[0] : `${cause}`;
}
