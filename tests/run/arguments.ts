/**
 * The command line of the tests.
 *
 * @module
 */

import { parseArgs } from "@std/cli";

/** What the command line asks for. */
export interface RunOptions {
  /** Files and folders of tests; all tests if there is none. */
  readonly paths: readonly string[];
  /** How many files run at a time. */
  readonly jobs: number;
  /** Flags for `deno test`. */
  readonly flags: readonly string[];
  /** Whether the long tests run instead of the others, where no path says which. */
  readonly long: boolean;
  /** Whether no further file is started after a failure. */
  readonly failFast: boolean;
}

/** Files at a time for each core: half of the time a test waits. */
const JOBS_PER_CORE = 2;
/** A process takes up to half a gigabyte. */
const MOST_JOBS = 16;
const TAKES = "files, folders, --long, --filter WORDS, --jobs N, --fail-fast and --trace-leaks";

/**
 * Reads the command line, on a machine with so many cores.
 *
 * @throws {TypeError | RangeError} If it asks for what there is not.
 */
export function readArguments(args: string[], cores: number): RunOptions {
  const unknown: string[] = [];
  const options = parseArgs(args, {
    string: ["_", "filter", "jobs"],
    boolean: ["fail-fast", "long", "trace-leaks"],
    unknown: (word, key) => {
      if (key !== undefined) unknown.push(word);
      return key === undefined;
    },
  });
  if (unknown.length > 0) {
    throw new TypeError(
      `Cannot run the tests with ${unknown[0]}: there are ${TAKES}; deno test takes the others`,
    );
  }
  const { filter, jobs = String(Math.min(MOST_JOBS, JOBS_PER_CORE * cores)) } = options;
  if (!/^[1-9]\d*$/.test(jobs)) {
    throw new RangeError(`Cannot run the tests: --jobs is "${jobs}", expected 1 or more`);
  }
  return {
    paths: options._.map(String),
    jobs: Number(jobs),
    flags: [
      ...(filter === undefined ? [] : [`--filter=${filter}`]),
      ...(options["trace-leaks"] ? ["--trace-leaks"] : []),
    ],
    long: options.long,
    failFast: options["fail-fast"],
  };
}
