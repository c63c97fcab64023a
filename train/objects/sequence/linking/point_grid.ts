/**
 * Points in the squares of a grid, so that those near a place are found without looking at all.
 *
 * @module
 */

/**
 * A place in an image.
 *
 * @category Sequences
 */
export interface Point {
  /** Row. */
  readonly y: number;
  /** Column. */
  readonly x: number;
}

/** A point near a place. */
export interface Neighbour {
  /** Its index among the points. */
  readonly index: number;
  /** How far it is from the place. */
  readonly distance: number;
}

/** One number for a row and a column, which may be negative but are far below a million. */
export function cellKey(row: number, column: number): number {
  return (row + 2 ** 20) * 2 ** 22 + column + 2 ** 20;
}

/** Points by the squares that they lie in. */
export class PointGrid {
  readonly #points: readonly Point[];
  readonly #side: number;
  readonly #squares = new Map<number, number[]>();

  /** Sorts points into squares of a side, which should be near the reach that is asked for. */
  constructor(points: readonly Point[], side: number) {
    this.#points = points;
    this.#side = Math.max(side, 1);
    points.forEach(({ y, x }, i) => {
      const key = this.#key(this.#cell(y), this.#cell(x));
      const square = this.#squares.get(key);
      if (square) square.push(i);
      else this.#squares.set(key, [i]);
    });
  }

  /** The points within a reach of a place, in the order of their indices. */
  near(place: Point, reach: number): Neighbour[] {
    const found: Neighbour[] = [];
    this.#visit(place, reach, (index, distance) => found.push({ index, distance }));
    return found.sort((a, b) => a.index - b.index);
  }

  #visit(
    { y, x }: Point,
    reach: number,
    found: (index: number, distance: number) => void,
  ): void {
    for (let row = this.#cell(y - reach); row <= this.#cell(y + reach); row++) {
      for (let column = this.#cell(x - reach); column <= this.#cell(x + reach); column++) {
        for (const index of this.#squares.get(this.#key(row, column)) ?? []) {
          const point = this.#points[index];
          const distance = Math.sqrt((point.y - y) ** 2 + (point.x - x) ** 2);
          if (distance <= reach) found(index, distance);
        }
      }
    }
  }

  /** The nearest point within a reach; of equally near ones the first. */
  nearest(place: Point, reach: number): Neighbour | null {
    let best: Neighbour | null = null;
    this.#visit(place, reach, (index, distance) => {
      const isNearer = best === null || distance < best.distance ||
        (distance === best.distance && index < best.index);
      if (isNearer) best = { index, distance };
    });
    return best;
  }

  #cell(coordinate: number): number {
    return Math.floor(coordinate / this.#side);
  }

  #key(row: number, column: number): number {
    return cellKey(row, column);
  }
}
