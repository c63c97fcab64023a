/**
 * What a teacher made of frames as files: a line of JSON and runs of equal labels, compressed with a
 * checksum. Labels are what the votes left; proposals are what was found before, from which votes can be
 * taken again.
 *
 * @module
 */

import { type LabelRuns, RunLabels } from "./pseudo_labels.ts";

/** What frames of a video belong to. */
export interface Origin {
  /** What they depend on: of something else they are worth nothing. */
  readonly of: unknown;
  /** The exposure at which the teacher saw them. */
  readonly exposure: number;
}

/** What a teacher made of a video, as it is kept. */
export interface KeptLabels extends Origin {
  /** Labels of each frame. */
  readonly labels: readonly RunLabels[];
}

/** What a teacher proposed in a frame. */
export interface Proposed {
  /** The objects. */
  readonly labels: RunLabels;
  /** How sure the teacher is of each, by its id. */
  readonly scores: ReadonlyMap<number, number>;
}

/** What a teacher proposed in frames that follow each other, as it is kept. */
export interface KeptProposals extends Origin {
  /** The proposals in each frame. */
  readonly frames: readonly Proposed[];
}

/** Words in front of the runs of a frame: its sides, and how many runs there are. */
const HEAD = 3;
/** Words of a score. */
const SCORE = 2;

/** The bytes of a file of labels. */
export function packLabels({ labels, ...origin }: KeptLabels): Promise<Uint8Array<ArrayBuffer>> {
  return packed(origin, labels.flatMap(({ runs }) => wordsOfRuns(runs)));
}

/** The labels in the bytes of a file; null if it is damaged, or they are of something else. */
export async function unpackLabels(
  file: Uint8Array<ArrayBuffer>,
  of: unknown,
): Promise<Omit<KeptLabels, "of"> | null> {
  const content = await unpacked(file, of);
  if (content === null) return null;
  const labels: RunLabels[] = [];
  while (content.words.isLeft) labels.push(runsIn(content.words));
  return { exposure: content.exposure, labels };
}

/** The bytes of a file of proposals. */
export function packProposals(
  { frames, ...origin }: KeptProposals,
): Promise<Uint8Array<ArrayBuffer>> {
  const words = frames.flatMap(({ labels, scores }) => [
    ...wordsOfRuns(labels.runs),
    Uint32Array.of(scores.size),
    Uint32Array.from(scores.keys()),
    new Uint32Array(Float64Array.from(scores.values()).buffer),
  ]);
  return packed(origin, words);
}

/** The proposals in the bytes of a file; null if it is damaged, or they are of something else. */
export async function unpackProposals(
  file: Uint8Array<ArrayBuffer>,
  of: unknown,
): Promise<Omit<KeptProposals, "of"> | null> {
  const content = await unpacked(file, of);
  if (content === null) return null;
  const { exposure, words } = content;
  const frames: Proposed[] = [];
  while (words.isLeft) {
    const labels = runsIn(words);
    const [count] = words.take(1);
    const ids = words.take(count);
    const scores = new Float64Array(words.take(SCORE * count).buffer);
    frames.push({ labels, scores: new Map(Array.from(ids, (id, i) => [id, scores[i]])) });
  }
  return { exposure, frames };
}

/** Whole numbers that are read one after the other. */
class Words {
  readonly #words: Uint32Array<ArrayBuffer>;
  #at = 0;

  constructor(words: Uint32Array<ArrayBuffer>) {
    this.#words = words;
  }

  get isLeft(): boolean {
    return this.#at < this.#words.length;
  }

  /** The next ones, as a copy. */
  take(length: number): Uint32Array<ArrayBuffer> {
    return this.#words.slice(this.#at, this.#at += length);
  }
}

function wordsOfRuns({ width, height, rows, starts, labels }: LabelRuns): Uint32Array[] {
  return [Uint32Array.of(width, height, starts.length), rows, starts, labels];
}

function runsIn(words: Words): RunLabels {
  const [width, height, count] = words.take(HEAD);
  const [rows, starts] = [words.take(height + 1), words.take(count)];
  return new RunLabels({ width, height, rows, starts, labels: words.take(count) });
}

async function packed(
  origin: Origin,
  words: readonly Uint32Array[],
): Promise<Uint8Array<ArrayBuffer>> {
  const line = new TextEncoder().encode(JSON.stringify(origin) + "\n");
  const bytes = new Uint8Array(words.reduce((sum, part) => sum + part.byteLength, line.length));
  bytes.set(line);
  let at = line.length;
  for (const { buffer, byteOffset, byteLength } of words) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return await through(bytes, new CompressionStream("gzip"));
}

async function unpacked(
  file: Uint8Array<ArrayBuffer>,
  of: unknown,
): Promise<{ exposure: number; words: Words } | null> {
  // Damage ends it with an error.
  const bytes = await through(file, new DecompressionStream("gzip")).catch(() => null);
  const end = bytes?.indexOf(0x0a) ?? -1;
  if (bytes === null || end < 0) return null;
  const { of: theirs, exposure } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  if (JSON.stringify(theirs) !== JSON.stringify(of)) return null;
  return { exposure, words: new Words(new Uint32Array(bytes.slice(end + 1).buffer)) };
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  change: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const changed = new Response(new Blob([bytes]).stream().pipeThrough(change));
  return new Uint8Array(await changed.arrayBuffer());
}
