/**
 * Text from files and their names, so that it does nothing to a terminal: control characters are shown,
 * not obeyed.
 *
 * @module
 */

/** More characters of one line than anybody reads. */
const LONGEST = 2000;

/** Control characters, and those that change the direction of text or end a line. */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** A line with its control characters as they are written in programs, and not longer than one reads. */
export function printable(line: string): string {
  const short = line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
  return short.replace(CONTROLS, escaped);
}

/** JSON without control characters, which mean the same written out. */
export function printableJson(value: object): string {
  return JSON.stringify(value).replace(CONTROLS, unicode);
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : unicode(character);
}

function unicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
