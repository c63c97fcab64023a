/**
 * The core of a polygon: itself made smaller about a point, just so far that its area is above a share of the
 * polygon's own. Whatever polygon holds it shares more than that, and of two polygons of one object nearly
 * always one holds the other's core, which is told in a small part of the time of bounds of what they share.
 *
 * A polygon holds the core when it winds around the point and none of its edges meets the core. An edge passes
 * by if there is a direction in which both its ends lie beyond the core. In which ones a vertex does is found
 * once for all polygons that have one there.
 *
 * @module
 */

/** In how many directions the extent of a core is known; every other half of them is opposite to one. */
const DIRECTIONS = 16;
const HALF = DIRECTIONS / 2;
/** What the area of a core is above the share, as a share: far more than rounding makes of exact areas. */
const MORE = 1e-3;
/** Extents are larger by this, so that rounding never lets an edge pass that meets the core. */
const SLACK = 1e-6;
/** Polygons with vertices farther from their middle have no core. */
const FARTHEST = 2 ** 18;
/** Cells along each half of the axes; a cell is a pixel, or some where polygons are large. */
const REACH = 32;
/** Cells in a row. */
const SIDE = 2 * REACH;
/** Marks a cell in which somebody has looked. */
const SEEN = 1 << DIRECTIONS;

const angles = Float64Array.from(
  { length: DIRECTIONS },
  (_, direction) => direction * (2 * Math.PI / DIRECTIONS),
);
const rowsAlong = angles.map(Math.sin);
const columnsAlong = angles.map(Math.cos);
/** How far it is from a corner of a pixel to the one that is nearest in a direction. */
const acrossCell = angles.map((_, direction) =>
  -Math.min(0, rowsAlong[direction]) - Math.min(0, columnsAlong[direction])
);
/** For each cell the first of the directions that are next to its own. */
const NEXT = 3;
const cellDirections = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
  const [row, column] = [Math.floor(at / SIDE) - REACH + 0.5, at % SIDE - REACH + 0.5];
  const turns = Math.atan2(row, column) / (2 * Math.PI);
  return (Math.round(turns * DIRECTIONS - (NEXT - 1) / 2) + DIRECTIONS) % DIRECTIONS;
});

/** The core of a polygon, in place of the one before. */
export class Core {
  readonly #extents = new Float64Array(DIRECTIONS);
  /** For each cell the directions in which all of it lies beyond the core, as bits. */
  readonly #beyond = new Int32Array(SIDE * SIDE);
  #row = 0;
  #column = 0;
  /** How often a cell was doubled. */
  #doubled = 0;

  /**
   * Takes the core of a polygon.
   *
   * @param vertices Whole-numbered rows and columns of polygons.
   * @param options.from Where this one's begin.
   * @param options.to Where they end.
   * @param options.boxes Bounding boxes of all polygons, see `boundingBoxes`.
   * @param options.box Where that of this one begins.
   * @param options.share What of the polygon's area its core is to have, and a little more.
   * @returns Whether it has a core. It has none if the share is too large, or if it does not lie around the
   *   middle of its box like a star: then smaller copies need not lie inside.
   */
  take(
    vertices: Int32Array,
    { from, to, boxes, box, share }: {
      from: number;
      to: number;
      boxes: Int32Array;
      box: number;
      share: number;
    },
  ): boolean {
    const size = Math.max(0, share) + MORE;
    if (!(size < 1)) return false;
    const row = this.#row = (boxes[box] + boxes[box + 2]) >> 1;
    const column = this.#column = (boxes[box + 1] + boxes[box + 3]) >> 1;
    if (!turnsOnce(vertices, { from, to, row, column })) return false;
    const span = boxes[box + 2] - boxes[box] + boxes[box + 3] - boxes[box + 1];
    this.#doubled = 0;
    // Others may reach twice as far before they leave the cells.
    while (span >> this.#doubled > SIDE) this.#doubled++;
    this.#beyond.fill(0);
    const [extents, scale] = [this.#extents, Math.sqrt(size)];
    for (let direction = 0; direction < HALF; direction++) {
      const rowAlong = rowsAlong[direction];
      const columnAlong = columnsAlong[direction];
      let most = 0;
      let least = 0;
      for (let at = from; at < to; at += 2) {
        const along = (vertices[at] - row) * rowAlong + (vertices[at + 1] - column) * columnAlong;
        if (along > most) most = along;
        if (along < least) least = along;
      }
      extents[direction] = scale * most + SLACK;
      extents[direction + HALF] = SLACK - scale * least;
    }
    return true;
  }

  /** Whether a polygon surely holds the core. */
  isIn(vertices: Int32Array, from: number, to: number): boolean {
    const row = this.#row;
    const column = this.#column;
    let winding = 0;
    let row0 = vertices[to - 2] - row;
    let column0 = vertices[to - 1] - column;
    let before = this.#directionsOf(row0, column0);
    for (let at = from; at < to; at += 2) {
      const row1 = vertices[at] - row;
      const column1 = vertices[at + 1] - column;
      const directions = this.#directionsOf(row1, column1);
      if ((before & directions) === 0) return false;
      before = directions;
      if ((row0 <= 0) !== (row1 <= 0)) {
        const turn = column0 * row1 - column1 * row0;
        if (row1 > 0) winding += turn > 0 ? 1 : 0;
        else winding -= turn < 0 ? 1 : 0;
      }
      row0 = row1;
      column0 = column1;
    }
    return winding !== 0;
  }

  /** The directions in which the cell of a point lies beyond the core, as bits. */
  #directionsOf(row: number, column: number): number {
    const [down, right] = [row >> this.#doubled, column >> this.#doubled];
    if (down < -REACH || down >= REACH || right < -REACH || right >= REACH) return 0;
    const cell = (down + REACH) * SIDE + right + REACH;
    return (this.#beyond[cell] ||= SEEN | this.#look(down, right)) & ~SEEN;
  }

  /** Looks in the directions next to that of the cell itself. */
  #look(down: number, right: number): number {
    const [extents, width] = [this.#extents, 1 << this.#doubled];
    const own = cellDirections[(down + REACH) * SIDE + right + REACH];
    let directions = 0;
    for (let direction = own; direction < own + NEXT; direction++) {
      const turned = direction & DIRECTIONS - 1;
      const nearest = width * (down * rowsAlong[turned] + right * columnsAlong[turned]) -
        (width - 1) * acrossCell[turned];
      if (nearest > extents[turned]) directions |= 1 << turned;
    }
    return directions;
  }
}

/** Whether a polygon turns around a point once, and never back or through it. */
function turnsOnce(
  vertices: Int32Array,
  { from, to, row, column }: { from: number; to: number; row: number; column: number },
): boolean {
  let turns = 0;
  let row0 = vertices[to - 2] - row;
  let column0 = vertices[to - 1] - column;
  for (let at = from; at < to; at += 2) {
    const row1 = vertices[at] - row;
    const column1 = vertices[at + 1] - column;
    const turn = column0 * row1 - column1 * row0;
    const isAhead = turn > 0 || (turn === 0 && row0 * row1 + column0 * column1 > 0);
    const isNear = Math.abs(row1) < FARTHEST && Math.abs(column1) < FARTHEST;
    if (!isAhead || !isNear) return false;
    if (row0 <= 0 && row1 > 0) turns++;
    row0 = row1;
    column0 = column1;
  }
  return turns === 1;
}
