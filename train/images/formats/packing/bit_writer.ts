/**
 * Bits of a deflate stream.
 *
 * @module
 */

/** The most bytes of a block that is stored as it is. */
export const STORED_BYTES = 65535;

/** Bits one after the other, the lowest first. */
export class BitWriter {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  #buffer = 0;
  #bits = 0;

  /** Starts with room for so many bytes. */
  constructor(most: number) {
    this.#bytes = new Uint8Array(most);
  }

  /** Adds up to 16 bits. */
  put(value: number, bits: number): void {
    let buffer = this.#buffer | value << this.#bits;
    let held = this.#bits + bits;
    while (held >= 8) {
      this.#bytes[this.#length++] = buffer;
      buffer >>>= 8;
      held -= 8;
    }
    this.#buffer = buffer;
    this.#bits = held;
  }

  /** Adds bytes as they are. */
  store(bytes: Uint8Array, isLast: boolean): void {
    for (let at = 0; at < bytes.length; at += STORED_BYTES) {
      const part = bytes.subarray(at, at + STORED_BYTES);
      this.put(isLast && at + part.length === bytes.length ? 1 : 0, 3);
      if (this.#bits > 0) this.put(0, 8 - this.#bits);
      this.put(part.length, 16);
      this.put(~part.length & 0xffff, 16);
      this.#bytes.set(part, this.#length);
      this.#length += part.length;
    }
  }

  /** All bytes; the last one is filled up with zeros. */
  end(): Uint8Array<ArrayBuffer> {
    if (this.#bits > 0) this.put(0, 8 - this.#bits);
    return this.#bytes.slice(0, this.#length);
  }
}
