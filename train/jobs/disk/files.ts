/**
 * Files and folders of this machine: the source of images that are on it, and errors that name the file
 * and the remedy.
 *
 * @module
 */

import { join } from "node:path";
import { unreadable, windowedBytes } from "../../images/bytes.ts";
import { ofInput } from "../../images/faults/input_fault.ts";
import { everyFormat } from "../../images/formats/every.ts";
import { isImageFolder, splitInner } from "../../images/paths.ts";
import { type Source, withImageFolders } from "../../images/source.ts";

/** For those who know jobs alone: settings come from files, too. */
export { blaming, ofInput } from "../../images/faults/input_fault.ts";

/** What to do where permission is missing, by what was tried. */
const REMEDIES: Readonly<Record<string, string>> = {
  read: "change its permissions",
  list: "change its permissions",
  create: "give another --out",
};

/**
 * A disk, or what somebody may use of it, is full.
 *
 * @category Jobs
 */
export class DiskFullError extends Error {
  /** The name of this error class. */
  override readonly name = "DiskFullError";
}

/** What is done with files that were given. */
const GIVEN = new Set(["read", "list"]);

/** Says in plain words why the file system refused, with the remedy; otherwise gives the error. */
export function explain(error: unknown, task: string, path: string): unknown {
  const explained = inWords(error, task, path);
  return GIVEN.has(task) && !isTooMany(error) ? ofInput(explained) : explained;
}

function inWords(error: unknown, task: string, path: string): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  const isMissing = error instanceof Deno.errors.NotFound;
  if ((isMissing || error instanceof Deno.errors.AlreadyExists) && isLink(path)) {
    const what = "it is a link to something that does not exist; mend or remove the link";
    return new Deno.errors.NotFound(`Cannot ${task} ${path}: ${what}`);
  }
  if (isMissing) {
    const what = task === "write"
      ? "its folder does not exist; make it first"
      : "it does not exist; check the path";
    return new Deno.errors.NotFound(`Cannot ${task} ${path}: ${what}`);
  }
  if (code === "ENAMETOOLONG") {
    const remedy = task === "write" ? "give its input a shorter name" : "shorten it";
    return new TypeError(
      `Cannot ${task} ${path}: this name is longer than the disk allows; ${remedy}`,
    );
  }
  if (isTooMany(error)) {
    return new Error(
      `Cannot ${task} ${path}: too many files are open; raise the limit (\`ulimit -n 1024\`)`,
      { cause: error },
    );
  }
  if (error instanceof Deno.errors.PermissionDenied || code === "EROFS") {
    const remedy = REMEDIES[task] ?? "choose a folder you may write to";
    return new Deno.errors.PermissionDenied(`Cannot ${task} ${path}: ${message}; ${remedy}`);
  }
  if (error instanceof Deno.errors.NotADirectory) {
    return new TypeError(`Cannot ${task} ${path}: a part of this path is a file; check the path`);
  }
  if (error instanceof Deno.errors.IsADirectory) {
    return new TypeError(`Cannot ${task} ${path}: it is a folder; name a file`);
  }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new DiskFullError(
      `Cannot write ${path}: the disk is full; free some space or choose another disk`,
      { cause: error },
    );
  }
  return error;
}

/** Why a file could not be read, without its name, for an error that names it and says what to give. */
export function reasonOf(error: unknown, path: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(`Cannot read ${path}: `, "");
}

/** Whether something is a link; asked only where what it leads to is missing. */
function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

/** Whether the process has as many files open as it may. */
function isTooMany(error: unknown): boolean {
  return ["EMFILE", "ENFILE"].includes(String((error as { code?: unknown } | null)?.code));
}

/** How often, and after how many milliseconds, a file is tried again while too many are open. */
const TRIES = 200;
const WAIT = 25;

/** Opens a file; where too many are open, it waits until others are closed. */
export async function opened<T>(open: () => Promise<T>): Promise<T> {
  for (let left = TRIES;; left--) {
    try {
      return await open();
    } catch (error) {
      if (!isTooMany(error) || left === 0) throw error;
      await new Promise((end) => setTimeout(end, WAIT));
    }
  }
}

/** Opens a file for reading and gives its size. A pipe or a device is none: it may never end. */
async function openToRead(path: string): Promise<{ file: Deno.FsFile; size: number }> {
  try {
    const { isFile, isDirectory, size } = await Deno.stat(path);
    if (isDirectory) throw new TypeError(`Cannot read ${path}: it is a folder; name a file`);
    if (!isFile) {
      throw new TypeError(`Cannot read ${path}: it is a pipe or a device; name a file`);
    }
    return { file: await opened(() => Deno.open(path)), size };
  } catch (error) {
    throw explain(error, "read", path);
  }
}

/**
 * All bytes of a file.
 *
 * @throws As {@linkcode disk} does.
 */
export async function readWhole(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { file, size } = await openToRead(path);
  using _file = file;
  const bytes = new Uint8Array(size);
  let filled = 0;
  for (let count: number | null = 0; filled < size && count !== null; filled += count ?? 0) {
    count = await file.read(bytes.subarray(filled));
  }
  return filled === size ? bytes : bytes.slice(0, filled);
}

/**
 * All text of a file.
 *
 * @throws As {@linkcode disk} does.
 */
export async function readWholeText(path: string): Promise<string> {
  return new TextDecoder().decode(await readWhole(path));
}

/** Whether there is a file or folder of this path. */
export async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/**
 * All text of a file that need not be there.
 *
 * @returns Null if there is no such file.
 */
export async function readTextOrNull(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return null;
    throw error;
  }
}

/**
 * The files of this machine. What it throws names the path and the remedy:
 * `Deno.errors.NotFound`, `Deno.errors.PermissionDenied`, or a `TypeError` where a folder is named
 * for a file or a file for a folder.
 *
 * @category Jobs
 */
export const disk: Source = {
  formats: everyFormat,
  list: async (path) => {
    const files: string[] = [];
    const folders: string[] = [];
    try {
      for await (const entry of Deno.readDir(path)) {
        if (entry.name.startsWith(".")) continue;
        // A link that leads nowhere is a file that cannot be read, and says so where it is wanted.
        const kind = entry.isSymlink
          ? await Deno.stat(join(path, entry.name)).catch(() => ({
            isDirectory: false,
            isFile: true,
          }))
          : entry;
        if (kind.isDirectory) folders.push(entry.name);
        else if (kind.isFile) files.push(entry.name);
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotADirectory) {
        throw ofInput(new TypeError(`Cannot list ${path}: it is a file; name a folder`));
      }
      throw explain(error, "list", path);
    }
    return withImageFolders({ files, folders });
  },
  isFolder: async (path) => {
    try {
      const { isDirectory } = await Deno.stat(splitInner(path).file);
      return isDirectory && !isImageFolder(path);
    } catch (error) {
      throw explain(error, "read", path);
    }
  },
  open: async (path) => {
    const { file, size } = await openToRead(splitInner(path).file);
    const fill = async (window: Uint8Array, offset: number) => {
      await file.seek(offset, Deno.SeekMode.Start);
      for (let filled = 0; filled < window.length;) {
        const count = await file.read(window.subarray(filled));
        if (count === null) {
          throw unreadable(path, "it became shorter while being read", "try again");
        }
        filled += count;
      }
    };
    return windowedBytes({ path, size, fill, close: () => file.close() });
  },
};
