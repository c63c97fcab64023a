/**
 * What was done to make a video steady, in `steady.json`: a later call goes on after the last part that is
 * complete, and refuses to mix it with anything else.
 *
 * @module
 */

import { ofInput } from "../../images/faults/input_fault.ts";
import { writeFileAtomic } from "../disk/atomic_file.ts";
import { readTextOrNull } from "../disk/files.ts";
import { VERSION } from "../disk/version.ts";
import type { Adapted, Chosen, Seen } from "../../learn/steady/findings.ts";

/** The file's name. */
export const RECORD = "steady.json";

/** What all parts depend on. */
export interface SteadyHead {
  /** The model to begin with: where it is, and the SHA-256 of its weights. */
  readonly model: { readonly path: string; readonly hash: string };
  /** The video, how much of it there is, and the CRC-32 of its first frame: another may get its name. */
  readonly video: {
    readonly path: string;
    readonly frames: number;
    readonly width: number;
    readonly height: number;
    readonly first: number;
  };
  /** What else it depends on. */
  readonly settings: {
    readonly stills: string;
    readonly seed: number;
    readonly rounds: number;
    readonly channel?: string | number;
    readonly slice?: number;
    /** By how much the video is enlarged; left out where it is seen as it is. */
    readonly rescale?: number;
  };
}

/** What was predicted. */
export interface Predicted {
  /** The label images: a folder, or a stack. */
  readonly labels: string;
  /** What a user should know. */
  readonly warnings: readonly string[];
}

/** What was tracked. */
export interface TrackedVideo {
  /** The label images, whose numbers are tracks: a folder, or a stack. */
  readonly labels: string;
  /** What came of it, in words. */
  readonly described: readonly string[];
}

/** What is written into the folder of results, besides the record. */
export const steadyParts = ["model", "labels", "tracks", "report.html"] as const;

/** One of these. */
export type SteadyPart = typeof steadyParts[number];

/** What `steady.json` holds: parts that are complete. */
export interface SteadyRecord extends SteadyHead {
  /** The version of Kymo. */
  readonly version: string;
  /** What was begun to be written, by its name in the folder; earlier versions noted nothing of it. */
  readonly begun?: readonly SteadyPart[];
  /** Of the part `look`. */
  readonly seen?: Seen;
  /** Of the part `adapt`. */
  readonly adapted?: Adapted;
  /** Of the part `compare`. */
  readonly chosen?: Chosen;
  /** Of the part `predict`. */
  readonly predicted?: Predicted;
  /** Of the part `track`. */
  readonly tracked?: TrackedVideo;
}

/** The record of a folder, saved after each part. */
export class SteadyKeeper {
  readonly #path: string;
  #record: SteadyRecord;

  private constructor(path: string, record: SteadyRecord) {
    this.#path = path;
    this.#record = record;
  }

  /**
   * Begins, or goes on with what was begun. Where nothing is complete yet, that is begun anew, whatever it
   * was begun with.
   *
   * @throws {Error} If something is complete and is not to be gone on with, or is of another model, video or
   *   setting, or there is nothing to resume.
   * @throws {SyntaxError} If the file is damaged.
   */
  static async open(
    out: string,
    { head, resume }: { head: SteadyHead; resume: boolean },
  ): Promise<SteadyKeeper> {
    const path = `${out}/${RECORD}`;
    const before = await readSteadyRecord(out);
    if (before === null && resume) {
      throw new Error(`Cannot resume ${out}: nothing was begun there; leave --resume out`);
    }
    if (before === null || before.seen === undefined) {
      const keeper = new SteadyKeeper(path, { version: VERSION, ...head, begun: [] });
      await keeper.#save();
      return keeper;
    }
    if (!resume) {
      throw new Error(
        `Cannot begin in ${out}: it already holds a run; add --resume or give another --out`,
      );
    }
    const { model: { path: _then, ...model }, ...others } = headOf(before);
    const { model: { path: _now, ...wanted }, ...rest } = head;
    const differences = [
      ...differencesOf({ weights: model, ...others }, { weights: wanted, ...rest }),
      ...(before.version === VERSION ? [] : [`version ${before.version}, not ${VERSION}`]),
    ];
    if (differences.length === 0) return new SteadyKeeper(path, before);
    throw new Error(
      `Cannot resume ${out}: it was begun with ${differences.join(", ")}; give another --out`,
    );
  }

  /** What is known so far. */
  get record(): SteadyRecord {
    return this.#record;
  }

  /** Notes that something is about to be written: from now on what has that name is this work's. */
  async begin(part: SteadyPart): Promise<void> {
    const { begun = [] } = this.#record;
    if (!begun.includes(part)) await this.add({ begun: [...begun, part] });
  }

  /** Notes that a part is complete. */
  async add(part: Partial<SteadyRecord>): Promise<void> {
    this.#record = { ...this.#record, ...part };
    await this.#save();
  }

  async #save(): Promise<void> {
    await writeFileAtomic(this.#path, `${JSON.stringify(this.#record, null, 2)}\n`);
  }
}

function headOf({ model, video, settings }: SteadyRecord): SteadyHead {
  return { model, video, settings };
}

function differencesOf(then: object, now: object): string[] {
  const known = then as Record<string, unknown>;
  return Object.entries(now).flatMap(([name, value]) =>
    JSON.stringify(known[name]) === JSON.stringify(value)
      ? []
      : [`${name} ${JSON.stringify(known[name])}, not ${JSON.stringify(value)}`]
  );
}

/**
 * The record of a folder; null where it has none.
 *
 * @throws {SyntaxError} If it is damaged.
 */
export async function readSteadyRecord(out: string): Promise<SteadyRecord | null> {
  const path = `${out}/${RECORD}`;
  const text = await readTextOrNull(path);
  if (text === null) return null;
  const damaged = (cause?: unknown) =>
    ofInput(
      new SyntaxError(`Cannot read ${path}: it is damaged; give another --out`, { cause }),
    );
  try {
    const record = JSON.parse(text) as SteadyRecord;
    const isWhole = typeof record.model.hash === "string" && typeof record.video === "object" &&
      typeof record.settings === "object";
    if (isWhole) return record;
  } catch (error) {
    throw damaged(error);
  }
  throw damaged();
}
