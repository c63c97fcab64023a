/**
 * Samples of less than a byte, as PNG and TIFF pack them.
 *
 * @module
 */

/**
 * Spreads samples of 1, 2 or 4 bits (first pixel in the highest bits, rows start on a byte) over
 * one byte each.
 */
export function unpackBits(
  packed: Uint8Array,
  { width, rows, bits }: { width: number; rows: number; bits: number },
): Uint8Array<ArrayBuffer> {
  const rowBytes = Math.ceil((width * bits) / 8);
  const values = new Uint8Array(width * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      const byte = packed[y * rowBytes + (bit >>> 3)];
      values[y * width + x] = (byte >>> (8 - bits - (bit & 7))) & ((1 << bits) - 1);
    }
  }
  return values;
}

/**
 * Spreads samples of 9 to 31 bits, packed one after the other with the highest bit first, rows starting on a
 * byte, over one number each.
 *
 * @param parts.length Samples in a row.
 */
export function unpackWide(
  packed: Uint8Array,
  { length, rows, bits }: { length: number; rows: number; bits: number },
): Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  const rowBytes = Math.ceil((length * bits) / 8);
  const values = bits <= 16 ? new Uint16Array(length * rows) : new Uint32Array(length * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < length; x++) {
      let value = 0;
      for (let bit = x * bits, left = bits; left > 0;) {
        const taken = Math.min(left, 8 - (bit & 7));
        const byte = packed[y * rowBytes + (bit >>> 3)];
        value = value * 2 ** taken + ((byte >>> (8 - (bit & 7) - taken)) & (2 ** taken - 1));
        bit += taken;
        left -= taken;
      }
      values[y * length + x] = value;
    }
  }
  return values;
}
