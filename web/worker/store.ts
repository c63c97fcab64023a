/// <reference lib="dom" />
/**
 * Files of the page's own, which outlive a reload: in the private file system of its origin, or, where a page
 * has none, as one that was opened from a file, in a database.
 *
 * @module
 */

/** Files by their names. */
export interface FileStore {
  /** The names of all files. */
  names(): Promise<readonly string[]>;
  /** What a file holds; null if there is none. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /**
   * Writes a file, so that it is never half new.
   *
   * @throws {Error} If there is no room for it, with what to do.
   */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Removes a file, if it is there. */
  remove(name: string): Promise<void>;
}

const FOLDER = "kymo";
/** What earlier versions of the page kept, and nobody reads any more. */
const OUTDATED = ["labels.tif"];

let opened: Promise<FileStore> | null = null;

/** The store of this page. */
export function openStore(): Promise<FileStore> {
  return opened ??= anyStore();
}

async function anyStore(): Promise<FileStore> {
  const files = await privateFiles().catch(() => database()).catch(() => memory());
  // It takes room and no more: the page works with it, too.
  for (const name of OUTDATED) await files.remove(name).catch(() => {});
  return files;
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotFoundError";
}

function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

/** Waits until something is written, and says so where there is no room for it. */
async function written(writing: Promise<unknown>): Promise<void> {
  try {
    await writing;
  } catch (cause) {
    if (!isFull(cause)) throw cause;
    throw new Error(
      "Cannot keep what was done: the browser has no more room for this page; free some space on " +
        "the disk, then go on",
      { cause },
    );
  }
}

async function privateFiles(): Promise<FileStore> {
  // Safari has had such files for years, but wrote to them otherwise before version 26.
  if (!("createWritable" in FileSystemFileHandle.prototype)) throw new TypeError("No streams");
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  return {
    async names() {
      const names: string[] = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    },
    async read(name) {
      try {
        const file = await (await folder.getFileHandle(name)).getFile();
        return new Uint8Array(await file.arrayBuffer());
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    async write(name, bytes) {
      const file = await folder.getFileHandle(name, { create: true });
      const stream = await file.createWritable();
      await written(stream.write(bytes).then(() => stream.close()));
    },
    async remove(name) {
      await folder.removeEntry(name).catch((error) => {
        if (!isMissing(error)) throw error;
      });
    },
  };
}

async function database(): Promise<FileStore> {
  const opening = indexedDB.open(FOLDER, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(FOLDER);
  const base = await settled(opening);
  const files = (mode: IDBTransactionMode) => base.transaction(FOLDER, mode).objectStore(FOLDER);
  return {
    async names() {
      return (await settled(files("readonly").getAllKeys())).map(String);
    },
    async read(name) {
      return await settled(files("readonly").get(name)) ?? null;
    },
    async write(name, bytes) {
      await written(settled(files("readwrite").put(bytes, name)));
    },
    async remove(name) {
      await settled(files("readwrite").delete(name));
    },
  };
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
  return promise;
}

/** Where a browser keeps nothing, as in some private windows. */
function memory(): FileStore {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    names: () => Promise.resolve([...files.keys()]),
    read: (name) => Promise.resolve(files.get(name) ?? null),
    write: (name, bytes) => Promise.resolve(void files.set(name, bytes)),
    remove: (name) => Promise.resolve(void files.delete(name)),
  };
}
