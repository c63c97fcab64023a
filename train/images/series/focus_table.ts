/**
 * Tables of focus planes, as CSV: `time,stack,plane,probability`, a line for each stack. Times and
 * planes count from 0. The same form holds what a person labelled and what a classifier found.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import { unusable } from "../faults/input_fault.ts";
import { unreadable } from "../bytes.ts";
import { imageStem } from "../names.ts";
import type { LabelledStack, ZSequence } from "./z_stack.ts";

/**
 * The plane in focus of one stack.
 *
 * @category Series
 */
export interface FocusRow {
  /** Its time in its sequence, from 0; null where the table does not say. */
  readonly time: number | null;
  /** Its name; null where the table does not say. */
  readonly stack: string | null;
  /** The plane in focus, from 0. */
  readonly plane: number;
  /** Smoothed probability of that plane; null where the table does not say. */
  readonly probability: number | null;
}

const REMEDY =
  "its first line names the columns, `time,stack,plane,probability`; plane and one of " +
  "time and stack must be there";

/**
 * Writes a table. Names that hold commas, quotes or line breaks are quoted.
 *
 * @example
 * ```ts
 * import { encodeFocusTable } from "@kymo/kymo/images";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = [{ time: 0, stack: "a", plane: 41, probability: 0.97 }];
 * assertEquals(encodeFocusTable(rows), "time,stack,plane,probability\n0,a,41,0.97\n");
 * ```
 *
 * @category Series
 */
export function encodeFocusTable(rows: readonly FocusRow[]): string {
  const lines = rows.map(({ time, stack, plane, probability }) =>
    [time ?? "", quote(stack ?? ""), plane, probability ?? ""].join(",")
  );
  return ["time,stack,plane,probability", ...lines].map((line) => `${line}\n`).join("");
}

function quote(text: string): string {
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Reads a table. Columns may come in any order, with others beside them, and be separated by commas,
 * semicolons or tabs; where commas do not separate, they may stand for the decimal point, as spreadsheets
 * write them in many languages.
 *
 * @param from The file's name, for errors.
 * @throws {SyntaxError} If a column or a value is missing or no number where one must be.
 * @category Series
 */
export function decodeFocusTable(text: string, from: string): FocusRow[] {
  const [head = "", ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const separator = [",", ";", "\t"].find((character) => head.includes(character)) ?? ",";
  const names = splitLine(head, separator).map((name) => name.trim().toLowerCase());
  const column = (name: string) => names.indexOf(name);
  if (column("plane") < 0 || (column("time") < 0 && column("stack") < 0)) {
    throw unreadable(from, `its columns are ${names.join(", ") || "not named"}`, REMEDY);
  }
  return lines.flatMap((line, i) => {
    if (line.trim() === "") return [];
    const cells = splitLine(line, separator).map((cell) => cell.trim());
    // Spreadsheets may fill lines up with empty cells.
    if (cells.slice(names.length).some((extra) => extra !== "")) {
      const what = `line ${i + 2} has ${counted(cells.length, "value")} for ` +
        counted(names.length, "column");
      throw unreadable(from, what, "write decimals with a point where commas separate");
    }
    const cell = (name: string) => cells[column(name)] ?? "";
    const number = (name: string, holds: (value: number) => boolean) => {
      const text = separator === "," ? cell(name) : cell(name).replace(",", ".");
      const value = text === "" ? null : Number(text);
      if (value === null || holds(value)) return value;
      throw unreadable(from, `line ${i + 2} has ${name} ${cell(name)}`, REMEDY);
    };
    const isIndex = (value: number) => Number.isInteger(value) && value >= 0;
    const [time, plane] = [number("time", isIndex), number("plane", isIndex)];
    const probability = number("probability", (value) => value >= 0 && value <= 1);
    const stack = cell("stack") === "" ? null : cell("stack");
    if (plane === null || (time === null && stack === null)) {
      throw unreadable(from, `line ${i + 2} is "${line}"`, REMEDY);
    }
    return [{ time, stack, plane, probability }];
  });
}

/** The cells of a line; quotes keep separators together, and a doubled quote is one. */
function splitLine(line: string, separator: string): string[] {
  const cells = [""];
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i];
    if (character === '"') {
      if (isQuoted && line[i + 1] === '"') cells[cells.length - 1] += line[++i];
      else isQuoted = !isQuoted;
    } else if (character === separator && !isQuoted) cells.push("");
    else cells[cells.length - 1] += character;
  }
  return cells;
}

/**
 * The stacks of a sequence whose plane in focus a table knows: those with the name of a row (also with the file's extension), or, for
 * rows without a name, with its time. Rows for other stacks are left alone, so that one table may
 * serve several sequences.
 *
 * @param from The table's name, for errors.
 * @throws {RangeError} If two rows are for one stack, or a plane is outside of it.
 * @category Series
 */
export function labelledStacks(
  sequence: ZSequence,
  { rows, from }: { rows: readonly FocusRow[]; from: string },
): LabelledStack[] {
  const { names, length, depth } = sequence;
  const times = new Map(names.map((name, t) => [name, t]));
  const planes = new Map<number, number>();
  for (const { time, stack, plane } of rows) {
    const t = stack === null ? time! : times.get(stack) ?? times.get(imageStem(stack));
    if (t === undefined || t >= length) continue;
    if (planes.has(t)) throw unusable(`Cannot use ${from}: it has two rows for ${names[t]}`);
    if (plane >= depth) {
      throw unusable(
        `Cannot use ${from}: it puts ${names[t]} in focus at plane ${plane}, but the stack has ` +
          `planes 0 to ${depth - 1}; planes count from 0`,
      );
    }
    planes.set(t, plane);
  }
  return [...planes].toSorted(([a], [b]) => a - b).map(([t, plane]) => ({ sequence, t, plane }));
}

/**
 * The plane in focus of every stack of a sequence.
 *
 * @param from The table's name, for errors.
 * @throws {RangeError} If the table does not know all stacks, or as {@linkcode labelledStacks}.
 * @category Series
 */
export function focusPlanesOf(
  sequence: ZSequence,
  { rows, from }: { rows: readonly FocusRow[]; from: string },
): number[] {
  const planes = new Map(
    labelledStacks(sequence, { rows, from }).map(({ t, plane }) => [t, plane]),
  );
  const missing = sequence.names.filter((_, t) => !planes.has(t));
  if (missing.length > 0) {
    throw unusable(
      `Cannot use ${from} for ${sequence.path}: it has no row for ${missing.length} of ` +
        `${counted(sequence.length, "stack")}, the first is ${
          missing[0]
        }; add them, or find the planes with a ` +
        "focus model",
    );
  }
  return sequence.names.map((_, t) => planes.get(t)!);
}
