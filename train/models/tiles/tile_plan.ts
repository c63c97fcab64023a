/**
 * How an image is cut into tiles that overlap by the reach of a network.
 *
 * All tiles of an image have one size, so that they use the same memory one after the other.
 *
 * @module
 */

/** What a network asks of tiles. */
export interface TileRule {
  /** How far an input pixel can reach into the output, in pixels. */
  readonly reach: number;
  /** What sides of a tile must be multiples of. */
  readonly multiple: number;
}

/** Where a tile begins along one axis, and what of it is kept. */
export interface TileLine {
  /** Its first pixel. */
  readonly start: number;
  /** Its pixels. */
  readonly size: number;
  /** The first pixel that is kept, counted in the image. */
  readonly keepFrom: number;
  /** The pixel after the last one kept. */
  readonly keepTo: number;
}

/** The sides of a tile in pixels. */
export interface TileSides {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/**
 * Where a line of tiles begins and what of each tile is kept, along one axis of `length` pixels.
 *
 * @param side The most pixels of a tile, unless its rims alone need more.
 */
export function tilePlan(
  { length, side, reach, multiple }: TileRule & { length: number; side: number },
): TileLine[] {
  const { count, size, margin } = divide({ length, side, reach, multiple });
  const last = roundUp(length, multiple) - size;
  const step = size - 2 * margin;
  return Array.from({ length: count }, (_, i) => ({
    start: Math.min(i * step, last),
    size,
    keepFrom: i === 0 ? 0 : i * step + margin,
    keepTo: i === count - 1 ? length : (i + 1) * step + margin,
  }));
}

/**
 * The tile with which an image costs least, rims computed twice included, among those of at most
 * `mostPixels` pixels; the smallest tile there is if all have more.
 */
export function chooseTile(
  { width, height }: TileSides,
  { mostPixels, ...rule }: TileRule & { mostPixels: number },
): TileSides {
  const smallest = smallestSide(rule);
  const all = { ...rule, mostPixels };
  let best = { width: smallest, height: smallest, cost: Infinity };
  for (let columns = 1, side = Infinity; side > smallest; columns++) {
    side = sideFor(columns, { length: width, ...all });
    const limit = Math.floor(mostPixels / side / rule.multiple) * rule.multiple;
    if (limit < Math.min(smallest, roundUp(height, rule.multiple))) continue;
    const rows = divide({ length: height, side: limit, ...all });
    const cost = columns * side * rows.count * rows.size;
    if (cost < best.cost) best = { width: side, height: rows.size, cost };
  }
  return { width: best.width, height: best.height };
}

/** The fewest tiles of at most `side` pixels, and the smallest that this number of tiles can be. */
function divide(
  { length, side, ...rule }: TileRule & { length: number; side: number },
): { count: number; size: number; margin: number } {
  const padded = roundUp(length, rule.multiple);
  const margin = roundUp(rule.reach, rule.multiple);
  if (padded <= side) return { count: 1, size: padded, margin };
  const widest = Math.max(smallestSide(rule), Math.floor(side / rule.multiple) * rule.multiple);
  const count = Math.max(1, Math.ceil((padded - 2 * margin) / (widest - 2 * margin)));
  return { count, size: sideFor(count, { length, ...rule }), margin };
}

/** The smallest side with which `count` tiles cover a line. */
function sideFor(count: number, { length, ...rule }: TileRule & { length: number }): number {
  const { multiple } = rule;
  const rims = 2 * roundUp(rule.reach, multiple) * (count - 1);
  const side = roundUp((roundUp(length, multiple) + rims) / count, multiple);
  return count === 1 ? side : Math.max(side, smallestSide(rule));
}

/** The smallest tile of which something is left without its rims. */
function smallestSide({ reach, multiple }: TileRule): number {
  return 2 * roundUp(reach, multiple) + multiple;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
