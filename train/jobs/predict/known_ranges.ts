/**
 * Ranges of intensities and exposures that were found before, so that many processes predict parts of one
 * video alike and none of them reads all of it.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { unusable } from "../../images/faults/input_fault.ts";
import {
  differencesOf,
  isSamePlace,
  type PredictionRecord,
  readRecord,
  type RecordedInput,
} from "./predict_record.ts";

/** The ranges in a file. */
export class KnownRanges {
  readonly #path: string;
  readonly #inputs: readonly RecordedInput[];

  private constructor(path: string, inputs: readonly RecordedInput[]) {
    this.#path = path;
    this.#inputs = inputs;
  }

  /**
   * Reads a file that `findRanges` wrote.
   *
   * @throws {RangeError} If it is not there, or of another model or other settings.
   * @throws {SyntaxError} If it is damaged.
   */
  static async open(
    path: string,
    head: Pick<PredictionRecord, "model" | "settings">,
  ): Promise<KnownRanges> {
    const record = await readRecord(path).catch((cause) => {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new SyntaxError(
        `Cannot use the ranges in ${path}: the command ranges did not write it`,
        {
          cause,
        },
      );
    });
    if (record === null) {
      throw unusable(
        `Cannot read ${path}: there is no such file; the command ranges writes it`,
      );
    }
    const differences = differencesOf(record, { version: record.version, ...head });
    if (differences.length > 0) {
      throw unusable(
        `Cannot use the ranges in ${path}: they were found with ${
          differences.join(", ")
        }; find them ` +
          "again with the same model and flags",
      );
    }
    return new KnownRanges(path, record.inputs);
  }

  /**
   * What was found for a video.
   *
   * @throws {RangeError} If nothing was, or the video has grown.
   */
  async of({ path, length }: { path: string; length: number }): Promise<RecordedInput> {
    for (const input of this.#inputs) {
      if (!await isSamePlace(input.path, path)) continue;
      if (input.frames === length) return input;
      throw unusable(
        `Cannot use the ranges in ${this.#path}: ${path} has ${
          counted(length, "frame")
        }, it had ${input.frames}; ` +
          "find them again",
      );
    }
    throw unusable(
      `Cannot use the ranges in ${this.#path}: none is of ${path}; find it with the command ranges`,
    );
  }
}
