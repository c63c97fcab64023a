/**
 * Files that are whole or not there: written under a hidden name in the same folder, and renamed.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { explain, opened } from "./files.ts";

/** The longest part of a name, in characters of up to three bytes, that leaves room for more. */
const LONGEST_PART = 70;

function shortened(name: string): string {
  return name.length <= LONGEST_PART ? name : name.slice(0, LONGEST_PART);
}

/** Locks a file that was just made, so that nobody takes it for a leftover; false if somebody has. */
function hold(file: Deno.FsFile, path: string): boolean {
  try {
    file.lockSync(true);
    return Deno.statSync(path).ino === file.statSync().ino;
  } catch (error) {
    // Some file systems know no locks.
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** What {@linkcode AtomicFile} calls its temporary files. */
const LEFTOVER = /^\..+\.[0-9a-f]{8}\.tmp$/;
/** Folders that were looked through by this process. */
const searched = new Set<string>();

/**
 * Removes temporary files that processes left in a folder which were killed: those that nobody holds. A
 * folder is looked through once.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  if (searched.has(folder)) return;
  searched.add(folder);
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && LEFTOVER.test(name)) removeUnheld(join(folder, name));
    }
  } catch {
    // Whoever writes there says what is wrong.
  }
}

function removeUnheld(path: string): void {
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    if (file.tryLockSync(true)) Deno.removeSync(path);
  } catch {
    // It is somebody else's, or gone.
  }
}

/** A new temporary file beside a path, which nobody takes for a leftover while it is open. */
export async function openTemporary(
  path: string,
): Promise<{ temporary: string; file: Deno.FsFile }> {
  await removeLeftovers(dirname(path));
  for (;;) {
    const part = crypto.randomUUID().slice(0, 8);
    const temporary = join(dirname(path), `.${shortened(basename(path))}.${part}.tmp`);
    try {
      const options = { read: true, write: true, createNew: true };
      const file = await opened(() => Deno.open(temporary, options));
      if (hold(file, temporary)) return { temporary, file };
      file.close();
    } catch (error) {
      throw explain(error, "write", path);
    }
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
    const { temporary, file } = await openTemporary(path);
    return new AtomicFile(path, temporary, file);
  }

  /**
   * Appends bytes.
   *
   * @throws {DiskFullError} If the disk is full.
   * @throws {Error} If or the file has been ended.
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
   * Gives bytes that were written.
   *
   * @throws {RangeError} If there are not so many.
   */
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const file = this.#open();
    await file.seek(offset, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const count = await file.read(bytes.subarray(filled));
      if (count === null) {
        throw new RangeError(`Cannot read ${length} bytes at ${offset} of ${this.#path} again`);
      }
      filled += count;
    }
    await file.seek(0, Deno.SeekMode.End);
    return bytes;
  }

  /**
   * Writes other bytes over the first ones.
   *
   * @throws As {@linkcode AtomicFile.write}.
   */
  async rewriteStart(bytes: Uint8Array): Promise<void> {
    const file = this.#open();
    await file.seek(0, Deno.SeekMode.Start);
    await this.write(bytes);
    await file.seek(0, Deno.SeekMode.End);
  }

  /**
   * Ends the file: flushes it to the disk and gives it its name.
   *
   * @throws {DiskFullError} If the disk is full.
   * @throws {Error} If or the file has been ended before.
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
 * @throws {DiskFullError} If the disk is full.
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
 * Checks that a file can be written before there is anything to write, as that may take long to compute.
 *
 * @throws As {@linkcode writeFileAtomic} does.
 */
export async function checkWritable(path: string): Promise<void> {
  if (await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false)) {
    throw new TypeError(`Cannot write ${path}: it is a folder; name a file`);
  }
  await using _file = await AtomicFile.create(path);
}
