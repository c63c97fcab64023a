/**
 * The library that reads and writes HDF5, loaded only when the first file is: it is the C library itself,
 * compiled to WebAssembly, and has files of its own in memory.
 *
 * @module
 */

/** What is used of the package. */
export type Hdf5Library = typeof import("h5wasm");

/** Its files in memory. */
export interface MemoryFiles {
  /** Writes a file. */
  writeFile(path: string, bytes: Uint8Array): void;
  /** Reads a file. */
  readFile(path: string): Uint8Array;
  /** Removes a file. */
  unlink(path: string): void;
}

/** The library, ready, with its files in memory. */
export async function hdf5Library(): Promise<{ library: Hdf5Library; files: MemoryFiles }> {
  const library: Hdf5Library = await import("h5wasm");
  const module = await library.ready;
  // What goes wrong is thrown, not printed.
  (module as unknown as { activate_throwing_error_handler(): void })
    .activate_throwing_error_handler();
  return { library, files: module.FS as unknown as MemoryFiles };
}

let count = 0;

/** A name for a file in memory that no other has. */
export function nameInMemory(): string {
  return `/${++count}.h5`;
}
