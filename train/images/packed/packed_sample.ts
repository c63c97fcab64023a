/**
 * Samples that take less memory while nobody looks at them. An image of 8 bits has at most 256 intensities,
 * whatever they are scaled to, and few objects: such numbers are kept as their places in a list of those that
 * there are, in a byte or two for each instead of four. What is unpacked is what was packed, to the bit.
 *
 * @module
 */

import type { Sample } from "../sample.ts";

/** The most different numbers that are kept as a list. */
const MOST_DIFFERENT = 65536;
/** Places of a table of numbers that were seen: twice as many as there may be. */
const TABLE_BITS = 17;

/** Numbers of four bytes. */
type Numbers = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Numbers as places in a list of those that there are. */
export class PackedNumbers<T extends Numbers> {
  readonly #different: T;
  readonly #places: Uint8Array | Uint16Array;

  /** Takes a list of numbers, and the place of each in it. */
  constructor(different: T, places: Uint8Array | Uint16Array) {
    this.#different = different;
    this.#places = places;
  }

  /** Bytes that it takes. */
  get byteLength(): number {
    return this.#different.byteLength + this.#places.byteLength;
  }

  /** All numbers. */
  unpack(): T {
    const length = this.#places.length;
    const all = emptyLike(this.#different, length);
    this.copy(all, { to: 0, from: 0, count: length });
    return all;
  }

  /** Puts some of the numbers into an array, from its place `to` on. */
  copy(
    into: Numbers,
    { to, from, count }: { to: number; from: number; count: number },
  ): void {
    const [different, places] = [this.#different, this.#places];
    for (let i = 0; i < count; i++) into[to + i] = different[places[from + i]];
  }
}

/** Packs numbers; null where too many are different. */
export function packNumbers<T extends Numbers>(numbers: T): PackedNumbers<T> | null {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const places = new Uint16Array(bits.length);
  const table = new Int32Array(1 << TABLE_BITS).fill(-1);
  const mask = table.length - 1;
  const different: number[] = [];
  let [last, place] = [-1, 0];
  for (let i = 0; i < bits.length; i++) {
    const number = bits[i];
    // Most pixels of labels are as the one before.
    if (number !== last) {
      last = number;
      let at = Math.imul(number, 0x9e3779b1) >>> (32 - TABLE_BITS);
      while (table[at] >= 0 && different[table[at]] !== number) at = at + 1 & mask;
      if (table[at] < 0) {
        if (different.length === MOST_DIFFERENT) return null;
        table[at] = different.push(number) - 1;
      }
      place = table[at];
    }
    places[i] = place;
  }
  const list = emptyLike(numbers, different.length);
  new Uint32Array(list.buffer).set(different);
  return new PackedNumbers(list, different.length > 256 ? places : Uint8Array.from(places));
}

function emptyLike<T extends Numbers>(numbers: T, length: number): T {
  return (numbers instanceof Float32Array
    ? new Float32Array(length)
    : new Uint32Array(length)) as T;
}

/** A sample whose numbers are packed: `image` and `labels` are unpacked anew whenever they are asked for. */
export interface PackedSample extends Sample {
  /** Its packed numbers. */
  readonly packed: {
    readonly image: PackedNumbers<Float32Array<ArrayBuffer>>;
    readonly labels?: PackedNumbers<Uint32Array<ArrayBuffer>>;
  };
}

/** Whether a sample is packed. */
export function isPacked(sample: Sample): sample is PackedSample {
  return "packed" in sample;
}

/**
 * Packs a sample, if that makes it smaller. A copy that is made of it with `...` holds plain numbers, so that
 * none of them can be replaced beside the packed ones.
 */
export function packSample(sample: Sample): Sample {
  const { channels, width, height } = sample;
  const image = packNumbers(sample.image);
  const labels = sample.labels && packNumbers(sample.labels);
  if (image === null || labels === null) return sample;
  const whole = { enumerable: true };
  return Object.defineProperties({ channels, width, height } as Sample, {
    packed: { value: { image, ...(labels && { labels }) } },
    image: { ...whole, get: () => image.unpack() },
    ...(labels && { labels: { ...whole, get: () => labels.unpack() } }),
  });
}

/** Bytes that the pixels of a sample take. */
export function bytesOfSample(sample: Sample): number {
  const { image, labels } = isPacked(sample) ? sample.packed : sample;
  return image.byteLength + (labels?.byteLength ?? 0);
}
