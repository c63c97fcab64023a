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
