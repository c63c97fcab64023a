/**
 * Files and folders: random access to bytes, writing without half-written files, natural name
 * order, and errors that name the file and the remedy.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";

/** The error of a file whose content cannot be used: `Cannot read NAME: what; remedy`. */
export function unreadable(path: string, what: string, remedy: string): SyntaxError {
  return new SyntaxError(`Cannot read ${path}: ${what}; ${remedy}`);
}

/** Says in plain words why the file system refused, with the remedy; otherwise gives the error. */
function explain(error: unknown, task: string, path: string): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  if (error instanceof Deno.errors.NotFound) {
    const what = task === "write"
      ? "its folder does not exist; make it first"
      : "it does not exist; check the path";
    return new Deno.errors.NotFound(`Cannot ${task} ${path}: ${what}`);
  }
  if (error instanceof Deno.errors.PermissionDenied || code === "EROFS") {
    const remedy = task === "write" || task === "make"
      ? "choose a folder you may write to"
      : "change its permissions";
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
 * Random access to the bytes of one open file. Small reads are served from a window of 64 KiB, so
 * that walking through a file's directories costs few system calls, and no read costs more memory
 * than the bytes asked for.
 */
export class FileBytes implements Disposable {
  /** The file's path, for error messages. */
  readonly path: string;
  /** The file's size in bytes when it was opened. */
  readonly size: number;
  #file: Deno.FsFile;
  #window = new Uint8Array(0);
  #start = 0;

  private constructor(path: string, file: Deno.FsFile, size: number) {
    this.path = path;
    this.#file = file;
    this.size = size;
  }

  /**
   * Opens a file.
   *
   * @throws {Deno.errors.NotFound} If there is no such file.
   * @throws {TypeError} If the path is a folder.
   */
  static async open(path: string): Promise<FileBytes> {
    const { file, size } = await openToRead(path);
    return new FileBytes(path, file, size);
  }

  /**
   * The bytes at `offset`; the array is only to be read.
   *
   * @throws {SyntaxError} If the file ends before them.
   */
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw unreadable(
        this.path,
        `it points to bytes ${offset} to ${offset + length} but has only ${this.size}, so it is ` +
          "damaged or cut short",
        "copy it again from its source",
      );
    }
    const inWindow = offset >= this.#start &&
      offset + length <= this.#start + this.#window.length;
    if (!inWindow) {
      const ahead = Math.min(Math.max(length, 65536), this.size - offset);
      const window = new Uint8Array(ahead);
      await this.#file.seek(offset, Deno.SeekMode.Start);
      for (let filled = 0; filled < ahead;) {
        const count = await this.#file.read(window.subarray(filled));
        if (count === null) {
          throw unreadable(this.path, "it became shorter while being read", "try again");
        }
        filled += count;
      }
      if (length > 65536) return window;
      this.#window = window;
      this.#start = offset;
    }
    return this.#window.subarray(offset - this.#start, offset - this.#start + length);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

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

/**
 * Makes a folder, and those above it, unless it is there.
 *
 * @throws {TypeError} If there is a file of that name, or a part of the path is a file.
 * @throws {Deno.errors.PermissionDenied} If the folder it belongs in may not be written to.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new TypeError(`Cannot make ${path}: there is a file of that name; name a folder`);
    }
    throw explain(error, "make", path);
  }
}

/**
 * Compares two names so that numbers in them count as numbers: `t2` comes before `t10`, and equal
 * numbers with fewer leading zeros come first. The same on every machine, whatever its language.
 *
 * @returns A negative number, 0 or a positive number, as `Array.prototype.sort` wants.
 *
 * @example
 * ```ts
 * import { naturalCompare } from "@kymo/kymo/train";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(["t10", "t2", "t1"].sort(naturalCompare), ["t1", "t2", "t10"]);
 * ```
 */
export function naturalCompare(a: string, b: string): number {
  const partsA = a.match(/\d+|\D+/g) ?? [];
  const partsB = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(partsA.length, partsB.length); i++) {
    const difference = compareParts(partsA[i], partsB[i]);
    if (difference !== 0) return difference;
  }
  return partsA.length - partsB.length || a.length - b.length || compareText(a, b);
}

/** Compares two runs of digits by value, anything else as text. */
function compareParts(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareText(a, b);
  const digitsA = a.replace(/^0+/, "");
  const digitsB = b.replace(/^0+/, "");
  return digitsA.length - digitsB.length || compareText(digitsA, digitsB);
}

/** Compares by UTF-16 code unit. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A file name without its image extension: `t01.ome.tif` and `t01.png` give `t01`. */
export function imageStem(name: string): string {
  return basename(name).replace(/(\.ome)?\.(png|tiff?)$/i, "");
}

/**
 * The frame number in a file name: its last run of digits (`man_seg012.tif` gives 12), or `null` if
 * it has none.
 */
export function frameNumber(name: string): number | null {
  const digits = imageStem(name).match(/\d+/g)?.at(-1);
  return digits === undefined ? null : Number(digits);
}

/** What a folder holds: names in natural order, hidden ones left out. */
export interface FolderContent {
  /** Names of PNG and TIFF files. */
  readonly images: string[];
  /** Names of folders. */
  readonly folders: string[];
}

/**
 * Lists the image files and folders in a folder. Hidden files, `Thumbs.db` and anything else that
 * is no PNG or TIFF by its name are left out; links count as what they point to.
 *
 * @throws {Deno.errors.NotFound} If the folder does not exist.
 * @throws {TypeError} If the path is a file.
 */
export async function listFolder(path: string): Promise<FolderContent> {
  const images: string[] = [];
  const folders: string[] = [];
  try {
    for await (const entry of Deno.readDir(path)) {
      if (entry.name.startsWith(".")) continue;
      const kind = entry.isSymlink ? await Deno.stat(join(path, entry.name)) : entry;
      if (kind.isDirectory) folders.push(entry.name);
      else if (kind.isFile && /\.(png|tiff?)$/i.test(entry.name)) images.push(entry.name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotADirectory) {
      throw new TypeError(`Cannot list ${path}: it is a file; name a folder`);
    }
    throw explain(error, "list", path);
  }
  return { images: images.sort(naturalCompare), folders: folders.sort(naturalCompare) };
}

/**
 * True for a folder, false for a file.
 *
 * @throws {Deno.errors.NotFound} If there is neither.
 */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    throw explain(error, "read", path);
  }
}
