/**
 * The run folder: what a run leaves behind and needs to go on.
 *
 * @module
 */

import { decodeSafeTensors, encodeSafeTensors, type NamedArray } from "../nn/safetensors.ts";
import type { StepKind } from "./learner.ts";
import type { StreamState } from "./batches.ts";
import type { PlateauState } from "../nn/schedule.ts";
import { writeFileAtomic } from "./data/files.ts";
import type { TrainConfig } from "./config.ts";

/** The stages of a run, in order. */
export type Stage = "baseline" | "control" | "consistent";

/** Everything but arrays that a stage needs to go on as if it had never stopped. */
export interface StageState {
  /** The stage. */
  readonly stage: Stage;
  /** Steps done in it. */
  readonly step: number;
  /** Steps that both Adams have made. */
  readonly counts: Record<StepKind, number>;
  /** Where the stream of stills stands. */
  readonly stills: StreamState;
  /** Where the stream of pairs stands; null without a video. */
  readonly pairs: StreamState | null;
  /** Best validation score so far; null before the first validation. */
  readonly bestScore: number | null;
  /** Validations since the best. */
  readonly waited: number;
  /** Learning-rate plateaus of both losses. */
  readonly plateaus: Record<StepKind, PlateauState>;
  /** Mean probability and foreground fraction when the stage began; null until measured. */
  readonly reference: { meanProbability: number; foregroundFraction: number } | null;
  /** Whether the collapse alarm has been raised. */
  readonly collapsed: boolean;
  /** Bytes of metrics.jsonl that belong to what was done. */
  readonly metricsBytes: number;
}

/** A saved state: numbers and arrays. */
export interface SavedState {
  /** The numbers. */
  readonly state: StageState;
  /** Weights as they were. */
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** Moments of both optimisers. */
  readonly moments: ReadonlyMap<string, NamedArray>;
  /** Best weights so far. */
  readonly best: ReadonlyMap<string, NamedArray>;
}

const PARTS = ["weights", "moments", "best"] as const;

/** Reads and writes the files of one run. Every file is written under a temporary name first. */
export class RunFolder {
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
      throw new Error(
        `Cannot create ${this.path}: ${
          error instanceof Error ? error.message : error
        }; give another ` +
          "--out",
      );
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

  /** Writes a file. */
  async write(name: string, content: Uint8Array<ArrayBuffer> | string): Promise<void> {
    await writeFileAtomic(this.file(name), content);
  }

  /** Writes `config.json`: all settings and versions. */
  async writeConfig(config: TrainConfig, versions: Record<string, string>): Promise<void> {
    await this.write("config.json", JSON.stringify({ ...config, versions }, null, 2) + "\n");
  }

  /** Appends a line to `metrics.jsonl` and gives the file's size. */
  async appendMetrics(lines: readonly object[]): Promise<number> {
    using file = await Deno.open(this.file("metrics.jsonl"), { append: true, create: true });
    const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    return (await file.stat()).size;
  }

  /** Cuts `metrics.jsonl` back to what a saved state knows of. */
  async cutMetrics(bytes: number): Promise<void> {
    if (await this.has("metrics.jsonl")) await Deno.truncate(this.file("metrics.jsonl"), bytes);
  }

  /** All lines of `metrics.jsonl`. */
  async readMetrics(): Promise<Record<string, unknown>[]> {
    if (!await this.has("metrics.jsonl")) return [];
    const text = await Deno.readTextFile(this.file("metrics.jsonl"));
    return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  /** Saves the state that `--resume` goes on from: one file, so it is never half new. */
  async saveState({ state, ...parts }: SavedState): Promise<void> {
    const tensors = new Map(
      PARTS.flatMap((part) =>
        [...parts[part]].map(([name, array]) => [`${part}:${name}`, array] as const)
      ),
    );
    await this.write(
      "state.safetensors",
      encodeSafeTensors({ metadata: { state: JSON.stringify(state) }, tensors }),
    );
  }

  /** The saved state, or null if there is none. */
  async loadState(): Promise<SavedState | null> {
    const name = "state.safetensors";
    if (!await this.has(name)) return null;
    const { metadata, tensors } = decodeSafeTensors(
      await Deno.readFile(this.file(name)),
      this.file(name),
    );
    const part = (prefix: string) =>
      new Map(
        [...tensors]
          .filter(([key]) => key.startsWith(`${prefix}:`))
          .map(([key, array]) => [key.slice(prefix.length + 1), array]),
      );
    return {
      state: JSON.parse(metadata.state) as StageState,
      weights: part("weights"),
      moments: part("moments"),
      best: part("best"),
    };
  }
}
