/**
 * The linear sum assignment on a sparse table of gains.
 *
 * Dense solvers need n² memory and n³ time. Splitting the table into its connected parts does not
 * save them: in a confluent layer every truth touches its neighbours' predictions, so that 4900
 * cells are one block, which the package linear-sum-assignment solves in 25 s. But an object
 * overlaps only a few others and the augmenting paths stay short: this one takes 0.01 to 0.4 s.
 *
 * @module
 */

/** A possible assignment of a row to a column. */
export interface Edge {
  /** Index of the row. */
  readonly row: number;
  /** Index of the column. */
  readonly column: number;
  /** What the assignment is worth, above 0. */
  readonly gain: number;
}

/** The size of an assignment problem. */
export interface AssignmentSize {
  /** Number of rows. */
  readonly rows: number;
  /** Number of columns. */
  readonly columns: number;
}

/** An edge by which the search reached a column, and the length of the path up to that column. */
interface Step {
  readonly edge: Edge;
  readonly distance: number;
}

/** The shortest path from a new row to where one more row ends: on a column, or unassigned. */
interface Path {
  /** How each column on the way was reached. */
  readonly steps: ReadonlyMap<number, Step>;
  /** The taken columns that the search went through. */
  readonly passed: ReadonlySet<number>;
  /** The length of the path. */
  readonly length: number;
  /** The free column it ends on, or −1 when it ends with a row left unassigned. */
  readonly column: number;
  /** The row that is left unassigned when `column` is −1. */
  readonly row: number;
}

/**
 * Assigns rows to columns, each at most once, so that the sum of the gains is the largest possible.
 * Pairs without an edge gain nothing and stay unassigned.
 *
 * Shortest augmenting paths with column prices (Jonker and Volgenant 1987), row by row; every row
 * has in addition a column of its own of gain 0, which means "unassigned".
 *
 * @param edges The possible assignments, each at most once.
 * @param size Number of rows and columns.
 * @returns For each row its column, or −1.
 */
export function assign(edges: readonly Edge[], size: AssignmentSize): Int32Array<ArrayBuffer> {
  const edgesOfRow = Array.from({ length: size.rows }, (): Edge[] => []);
  for (const edge of edges) edgesOfRow[edge.row].push(edge);

  const columnOf = new Int32Array(size.rows).fill(-1);
  const taken: (Edge | undefined)[] = new Array(size.columns).fill(undefined);
  const prices = new Float64Array(size.columns);

  for (let start = 0; start < size.rows; start++) {
    const path = shortestPath(start, { edgesOfRow, taken, prices });
    for (const column of path.passed) {
      prices[column] += path.steps.get(column)!.distance - path.length;
    }
    let column = path.column;
    if (column === -1) {
      column = columnOf[path.row];
      columnOf[path.row] = -1;
    }
    // Backwards along the path every row moves to the column by which it was left.
    while (column !== -1) {
      const { edge } = path.steps.get(column)!;
      taken[column] = edge;
      const before = columnOf[edge.row];
      columnOf[edge.row] = column;
      column = before;
    }
  }
  return columnOf;
}

/** Dijkstra's search with edge lengths −gain − price, which are never negative beyond the start. */
function shortestPath(
  start: number,
  { edgesOfRow, taken, prices }: {
    edgesOfRow: readonly Edge[][];
    taken: readonly (Edge | undefined)[];
    prices: Float64Array<ArrayBuffer>;
  },
): Path {
  const steps = new Map<number, Step>();
  const open = new Set<number>();
  const passed = new Set<number>();
  let row = start;
  let base = 0;
  let unassigned = { row, length: base };
  while (true) {
    if (base < unassigned.length) unassigned = { row, length: base };
    for (const edge of edgesOfRow[row]) {
      // Rounding must not lead the path back through a column that it has passed.
      if (passed.has(edge.column)) continue;
      const distance = base - edge.gain - prices[edge.column];
      const known = steps.get(edge.column);
      if (known && known.distance <= distance) continue;
      steps.set(edge.column, { edge, distance });
      open.add(edge.column);
    }
    let column = -1;
    let length = unassigned.length;
    for (const candidate of open) {
      const { distance } = steps.get(candidate)!;
      if (distance < length) {
        length = distance;
        column = candidate;
      }
    }
    const edge = column === -1 ? undefined : taken[column];
    if (!edge) return { steps, passed, length, column, row: unassigned.row };
    open.delete(column);
    passed.add(column);
    row = edge.row;
    base = length + edge.gain + prices[column];
  }
}
