/**
 * The core of a polygon: itself made smaller about a point, just so far that its area is above a share of the
 * polygon's own. Whatever polygon holds it shares more than that, and of two polygons of one object nearly
 * always one holds the other's core, which is told in a small part of the time of bounds of what they share.
 *
 * A polygon holds the core when none of its edges meets the core and it winds around the point. An edge passes
 * by if there is a direction in which both its ends lie beyond the core, and then it stays within a quarter
 * turn of that direction, seen from the point. So the polygon turns as its edges' directions do, as long as
 * these never change by a half turn.
 *
 * @module
 */

/** The directions that are looked in: along the rows, the columns and the diagonals, in turn. */
const DIRECTIONS = 8;
const HALF = DIRECTIONS / 2;
const rowsAlong = Float64Array.of(0, 1, 1, 1, 0, -1, -1, -1);
const columnsAlong = Float64Array.of(1, 1, 0, -1, -1, -1, 0, 1);
/** What the area of a core is above the share, as a share: far more than rounding makes of exact areas. */
const MORE = 1e-3;
/** Extents are larger by this, so that rounding never lets an edge pass that meets the core. */
const SLACK = 1e-6;
/** Polygons with vertices farther from their middle have no core. */
const FARTHEST = 2 ** 18;

/** The core of a polygon, in place of the one before. */
export class Core {
  /** What lies farther out than this in a direction lies beyond the core. */
  readonly #extents = new Float64Array(DIRECTIONS);
  #row = 0;
  #column = 0;

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
    const [extents, row, column] = [this.#extents, this.#row, this.#column];
    let row0 = vertices[to - 2] - row;
    let column0 = vertices[to - 1] - column;
    let row1 = vertices[from] - row;
    let column1 = vertices[from + 1] - column;
    const step = column0 * row1 > column1 * row0 ? 1 : DIRECTIONS - 1;
    let [direction, down, right, extent] = [-1, 0, 0, 0];
    do {
      if (++direction === DIRECTIONS) return false;
      down = rowsAlong[direction];
      right = columnsAlong[direction];
      extent = extents[direction];
    } while (
      row0 * down + column0 * right <= extent || row1 * down + column1 * right <= extent
    );
    let turned = 0;
    for (let at = from + 2; at < to; at += 2) {
      row0 = row1;
      column0 = column1;
      row1 = vertices[at] - row;
      column1 = vertices[at + 1] - column;
      if (row1 * down + column1 * right > extent) continue;
      const latest = turned + HALF;
      do {
        if (++turned === latest) return false;
        direction = direction + step & DIRECTIONS - 1;
        down = rowsAlong[direction];
        right = columnsAlong[direction];
        extent = extents[direction];
      } while (
        row0 * down + column0 * right <= extent || row1 * down + column1 * right <= extent
      );
    }
    return turned > HALF && turned < DIRECTIONS + HALF;
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
