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
    let [top, left, bottom, right] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const end = at + 2 * rays; at < end; at += 2) {
      top = Math.min(top, polygons[at]);
      left = Math.min(left, polygons[at + 1]);
      bottom = Math.max(bottom, polygons[at]);
      right = Math.max(right, polygons[at + 1]);
    }
    boxes.set([top, left, bottom, right], to);
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

  for (let box = 0; box < count; box++) {
    for (const cell of cellsOf(grid, box)) starts[cell + 1]++;
  }
  for (let cell = 1; cell < starts.length; cell++) starts[cell] += starts[cell - 1];
  const members = new Uint32Array(starts[starts.length - 1]);
  const ends = starts.slice();
  for (let box = 0; box < count; box++) {
    for (const cell of cellsOf(grid, box)) members[ends[cell]++] = box;
  }
  return { ...grid, starts, members };
}

/**
 * The later boxes that share a pixel, an edge or a corner with a box, each once.
 *
 * @param index Boxes in cells.
 * @param box The index of a box.
 * @returns Indices of boxes, in no particular order.
 */
export function laterTouching(index: BoxIndex, box: number): number[] {
  const { boxes, starts, members } = index;
  const [top, left, bottom, right] = boxes.subarray(4 * box, 4 * box + 4);
  const found: number[] = [];
  for (const cell of cellsOf(index, box)) {
    for (let at = starts[cell]; at < starts[cell + 1]; at++) {
      const other = members[at];
      if (other <= box) continue;
      const place = 4 * other;
      if (boxes[place] > bottom || boxes[place + 2] < top) continue;
      if (boxes[place + 1] > right || boxes[place + 3] < left) continue;
      // Two boxes may meet in many cells: the one with the first pixel of what they share counts.
      const row = Math.max(top, boxes[place]);
      const column = Math.max(left, boxes[place + 1]);
      if (cellAt(index, { row, column }) === cell) found.push(other);
    }
  }
  return found;
}

type Grid = Pick<BoxIndex, "boxes" | "origin" | "side" | "columns">;

function cellAt(
  { origin, side, columns }: Grid,
  { row, column }: { row: number; column: number },
): number {
  return Math.floor((row - origin[0]) / side) * columns + Math.floor((column - origin[1]) / side);
}

/** The cells that a box reaches into. */
function cellsOf(grid: Grid, box: number): number[] {
  const { boxes, columns } = grid;
  const [top, left, bottom, right] = boxes.subarray(4 * box, 4 * box + 4);
  const first = cellAt(grid, { row: top, column: left });
  const last = cellAt(grid, { row: bottom, column: right });
  const width = (last % columns) - (first % columns);
  const cells: number[] = [];
  for (let start = first; start <= last; start += columns) {
    for (let cell = start; cell <= start + width; cell++) cells.push(cell);
  }
  return cells;
}
