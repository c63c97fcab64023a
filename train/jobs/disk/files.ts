/**
 * Files and folders of this machine: the source of images that are on it, writing without
 * half-written files, and errors that name the file and the remedy.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { unreadable, windowedBytes } from "../../images/bytes.ts";
import type { Source } from "../../images/source.ts";

/** What to do where permission is missing, by what was tried. */
const REMEDIES: Readonly<Record<string, string>> = {
  read: "change its permissions",
  list: "change its permissions",
  create: "give another --out",
};

/** Says in plain words why the file system refused, with the remedy; otherwise gives the error. */
export function explain(error: unknown, task: string, path: string): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  if (error instanceof Deno.errors.NotFound) {
    const what = task === "write"
      ? "its folder does not exist; make it first"
      : "it does not exist; check the path";
    return new Deno.errors.NotFound(`Cannot ${task} ${path}: ${what}`);
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
    return new Error(
      `Cannot write ${path}: the disk is full; free some space or choose another disk`,
      { cause: error },
    );
  }
  return error;
}

/** Opens a file for reading and gives its size. */
async function openToRead(path: string): Promise<{ file: Deno.FsFile; size: number }> {
  let file: Deno.FsFile | undefined;
  try {
    file = await Deno.open(path);
    const { isDirectory, size } = await file.stat();
    if (isDirectory) throw new TypeError(`Cannot read ${path}: it is a folder; name a file`);
    return { file, size };
  } catch (error) {
    file?.close();
    throw explain(error, "read", path);
  }
}

/**
 * The files of this machine. What it throws names the path and the remedy:
 * `Deno.errors.NotFound`, `Deno.errors.PermissionDenied`, or a `TypeError` where a folder is named
 * for a file or a file for a folder.
 */
export const disk: Source = {
  list: async (path) => {
    const files: string[] = [];
    const folders: string[] = [];
    try {
      for await (const entry of Deno.readDir(path)) {
        if (entry.name.startsWith(".")) continue;
        const kind = entry.isSymlink ? await Deno.stat(join(path, entry.name)) : entry;
        if (kind.isDirectory) folders.push(entry.name);
        else if (kind.isFile) files.push(entry.name);
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotADirectory) {
        throw new TypeError(`Cannot list ${path}: it is a file; name a folder`);
      }
      throw explain(error, "list", path);
    }
    return { files, folders };
  },
  isFolder: async (path) => {
    try {
      return (await Deno.stat(path)).isDirectory;
    } catch (error) {
      throw explain(error, "read", path);
    }
  },
  open: async (path) => {
    const { file, size } = await openToRead(path);
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

/** Writes all bytes: a single `write` may store only a part of them. */
async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}

/**
 * A file that is written in parts, so that a reader sees the old content or all of the new one: a
 * temporary file in the same folder is renamed at the end. Unless that happens, it is removed and an
 * existing file is left as it was.
 *
 * @example
 * ```ts ignore
 * await using file = await AtomicFile.create("out/video.tif");
 * for await (const part of parts) await file.write(part);
 * await file.commit();
 * ```
 */
export class AtomicFile implements AsyncDisposable {
  readonly #path: string;
  readonly #temporary: string;
  #file: Deno.FsFile | null;

  private constructor(path: string, temporary: string, file: Deno.FsFile) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  /**
   * Starts a file that will be at `path`.
   *
   * @throws {Deno.errors.NotFound} If the folder does not exist.
   * @throws {Deno.errors.PermissionDenied} If the folder may not be written to.
   */
  static async create(path: string): Promise<AtomicFile> {
    const part = crypto.randomUUID().slice(0, 8);
    const temporary = join(dirname(path), `.${basename(path)}.${part}.tmp`);
    try {
      const file = await Deno.open(temporary, { write: true, createNew: true });
      return new AtomicFile(path, temporary, file);
    } catch (error) {
      throw explain(error, "write", path);
    }
  }

  /**
   * Appends bytes.
   *
   * @throws {Error} If the disk is full, or the file has been ended.
   */
  async write(bytes: Uint8Array): Promise<void> {
    const file = this.#open();
    try {
      await writeAll(file, bytes);
    } catch (error) {
      throw explain(error, "write", this.#path);
    }
  }

  /**
   * Ends the file: flushes it to the disk and gives it its name.
   *
   * @throws {Error} If the disk is full, or the file has been ended before.
   */
  async commit(): Promise<void> {
    const file = this.#open();
    try {
      await file.sync();
      this.#close();
      await Deno.rename(this.#temporary, this.#path);
    } catch (error) {
      await this.#discard();
      throw explain(error, "write", this.#path);
    }
  }

  /** Removes what was written unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#file !== null) await this.#discard();
  }

  #open(): Deno.FsFile {
    if (this.#file === null) throw new Error(`Cannot write ${this.#path}: it has been ended`);
    return this.#file;
  }

  #close(): void {
    this.#file?.close();
    this.#file = null;
  }

  async #discard(): Promise<void> {
    this.#close();
    await Deno.remove(this.#temporary).catch(() => {});
  }
}

/**
 * Writes a file so that a reader sees the old content or the new one, never a part: a temporary
 * file in the same folder is written, flushed to the disk and renamed. If anything fails, the
 * temporary file is removed and an existing file is left as it was.
 *
 * @throws {Deno.errors.NotFound} If the folder does not exist.
 * @throws {Deno.errors.PermissionDenied} If the folder may not be written to.
 * @throws {Error} If the disk is full.
 *
 * @example
 * ```ts ignore
 * await writeFileAtomic("run/config.json", JSON.stringify(config));
 * ```
 */
export async function writeFileAtomic(path: string, content: Uint8Array | string): Promise<void> {
  await using file = await AtomicFile.create(path);
  await file.write(typeof content === "string" ? new TextEncoder().encode(content) : content);
  await file.commit();
}
