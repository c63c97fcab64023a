/**
 * What was measured of a seed, kept in its folder, so that runs can be summed up later.
 *
 * @module
 */

import { unusable } from "../../../images/faults/input_fault.ts";
import type { ModelResults, SeedResults } from "../../../report/results.ts";
import type { RunFolder } from "../../disk/run_folder.ts";

/** The file's name. */
export const RESULTS = "results.json";

/** What is kept of a seed: figures, no pictures. */
export interface KeptResults {
  /** The video that was measured, if there was one. */
  readonly video?: {
    readonly name: string;
    readonly length: number;
    readonly times?: readonly number[];
  };
  /** What every model achieved. */
  readonly results: SeedResults;
}

/** Writes the figures of a seed. */
export async function keepResults(
  folder: Pick<RunFolder, "write">,
  { video, results }: KeptResults,
): Promise<void> {
  const figures = Object.entries(results).map((
    [stage, { shown: _, judged: __, tracked: ___, ...rest }],
  ) => [stage, rest] as const);
  const kept = { ...(video && { video }), results: Object.fromEntries(figures) };
  await folder.write(RESULTS, `${JSON.stringify(kept, null, 2)}\n`);
}

/**
 * Reads the figures of a seed.
 *
 * @returns Them, with no labels of any frame.
 * @throws {RangeError} If there are none: the run is not over, or of an earlier version.
 * @throws {SyntaxError} If the file is damaged.
 */
export async function readResults(folder: Pick<RunFolder, "file" | "has">): Promise<KeptResults> {
  const path = folder.file(RESULTS);
  if (!await folder.has(RESULTS)) {
    throw unusable(
      `Cannot read ${path}: it is not there; end the run with train --resume, which measures it`,
    );
  }
  try {
    const { video, results } = JSON.parse(await Deno.readTextFile(path)) as KeptResults;
    const entries = Object.entries(results) as [string, ModelResults][];
    const whole = entries.map((
      [stage, rest],
    ) => [stage, { ...rest, shown: new Map(), judged: null }]);
    return { ...(video && { video }), results: Object.fromEntries(whole) };
  } catch (cause) {
    throw new SyntaxError(`Cannot read ${path}: it is damaged; train --resume writes it again`, {
      cause,
    });
  }
}
