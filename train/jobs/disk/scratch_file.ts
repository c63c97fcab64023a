/**
 * Numbers that are kept on the disk for a while because they would fill the memory.
 *
 * @module
 */

import { openTemporary } from "./atomic_file.ts";
import { explain } from "./files.ts";

/** A kind of array. */
type ArrayKind<A> = { new (buffer: ArrayBuffer): A; readonly BYTES_PER_ELEMENT: number };

/**
 * Rows of numbers, written one after the other and read in any order. Nothing is left of them when they are
 * disposed of, nor, where the system removes files that are open, when the process is killed.
 */
export class ScratchRows<A extends Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>
  implements Disposable {
  readonly #kind: ArrayKind<A>;
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  readonly #rowBytes: number;
  #length = 0;

  private constructor(
    kind: ArrayKind<A>,
    { path, temporary, file, width }: {
      path: string;
      temporary: string;
      file: Deno.FsFile;
      width: number;
    },
  ) {
    this.#kind = kind;
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
    this.#rowBytes = width * kind.BYTES_PER_ELEMENT;
    // Not on every system: then it is removed in the end.
    this.#remove();
  }

  /**
   * Starts rows of so many numbers in a file beside a path.
   *
   * @throws As `AtomicFile.create`.
   */
  static async create<A extends Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
    kind: ArrayKind<A>,
    { path, width }: { path: string; width: number },
  ): Promise<ScratchRows<A>> {
    return new ScratchRows(kind, { ...await openTemporary(path), path, width });
  }

  /**
   * Keeps the next rows.
   *
   * @throws {DiskFullError} If the disk is full.
   */
  write(values: A): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    try {
      this.#file.seekSync(this.#length, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    } catch (error) {
      throw explain(error, "write", this.#path);
    }
    this.#length += bytes.length;
  }

  /**
   * Gives rows, from one up to but without another.
   *
   * @throws {RangeError} If there are not so many.
   */
  read(from: number, to: number): A {
    const bytes = new Uint8Array((to - from) * this.#rowBytes);
    this.#file.seekSync(from * this.#rowBytes, Deno.SeekMode.Start);
    for (let filled = 0; filled < bytes.length;) {
      const count = this.#file.readSync(bytes.subarray(filled));
      if (count === null) {
        throw new RangeError(`Cannot read rows ${from} to ${to} beside ${this.#path} again`);
      }
      filled += count;
    }
    return new this.#kind(bytes.buffer);
  }

  /** Removes them. */
  [Symbol.dispose](): void {
    this.#file.close();
    this.#remove();
  }

  #remove(): void {
    try {
      Deno.removeSync(this.#temporary);
    } catch {
      // It is removed already, or open.
    }
  }
}
