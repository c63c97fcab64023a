/**
 * Samples that take less memory while nobody looks at them. An image of 8 bits has at most 256 intensities,
 * whatever they are scaled to, and few objects: such numbers are kept as their places in a list of those that
 * there are, in a byte or two for each instead of four. What is unpacked is what was packed, to the bit.
 *
 * Where the runtime has memory that threads share, packed numbers lie there: a worker that is told of them reads
 * them where they are.
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

/**
 * What packed numbers are made of, which can be sent from thread to thread.
 *
 * @category Batches
 */
export interface PackedParts {
  /** The numbers that there are. */
  readonly different: Float32Array | Uint32Array;
  /** For each number its place among them. */
  readonly places: Uint8Array | Uint16Array;
}

/** Numbers as places in a list of those that there are. */
export class PackedNumbers<T extends Numbers> {
  readonly #different: Float32Array | Uint32Array;
  readonly #places: Uint8Array | Uint16Array;

  /** Takes a list of numbers of the kind that is wanted, and the place of each in it. */
  constructor({ different, places }: PackedParts) {
    this.#different = different;
    this.#places = places;
  }

  /** What it is made of. */
  get parts(): PackedParts {
    return { different: this.#different, places: this.#places };
  }

  /** Bytes that it takes. */
  get byteLength(): number {
    return this.#different.byteLength + this.#places.byteLength;
  }

  /** All numbers. */
  unpack(): T {
    const length = this.#places.length;
    const Kind = this.#different instanceof Float32Array ? Float32Array : Uint32Array;
    const all = new Kind(length) as T;
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
  const list = inSharedMemory(new Uint32Array(different).buffer);
  return new PackedNumbers({
    different: numbers instanceof Float32Array ? new Float32Array(list) : new Uint32Array(list),
    places: different.length > 256
      ? new Uint16Array(inSharedMemory(places.buffer))
      : new Uint8Array(inSharedMemory(Uint8Array.from(places).buffer)),
  });
}

/** Copies bytes to memory that threads share; where there is none they stay where they are. */
function inSharedMemory(bytes: ArrayBuffer): ArrayBufferLike {
  if (typeof SharedArrayBuffer === "undefined") return bytes;
  const shared = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(shared).set(new Uint8Array(bytes));
  return shared;
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

/** Whether a sample has labels; none are unpacked. */
export function hasLabels(sample: Sample): boolean {
  return (isPacked(sample) ? sample.packed : sample).labels !== undefined;
}

/**
 * Packs a sample, if that makes it smaller. A copy that is made of it with `...` holds plain numbers, so that
 * none of them can be replaced beside the packed ones.
 */
export function packSample(sample: Sample): Sample {
  const image = packNumbers(sample.image);
  const labels = sample.labels && packNumbers(sample.labels);
  if (image === null || labels === null) return sample;
  return packedSample(sample, { image, ...(labels && { labels }) });
}

function packedSample(
  { channels, width, height }: Pick<Sample, "channels" | "width" | "height">,
  packed: PackedSample["packed"],
): PackedSample {
  const { image, labels } = packed;
  const whole = { enumerable: true };
  return Object.defineProperties({ channels, width, height } as PackedSample, {
    packed: { value: packed },
    image: { ...whole, get: () => image.unpack() },
    ...(labels && { labels: { ...whole, get: () => labels.unpack() } }),
  });
}

/**
 * A packed sample whose numbers other threads read where they are: what is sent is where that is.
 *
 * @category Batches
 */
export interface SharedSample extends Pick<Sample, "channels" | "width" | "height"> {
  /** Intensities. */
  readonly image: PackedParts;
  /** Ids of objects, if it has any. */
  readonly labels?: PackedParts;
}

/** A sample as it is sent to other threads; null where all of its numbers would have to be copied. */
export function sharedSample(sample: Sample): SharedSample | null {
  if (!isPacked(sample)) return null;
  const { channels, width, height, packed: { image, labels } } = sample;
  if (image.parts.places.buffer instanceof ArrayBuffer) return null;
  const shared = { channels, width, height, image: image.parts };
  return labels ? { ...shared, labels: labels.parts } : shared;
}

/** The sample of which {@linkcode sharedSample} told. */
export function fromShared({ image, labels, ...size }: SharedSample): Sample {
  return packedSample(size, {
    image: new PackedNumbers(image),
    ...(labels && { labels: new PackedNumbers(labels) }),
  });
}

/** Bytes that the pixels of a sample take. */
export function bytesOfSample(sample: Sample): number {
  const { image, labels } = isPacked(sample) ? sample.packed : sample;
  return image.byteLength + (labels?.byteLength ?? 0);
}
