/**
 * Deflate (RFC 1951) for label images and other small or regular data, quicker than a library does it.
 *
 * It is our own for a measured reason: labels of 700 x 1100 take fflate 16 ms with 300 objects and 37 ms
 * with 5,000, as it looks up every byte, also within repetitions; and a file of a few hundred bytes, as an
 * outline is one, takes it 0.25 ms, as it makes its tables anew. Here repetitions are leapt over and tables
 * are kept. What comes out is read by any inflate.
 *
 * Where a repetition begins is looked for at three places: at the number before, where the same four bytes
 * came last, and in the rows above; the longest one is taken. Files of 300 objects are as large as those of
 * fflate, those of 5,000 2 % larger.
 *
 * @module
 */

import { BitWriter, STORED_BYTES } from "./bit_writer.ts";
import { CodeTable } from "./code_table.ts";
import { codeLengths, type Codes, codesOf } from "./huffman.ts";

/** The shortest repetition that is worth a look, and the longest that there is. */
const [SHORTEST, LONGEST] = [4, 258];
/** How far back repetitions reach. */
const FARTHEST = 32768;
/** How far back the number before is, of 8 or 16 bits: of a repetition of it no further bits tell where it is. */
const NEAR = [1, 2];
/** Literals and repetitions of a block. */
const MOST_TOKENS = 32768;
/**
 * Up to so many of them codes of their own are not worth their while: outlines of 5,000 objects take 65 ms
 * without and 450 ms with them, and a fifth fewer bytes.
 */
const FEW_TOKENS = 400;
/** Bits of a hash of four bytes: the longer the data, the more, within these. */
const [LEAST_BITS, MOST_BITS] = [9, 15];
/** The symbol that ends a block, and the first one of a length. */
const [END, FIRST_LENGTH] = [256, 257];

/** Symbols of lengths from 3, their further bits, and where each begins (RFC 1951, section 3.2.5). */
const LENGTHS = /* @__PURE__ */ (() =>
  symbolsOf(
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5],
    3,
    LONGEST,
  ))();
/** The same of distances from 1. */
const DISTANCES = /* @__PURE__ */ (() =>
  symbolsOf(
    [
      0,
      0,
      0,
      0,
      1,
      1,
      2,
      2,
      3,
      3,
      4,
      4,
      5,
      5,
      6,
      6,
      7,
      7,
      8,
      8,
      9,
      9,
      10,
      10,
      11,
      11,
      12,
      12,
      13,
      13,
    ],
    1,
    FARTHEST,
  ))();

/** Numbers as symbols with further bits. */
interface Symbols {
  /** The symbol of each number. */
  readonly of: Uint8Array;
  /** Further bits of each symbol. */
  readonly extra: Uint8Array;
  /** The first number of each symbol. */
  readonly first: Uint16Array;
}

function symbolsOf(bits: readonly number[], from: number, last: number): Symbols {
  const extra = Uint8Array.from([...bits, 0]);
  const first = new Uint16Array(extra.length);
  const of = new Uint8Array(last + 1);
  let number = from;
  bits.forEach((count, symbol) => {
    first[symbol] = number;
    for (let i = 0; i < 1 << count && number <= last; i++) of[number++] = symbol;
  });
  // The longest repetition has a symbol of its own.
  if (last === LONGEST) {
    of[last] = bits.length;
    first[bits.length] = last;
  }
  return { of, extra, first };
}

/** Codes that need not be written, for small blocks. */
const FIXED = /* @__PURE__ */ (() => {
  const literals = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  return { literals: codesOf(literals), distances: codesOf(new Uint8Array(30).fill(5)) };
})();

/** How bytes are looked through. */
export interface QuickDeflateOptions {
  /** Bytes of a row, above which the same may stand; none unless told. */
  readonly stride?: number;
}

/** Compresses bytes into one stream, without a frame. */
export function quickDeflate(
  bytes: Uint8Array,
  { stride = 0 }: QuickDeflateOptions = {},
): Uint8Array<ArrayBuffer> {
  return deflater().pack(bytes, stride);
}

let kept: Deflater | null = null;

/** The tables that all streams use in turn. */
function deflater(): Deflater {
  return kept ??= new Deflater();
}

class Deflater {
  /** Where four bytes came last, by their hash, counted from 1; 0 for nowhere. */
  readonly #heads = new Int32Array(1 << MOST_BITS);
  /** Literals as they are, repetitions as 2^31 + (length · 2^16) + (distance − 1). */
  readonly #tokens = new Uint32Array(MOST_TOKENS);
  readonly #counts = new Uint32Array(286);
  readonly #distanceCounts = new Uint32Array(30);
  #tokenCount = 0;
  #bits = new BitWriter(0);

  pack(bytes: Uint8Array, stride: number): Uint8Array<ArrayBuffer> {
    const size = bytes.length;
    this.#bits = new BitWriter(size + 64 + 16 * Math.ceil(size / (MOST_TOKENS / 2)));
    const hashBits = Math.min(MOST_BITS, Math.max(LEAST_BITS, 32 - Math.clz32(size)));
    this.#heads.fill(0, 0, 1 << hashBits);
    const [heads, tokens] = [this.#heads, this.#tokens];
    const [counts, distanceCounts] = [this.#counts, this.#distanceCounts];
    // The place after the near ones is that of the last time.
    const steps = [...NEAR, FARTHEST + 1, ...stepsUp(stride)];
    let [begin, at, count] = [0, 0, 0];
    this.#begin();
    while (at < size) {
      let [length, distance] = [0, 0];
      if (at + SHORTEST <= size) {
        const word = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
        const hash = Math.imul(word, 0x9e3779b1) >>> (32 - hashBits);
        const last = heads[hash] - 1;
        heads[hash] = at + 1;
        const most = Math.min(LONGEST, size - at);
        // From near to far: of repetitions of one length the nearest takes the fewest bits.
        for (let k = 0; k < steps.length && length < most; k++) {
          const step = k === NEAR.length && last >= 0 ? at - last : steps[k];
          if (step > at || step > FARTHEST) continue;
          const same = sameBytes(bytes, { at, before: at - step, most });
          if (same > length) {
            length = same;
            distance = step;
          }
        }
      }
      if (length >= SHORTEST) {
        tokens[count++] = 0x80000000 + (length << 16) + (distance - 1);
        counts[FIRST_LENGTH + LENGTHS.of[length]]++;
        distanceCounts[DISTANCES.of[distance]]++;
        at += length;
      } else {
        tokens[count++] = bytes[at];
        counts[bytes[at]]++;
        at++;
      }
      if (count === MOST_TOKENS || at === size) {
        this.#tokenCount = count;
        this.#end(bytes.subarray(begin, at), at === size);
        this.#begin();
        [begin, count] = [at, 0];
      }
    }
    if (size === 0) this.#end(bytes, true);
    return this.#bits.end();
  }

  #begin(): void {
    this.#counts.fill(0);
    this.#distanceCounts.fill(0);
    this.#counts[END] = 1;
    this.#tokenCount = 0;
  }

  /** Writes a block in the shortest of three ways, or of two where there is little of it. */
  #end(bytes: Uint8Array, isLast: boolean): void {
    const bits = this.#bits;
    const further = this.#furtherBits();
    const fixed = further + this.#bitsWith(FIXED.literals.lengths, FIXED.distances.lengths);
    const stored = bytes.length > 0
      ? 8 * (bytes.length + 5 * Math.ceil(bytes.length / STORED_BYTES)) + 7
      : Infinity;
    const own = this.#tokenCount > FEW_TOKENS ? this.#ownCodes() : null;
    const ownBits = own ? own.table.bits + further + own.bits : Infinity;
    if (stored < Math.min(ownBits, fixed)) {
      bits.store(bytes, isLast);
    } else if (own && ownBits < fixed) {
      bits.put((isLast ? 1 : 0) + 4, 3);
      own.table.write(bits);
      this.#write({ literals: codesOf(own.literals), distances: codesOf(own.distances) });
    } else {
      bits.put((isLast ? 1 : 0) + 2, 3);
      this.#write(FIXED);
    }
  }

  /** Lengths of codes made for the block, its bits with them, and the table that tells of them. */
  #ownCodes() {
    const literals = codeLengths(this.#counts, 15);
    const distances = codeLengths(this.#distanceCounts, 15);
    const table = new CodeTable(literals, distances);
    return { literals, distances, table, bits: this.#bitsWith(literals, distances) };
  }

  /** Bits of all codes of the block. */
  #bitsWith(literals: Uint8Array, distances: Uint8Array): number {
    let sum = 0;
    for (let i = 0; i < this.#counts.length; i++) sum += this.#counts[i] * literals[i];
    for (let i = 0; i < this.#distanceCounts.length; i++) {
      sum += this.#distanceCounts[i] * distances[i];
    }
    return sum;
  }

  /** Bits of what stands behind codes, which is alike whatever the codes. */
  #furtherBits(): number {
    let sum = 0;
    for (let i = 0; i < LENGTHS.extra.length; i++) {
      sum += this.#counts[FIRST_LENGTH + i] * LENGTHS.extra[i];
    }
    for (let i = 0; i < this.#distanceCounts.length; i++) {
      sum += this.#distanceCounts[i] * DISTANCES.extra[i];
    }
    return sum;
  }

  #write({ literals, distances }: { literals: Codes; distances: Codes }): void {
    const [bits, tokens] = [this.#bits, this.#tokens];
    const { codes, lengths: sizes } = literals;
    const { codes: farCodes, lengths: farSizes } = distances;
    for (let i = 0; i < this.#tokenCount; i++) {
      const token = tokens[i];
      if (token < 256) {
        bits.put(codes[token], sizes[token]);
        continue;
      }
      const length = token >>> 16 & 0x7fff;
      const symbol = LENGTHS.of[length];
      bits.put(codes[FIRST_LENGTH + symbol], sizes[FIRST_LENGTH + symbol]);
      bits.put(length - LENGTHS.first[symbol], LENGTHS.extra[symbol]);
      const distance = (token & 0xffff) + 1;
      const far = DISTANCES.of[distance];
      bits.put(farCodes[far], farSizes[far]);
      bits.put(distance - DISTANCES.first[far], DISTANCES.extra[far]);
    }
    bits.put(codes[END], sizes[END]);
  }
}

/** How far back the rows above are, there and a little beside. */
function stepsUp(stride: number): number[] {
  if (stride === 0) return [];
  const steps = [0, -2, 2, -4, 4].map((beside) => stride + beside);
  return [...steps, 2 * stride].filter((step) => step > 0 && step <= FARTHEST);
}

/** How many bytes from a place on are those from an earlier one on. */
function sameBytes(
  bytes: Uint8Array,
  { at, before, most }: { at: number; before: number; most: number },
): number {
  let length = 0;
  while (length < most && bytes[at + length] === bytes[before + length]) length++;
  return length;
}
