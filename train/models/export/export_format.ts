/**
 * The record of a format in which trained models are written for other programs.
 *
 * @module
 */

import type { Architecture } from "../../../nn/module.ts";
import type { NamedArray } from "../../../nn/safetensors.ts";
import type { ModelKind } from "../model_kind.ts";
import type { Reading } from "../model_file.ts";

/** A network that runs, for formats that hold an example. */
export interface RunningNetwork {
  /** How far an input pixel can reach into the output, in pixels. */
  readonly reach: number;
  /** The network's named answers to a batch of normalised images `[n, c, h, w]`. */
  answer(x: NamedArray): Promise<ReadonlyMap<string, NamedArray>>;
}

/** A trained model that is to be written. */
export interface ModelToExport {
  /** What to call it. */
  readonly name: string;
  /** Its kind. */
  readonly kind: ModelKind;
  /** Its network. */
  readonly architecture: Architecture;
  /** Weights by Kymo's names, `[c_out, c_in, k, k]` and `[c_out]`. */
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** How images become what it takes, and its answers objects. */
  readonly reading: Reading;
  /** What both sides of an image must be multiples of. */
  readonly sizeMultiple: number;
  /** Image pixels from one output pixel to the next. */
  readonly grid: number;
  /** The settings of its run; null where only the weights are there. */
  readonly settings: Readonly<Record<string, unknown>> | null;
  /** Figures of its run by name, each with its unit or none. */
  readonly figures: readonly (readonly [name: string, value: string])[];
  /** The version of Kymo that writes. */
  readonly version: string;
  /** Opens the network on the GPU. */
  run(): Promise<RunningNetwork>;
}

/** What a user wants otherwise. */
export interface ExportWishes {
  /** Whether a StarDist network has one output of 1 + rays channels: prob, then dist. */
  readonly joined?: boolean;
}

/** Files by path inside the folder; a single file has the path "". */
export type ExportedFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/**
 * A format of models.
 *
 * @example A list of the shapes of all weights
 * ```ts ignore
 * const shapes: ExportFormat = {
 *   name: "shapes",
 *   sentence: "names and shapes of all weights, as text",
 *   write: ({ weights }) => {
 *     const lines = [...weights].map(([name, { shape }]) => `${name} ${shape}`);
 *     return new Map([["", new TextEncoder().encode(lines.join("\n"))]]);
 *   },
 * };
 * ```
 */
export interface ExportFormat {
  /** What it is called on the command line. */
  readonly name: string;
  /** What it is and what opens it, for the help, without a final period. */
  readonly sentence: string;
  /** How the name of its only file ends, without a dot; left out where it is a folder of files. */
  readonly extension?: string;
  /**
   * The kinds of models that it can hold; left out where it can hold all that find objects.
   */
  readonly kinds?: readonly string[];
  /**
   * Writes a model.
   *
   * @throws {RangeError} If the format cannot hold it.
   */
  write(
    model: ModelToExport,
    wishes: ExportWishes,
  ): ExportedFiles | Promise<ExportedFiles>;
}
