/**
 * A teacher's labels of a video as a file: a line of JSON and runs of equal labels, compressed with a
 * checksum.
 *
 * @module
 */

import { gunzipSync, gzipSync } from "node:zlib";
import { RunLabels } from "../../../learn/teacher/pseudo_labels.ts";

/** What a teacher made of a video, as it is kept. */
export interface KeptLabels {
  /** What they depend on: of something else they are no labels. */
  readonly of: unknown;
  /** The exposure at which it was labelled. */
  readonly exposure: number;
  /** Labels of each frame. */
  readonly labels: readonly RunLabels[];
}

/** Words in front of the runs of a frame: its sides, and how many runs there are. */
const HEAD = 3;

/** The bytes of a file of them. */
export function packLabels({ of, exposure, labels }: KeptLabels): Uint8Array<ArrayBuffer> {
  const line = new TextEncoder().encode(JSON.stringify({ of, exposure }) + "\n");
  const parts = labels.flatMap(({ runs: { width, height, rows, starts, labels } }) => [
    ...[Uint32Array.of(width, height, starts.length), rows, starts, labels],
  ]);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, line.length));
  bytes.set(line);
  let at = line.length;
  for (const { buffer, byteOffset, byteLength } of parts) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return new Uint8Array(gzipSync(bytes));
}

/** The labels in the bytes of a file; null if it is damaged, or they are of something else. */
export function unpackLabels(
  file: Uint8Array<ArrayBuffer>,
  of: unknown,
): Omit<KeptLabels, "of"> | null {
  const bytes = unzipped(file);
  const end = bytes?.indexOf(0x0a) ?? -1;
  if (bytes === null || end < 0) return null;
  const { of: theirs, exposure } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  if (JSON.stringify(theirs) !== JSON.stringify(of)) return null;
  const words = new Uint32Array(bytes.slice(end + 1).buffer);
  const labels: RunLabels[] = [];
  for (let at = 0; at < words.length;) {
    const [width, height, count] = words.subarray(at, at + HEAD);
    const take = (length: number) => words.slice(at, at += length);
    at += HEAD;
    const [rows, starts] = [take(height + 1), take(count)];
    labels.push(new RunLabels({ width, height, rows, starts, labels: take(count) }));
  }
  return { exposure, labels };
}

function unzipped(file: Uint8Array): Uint8Array<ArrayBuffer> | null {
  try {
    return new Uint8Array(gunzipSync(file));
  } catch {
    return null;
  }
}
