/**
 * Tables of tracks: `tracks.csv`, and the track file of the Cell Tracking Challenge, whose lines are
 * `L B E P`: label, first and last frame, and the label of the parent, 0 for none.
 *
 * @module
 */

import { unreadable } from "../../images/bytes.ts";
import type { TrackRecord } from "./track_record.ts";

/**
 * A track as the challenge has it: without gaps of its own.
 *
 * @category Sequences
 */
export interface ChallengeTrack {
  /** Its number in the images. */
  readonly track: number;
  /** Its first frame, from 0. */
  readonly first: number;
  /** Its last frame. */
  readonly last: number;
  /** The track that it descends from, 0 for none. */
  readonly parent: number;
}

/** The columns of `tracks.csv`. */
const COLUMNS = ["track", "parent", "first", "last", "length", "gaps", "begin", "end"] as const;

/**
 * Writes the table of tracks.
 *
 * @example
 * ```ts
 * import { encodeTrackTable } from "@kymo/kymo/objects";
 * import { assertEquals } from "@std/assert";
 *
 * const times = { first: 0, last: 4, length: 5, gaps: 1 };
 * const table = encodeTrackTable([{ track: 1, parent: 0, ...times, begin: "first", end: "left" }]);
 * assertEquals(table.split("\n")[1], "1,0,0,4,5,1,first,left");
 * ```
 *
 * @category Sequences
 */
export function encodeTrackTable(tracks: readonly TrackRecord[]): string {
  const lines = tracks.map((record) => COLUMNS.map((column) => record[column]).join(","));
  return [COLUMNS.join(","), ...lines].map((line) => `${line}\n`).join("");
}

/**
 * Reads the tracks and parents of a table.
 *
 * @param from The file's name, for errors.
 * @throws {SyntaxError} If a column or a number is missing, or a track stands in it twice.
 * @category Sequences
 */
export function decodeTrackTable(text: string, from: string): ChallengeTrack[] {
  const [head = "", ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const names = head.split(",").map((name) => name.trim());
  const places = ["track", "first", "last", "parent"].map((name) => names.indexOf(name));
  const missing = ["track", "first", "last", "parent"].find((_, i) => places[i] < 0);
  if (missing !== undefined) {
    const what = `its first line names no column ${missing}`;
    throw unreadable(from, what, `it must name ${COLUMNS.join(",")}`);
  }
  return rowsOf(lines, {
    from,
    firstLine: 2,
    numbersOf: (line) => {
      const cells = line.split(",");
      return places.map((place) => cells[place] ?? "");
    },
  });
}

/**
 * Writes the challenge's track file.
 *
 * @category Sequences
 */
export function encodeChallengeTracks(tracks: readonly ChallengeTrack[]): string {
  return tracks.map(({ track, first, last, parent }) => `${track} ${first} ${last} ${parent}\n`)
    .join("");
}

/**
 * Reads the challenge's track file.
 *
 * @param from The file's name, for errors.
 * @throws {SyntaxError} If a line is not of four whole numbers, a track stands in it twice or ends before it
 *   begins, or a parent is not there or does not end before its child begins.
 *
 * @category Sequences
 */
export function decodeChallengeTracks(text: string, from: string): ChallengeTrack[] {
  const tracks = rowsOf(text.split(/\r?\n/), {
    ...{ from, firstLine: 1 },
    numbersOf: (line) => line.trim().split(/\s+/),
  });
  const byNumber = new Map(tracks.map((track) => [track.track, track]));
  for (const { track, first, parent } of tracks) {
    if (parent === 0) continue;
    const mother = byNumber.get(parent);
    if (mother !== undefined && mother.last < first) continue;
    const what = mother === undefined
      ? `track ${track} descends from track ${parent}, which is not in it`
      : `track ${track} begins in frame ${first}, before its parent ${parent} ends`;
    throw unreadable(from, what, "a parent must end before its child begins");
  }
  return tracks;
}

function rowsOf(
  lines: readonly string[],
  { from, firstLine, numbersOf }: {
    from: string;
    firstLine: number;
    numbersOf: (line: string) => string[];
  },
): ChallengeTrack[] {
  const seen = new Set<number>();
  return lines.flatMap((line, i): ChallengeTrack[] => {
    if (line.trim() === "") return [];
    const texts = numbersOf(line);
    const [track, first, last, parent] = texts.map(Number);
    const isRight = texts.length === 4 && texts.every((text) => /^\d+$/.test(text.trim())) &&
      track > 0 && first <= last && !seen.has(track);
    seen.add(track);
    if (isRight) return [{ track, first, last, parent }];
    const what = `line ${i + firstLine} is ${JSON.stringify(line.slice(0, 60))}`;
    const remedy =
      "expected a track that is in no other line, with its first and last frame and its " +
      "parent, in whole numbers";
    throw unreadable(from, what, remedy);
  });
}
