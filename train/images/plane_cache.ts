/**
 * Decoded planes that were wanted lately, so that neighbouring frames and planes are not decoded
 * again and again.
 *
 * @module
 */

import type { Plane } from "./image.ts";

/**
 * A plane, or an image whose pixels are packed.
 *
 * @category Series
 */
export type KeptPlane = Plane | { readonly packed: { readonly byteLength: number } };

/** A plane that is being decoded, or has been. */
interface Held {
  readonly plane: Promise<KeptPlane>;
  bytes: number;
}

/**
 * Keeps the planes used last, up to a number of bytes. Several readers may share one, so that all of
 * them together stay within its limit.
 *
 * @example
 * ```ts
 * import { PlaneCache } from "@kymo/kymo/images";
 * import { assertEquals } from "@std/assert";
 *
 * const cache = new PlaneCache(1024);
 * let decoded = 0;
 * const decode = () => {
 *   decoded++;
 *   return Promise.resolve({ width: 2, height: 1, data: Float32Array.of(3, 4) });
 * };
 * await cache.get("a.tif 0", decode);
 * await cache.get("a.tif 0", decode);
 * assertEquals(decoded, 1);
 * ```
 *
 * @category Series
 */
export class PlaneCache {
  readonly #mostBytes: number;
  readonly #held = new Map<string, Held>();
  #bytes = 0;

  /**
   * Starts an empty cache.
   *
   * @param mostBytes The most bytes of decoded pixels it keeps; 0 keeps nothing.
   * @throws {RangeError} If that is no number of bytes.
   */
  constructor(mostBytes: number) {
    if (!(mostBytes >= 0)) {
      throw new RangeError(`Cannot keep ${mostBytes} bytes of planes: give 0 or more`);
    }
    this.#mostBytes = mostBytes;
  }

  /** Bytes of the decoded planes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The plane of this key. Whoever asks while it is being decoded waits for the same decoding; a
   * failed one is forgotten, so that asking again tries again.
   *
   * @param key Names file, page and whatever else the pixels depend on.
   * @param decode Reads the plane if it is not held; all who use a key get the same kind of plane.
   */
  async get<P extends KeptPlane = Plane>(key: string, decode: () => Promise<P>): Promise<P> {
    const known = this.#held.get(key);
    if (known !== undefined) {
      // A map keeps the order of insertion: what was used last moves to the end.
      this.#held.delete(key);
      this.#held.set(key, known);
      return await known.plane as P;
    }
    const held: Held = { plane: decode(), bytes: 0 };
    this.#held.set(key, held);
    try {
      const plane = await held.plane as P;
      held.bytes = "packed" in plane ? plane.packed.byteLength : plane.data.byteLength;
      this.#bytes += held.bytes;
      this.#shrink();
      return plane;
    } catch (error) {
      this.#held.delete(key);
      throw error;
    }
  }

  /** Lets go of the planes that were not used for longest; those being decoded hold no bytes yet. */
  #shrink(): void {
    for (const [key, { bytes }] of this.#held) {
      if (this.#bytes <= this.#mostBytes) return;
      if (bytes === 0) continue;
      this.#held.delete(key);
      this.#bytes -= bytes;
    }
  }
}
