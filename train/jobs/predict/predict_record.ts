/**
 * What the results in a folder were predicted with, in `predict.json` beside them: a later call keeps what
 * it would do alike, goes on with the same range of intensities, and refuses to mix it with anything else.
 *
 * @module
 */

import type { Calibration } from "../../images/image.ts";
import type { IntensityRange } from "../../images/normalize.ts";
import { basename } from "../../images/paths.ts";
import { writeFileAtomic } from "../disk/atomic_file.ts";
import { readTextOrNull } from "../disk/files.ts";
import { VERSION } from "../disk/version.ts";
import { formatFrameRange, type FrameRange } from "./frame_range.ts";

/** The file's name. */
export const RECORD = "predict.json";

/** What results depend on besides the images. */
export interface RecordedSettings {
  readonly [name: string]: unknown;
}

/** One input. */
export interface RecordedInput {
  /** The file or folder as it was given, or the file in a folder of stills. */
  readonly path: string;
  /** Its frames when it was predicted last. */
  readonly frames: number;
  /** Which of them these results are of; left out where they are of all. */
  readonly part?: FrameRange;
  /** The intensities that became 0 and 1 in all its frames; null where each has its own. */
  readonly range: IntensityRange | null;
  /** How many frames decided on the range. */
  readonly rangeFrames: number;
  /** Frames that were left out of the range, from 0. */
  readonly stray: readonly number[];
  /** The gain at which it was seen. */
  readonly exposure: number;
  /** Whether its frames are slices in depth; left out where they are not. */
  readonly areSlices?: boolean;
  /** How large a pixel is, where that is known. */
  readonly calibration?: Calibration;
  /** The label files that it has, by their names in the output folder. */
  readonly labels: readonly string[];
}

/** What `predict.json` holds. */
export interface PredictionRecord {
  /** The version of Kymo. */
  readonly version: string;
  /** The model: where it was, and the SHA-256 of its weights file. */
  readonly model: { readonly path: string; readonly hash: string };
  /** What results depend on besides model and images. */
  readonly settings: RecordedSettings;
  /** The inputs, in the order in which they were first predicted. */
  readonly inputs: readonly RecordedInput[];
}

/** An input that is about to be predicted. */
export interface PlannedInput {
  /** The file or folder. */
  readonly path: string;
  /** Its label files, by their names in the output folder. */
  readonly labels: readonly string[];
  /** Whether some of them are there and will be kept. */
  readonly isKept: boolean;
  /** The frames that are wanted; all unless told. */
  readonly part?: FrameRange;
}

/** How often what is known of single images is saved, in milliseconds. */
const SAVE_EVERY = 2000;

/** The record of an output folder. */
export class RecordKeeper {
  readonly #out: string;
  readonly #head: Omit<PredictionRecord, "inputs">;
  readonly #inputs: Map<string, RecordedInput>;
  #savedAt = -Infinity;
  #isSaved = true;
  /** What a user should know about results that are kept. */
  readonly notes: readonly string[];

  private constructor(
    out: string,
    { head, inputs, notes }: {
      head: Omit<PredictionRecord, "inputs">;
      inputs: readonly RecordedInput[];
      notes: readonly string[];
    },
  ) {
    this.#out = out;
    this.#head = head;
    this.#inputs = new Map(inputs.map((input) => [keyOf(input.labels), input]));
    this.notes = notes;
  }

  /**
   * Compares what is to be done with what was done before. Nothing is written.
   *
   * @throws {Error} If results would be kept that another model or other settings gave, or other images.
   * @throws {SyntaxError} If the file is damaged.
   */
  static async open(
    out: string,
    { model, settings, inputs }: {
      model: { readonly path: string; readonly hash: string };
      settings: RecordedSettings;
      inputs: readonly PlannedInput[];
    },
  ): Promise<RecordKeeper> {
    const head = { version: VERSION, model, settings };
    const before = await readRecord(`${out}/${RECORD}`);
    const kept = inputs.filter(({ isKept }) => isKept);
    if (before === null) {
      const notes = kept.length === 0 ? [] : [
        `${out}: results are kept that no ${RECORD} tells of: whether the same model gave them is not ` +
        "known; --overwrite replaces them",
      ];
      return new RecordKeeper(out, { head, inputs: [], notes });
    }
    const differences = differencesOf(before, head);
    if (differences.length > 0 && kept.length > 0) {
      throw new Error(
        `Cannot go on in ${out}: the results in it have ${differences.join(", ")}; give another ` +
          "--out, or replace them with --overwrite",
      );
    }
    if (differences.length > 0) {
      const names = new Set(inputs.flatMap(({ labels }) => labels));
      const others = before.inputs.filter(({ labels }) => labels.some((name) => !names.has(name)));
      const notes = others.length === 0 ? [] : [
        `${out}: results of ${others[0].path} stand in it, too, with ${differences.join(", ")}`,
      ];
      return new RecordKeeper(out, { head, inputs: [], notes });
    }
    const keeper = new RecordKeeper(out, {
      head,
      inputs: before.inputs,
      notes: notesOf(before, head),
    });
    for (const input of kept) await refuseOther(out, { input, earlier: keeper.earlier(input) });
    return keeper;
  }

  /** What is known of an input some of whose results are kept. */
  earlier({ labels }: Pick<PlannedInput, "labels">): RecordedInput | null {
    const known = this.#inputs.get(keyOf(labels));
    if (known !== undefined) return known;
    const names = new Set(labels);
    return [...this.#inputs.values()].find((input) =>
      input.labels.some((name) => names.has(name))
    ) ??
      null;
  }

  /** Notes an input whose results follow. */
  add(input: RecordedInput): void {
    const earlier = this.earlier(input);
    if (earlier !== null) this.#inputs.delete(keyOf(earlier.labels));
    this.#inputs.set(keyOf(input.labels), input);
    this.#isSaved = false;
    // What later results must be scaled by is written before the first one.
    if (input.range !== null) this.#savedAt = -Infinity;
  }

  /** Writes the file, if there is anything new that it is time for. */
  async saveInTime(): Promise<void> {
    if (performance.now() - this.#savedAt > SAVE_EVERY) await this.save();
  }

  /** Writes the file, if there is anything new. */
  async save(): Promise<void> {
    if (this.#isSaved) return;
    this.#isSaved = true;
    this.#savedAt = performance.now();
    const record: PredictionRecord = { ...this.#head, inputs: [...this.#inputs.values()] };
    await writeFileAtomic(`${this.#out}/${RECORD}`, `${JSON.stringify(record, null, 2)}\n`);
  }
}

/** An input is known by its first label file: a folder that grows keeps it. */
function keyOf(labels: readonly string[]): string {
  return labels[0] ?? "";
}

/**
 * Reads the record of an output folder.
 *
 * @returns What it holds; null if there is none.
 * @throws {SyntaxError} If it is damaged.
 */
export async function readRecord(path: string): Promise<PredictionRecord | null> {
  const text = await readTextOrNull(path);
  if (text === null) return null;
  const damaged = (cause?: unknown) =>
    new SyntaxError(
      `Cannot read ${path}: it is damaged; delete it, and with it the results beside it`,
      { cause },
    );
  try {
    const { version, model, settings, inputs } = JSON.parse(text) as PredictionRecord;
    const isWhole = typeof model.hash === "string" && typeof settings === "object" &&
      inputs.every(({ labels }) => Array.isArray(labels));
    if (isWhole) return { version, model, settings, inputs };
  } catch (error) {
    throw damaged(error);
  }
  throw damaged();
}

/** The flags of settings that models call otherwise. */
const FLAGS: Readonly<Record<string, string>> = { prob: "threshold", minSize: "min-size" };

/** In what results differ from those that are to be made, in words. */
export function differencesOf(
  before: Omit<PredictionRecord, "inputs">,
  now: Omit<PredictionRecord, "inputs">,
): string[] {
  const differences = before.model.hash === now.model.hash
    ? []
    : [`another model (${before.model.path})`];
  const names = new Set([...Object.keys(before.settings), ...Object.keys(now.settings)]);
  for (const name of names) {
    const [then, wanted] = [before.settings, now.settings].map((all) => textOf(all[name]));
    if (then !== wanted) differences.push(`${FLAGS[name] ?? name} ${then}, not ${wanted}`);
  }
  return differences;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "unset";
}

function notesOf(before: PredictionRecord, { version }: { version: string }): string[] {
  if (before.version === version) return [];
  return [
    `Results of version ${before.version} are kept, which may differ from those of version ${version}`,
  ];
}

/** Refuses results of another file or folder that would be kept for an input. */
async function refuseOther(
  out: string,
  { input, earlier }: { input: PlannedInput; earlier: RecordedInput | null },
): Promise<void> {
  if (earlier === null) return;
  const [there, wanted] = [earlier.part, input.part].map((part) =>
    part === undefined ? "all frames" : `frames ${formatFrameRange(part)}`
  );
  // Each frame of a folder has a file of its own; that of a stack can only be of some frames, or others.
  if (there !== wanted && input.labels.length === 1) {
    throw new Error(
      `Cannot predict ${wanted} of ${input.path} into ${out}: ${
        input.labels[0]
      } in it is of ${there}; ` +
        "give every part an --out of its own",
    );
  }
  if (await isSamePlace(earlier.path, input.path)) return;
  throw new Error(
    `Cannot predict ${input.path} into ${out}: ${
      input.labels[0]
    } in it is of ${earlier.path}; give ` +
      "another --out, or replace it with --overwrite",
  );
}

/** Whether two paths are one place; where one of them is not there, whether they are called the same. */
export async function isSamePlace(a: string, b: string): Promise<boolean> {
  if (a === b) return true;
  const [first, second] = await Promise.all(
    [a, b].map((path) => Deno.realPath(path).catch(() => null)),
  );
  return first === null || second === null ? basename(a) === basename(b) : first === second;
}
