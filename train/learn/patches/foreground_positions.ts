/**
 * Where a patch must lie to contain foreground.
 *
 * @module
 */

import { isObject } from "../../images/image.ts";
import type { Sample } from "../../images/sample.ts";

/**
 * All places of a square patch that contains at least one pixel of an object, where the patch-sized
 * maximum filter of the objects is over 0. Found once in O(pixels), kept in a byte per place.
 */
export class ForegroundPositions {
  #columns: number;
  #isValid: Uint8Array;
  /** Number of valid places above each row; the last entry is their total. */
  #above: Uint32Array;

  /**
   * Finds the places.
   *
   * @param sample A sample with labels; without labels there are no places.
   * @param size Width and height of the patch in pixels; a sample that is smaller has one place.
   */
  constructor(sample: Sample, size: number) {
    const { width, height, labels } = sample;
    this.#columns = Math.max(1, width - size + 1);
    const rows = Math.max(1, height - size + 1);
    this.#isValid = new Uint8Array(rows * this.#columns);
    this.#above = new Uint32Array(rows + 1);
    if (!labels) return;

    // A patch holds foreground when one of its columns has a row with an object not above its top:
    // `lowest[x]` is the lowest such row of column x so far, `nearest` the last such column.
    const lowest = new Int32Array(width).fill(-1);
    for (let bottom = 0; bottom < height; bottom++) {
      for (let x = 0; x < width; x++) if (isObject(labels[bottom * width + x])) lowest[x] = bottom;
      const top = Math.max(0, bottom - size + 1);
      if (bottom < Math.min(size, height) - 1) continue;
      let nearest = -1;
      for (let right = 0; right < width; right++) {
        if (lowest[right] >= top) nearest = right;
        const left = Math.max(0, right - size + 1);
        if (right < Math.min(size, width) - 1) continue;
        this.#isValid[top * this.#columns + left] = nearest >= left ? 1 : 0;
      }
    }
    for (let row = 0; row < rows; row++) {
      const from = row * this.#columns;
      const inRow = this.#isValid.subarray(from, from + this.#columns);
      this.#above[row + 1] = this.#above[row] + inRow.reduce((sum, flag) => sum + flag, 0);
    }
  }

  /** Number of places. */
  get count(): number {
    return this.#above[this.#above.length - 1];
  }

  /**
   * The upper left corner of a place.
   *
   * @param rank 0 to `count` − 1; places are counted row by row.
   */
  at(rank: number): { x: number; y: number } {
    let y = 0;
    for (let end = this.#above.length - 1; end - y > 1;) {
      const middle = (y + end) >> 1;
      if (this.#above[middle] <= rank) y = middle;
      else end = middle;
    }
    let rest = rank - this.#above[y];
    let x = 0;
    while (rest > 0 || !this.#isValid[y * this.#columns + x]) {
      rest -= this.#isValid[y * this.#columns + x++];
    }
    return { x, y };
  }
}
