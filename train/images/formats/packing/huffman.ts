/**
 * Huffman codes as deflate has them: canonical, of limited length, the lowest bit written first.
 *
 * @module
 */

/** The codes of an alphabet. */
export interface Codes {
  /** Bits of each symbol's code; 0 for symbols that have none. */
  readonly lengths: Uint8Array;
  /** The codes, their bits in the order in which they are written. */
  readonly codes: Uint16Array;
}

/**
 * The lengths of the codes of symbols that come so often, none longer than the limit. At least two symbols
 * have a code, as some readers take fewer for damage.
 *
 * @param counts How often each symbol comes.
 * @param limit The most bits of a code, up to 15.
 */
export function codeLengths(counts: Uint32Array, limit: number): Uint8Array {
  const lengths = new Uint8Array(counts.length);
  const used: number[] = [];
  for (let symbol = 0; symbol < counts.length; symbol++) if (counts[symbol] > 0) used.push(symbol);
  for (let symbol = 0; used.length < 2; symbol++) if (counts[symbol] === 0) used.push(symbol);
  used.sort((a, b) => counts[a] - counts[b] || a - b);
  const size = used.length;
  // Leaves by rising count, then the nodes made of the two rarest trees, which rise by themselves.
  const weights = new Float64Array(2 * size - 1);
  const parents = new Uint16Array(2 * size - 1);
  for (let i = 0; i < size; i++) weights[i] = counts[used[i]];
  let [leaf, inner] = [0, size];
  for (let node = size; node < weights.length; node++) {
    for (let child = 0; child < 2; child++) {
      const isLeaf = leaf < size && (inner >= node || weights[leaf] <= weights[inner]);
      const rarest = isLeaf ? leaf++ : inner++;
      weights[node] += weights[rarest];
      parents[rarest] = node;
    }
  }
  const depths = new Uint8Array(weights.length);
  const byLength = new Uint32Array(Math.max(limit, size) + 1);
  for (let node = weights.length - 2; node >= 0; node--) {
    depths[node] = depths[parents[node]] + 1;
    if (node < size) byLength[depths[node]]++;
  }
  shorten(byLength, limit);
  // The rarest get the longest codes.
  let length = limit;
  for (const symbol of used) {
    while (byLength[length] === 0) length--;
    byLength[length]--;
    lengths[symbol] = length;
  }
  return lengths;
}

/** Brings the numbers of codes by length within a limit, so that they stay a complete code. */
function shorten(byLength: Uint32Array, limit: number): void {
  for (let length = limit + 1; length < byLength.length; length++) {
    byLength[limit] += byLength[length];
    byLength[length] = 0;
  }
  let total = 0;
  for (let length = 1; length <= limit; length++) total += byLength[length] << (limit - length);
  for (; total > 1 << limit; total--) {
    byLength[limit]--;
    let length = limit - 1;
    while (byLength[length] === 0) length--;
    byLength[length]--;
    byLength[length + 1] += 2;
  }
}

/** The canonical codes of some lengths (RFC 1951, section 3.2.2). */
export function codesOf(lengths: Uint8Array): Codes {
  const next = new Uint16Array(17);
  for (const length of lengths) if (length > 0) next[length + 1]++;
  for (let length = 1; length < 17; length++) next[length] = (next[length] + next[length - 1]) << 1;
  const codes = new Uint16Array(lengths.length);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol];
    if (length > 0) codes[symbol] = reversed(next[length]++, length);
  }
  return { lengths, codes };
}

function reversed(code: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < length; i++) bits |= (code >>> i & 1) << (length - 1 - i);
  return bits;
}
