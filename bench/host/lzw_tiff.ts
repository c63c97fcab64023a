/**
 * TIFF stacks of 16 bits with LZW, as microscopes and ImageJ write them; Kymo itself writes none.
 *
 * @module
 */

/** Bits that are put one after the other, the highest first. */
class BitWriter {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  #buffer = 0;
  #bits = 0;

  constructor(most: number) {
    this.#bytes = new Uint8Array(most);
  }

  put(code: number, width: number): void {
    this.#buffer = (this.#buffer << width) | code;
    this.#bits += width;
    while (this.#bits >= 8) {
      this.#bits -= 8;
      this.#bytes[this.#length++] = this.#buffer >>> this.#bits;
    }
    this.#buffer &= (1 << this.#bits) - 1;
  }

  end(): Uint8Array<ArrayBuffer> {
    if (this.#bits > 0) this.put(0, 8 - this.#bits);
    return this.#bytes.slice(0, this.#length);
  }
}

/** Compresses bytes by TIFF's LZW (TIFF 6.0, section 13). */
export function encodeLzw(input: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new BitWriter(2 * input.length + 16);
  let codes = new Map<number, number>();
  let [next, width] = [258, 9];
  writer.put(256, 9);
  let code = input[0];
  for (let i = 1; i < input.length; i++) {
    const key = code * 256 + input[i];
    const known = codes.get(key);
    if (known !== undefined) {
      code = known;
      continue;
    }
    writer.put(code, width);
    codes.set(key, next++);
    if (next === (1 << width) && width < 12) width++;
    else if (next === 4095) {
      writer.put(256, 12);
      [codes, next, width] = [new Map(), 258, 9];
    }
    code = input[i];
  }
  writer.put(code, width);
  // The decoder has made one entry more by now.
  if (++next === (1 << width) && width < 12) width++;
  writer.put(257, width);
  return writer.end();
}

/** A frame of 16 bits. */
export interface GreyFrame {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Intensities. */
  readonly image: Uint16Array<ArrayBuffer>;
}

/** Rows of a strip. */
const ROWS = 32;

/** The bytes of a stack: little-endian, strips of 32 rows, a directory for each page. */
export function lzwTiff(frames: readonly GreyFrame[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const add = (bytes: Uint8Array) => {
    parts.push(bytes, new Uint8Array(bytes.length % 2));
    const at = length;
    length += bytes.length + bytes.length % 2;
    return at;
  };
  add(Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0));
  let link = { bytes: parts[0], at: 4 };
  for (const { width, height, image } of frames) {
    const bytes = new Uint8Array(image.buffer, image.byteOffset, image.byteLength);
    const step = 2 * width * ROWS;
    const strips = Array.from(
      { length: Math.ceil(height / ROWS) },
      (_, i) => encodeLzw(bytes.subarray(i * step, (i + 1) * step)),
    );
    const offsets = add(new Uint8Array(Uint32Array.from(strips, add).buffer));
    const sizes = add(new Uint8Array(Uint32Array.from(strips, (strip) => strip.length).buffer));
    const values = [
      [256, 4, 1, width],
      [257, 4, 1, height],
      [258, 3, 1, 16],
      [259, 3, 1, 5],
      [262, 3, 1, 1],
      [273, 4, strips.length, offsets],
      [277, 3, 1, 1],
      [278, 4, 1, ROWS],
      [279, 4, strips.length, sizes],
    ];
    const directory = new Uint8Array(2 + 12 * values.length + 4);
    const view = new DataView(directory.buffer);
    view.setUint16(0, values.length, true);
    values.forEach(([tag, type, count, value], i) => {
      view.setUint16(2 + 12 * i, tag, true);
      view.setUint16(4 + 12 * i, type, true);
      view.setUint32(6 + 12 * i, count, true);
      view.setUint32(10 + 12 * i, value, true);
    });
    const start = add(directory);
    new DataView(link.bytes.buffer).setUint32(link.at, start, true);
    link = { bytes: directory, at: 2 + 12 * values.length };
  }
  const whole = new Uint8Array(length);
  let filled = 0;
  for (const part of parts) {
    whole.set(part, filled);
    filled += part.length;
  }
  return whole;
}
