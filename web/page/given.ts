/// <reference lib="dom" />
/**
 * What a user gives to the page: dropped or chosen files and folders.
 *
 * @module
 */

import type { FileBundle, GivenFile } from "../shared/messages.ts";

/** The folder of files that were given without one. */
const LOOSE = "frames";

/** The files of a drop, folders walked through. */
export async function droppedFiles(transfer: DataTransfer): Promise<GivenFile[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const found: GivenFile[] = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry: FileSystemEntry, found: GivenFile[]): Promise<void> {
  if (entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject)
    );
    found.push([entry.fullPath.slice(1), file]);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // Browsers give a hundred at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject)
    );
    if (some.length === 0) return;
    for (const one of some) await walk(one, found);
  }
}

/** The files of an `<input type="file">`. */
export function chosenFiles(files: Iterable<File>): GivenFile[] {
  return [...files].map((file) => [file.webkitRelativePath || file.name, file]);
}

const IMAGE = /\.(?:png|tiff?|btf|tf2|tf8)$/i;

/** A movie that was given. */
export interface GivenMovie {
  /** Its files. */
  readonly files: FileBundle;
  /** The folder or file to open among them. */
  readonly path: string;
  /** The channel, from 1; the first unless told. */
  readonly channel?: string;
}

/** What was given, as a thing to do. */
export type Given =
  | { readonly kind: "movie"; readonly movie: GivenMovie }
  | { readonly kind: "model"; readonly file: File }
  | { readonly kind: "stills"; readonly files: readonly GivenFile[]; readonly path: string }
  | { readonly kind: "nothing" };

/** Finds out what was given: a model, labelled stills, or a movie. */
export function understand(files: readonly GivenFile[]): Given {
  const model = files.find(([path]) => /\.safetensors$/i.test(path));
  if (model && files.length === 1) return { kind: "model", file: model[1] };
  const images = files.filter(([path]) => IMAGE.test(path));
  if (images.length === 0) return { kind: "nothing" };
  const masks = images.find(([path]) => /(?:^|\/)masks\//i.test(path));
  if (masks) {
    const root = masks[0].split("/")[0];
    const isRoot = /^masks$/i.test(root);
    return isRoot
      ? { kind: "stills", path: "stills", files: inFolder("stills", images) }
      : { kind: "stills", path: root, files: images };
  }
  if (images.length === 1) return { kind: "movie", movie: movieOf(images, images[0][0]) };
  const folders = new Set(images.map(([path]) => path.split("/").slice(0, -1).join("/")));
  const [folder] = folders;
  return {
    kind: "movie",
    movie: folder === "" ? movieOf(inFolder(LOOSE, images), LOOSE) : movieOf(images, folder),
  };
}

/** A movie of these files. */
export function movieOf(files: readonly GivenFile[], path: string): GivenMovie {
  return { files: bundleOf(files), path };
}

let bundles = 0;

/** Files under a name of their own. */
export function bundleOf(files: readonly GivenFile[]): FileBundle {
  return { id: `bundle ${++bundles}`, files };
}

function inFolder(folder: string, files: readonly GivenFile[]): GivenFile[] {
  return files.map(([path, file]) => [`${folder}/${path}`, file]);
}
