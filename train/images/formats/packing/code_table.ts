/**
 * The lengths of a deflate block's codes, as they stand at its head.
 *
 * @module
 */

import type { BitWriter } from "./bit_writer.ts";
import { codeLengths, type Codes, codesOf } from "./huffman.ts";

/** In which order the lengths of the codes of code lengths stand. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The head of a block with codes of its own (RFC 1951, section 3.2.7). */
export class CodeTable {
  /** Bits of the head. */
  readonly bits: number;
  readonly #literals: number;
  readonly #distances: number;
  /** Lengths as symbols up to 18; what follows one is in the bits above the lowest 5. */
  readonly #symbols: readonly number[];
  readonly #codes: Codes;
  readonly #count: number;

  /** The head for codes of these lengths. */
  constructor(literals: Uint8Array, distances: Uint8Array) {
    this.#literals = Math.max(257, lastUsed(literals));
    this.#distances = Math.max(1, lastUsed(distances));
    this.#symbols = runsOf([
      ...literals.subarray(0, this.#literals),
      ...distances.subarray(0, this.#distances),
    ]);
    const counts = new Uint32Array(19);
    for (const symbol of this.#symbols) counts[symbol & 31]++;
    this.#codes = codesOf(codeLengths(counts, 7));
    const { lengths } = this.#codes;
    let count = LENGTH_ORDER.length;
    while (count > 4 && lengths[LENGTH_ORDER[count - 1]] === 0) count--;
    this.#count = count;
    this.bits = this.#symbols.reduce(
      (sum, symbol) => sum + lengths[symbol & 31] + furtherBits(symbol & 31),
      14 + 3 * count,
    );
  }

  /** Writes it. */
  write(bits: BitWriter): void {
    const { lengths, codes } = this.#codes;
    bits.put(this.#literals - 257, 5);
    bits.put(this.#distances - 1, 5);
    bits.put(this.#count - 4, 4);
    for (let i = 0; i < this.#count; i++) bits.put(lengths[LENGTH_ORDER[i]], 3);
    for (const symbol of this.#symbols) {
      bits.put(codes[symbol & 31], lengths[symbol & 31]);
      bits.put(symbol >>> 5, furtherBits(symbol & 31));
    }
  }
}

function lastUsed(lengths: Uint8Array): number {
  let last = lengths.length;
  while (last > 0 && lengths[last - 1] === 0) last--;
  return last;
}

/** Bits behind the symbols that stand for several lengths. */
function furtherBits(symbol: number): number {
  return symbol === 16 ? 2 : symbol === 17 ? 3 : symbol === 18 ? 7 : 0;
}

/** Lengths, with symbols for runs: 16 the one before again, 17 and 18 zeros. */
function runsOf(lengths: readonly number[]): number[] {
  const symbols: number[] = [];
  for (let at = 0; at < lengths.length;) {
    const length = lengths[at];
    let end = at + 1;
    while (end < lengths.length && lengths[end] === length) end++;
    let run = end - at;
    at = end;
    if (length !== 0) {
      symbols.push(length);
      run--;
    }
    const [symbol, least, most] = length === 0 ? [17, 3, 138] : [16, 3, 6];
    while (run >= least) {
      const part = Math.min(run, most);
      const isLong = symbol === 17 && part > 10;
      symbols.push(isLong ? 18 + ((part - 11) << 5) : symbol + ((part - 3) << 5));
      run -= part;
    }
    for (; run > 0; run--) symbols.push(length);
  }
  return symbols;
}
