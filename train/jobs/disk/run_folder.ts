/**
 * The run folder: what a run leaves behind and needs to go on.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { decodeSafeTensors, encodeSafeTensors, type NamedArray } from "../../../nn/safetensors.ts";
import {
  packState,
  type SavedState,
  type StageStore,
  unpackState,
} from "../../learn/stage_state.ts";
import { writeFileAtomic } from "./atomic_file.ts";
import { readWhole } from "./files.ts";
import { FOCUS } from "./focus_source.ts";

const STATE = "state.safetensors";
const METRICS = "metrics.jsonl";
const CONFIG = "config.json";
/** What a run writes before it has learned anything. */
const OF_BEGINNING = [CONFIG, "kernels.json", METRICS, FOCUS];
/** The folders of a run's seeds. */
const OF_SEED = /^seed-\d+$/;

/** Reads and writes the files of one run. Every file is written under a temporary name first. */
export class RunFolder implements StageStore {
  /** The folder. */
  readonly path: string;

  /** Names a run folder; {@linkcode RunFolder.create} makes it. */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes the folder.
   *
   * @throws {Error} If it cannot be made, with the reason.
   */
  async create(): Promise<void> {
    try {
      await Deno.mkdir(this.path, { recursive: true });
    } catch (error) {
      throw failure(`create ${this.path}`, { error, remedy: "give another --out" });
    }
  }

  /** Whether there is a run in it: weights, a saved state, or settings that nobody wrote but a user. */
  async holdsRun(): Promise<boolean> {
    const { names, seeds } = await this.#list();
    if (names.some((name) => name.endsWith(".safetensors") && name !== FOCUS)) return true;
    if (names.includes(CONFIG) && !await this.#isOwnConfig()) return true;
    for (const seed of seeds) if (await seed.holdsRun()) return true;
    return false;
  }

  /** Removes what is left of a run that was stopped before it saved anything. */
  async clear(): Promise<void> {
    const { names, seeds } = await this.#list();
    if (!names.includes(CONFIG)) return;
    for (const name of OF_BEGINNING) {
      if (names.includes(name)) await Deno.remove(this.file(name));
    }
    for (const seed of seeds) {
      await seed.clear();
      await Deno.remove(seed.path).catch(() => {});
    }
  }

  /** The names of what is in it. */
  async names(): Promise<readonly string[]> {
    return (await this.#list()).names;
  }

  /** Names of what is in it, and the folders of its seeds. */
  async #list(): Promise<{ names: readonly string[]; seeds: readonly RunFolder[] }> {
    const entries = await Array.fromAsync(Deno.readDir(this.path));
    return {
      names: entries.map(({ name }) => name),
      seeds: entries.filter(({ name, isDirectory }) => isDirectory && OF_SEED.test(name))
        .map(({ name }) => new RunFolder(this.file(name))),
    };
  }

  /** Runs note versions with their settings; what somebody wrote by hand has none. */
  async #isOwnConfig(): Promise<boolean> {
    try {
      return "versions" in JSON.parse(await Deno.readTextFile(this.file(CONFIG)));
    } catch {
      return false;
    }
  }

  /** The path of a file in the folder. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Whether a file is there. */
  async has(name: string): Promise<boolean> {
    try {
      await Deno.stat(this.file(name));
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** What a file holds; null if there is none. */
  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return await this.has(name) ? await readWhole(this.file(name)) : null;
  }

  /** Writes a file. */
  async write(name: string, content: Uint8Array<ArrayBuffer> | string): Promise<void> {
    await writeFileAtomic(this.file(name), content);
  }

  /** Removes a file, if it is there. */
  async remove(name: string): Promise<void> {
    if (await this.has(name)) await Deno.remove(this.file(name));
  }

  /** Writes `config.json`: all settings and versions. */
  async writeConfig(config: object, versions: Record<string, string>): Promise<void> {
    await this.write(CONFIG, JSON.stringify({ ...config, versions }, null, 2) + "\n");
  }

  /**
   * Appends lines to `metrics.jsonl` and gives the file's size.
   *
   * @throws {Error} If the file cannot be written, with its path and the reason.
   */
  async appendMetrics(lines: readonly object[]): Promise<number> {
    const path = this.file(METRICS);
    const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
    const bytes = new TextEncoder().encode(text);
    try {
      using file = await Deno.open(path, { append: true, create: true });
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      return (await file.stat()).size;
    } catch (error) {
      const remedy = "free some space or make it writable, then use --resume";
      throw failure(`write ${path}`, { error, remedy });
    }
  }

  /**
   * Cuts `metrics.jsonl` back to what a saved state knows of. Where less is there (the machine lost
   * power before it was stored), all whole lines stay.
   */
  async cutMetrics(bytes: number): Promise<void> {
    if (!await this.has(METRICS)) return;
    const content = await Deno.readFile(this.file(METRICS));
    const known = content.subarray(0, bytes);
    await Deno.truncate(this.file(METRICS), known.lastIndexOf(0x0a) + 1);
  }

  /** All lines of `metrics.jsonl` that can be read. */
  async readMetrics(): Promise<Record<string, unknown>[]> {
    return (await this.readMetricLines()).lines;
  }

  /** All lines of `metrics.jsonl` that can be read, and the numbers, from 1, of those that cannot. */
  async readMetricLines(): Promise<{ lines: Record<string, unknown>[]; damaged: number[] }> {
    const lines: Record<string, unknown>[] = [];
    const damaged: number[] = [];
    if (!await this.has(METRICS)) return { lines, damaged };
    const text = await Deno.readTextFile(this.file(METRICS));
    for (const [at, line] of text.split("\n").entries()) {
      const value = line === "" ? null : parsedObject(line);
      if (value !== null) lines.push(value);
      else if (line !== "") damaged.push(at + 1);
    }
    return { lines, damaged };
  }

  /** Saves the state that `--resume` goes on from: one file, so it is never half new. */
  async saveState(saved: SavedState): Promise<void> {
    const { metadata, tensors } = packState(saved);
    const checksum = checksumOf(metadata.state, tensors);
    await this.write(STATE, encodeSafeTensors({ metadata: { ...metadata, checksum }, tensors }));
  }

  /**
   * The saved state, or null if there is none; also one that an earlier version saved.
   *
   * @throws {SyntaxError} If it is damaged.
   */
  async loadState(): Promise<SavedState | null> {
    if (!await this.has(STATE)) return null;
    const path = this.file(STATE);
    try {
      const { metadata, tensors } = decodeSafeTensors(await readWhole(path), path);
      // Earlier versions kept none.
      const { checksum = checksumOf(metadata.state, tensors) } = metadata;
      if (checksum !== checksumOf(metadata.state, tensors)) {
        throw new SyntaxError("its checksum is not that of its content");
      }
      return unpackState({ metadata, tensors });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new SyntaxError(
        `Cannot resume from ${path}: it is damaged; remove it to begin its stage again`,
        { cause: error },
      );
    }
  }
}

/** A line of JSON as an object; null if it is none. */
function parsedObject(line: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(line);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** CRC-32 of a state and its arrays in their order: the length of a file tells only of what is missing. */
function checksumOf(state: string | undefined, tensors: ReadonlyMap<string, NamedArray>): string {
  let sum = crc32(state ?? "");
  for (const [name, { data }] of tensors) {
    sum = crc32(name, sum);
    sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum);
  }
  return sum.toString(16).padStart(8, "0");
}

function failure(
  task: string,
  { error, remedy }: { error: unknown; remedy: string },
): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`Cannot ${task}: ${reason}; ${remedy}`, { cause: error });
}
