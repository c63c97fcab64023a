/**
 * The bytes of one open file, read where they are wanted, whatever brings them: a disk, a page's
 * `File`, memory.
 *
 * @module
 */

import { ofInput } from "./faults/input_fault.ts";

/**
 * Random access to the bytes of one open file.
 *
 * @category Sources
 */
export interface Bytes extends Disposable {
  /** The file's path, for error messages. */
  readonly path: string;
  /** The file's size in bytes when it was opened. */
  readonly size: number;
  /**
   * The bytes at `offset`; the array is only to be read.
   *
   * @throws {SyntaxError} If the file ends before them.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** The error of a file whose content cannot be used: `Cannot read NAME: what; remedy`. */
export function unreadable(path: string, what: string, remedy: string): SyntaxError {
  return ofInput(new SyntaxError(`Cannot read ${path}: ${what}; ${remedy}`));
}

/** The fewest bytes that are brought at once: walking through a file's directories costs few reads. */
const WINDOW_BYTES = 65536;

/** An open file as the one who opened it sees it. */
export interface OpenFile {
  /** Its path. */
  readonly path: string;
  /** Its size in bytes. */
  readonly size: number;
  /** Fills all of `window` with the bytes from `offset` on, which are within the size. */
  fill(window: Uint8Array<ArrayBuffer>, offset: number): Promise<void>;
  /** Closes it. */
  close(): void;
}

/**
 * The bytes of an open file. Small reads are served from a window of 64 KiB, and no read costs more
 * memory than the bytes asked for.
 */
export function windowedBytes(file: OpenFile): Bytes {
  const { path, size } = file;
  let window = new Uint8Array(0);
  let start = 0;
  return {
    path,
    size,
    read: async (offset, length) => {
      checkInside({ path, size }, { offset, length });
      if (!(offset >= start && offset + length <= start + window.length)) {
        const ahead = new Uint8Array(Math.min(Math.max(length, WINDOW_BYTES), size - offset));
        await file.fill(ahead, offset);
        if (length > WINDOW_BYTES) return ahead;
        window = ahead;
        start = offset;
      }
      return window.subarray(offset - start, offset - start + length);
    },
    [Symbol.dispose]: () => file.close(),
  };
}

/** Bytes that are in memory. */
export function heldBytes(path: string, content: Uint8Array): Bytes {
  const all = content.buffer instanceof ArrayBuffer
    ? new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
    : new Uint8Array(content);
  const size = all.length;
  return {
    path,
    size,
    read: (offset, length) =>
      Promise.try(() => {
        checkInside({ path, size }, { offset, length });
        return all.subarray(offset, offset + length);
      }),
    [Symbol.dispose]: () => {},
  };
}

function checkInside(
  { path, size }: { path: string; size: number },
  { offset, length }: { offset: number; length: number },
): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw unreadable(
    path,
    `it points to bytes ${offset} to ${offset + length} but has only ${size}, so it is ` +
      "damaged or cut short",
    "copy it again from its source",
  );
}
