/**
 * Polygons as label images, pixel for pixel as `skimage.draw.polygon` fills them: a pixel belongs to a
 * polygon when its centre lies inside by the even-odd rule, on an edge or on a vertex.
 *
 * @module
 */

/** A vertex this close to a pixel's centre lies on it. */
const VERTEX_TOLERANCE = 1e-12;

/**
 * The image to paint on, and the polygons' shape.
 *
 * @category Labels and targets
 */
export interface PaintOptions {
  /** Vertices of each polygon. */
  rays: number;
  /** Columns of the image. */
  width: number;
  /** Rows of the image. */
  height: number;
}

/**
 * Paints polygons, the first one over all others.
 *
 * @param vertices Rows and columns of vertices, shape `[count, rays, 2]`, the most probable polygon
 *   first.
 * @param options Vertices of each and the size of the image.
 * @returns Labels, shape `[height, width]`: 0 for background, 1 + its index for a polygon. A polygon
 *   outside the image or under others has no pixel.
 *
 * @example
 * ```ts
 * import { paintPolygons } from "@kymo/kymo/labels";
 * import { assertEquals } from "@std/assert";
 *
 * const triangles = Float32Array.of(0, 0, 0, 2, 2, 0, 0, 1, 0, 3, 1.5, 3);
 * assertEquals([...paintPolygons(triangles, { rays: 3, width: 4, height: 3 })], [
 *   ...[1, 1, 1, 2],
 *   ...[1, 1, 0, 2],
 *   ...[1, 0, 0, 0],
 * ]);
 * ```
 *
 * @category Labels and targets
 */
export function paintPolygons(
  vertices: Float32Array,
  { rays, width, height }: PaintOptions,
): Uint32Array<ArrayBuffer> {
  const all = Array.from({ length: vertices.length / (2 * rays) }, (_, index) => index);
  return paintRows(vertices, { rays, width, rows: [0, height], polygons: all });
}

/**
 * What {@linkcode paintPolygons} paints into some rows of an image.
 *
 * @param options.rows The first row, and the row after the last one.
 * @param options.polygons The indices, ascending, of all polygons that reach into these rows.
 */
export function paintRows(
  vertices: Float32Array,
  { rays, width, rows: [from, to], polygons }: Omit<PaintOptions, "height"> & {
    rows: readonly [from: number, to: number];
    polygons: ArrayLike<number>;
  },
): Uint32Array<ArrayBuffer> {
  const labels = new Uint32Array(width * (to - from));
  const row = new PolygonRow(rays, [from, to]);
  for (let at = polygons.length - 1; at >= 0; at--) {
    const index = polygons[at];
    const polygon = vertices.subarray(2 * rays * index, 2 * rays * (index + 1));
    const [top, bottom] = extent(polygon, { axis: 0, size: to });
    const [left, right] = extent(polygon, { axis: 1, size: width });
    const start = Math.max(top, from);
    row.take(polygon, [start, bottom]);
    for (let y = start; y <= bottom; y++) {
      row.cut(polygon, y);
      row.paint({ left, right, labels, from: (y - from) * width, label: index + 1 });
    }
  }
  return labels;
}

/** The first and the last row that each polygon can reach. */
export function rowsOfPolygons(vertices: Float32Array, rays: number): Int32Array<ArrayBuffer> {
  const rows = new Int32Array(vertices.length / rays);
  for (let index = 0; index < rows.length / 2; index++) {
    const polygon = vertices.subarray(2 * rays * index, 2 * rays * (index + 1));
    rows.set(extent(polygon, { axis: 0, size: Infinity }), 2 * index);
  }
  return rows;
}

/** The first and the last pixel along an axis that a polygon can reach. */
function extent(
  polygon: Float32Array,
  { axis, size }: { axis: 0 | 1; size: number },
): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (let at = axis; at < polygon.length; at += 2) {
    least = Math.min(least, polygon[at]);
    most = Math.max(most, polygon[at]);
  }
  return [Math.max(0, Math.floor(least)), Math.min(size - 1, Math.ceil(most))];
}

/** This far from where an edge meets a row, rounding does not decide on which side of it a pixel lies. */
const NEAR = 1e-3;

/** The edges of a polygon that touch a row of pixels, about two of all, relative to it. */
class PolygonRow {
  /** Column and row of the end of each edge, then of its start, rows counted from the row of pixels. */
  readonly #edges: Float64Array;
  /** 1 if one end lies below the row and the other one not; 2 for the same of above; 3 for both. */
  readonly #sides: Uint8Array;
  /** Columns where edges meet the row, ascending. */
  readonly #meets: Float64Array;
  #count = 0;
  readonly #from: number;
  /** For each row of pixels one more than the first edge that begins there, and for each edge than the next one. */
  readonly #firsts: Uint32Array;
  readonly #nexts: Uint32Array;
  /** The last row that each edge can touch. */
  readonly #lasts: Float64Array;
  /** The edges that can touch the row. */
  readonly #open: Uint32Array;
  #openCount = 0;

  /** For polygons of so many vertices, in these rows of pixels. */
  constructor(rays: number, [from, to]: readonly [from: number, to: number]) {
    this.#edges = new Float64Array(4 * rays);
    this.#sides = new Uint8Array(rays);
    this.#meets = new Float64Array(rays);
    this.#from = from;
    this.#firsts = new Uint32Array(to - from);
    this.#nexts = new Uint32Array(rays);
    this.#lasts = new Float64Array(rays);
    this.#open = new Uint32Array(rays);
  }

  /** Sorts the edges of a polygon by the row at which they begin; all rows are to be cut, one after the other. */
  take(polygon: Float32Array, [start, end]: readonly [start: number, end: number]): void {
    const [firsts, nexts, lasts] = [this.#firsts, this.#nexts, this.#lasts];
    this.#openCount = 0;
    let y1 = polygon[polygon.length - 2];
    for (let edge = 0; edge < lasts.length; edge++) {
      const y0 = polygon[2 * edge];
      const first = Math.max(start, Math.ceil((y0 < y1 ? y0 : y1) - NEAR));
      const last = Math.floor((y0 < y1 ? y1 : y0) + NEAR);
      y1 = y0;
      if (first > end || last < first) continue;
      lasts[edge] = last;
      nexts[edge] = firsts[first - this.#from];
      firsts[first - this.#from] = edge + 1;
    }
  }

  /** Finds the edges that touch a row. */
  cut(polygon: Float32Array, row: number): void {
    const [edges, sides, meets, open] = [this.#edges, this.#sides, this.#meets, this.#open];
    let openCount = this.#openCount;
    const begin = row - this.#from;
    for (let next = this.#firsts[begin]; next > 0; next = this.#nexts[next - 1]) {
      open[openCount++] = next - 1;
    }
    this.#firsts[begin] = 0;
    let count = 0;
    for (let i = 0; i < openCount; i++) {
      const edge = open[i];
      if (this.#lasts[edge] < row) {
        open[i--] = open[--openCount];
        continue;
      }
      const at = 2 * edge;
      const before = edge > 0 ? at - 2 : polygon.length - 2;
      const y0 = polygon[at] - row;
      const x0 = polygon[at + 1];
      const y1 = polygon[before] - row;
      const x1 = polygon[before + 1];
      const below = (y0 > 0) !== (y1 > 0);
      const above = (y0 < 0) !== (y1 < 0);
      if (below || above || Math.abs(y0) < VERTEX_TOLERANCE) {
        edges[4 * count] = x0;
        edges[4 * count + 1] = y0;
        edges[4 * count + 2] = x1;
        edges[4 * count + 3] = y1;
        sides[count] = (below ? 1 : 0) + (above ? 2 : 0);
        const meet = below || above ? x0 - (x1 - x0) * y0 / (y1 - y0) : x0;
        let to = count++;
        for (; to > 0 && meets[to - 1] > meet; to--) meets[to] = meets[to - 1];
        meets[to] = meet;
      }
    }
    this.#openCount = openCount;
    this.#count = count;
  }

  /** Gives a label to the pixels of the row that lie inside; all between two meets lie alike. */
  paint(
    { left, right, labels, from, label }: {
      left: number;
      right: number;
      labels: Uint32Array;
      /** Where in the labels the row begins. */
      from: number;
      label: number;
    },
  ): void {
    const meets = this.#meets;
    let column = left;
    for (let k = 0; k <= this.#count && column <= right; k++) {
      const meet = k < this.#count ? meets[k] : Infinity;
      const end = Math.min(right, Math.ceil(meet - NEAR) - 1);
      if (end >= column) {
        if (this.#isInside(column)) labels.fill(label, from + column, from + end + 1);
        column = end + 1;
      }
      for (; column <= right && column <= meet + NEAR; column++) {
        if (this.#isInside(column)) labels[from + column] = label;
      }
    }
  }

  /**
   * Counts crossings with the half rows to the right and to the left, O'Rourke's rule: they differ in
   * parity on an edge, and agree inside and outside.
   */
  #isInside(column: number): boolean {
    const [edges, sides] = [this.#edges, this.#sides];
    let toRight = 0;
    let toLeft = 0;
    for (let i = 0; i < this.#count; i++) {
      const x0 = edges[4 * i] - column;
      const y0 = edges[4 * i + 1];
      const x1 = edges[4 * i + 2] - column;
      const y1 = edges[4 * i + 3];
      if (Math.abs(x0) < VERTEX_TOLERANCE && Math.abs(y0) < VERTEX_TOLERANCE) return true;
      const crossing = (x0 * y1 - x1 * y0) / (y1 - y0);
      if ((sides[i] & 1) !== 0 && crossing > 0) toRight++;
      if ((sides[i] & 2) !== 0 && crossing < 0) toLeft++;
    }
    return toRight % 2 === 1 || toLeft % 2 === 1;
  }
}
