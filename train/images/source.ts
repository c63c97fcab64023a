/**
 * Where the bytes of images come from. Whoever reads images takes a {@linkcode Source}: the files of
 * a disk (`disk` in Deno), the `File` objects that a user gave to a page, or bytes in memory.
 *
 * @module
 */

import { unusable } from "./faults/input_fault.ts";
import { type Bytes, heldBytes, windowedBytes } from "./bytes.ts";
import type { ImageFormat, PixelArray } from "./formats/format.ts";
import { formatsOf } from "./formats/list.ts";
import { isImageFolder, splitInner } from "./paths.ts";
import { basename, dirname, isImageName, join, naturalCompare } from "./names.ts";

/**
 * What a folder holds: names in any order, hidden ones left out.
 *
 * @category Sources
 */
export interface FolderNames {
  /** Names of files. */
  readonly files: readonly string[];
  /** Names of folders. */
  readonly folders: readonly string[];
}

/**
 * A page of an image file that is to be decoded.
 *
 * @category Sources
 */
export interface DecodedPage {
  /** The path of the file. */
  readonly path: string;
  /** The page, from 0. */
  readonly index: number;
  /** How many pages the file has. */
  readonly length: number;
  /** About how many bytes its pixels take. */
  readonly bytes: number;
}

/**
 * A tree of folders and files.
 *
 * @example Images in a format of one's own
 * ```ts ignore
 * const source = { ...disk, formats: [...imageFormats, pgm] };
 * const video = await openVideo(source, "frames/"); // *.png, *.tif and *.pgm
 * ```
 *
 * @category Sources
 */
export interface Source {
  /** The formats that images in it may have; those of `formats/list.ts` unless told. */
  readonly formats?: readonly ImageFormat[];
  /** Which resolution is read of images that have several, from 0, the finest; that unless told. */
  readonly level?: number;
  /**
   * Gives the pixels of a page of an image file: as `decode` does, or as somebody else decoded them, who may
   * have kept them. Only of files whose pages are decoded when they are asked for; where it is left out, that
   * is done where they are.
   */
  readonly pages?: (
    page: DecodedPage,
    decode: () => Promise<PixelArray>,
  ) => Promise<PixelArray>;
  /**
   * What is in a folder; a folder that is an image counts as a file, links count as what they point to.
   *
   * @throws {Error} If there is no such folder.
   * @throws {TypeError} If the path is a file.
   */
  list(path: string): Promise<FolderNames>;
  /**
   * True for a folder, false for a file, or a folder that is an image.
   *
   * @throws {Error} If there is neither.
   */
  isFolder(path: string): Promise<boolean>;
  /**
   * Opens a file for reading.
   *
   * @throws {Error} If there is no such file.
   * @throws {TypeError} If the path is a folder.
   */
  open(path: string): Promise<Bytes>;
}

/** What a folder holds, where folders that are images count as files. */
export function withImageFolders({ files, folders }: FolderNames): FolderNames {
  return {
    files: [...files, ...folders.filter(isImageFolder)],
    folders: folders.filter((name) => !isImageFolder(name)),
  };
}

/**
 * What a folder holds for a reader of images: names in natural order, hidden ones left out.
 *
 * @category Sources
 */
export interface FolderContent {
  /** Names of image files: those that end as one of the formats does. */
  readonly images: string[];
  /** Names of folders. */
  readonly folders: string[];
}

/**
 * Lists the image files and folders in a folder. Hidden files, `Thumbs.db` and anything else that
 * is no image by its name are left out.
 *
 * @throws {Error} If the folder does not exist.
 * @throws {TypeError} If the path is a file.
 * @category Sources
 */
export async function listFolder(source: Source, path: string): Promise<FolderContent> {
  const { files, folders } = await source.list(path);
  const formats = formatsOf(source);
  return {
    images: files.filter((name) => isImageName(name, formats)).sort(naturalCompare),
    folders: [...folders].sort(naturalCompare),
  };
}

/**
 * Files whose bytes are in memory, by path.
 *
 * @example
 * ```ts
 * import { decodeImage, encodeLabelTiff, heldSource } from "@kymo/kymo/images";
 * import { assertEquals } from "@std/assert";
 *
 * const tiff = encodeLabelTiff([{ width: 2, height: 1, data: Uint32Array.of(0, 7) }]);
 * const source = heldSource(new Map([["masks/a.tif", tiff]]));
 * const { width } = await decodeImage(source, "masks/a.tif");
 * assertEquals(width, 2);
 * ```
 *
 * @category Sources
 */
export function heldSource(files: ReadonlyMap<string, Uint8Array>): Source {
  return treeSource(files, (path, content) => heldBytes(path, content));
}

/**
 * The files that a user gave to a page, each under its path in the folder that was chosen
 * (`webkitRelativePath`), or its name; a pair gives the path of a file that does not know it, as those of
 * a folder that was dropped. They are read piece by piece, never as a whole.
 *
 * @throws {RangeError} If two of them have the same path.
 *
 * @example
 * ```ts ignore
 * const source = fileSource(document.querySelector<HTMLInputElement>("#videos")!.files!);
 * const video = await openVideo(source, "movie.tif");
 * ```
 *
 * @category Sources
 */
export function fileSource(files: Iterable<File | readonly [path: string, file: File]>): Source {
  const byPath = new Map<string, File>();
  for (const given of files) {
    const [path, file] = given instanceof File ? [pathOf(given), given] : given;
    if (byPath.has(path)) throw unusable(`Cannot read ${path}: two files have this name`);
    byPath.set(path, file);
  }
  return treeSource(byPath, (path, file) =>
    windowedBytes({
      path,
      size: file.size,
      fill: async (window, offset) => {
        const part = file.slice(offset, offset + window.length);
        window.set(new Uint8Array(await part.arrayBuffer()));
      },
      close: () => {},
    }));
}

/** Where a file lies in the folder that was chosen; its name where none was. */
function pathOf(file: File): string {
  const relative = "webkitRelativePath" in file ? String(file.webkitRelativePath) : "";
  return relative === "" ? file.name : relative;
}

/** A source of files that are known by path; a folder is what some path lies in. */
function treeSource<F>(
  entries: ReadonlyMap<string, F>,
  open: (path: string, file: F) => Bytes,
): Source {
  const files = new Map<string, F>();
  const folders = new Map<string, { files: string[]; folders: string[] }>();
  const folderAt = (path: string): { files: string[]; folders: string[] } => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const made = { files: [], folders: [] };
    folders.set(path, made);
    if (path !== "." && path !== dirname(path)) {
      folderAt(dirname(path)).folders.push(basename(path));
    }
    return made;
  };
  folderAt(".");
  for (const [name, file] of entries) {
    const path = normal(name);
    files.set(path, file);
    folderAt(dirname(path)).files.push(basename(path));
  }
  const missing = (task: string, path: string) =>
    new DOMException(`Cannot ${task} ${path}: it does not exist; check the path`, "NotFoundError");
  const isShown = (name: string) => !name.startsWith(".");
  return {
    list: (path) =>
      Promise.try(() => {
        const content = folders.get(normal(path));
        if (content !== undefined) {
          return withImageFolders({
            files: content.files.filter(isShown),
            folders: content.folders.filter(isShown),
          });
        }
        if (!files.has(normal(path))) throw missing("list", path);
        throw new TypeError(`Cannot list ${path}: it is a file; name a folder`);
      }),
    isFolder: (path) =>
      Promise.try(() => {
        if (folders.has(normal(path))) return !isImageFolder(path);
        if (files.has(normal(splitInner(path).file))) return false;
        throw missing("read", path);
      }),
    open: (path) =>
      Promise.try(() => {
        const file = files.get(normal(splitInner(path).file));
        if (file !== undefined) return open(path, file);
        if (!folders.has(normal(path))) throw missing("read", path);
        throw new TypeError(`Cannot read ${path}: it is a folder; name a file`);
      }),
  };
}

/** One way to write a path: parts separated by `/`, nothing that says nothing. */
function normal(path: string): string {
  return join("", ...path.split("\\"));
}
