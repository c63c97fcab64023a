/**
 * Bounding boxes of polygons, and which of them touch: a grid of cells about as large as the boxes,
 * each with the list of those that reach into it.
 *
 * @module
 */

/** Bounding boxes, shape `[count, 4]`: first row, first column, last row, last column, inclusive. */
export type Boxes = Int32Array<ArrayBuffer>;

/** Boxes by the cells of a grid that they reach into. */
export interface BoxIndex {
  /** The boxes. */
  readonly boxes: Boxes;
  /** Row and column where the grid begins. */
  readonly origin: readonly [row: number, column: number];
  /** Pixels along each side of a cell. */
  readonly side: number;
  /** Cells in a row of the grid. */
  readonly columns: number;
  /** Where each cell's list begins in `members`, and where the last one ends. */
  readonly starts: Uint32Array;
  /** The lists of all cells: indices of boxes, ascending in each. */
  readonly members: Uint32Array;
}

/** The most cells of a grid for each box: a far outlier must not make it huge. */
const CELLS_PER_BOX = 4;

/**
 * The bounding boxes of polygons.
 *
 * @param polygons Rows and columns of vertices, shape `[count, rays, 2]`.
 * @param rays Vertices of each polygon.
 */
export function boundingBoxes(polygons: Int32Array, rays: number): Boxes {
  const boxes = new Int32Array(2 * polygons.length / rays);
  for (let at = 0, to = 0; at < polygons.length; to += 4) {
    let top = polygons[at];
    let left = polygons[at + 1];
    let bottom = top;
    let right = left;
    for (const end = at + 2 * rays; at < end; at += 2) {
      const row = polygons[at];
      const column = polygons[at + 1];
      top = Math.min(top, row);
      bottom = Math.max(bottom, row);
      left = Math.min(left, column);
      right = Math.max(right, column);
    }
    boxes[to] = top;
    boxes[to + 1] = left;
    boxes[to + 2] = bottom;
    boxes[to + 3] = right;
  }
  return boxes;
}

/**
 * Sorts boxes into the cells of a grid.
 *
 * @param boxes Bounding boxes; their indices are the order in which {@linkcode laterTouching} calls a
 *   box later.
 */
export function indexBoxes(boxes: Boxes): BoxIndex {
  const count = boxes.length / 4;
  let [top, left, bottom, right] = [Infinity, Infinity, -Infinity, -Infinity];
  let sides = 0;
  for (let at = 0; at < boxes.length; at += 4) {
    top = Math.min(top, boxes[at]);
    left = Math.min(left, boxes[at + 1]);
    bottom = Math.max(bottom, boxes[at + 2]);
    right = Math.max(right, boxes[at + 3]);
    sides += boxes[at + 2] - boxes[at] + boxes[at + 3] - boxes[at + 1];
  }
  if (count === 0) [top, left, bottom, right] = [0, 0, 0, 0];
  const [height, width] = [bottom - top + 1, right - left + 1];
  const fewCells = Math.sqrt(height * width / (CELLS_PER_BOX * Math.max(1, count)));
  const side = Math.ceil(Math.max(1, sides / (2 * Math.max(1, count)), fewCells));
  const columns = Math.ceil(width / side);
  const starts = new Uint32Array(columns * Math.ceil(height / side) + 1);
  const grid = { boxes, origin: [top, left] as const, side, columns };

  const span: Span = { first: 0, last: 0, width: 0 };
  for (let box = 0; box < count; box++) {
    spanOf(grid, box, span);
    for (let start = span.first; start <= span.last; start += columns) {
      for (let cell = start; cell <= start + span.width; cell++) starts[cell + 1]++;
    }
  }
  for (let cell = 1; cell < starts.length; cell++) starts[cell] += starts[cell - 1];
  const members = new Uint32Array(starts[starts.length - 1]);
  const ends = starts.slice();
  for (let box = 0; box < count; box++) {
    spanOf(grid, box, span);
    for (let start = span.first; start <= span.last; start += columns) {
      for (let cell = start; cell <= start + span.width; cell++) members[ends[cell]++] = box;
    }
  }
  return { ...grid, starts, members };
}

/**
 * The later boxes that share a pixel, an edge or a corner with a box, each once.
 *
 * @param index Boxes in cells.
 * @param box The index of a box.
 * @param options.isAsked Whether a box is of interest.
 * @param options.into Takes the indices of the boxes, in no particular order; as long as there are boxes.
 * @returns How many there are.
 */
export function laterTouching(
  index: BoxIndex,
  box: number,
  { isAsked, into }: { isAsked: (other: number) => boolean; into: Uint32Array },
): number {
  const { boxes, origin, side, columns, starts, members } = index;
  const place = 4 * box;
  const top = boxes[place];
  const left = boxes[place + 1];
  const bottom = boxes[place + 2];
  const right = boxes[place + 3];
  const span: Span = { first: 0, last: 0, width: 0 };
  spanOf(index, box, span);
  let found = 0;
  for (let start = span.first; start <= span.last; start += columns) {
    for (let cell = start; cell <= start + span.width; cell++) {
      for (let at = starts[cell]; at < starts[cell + 1]; at++) {
        const other = members[at];
        if (other <= box || !isAsked(other)) continue;
        const its = 4 * other;
        if (boxes[its] > bottom || boxes[its + 2] < top) continue;
        if (boxes[its + 1] > right || boxes[its + 3] < left) continue;
        // Two boxes may meet in many cells: the one with the first pixel of what they share counts.
        const row = Math.floor((Math.max(top, boxes[its]) - origin[0]) / side);
        const column = Math.floor((Math.max(left, boxes[its + 1]) - origin[1]) / side);
        if (row * columns + column === cell) into[found++] = other;
      }
    }
  }
  return found;
}

type Grid = Pick<BoxIndex, "boxes" | "origin" | "side" | "columns">;

/** The cells that a box reaches into: from the first one, rows of so many more, to the last one. */
interface Span {
  first: number;
  last: number;
  width: number;
}

function spanOf({ boxes, origin, side, columns }: Grid, box: number, span: Span): void {
  const place = 4 * box;
  const top = Math.floor((boxes[place] - origin[0]) / side);
  const left = Math.floor((boxes[place + 1] - origin[1]) / side);
  const bottom = Math.floor((boxes[place + 2] - origin[0]) / side);
  span.width = Math.floor((boxes[place + 3] - origin[1]) / side) - left;
  span.first = top * columns + left;
  span.last = bottom * columns + left + span.width;
}
