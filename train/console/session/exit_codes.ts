/**
 * What the exit code of the program says, so that a script knows what to do: mend its command, look at a
 * file, or call it again.
 *
 * @module
 */

/** One exit code. */
export interface ExitCode {
  /** The number. */
  readonly code: number;
  /** When it is given, for the help and the documents. */
  readonly when: string;
  /** Whether it is that of an error; codes without it are given where no error is thrown. */
  readonly isOf?: (error: unknown) => boolean;
}

/** The mark of errors that are the fault of a file, as `images/faults/input_fault.ts` sets it. */
const FAULT = Symbol.for("kymo.fault of an input");

/** Errors are known by their names and marks, as what throws them is loaded only where it runs. */
function named(...names: readonly string[]): (error: unknown) => boolean {
  return (error) => error instanceof Error && names.includes(error.name);
}

const isPassing = named(
  ...["DeviceLostError", "OutOfMemoryError", "WorkerStoppedError"],
  ...["DiskFullError", "OutputFullError"],
);

/** Whether the engine had no memory left for an array. */
function isFullMemory(error: unknown): boolean {
  return error instanceof RangeError && error.message === "Array buffer allocation failed";
}

/** Every exit code. Where several are those of an error, the first one is given. */
export const exitCodes = {
  done: { code: 0, when: "done" },
  usage: {
    code: 2,
    when: "a wrong command line",
    isOf: named("UsageError", "InvalidArgumentError"),
  },
  again: {
    code: 75,
    when: "to be called again: the device was lost, memory or the disk was full, or SIGTERM " +
      "stopped it after it had saved",
    isOf: (error) => isPassing(error) || isFullMemory(error),
  },
  input: {
    code: 3,
    when: "a file that was given is missing, damaged or not what is needed",
    isOf: (error) => error instanceof SyntaxError || (error instanceof Error && FAULT in error),
  },
  failed: { code: 1, when: "failed otherwise", isOf: () => true },
  interrupted: { code: 130, when: "stopped with Ctrl-C after it had saved" },
  unread: { code: 141, when: "stopped because nobody reads its output any more" },
} as const satisfies Record<string, ExitCode>;

/** The exit code of a command that threw an error: that of the error, or else of what caused it. */
export function exitCodeOf(error: unknown): number {
  const { failed, ...others } = exitCodes;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const found = Object.values<ExitCode>(others).find(({ isOf }) => isOf?.(cause));
    if (found) return found.code;
  }
  return failed.code;
}
