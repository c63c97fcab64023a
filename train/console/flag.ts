/**
 * A flag as a record, and the flags that several commands have.
 *
 * @module
 */

/** A flag of a command: parsing and help follow from it. */
export interface Flag {
  /** Its name, without the dashes. */
  readonly name: string;
  /** A `switch` takes no value and has a `--no-` form; a `repeated` one may be given once per value. */
  readonly kind: "value" | "switch" | "repeated";
  /** What stands for its value in the help, such as `DIR`; `VALUE` unless told. */
  readonly placeholder?: string;
  /** What it does, in one sentence for the help, without a final period. */
  readonly sentence: string;
  /** The words to choose from, where there are only so many and the placeholder does not name them. */
  readonly choices?: readonly string[];
  /** What holds without it, as text for the help. */
  readonly default?: string;
  /** The title in the help that it stands under; flags without one come first. */
  readonly title?: string;
}

/** Flags that every command has; they have no `--no-` form. */
export const COMMON_FLAGS: readonly Flag[] = [
  {
    name: "time-limit",
    kind: "value",
    placeholder: "MINUTES",
    sentence:
      "Stop after so many minutes as SIGTERM would, before a queue does: what is done is saved, and the " +
      "exit code is 75",
  },
  {
    name: "quiet",
    kind: "switch",
    sentence: "Print results and warnings, but no progress and no hints",
  },
  { name: "json", kind: "switch", sentence: "Print one JSON object per event" },
  { name: "debug", kind: "switch", sentence: "Show where an error came from" },
  { name: "help", kind: "switch", sentence: "Show this text" },
];

/** Replaces results that exist. */
export const OVERWRITE: Flag = {
  name: "overwrite",
  kind: "switch",
  sentence: "Replace files that exist, which are otherwise kept and counted",
};

/** Which plane of files is read that have several. */
export const PLANE_CHOICE: readonly Flag[] = [
  {
    name: "channel",
    kind: "value",
    placeholder: "N|NAME",
    sentence: "Channel of files that have several, by its number from 1 or its name",
    default: "1",
  },
  {
    name: "slice",
    kind: "value",
    placeholder: "N",
    sentence: "Slice of files that have several, from 1; the middle one unless told",
  },
];

/** Limits what the GPU holds. */
export const MEMORY: Flag = {
  name: "memory",
  kind: "value",
  placeholder: "MIB",
  sentence: "Most GPU memory to use, in MiB",
  default: "4096",
};
