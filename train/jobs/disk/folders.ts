/**
 * Folders for results: made when they are needed, taken away again where nothing came of it, and held by
 * one process at a time.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { removeLeftovers } from "./atomic_file.ts";
import { explain } from "./files.ts";

/** A folder for results. Those that were made for it are removed again if they are empty in the end. */
export interface MadeFolder extends Disposable {
  /** The folder. */
  readonly path: string;
}

/**
 * Makes a folder, and those above it, unless it is there.
 *
 * @param options.task What is done to the folder, for errors.
 * @throws {TypeError} If there is a file of that name, or a part of the path is a file.
 * @throws {Deno.errors.PermissionDenied} If the folder it belongs in may not be written to.
 */
export async function makeFolder(path: string, { task = "make" } = {}): Promise<MadeFolder> {
  const missing = missingFolders(path);
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    removeEmpty(missing);
    throw explainMaking(error, { path, task });
  }
  if (missing.length === 0) await removeLeftovers(path);
  return { path, [Symbol.dispose]: () => removeEmpty(missing) };
}

/**
 * Makes a folder that was not there: of the wanted name or, where that is taken, with a number behind it.
 *
 * @throws As {@linkcode makeFolder}.
 */
export async function makeNewFolder(wanted: string): Promise<MadeFolder> {
  const above = await makeFolder(dirname(wanted));
  for (let number = 1;; number++) {
    const path = number === 1 ? wanted : `${wanted}-${number}`;
    try {
      await Deno.mkdir(path);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      above[Symbol.dispose]();
      throw explainMaking(error, { path, task: "make" });
    }
    const dispose = () => {
      removeEmpty([path]);
      above[Symbol.dispose]();
    };
    return { path, [Symbol.dispose]: dispose };
  }
}

function explainMaking(error: unknown, { path, task }: { path: string; task: string }): unknown {
  const explained = explain(error, task, path);
  if (error instanceof Deno.errors.AlreadyExists && explained === error) {
    return new TypeError(`Cannot ${task} ${path}: a part of this path is a file; name a folder`);
  }
  return explained;
}

/** The folders of a path that are not there, the innermost first. */
function missingFolders(path: string): string[] {
  const missing: string[] = [];
  for (let folder = path;; folder = dirname(folder)) {
    try {
      Deno.lstatSync(folder);
      return missing;
    } catch {
      missing.push(folder);
    }
    if (dirname(folder) === folder) return missing;
  }
}

/** Removes files and empty folders, the innermost first, up to the first that cannot be removed. */
function removeEmpty(paths: readonly string[]): void {
  try {
    for (const path of paths) Deno.removeSync(path);
  } catch {
    // It holds something, or is gone.
  }
}

/** The file that says which job writes into its folder. */
const LOCK = ".lock";

/** A folder that no other process writes into as long as this is not disposed of. */
export interface ClaimedFolder extends MadeFolder {
  /** The job that wrote into it last, if it did not come to its end; else null. */
  readonly interrupted: string | null;
}

/**
 * Makes a folder and holds it for a job: by the system's lock on a file in it, which ends with the
 * process however that ends. Where the file system knows no locks, it is made only.
 *
 * @param job The command that writes into it, for whoever comes next.
 * @throws {Error} If another process, or another job of this one, holds it.
 * @throws As {@linkcode makeFolder}.
 */
export async function claimFolder(
  folder: string,
  job: string,
  options: { task?: string } = {},
): Promise<ClaimedFolder> {
  const made = await makeFolder(folder, options);
  try {
    const { interrupted, release } = hold(folder, job);
    const dispose = () => {
      release();
      made[Symbol.dispose]();
    };
    return { path: folder, interrupted, [Symbol.dispose]: dispose };
  } catch (error) {
    made[Symbol.dispose]();
    throw error;
  }
}

/** A folder that one job fills. What it wrote there is removed again unless it is kept. */
export interface FilledFolder extends ClaimedFolder {
  /** The folder is complete. */
  keep(): void;
}

/** What fills a folder. */
export interface Filling {
  /** The command. */
  readonly job: string;
  /** What it is about to do, for errors: `import into runs/mine`. */
  readonly task: string;
  /** The files and folders that it writes there. */
  readonly parts: readonly string[];
}

/**
 * Refuses a folder that holds anything but what the same job left there when it was interrupted.
 *
 * @throws {Error} If it does, or another process writes into it.
 */
export async function refuseFilled(folder: string, { job, task, parts }: Filling): Promise<void> {
  // What another process is writing is no leftover.
  refuseHeld(folder, job);
  await removeLeftovers(folder);
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)
    // Whatever is in the way is told when the folder is made.
    .catch((): string[] => []);
  const isInterrupted = names.includes(LOCK) && await Deno.readTextFile(join(folder, LOCK)) === job;
  const other = names.find((name) => name !== LOCK && !(isInterrupted && parts.includes(name)));
  if (other === undefined) return;
  throw new Error(`Cannot ${task}: it already holds ${other}; give another --out, or empty it`);
}

/**
 * Claims a folder that is to be filled by one job. What an interrupted one left there is removed.
 *
 * @throws As {@linkcode refuseFilled} and {@linkcode claimFolder}.
 */
export async function claimEmptyFolder(folder: string, filling: Filling): Promise<FilledFolder> {
  await refuseFilled(folder, filling);
  const claim = await claimFolder(folder, filling.job);
  const empty = () => filling.parts.forEach((part) => removeAll(join(folder, part)));
  if (claim.interrupted === filling.job) empty();
  let isComplete = false;
  const dispose = () => {
    if (!isComplete) empty();
    claim[Symbol.dispose]();
  };
  return { ...claim, keep: () => void (isComplete = true), [Symbol.dispose]: dispose };
}

/**
 * Claims a folder for files of one job that lie in it among others. Where the job failed before, or is
 * done anew, its files are replaced; those that are somebody else's are not.
 *
 * @param filling.mark The file that says that the folder's files are the job's.
 * @param filling.overwrite Whether files are replaced, whoever wrote them.
 * @throws {Error} If a file is there that the job did not write.
 * @throws As {@linkcode claimFolder}.
 */
export async function claimParts(
  folder: string,
  { job, task, parts, mark, overwrite }: Filling & { mark: string; overwrite: boolean },
): Promise<FilledFolder> {
  const claim = await claimFolder(folder, job);
  const found = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const other = found.find((name) => parts.includes(name));
  const isOwn = overwrite || found.includes(mark) || claim.interrupted === job;
  if (other !== undefined && !isOwn) {
    claim[Symbol.dispose]();
    throw new Error(
      `Cannot ${task}: it already holds ${other}; give another --out, or --overwrite`,
    );
  }
  // Whoever looks meanwhile sees that the files are not complete.
  removeAll(join(folder, mark));
  let isComplete = false;
  const dispose = () => {
    if (!isComplete && !overwrite) parts.forEach((part) => removeAll(join(folder, part)));
    claim[Symbol.dispose]();
  };
  return { ...claim, keep: () => void (isComplete = true), [Symbol.dispose]: dispose };
}

function removeAll(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // It is not there.
  }
}

function hold(folder: string, job: string): { interrupted: string | null; release: () => void } {
  const path = join(folder, LOCK);
  for (;;) {
    const file = openLock(path);
    if (!isLocked(file)) {
      file.close();
      throw heldError(folder, job);
    }
    // Whoever held it before may have removed the file in between: then the lock is of no worth.
    if (!isFileAt(path, file)) {
      file.close();
      continue;
    }
    // Removed while it is still locked, so that it is never somebody else's.
    const release = () => {
      removeEmpty([path]);
      file.close();
    };
    try {
      const interrupted = readLock(file) || null;
      file.truncateSync();
      file.seekSync(0, Deno.SeekMode.Start);
      file.writeSync(new TextEncoder().encode(job));
      return { interrupted, release };
    } catch (error) {
      release();
      throw explain(error, "write", path);
    }
  }
}

/** Refuses a folder that another process holds. */
function refuseHeld(folder: string, job: string): void {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(join(folder, LOCK), { read: true, write: true });
  } catch {
    return; // Nobody does, or whoever claims it says what is wrong.
  }
  using _file = file;
  if (!isLocked(file)) throw heldError(folder, job);
}

function heldError(folder: string, job: string): Error {
  return new Error(
    `Cannot ${job} into ${folder}: another process writes into it; wait until it has ended, or give ` +
      "another --out",
  );
}

function openLock(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true, write: true, create: true });
  } catch (error) {
    throw explain(error, "write", path);
  }
}

function isLocked(file: Deno.FsFile): boolean {
  try {
    return file.tryLockSync(true);
  } catch {
    return true;
  }
}

function isFileAt(path: string, file: Deno.FsFile): boolean {
  try {
    const [there, held] = [Deno.statSync(path), file.statSync()];
    return there.ino === held.ino && there.dev === held.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function readLock(file: Deno.FsFile): string {
  const bytes = new Uint8Array(64);
  return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
}
