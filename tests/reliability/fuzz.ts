/**
 * `deno task fuzz [N] [SEED]`: damages files of every kind that is read, N times, and reads them. Each
 * must be read or refused with one error that names it, in a second and without filling the memory.
 *
 * @module
 */

import { Random } from "../../train/images/random.ts";
import { FILES, type FuzzedFile } from "./fixtures/fuzzed_files.ts";

/** What damaged files led to. */
export interface FuzzResult {
  /** Files that were read although they are damaged: not all damage can be seen. */
  readonly read: number;
  /** Files that were refused as they should be. */
  readonly refused: number;
  /** What went wrong, each with the case to try again. */
  readonly faults: readonly string[];
  /** The most milliseconds that one file took. */
  readonly slowest: number;
  /** By how many bytes the memory of the process grew at most. */
  readonly grown: number;
}

/** The most that a file of a few kilobytes may take. */
const MOST_MILLISECONDS = 2000;
const MOST_BYTES = 700 * 2 ** 20;

/** Damages files and reads them. */
export async function fuzz(
  { count, seed, tell = () => {} }: {
    count: number;
    seed: number;
    tell?: (done: number) => void;
  },
): Promise<FuzzResult> {
  const result = { read: 0, refused: 0, faults: [] as string[], slowest: 0, grown: 0 };
  // What is loaded with the first file of each kind is not the fault of a damaged one.
  for (const file of FILES) await file.read(file.content, file.name);
  const before = Deno.memoryUsage().rss;
  for (let i = 0; i < count; i++) {
    const random = new Random(seed + i, 7);
    const file = FILES[random.integer(FILES.length)];
    const content = damaged(file.content, random);
    const start = performance.now();
    const fault = await faultOf(file, content);
    const took = performance.now() - start;
    const grown = Deno.memoryUsage().rss - before;
    if (fault === null) result.read++;
    else if (fault === "") result.refused++;
    else result.faults.push(`${file.name}, seed ${seed + i}: ${fault}`);
    if (took > MOST_MILLISECONDS) {
      result.faults.push(`${file.name}, seed ${seed + i}: ${took.toFixed(0)} ms`);
    }
    if (grown > MOST_BYTES && grown > result.grown) {
      result.faults.push(
        `${file.name}, seed ${seed + i}: ${(grown / 2 ** 20).toFixed(0)} MiB more`,
      );
    }
    result.slowest = Math.max(result.slowest, took);
    result.grown = Math.max(result.grown, grown);
    tell(i + 1);
  }
  return result;
}

/** Null if a file is read, "" if it is refused as it should be, else what is wrong with the refusal. */
async function faultOf(file: FuzzedFile, content: Uint8Array<ArrayBuffer>): Promise<string | null> {
  try {
    await file.read(content, file.name);
    return null;
  } catch (error) {
    if (!(error instanceof Error)) return `it throws ${error}`;
    const { message } = error;
    if (!message.includes(file.name)) return `the error does not name the file: ${message}`;
    return /^Cannot [a-z]/.test(message) ? "" : `not in the style of the house: ${message}`;
  }
}

/** Content with some bits turned, numbers made extreme, parts cut out, repeated or put elsewhere. */
function damaged(content: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  let bytes = content.slice();
  // Most files keep their form, so that what lies deep in them is reached.
  const ways = random.chance(0.7) ? 2 : 6;
  for (let left = 1 + random.integer(3); left > 0; left--) {
    const at = random.integer(Math.max(1, bytes.length));
    const length = 1 +
      random.integer(Math.min(ways === 2 ? 4 : 64, Math.max(1, bytes.length - at)));
    const how = random.integer(ways);
    if (how === 0) bytes[at] ^= 1 << random.integer(8);
    else if (how === 1) bytes.fill([0, 255, 127, 128][random.integer(4)], at, at + length);
    else if (how === 2) bytes = bytes.slice(0, at);
    else if (how === 3) bytes = joined(bytes.subarray(0, at), bytes.subarray(at + length));
    else if (how === 4) bytes = joined(bytes.subarray(0, at + length), bytes.subarray(at));
    else bytes.copyWithin(random.integer(Math.max(1, bytes.length)), at, at + length);
  }
  return bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

if (import.meta.main) {
  const [count = "5000", seed = "1"] = Deno.args;
  const start = performance.now();
  const result = await fuzz({
    count: Number(count),
    seed: Number(seed),
    tell: (done) => {
      if (done % 1000 === 0) console.log(`${done}/${count}`);
    },
  });
  const { read, refused, faults, slowest, grown } = result;
  faults.forEach((fault) => console.log(`FAULT ${fault}`));
  console.log(
    `${count} damaged files in ${
      ((performance.now() - start) / 1000).toFixed(0)
    } s: ${refused} refused, ` +
      `${read} read, ${faults.length} faults; slowest ${slowest.toFixed(0)} ms, ` +
      `${(grown / 2 ** 20).toFixed(0)} MiB more at most`,
  );
  Deno.exit(faults.length === 0 ? 0 : 1);
}
