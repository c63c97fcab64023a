/**
 * What a stage resumes from: one record, saved and restored whole, and where it is kept.
 *
 * @module
 */

import type { NamedArray, SafeTensors } from "../../nn/safetensors.ts";
import type { PlateauState } from "../../nn/schedule.ts";

/**
 * Everything but arrays that a stage needs to go on as if it had never stopped.
 *
 * @category Stages
 */
export interface StageState {
  /** The stage. */
  readonly stage: string;
  /** Steps done in it. */
  readonly step: number;
  /** Steps that each Adam has made, by task. */
  readonly counts: Readonly<Record<string, number>>;
  /** Where the batches of each task stand. */
  readonly streams: Readonly<Record<string, unknown>>;
  /** Best validation score so far; null before the first validation. */
  readonly bestScore: number | null;
  /** Validations since the best. */
  readonly waited: number;
  /** Learning-rate plateaus of the tasks. */
  readonly plateaus: Readonly<Record<string, PlateauState>>;
  /** What the examiner remembers. */
  readonly examiner: unknown;
  /** Whether the weights have become useless. */
  readonly collapsed: boolean;
  /** Bytes of metrics.jsonl that belong to what was done. */
  readonly metricsBytes: number;
  /** How often it began again because its network had died; not yet unless told. */
  readonly restarts?: number;
  /** Bytes of metrics.jsonl when it began; not known of states of earlier versions. */
  readonly firstBytes?: number;
}

/**
 * A saved state: numbers and arrays.
 *
 * @category Stages
 */
export interface SavedState {
  /** The numbers. */
  readonly state: StageState;
  /** Weights as they were. */
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** Moments of all optimisers. */
  readonly moments: ReadonlyMap<string, NamedArray>;
  /** Best weights so far. */
  readonly best: ReadonlyMap<string, NamedArray>;
  /** Averaged weights; empty where none are averaged. */
  readonly average: ReadonlyMap<string, NamedArray>;
}

/**
 * Where a stage keeps its state and its metrics.
 *
 * @category Stages
 */
export interface StageStore {
  /** What it is called, for errors. */
  readonly path: string;
  /** Appends lines to the metrics and gives their size in bytes. */
  appendMetrics(lines: readonly object[]): Promise<number>;
  /** Cuts the metrics back to what a saved state knows of. */
  cutMetrics(bytes: number): Promise<void>;
  /** Saves the state, so that it is never half new. */
  saveState(state: SavedState): Promise<void>;
}

/** The arrays of a state. */
const PARTS = ["weights", "moments", "best", "average"] as const;

/** A state as one file of arrays, its numbers as metadata `state`. */
export function packState({ state, ...parts }: SavedState): SafeTensors {
  const tensors = new Map(
    PARTS.flatMap((part) =>
      [...parts[part]].map(([name, array]) => [`${part}:${name}`, array] as const)
    ),
  );
  return { metadata: { state: JSON.stringify(state) }, tensors };
}

/**
 * The state in a file of arrays.
 *
 * @throws {SyntaxError} If it is none.
 */
export function unpackState({ metadata, tensors }: SafeTensors): SavedState {
  const part = (prefix: string) =>
    new Map(
      [...tensors]
        .filter(([key]) => key.startsWith(`${prefix}:`))
        .map(([key, array]) => [key.slice(prefix.length + 1), array]),
    );
  return {
    state: parseStageState(metadata.state),
    weights: part("weights"),
    moments: part("moments"),
    best: part("best"),
    average: part("average"),
  };
}

/** What {@linkcode StageState} was in Kymo's first runs, with a name for each stream and alarm. */
interface EarlierState extends Omit<StageState, "streams" | "examiner"> {
  readonly stills: unknown;
  readonly pairs: unknown;
  readonly depth?: unknown;
  readonly reference: unknown;
}

/**
 * The state of a stage from its JSON, also as earlier versions saved it.
 *
 * @throws {SyntaxError} If it is no state, with what is wrong with it.
 * @category Stages
 */
export function parseStageState(text: string): StageState {
  const saved: Partial<StageState> | null = JSON.parse(text);
  if (typeof saved?.stage !== "string" || !isCount(saved.step)) {
    throw new SyntaxError("it names no stage and step");
  }
  const { bestScore, waited, metricsBytes, counts, plateaus, collapsed } = saved;
  const isWhole = isCount(waited) && isCount(metricsBytes) && isObject(counts) &&
    Object.values(counts).every(isCount) && isObject(plateaus) && typeof collapsed === "boolean" &&
    (bestScore === null || Number.isFinite(bestScore));
  if (!isWhole) throw new SyntaxError("its numbers make no sense");
  if (isObject(saved.streams)) return saved as StageState;
  if (!("stills" in saved)) throw new SyntaxError("it does not say where its batches stand");
  return fromEarlier(saved as EarlierState);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function fromEarlier({ stills, pairs, depth, reference, ...state }: EarlierState): StageState {
  return {
    ...state,
    streams: {
      segmentation: stills,
      ...(pairs !== null && { consistency: pairs }),
      ...(depth !== undefined && { depth }),
    },
    examiner: { reference, collapsed: state.collapsed },
  };
}
