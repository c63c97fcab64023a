/**
 * An independent oracle for areas: exact fractions of whole numbers, every edge against every other
 * one, and a winding number counted anew for every piece. Slow.
 *
 * @module
 */

/** Numerator and denominator, the latter positive. */
type Fraction = readonly [bigint, bigint];
/** Column and row of the ends. */
type Edge = readonly [x0: bigint, y0: bigint, x1: bigint, y1: bigint];

/** The exact area, rounded once, inside both polygons by the non-zero rule. */
export function exactIntersection(a: Int32Array, b: Int32Array): number {
  const [first, second] = [edgesOf(a), edgesOf(b)];
  const all = [...first, ...second];
  const columns = sorted([
    ...all.map(([x]): Fraction => [x, 1n]),
    ...all.flatMap((edge, at) => all.slice(at + 1).flatMap((other) => crossing(edge, other))),
  ]);
  let area: Fraction = [0n, 1n];
  for (let at = 1; at < columns.length; at++) {
    const width = subtract(columns[at], columns[at - 1]);
    const middle = half(add(columns[at], columns[at - 1]));
    const rows = sorted(all.filter((edge) => passes(edge, middle)).map((e) => rowAt(e, middle)));
    for (let to = 1; to < rows.length; to++) {
      const row = half(add(rows[to], rows[to - 1]));
      if (winding(first, [middle, row]) === 0 || winding(second, [middle, row]) === 0) continue;
      area = add(area, multiply(width, subtract(rows[to], rows[to - 1])));
    }
  }
  return Number(area[0] * 2n ** 60n / area[1]) / 2 ** 60;
}

function edgesOf(vertices: Int32Array): Edge[] {
  const at = (index: number) => BigInt(vertices[index % vertices.length]);
  return Array.from(
    { length: vertices.length / 2 },
    (_, k) => [at(2 * k + 1), at(2 * k), at(2 * k + 3), at(2 * k + 2)],
  );
}

/** The column where the lines through two edges cross, if they do. */
function crossing([ax, ay, bx, by]: Edge, [cx, cy, dx, dy]: Edge): Fraction[] {
  const [ux, uy, vx, vy] = [bx - ax, by - ay, dx - cx, dy - cy];
  const across = ux * vy - uy * vx;
  if (across === 0n) return [];
  const along = (cx - ax) * vy - (cy - ay) * vx;
  return [normal([ax * across + along * ux, across])];
}

function passes([x0, , x1]: Edge, column: Fraction): boolean {
  return less([x0, 1n], column) !== less([x1, 1n], column);
}

function rowAt([x0, y0, x1, y1]: Edge, [n, d]: Fraction): Fraction {
  return normal([y0 * (x1 * d - n) + y1 * (n - x0 * d), (x1 - x0) * d]);
}

/** How often the edges turn around a point: those above it, with their directions. */
function winding(edges: readonly Edge[], [column, row]: readonly [Fraction, Fraction]): number {
  const above = edges.filter((edge) => passes(edge, column) && less(rowAt(edge, column), row));
  return above.reduce((sum, [x0, , x1]) => sum + (x0 < x1 ? 1 : -1), 0);
}

function sorted(values: readonly Fraction[]): Fraction[] {
  const order = [...values].sort((a, b) => less(a, b) ? -1 : less(b, a) ? 1 : 0);
  return order.filter((value, at) => at === 0 || less(order[at - 1], value));
}

function normal([n, d]: Fraction): Fraction {
  let [a, b] = [n < 0n ? -n : n, d < 0n ? -d : d];
  while (b > 0n) [a, b] = [b, a % b];
  return d < 0n ? [-n / a, -d / a] : [n / a, d / a];
}

function less(a: Fraction, b: Fraction): boolean {
  return a[0] * b[1] < b[0] * a[1];
}

function add(a: Fraction, b: Fraction): Fraction {
  return normal([a[0] * b[1] + b[0] * a[1], a[1] * b[1]]);
}

function subtract(a: Fraction, b: Fraction): Fraction {
  return add(a, [-b[0], b[1]]);
}

function multiply(a: Fraction, b: Fraction): Fraction {
  return normal([a[0] * b[0], a[1] * b[1]]);
}

function half([n, d]: Fraction): Fraction {
  return [n, 2n * d];
}
