/**
 * Which pixels of a StarDist network's output propose an object, in the order in which they are
 * heard: the most probable first; of equally probable ones the upper, then the left one, so that the
 * answer depends neither on a sorting algorithm nor on how an image was cut into tiles.
 *
 * @module
 */

/**
 * The output of a StarDist network for an image or a tile of it.
 *
 * @category Labels and targets
 */
export interface RayMaps {
  /** Object probabilities, shape `[h, w]`. */
  readonly prob: Float32Array;
  /** Distances to the object's edge along each ray in image pixels, shape `[rays, h, w]`. */
  readonly dist: Float32Array;
  /** Columns `w` of the maps, in grid pixels. */
  readonly width: number;
  /** Rows `h` of the maps, in grid pixels. */
  readonly height: number;
}

/**
 * Proposed objects, side by side in arrays.
 *
 * @category Labels and targets
 */
export interface Candidates {
  /** How many there are. */
  readonly count: number;
  /** Rays of each. */
  readonly rays: number;
  /** Object probabilities, shape `[count]`. */
  readonly prob: Float32Array<ArrayBuffer>;
  /** Row and column of each in image pixels, shape `[count, 2]`. */
  readonly points: Int32Array<ArrayBuffer>;
  /** Distances in image pixels, shape `[count, rays]`. */
  readonly dist: Float32Array<ArrayBuffer>;
}

/**
 * Which pixels become candidates. Positions are in grid pixels.
 *
 * @category Labels and targets
 */
export interface CandidateRule {
  /** Candidates are more probable than this, compared in float32 as the probabilities are. */
  threshold: number;
  /** Image pixels per grid pixel along each axis; 1 if left out. */
  grid?: number;
  /** The first row kept and the row after the last; all if left out, those at the edges too. */
  rows?: readonly [from: number, to: number];
  /** The same of columns. */
  columns?: readonly [from: number, to: number];
  /** Row and column in the whole image where the maps begin, for a tile; `[0, 0]` if left out. */
  origin?: readonly [row: number, column: number];
}

/** No ray is shorter, in pixels: a network may also answer with less than 0. */
const SHORTEST = 1e-3;
/** Every ray is shorter, in pixels, so that vertices are exact whole numbers in float32. */
const LONGEST = 2 ** 23;

/**
 * Finds the pixels that propose an object.
 *
 * @param maps Probabilities and distances of an image or a tile.
 * @param rule The threshold, the grid, and what of a tile counts.
 * @returns The candidates, sorted by falling probability, then by row, then by column.
 * @throws {RangeError} If the sizes of the maps disagree, there are fewer than 3 rays, the threshold or
 *   a probability is NaN, or a candidate has a distance that is no number below 2^23.
 *
 * @example One pixel that proposes a square
 * ```ts
 * import { findCandidates } from "@kymo/kymo/labels";
 * import { assertEquals } from "@std/assert";
 *
 * const prob = new Float32Array(25);
 * prob[12] = 0.9;
 * const maps = { prob, dist: new Float32Array(4 * 25).fill(3), width: 5, height: 5 };
 * const found = findCandidates(maps, { threshold: 0.5, grid: 2 });
 * assertEquals([...found.points], [4, 4]);
 * assertEquals([...found.dist], [3, 3, 3, 3]);
 * ```
 *
 * @category Labels and targets
 */
export function findCandidates(maps: RayMaps, rule: CandidateRule): Candidates {
  const rays = raysOf(maps);
  const pixels = proposingPixels(maps, rule);
  const { dist, width, height } = maps;
  const found = { dist, rays, places: pixels, step: width * height };
  return candidatesAt(maps, { rule, pixels, found });
}

/** A map of probabilities, and distances of some of its pixels alone. */
export interface GatheredMaps extends Pick<RayMaps, "prob" | "width" | "height"> {
  /** How many pixels there are, and then each of them; in any order, and some of them not where there was no room. */
  readonly places: Uint32Array;
  /** Their distances, shape `[rays, most]`. */
  readonly values: Float32Array;
}

/**
 * The same of maps of which only the distances of some pixels are there.
 *
 * @returns Null where others are needed.
 * @throws {RangeError} As {@linkcode findCandidates}.
 */
export function gatheredCandidates(maps: GatheredMaps, rule: CandidateRule): Candidates | null {
  const pixels = proposingPixels(maps, rule);
  const step = maps.places.length - 1;
  const slots = new Uint32Array(maps.prob.length);
  const count = Math.min(step, maps.places[0]);
  for (let slot = 1; slot <= count; slot++) slots[maps.places[slot]] = slot;
  const places = pixels.map((at) => slots[at]);
  if (places.includes(0)) return null;
  for (let i = 0; i < places.length; i++) places[i]--;
  const found = { dist: maps.values, rays: maps.values.length / step, places, step };
  return candidatesAt(maps, { rule, pixels, found });
}

/** The pixels that propose objects, in the order of the map. */
function proposingPixels(
  { prob, width, height }: Pick<RayMaps, "prob" | "width" | "height">,
  rule: CandidateRule,
): Uint32Array {
  const threshold = thresholdOf(rule);
  const [top, bottom] = rule.rows ?? [0, height];
  const [left, right] = rule.columns ?? [0, width];
  const listed: number[] = [];
  for (let row = top; row < bottom; row++) {
    for (let at = row * width + left; at < row * width + right; at++) {
      if (prob[at] > threshold) listed.push(at);
      else if (Number.isNaN(prob[at])) refusePixel(at, width);
    }
  }
  return Uint32Array.from(listed);
}

/** Distances of pixels: that of ray r and pixel i is at `r * step + places[i]`. */
interface FoundRays {
  readonly dist: Float32Array;
  readonly rays: number;
  readonly places: Uint32Array;
  readonly step: number;
}

/** The candidates at some pixels. */
function candidatesAt(
  { prob, width }: Pick<RayMaps, "prob" | "width">,
  { rule: { grid = 1, origin = [0, 0] }, pixels, found }: {
    rule: CandidateRule;
    pixels: Uint32Array;
    found: FoundRays;
  },
): Candidates {
  const order = fallingOrder(pixels, prob);
  const candidates = emptyCandidates(pixels.length, found.rays);
  const { points } = candidates;
  for (let index = 0; index < order.length; index++) {
    const at = pixels[order[index]];
    const row = Math.floor(at / width);
    candidates.prob[index] = prob[at];
    points[2 * index] = (origin[0] + row) * grid;
    points[2 * index + 1] = (origin[1] + at - row * width) * grid;
  }
  const isRight = copyRays(found, { order, to: candidates.dist });
  if (!isRight) refuseRays(found, { pixels, order, width });
  return candidates;
}

/**
 * Joins the candidates of an image's tiles: the same as those of the whole image at once.
 *
 * @param parts Candidates of at least one tile, no pixel twice.
 * @returns All candidates, sorted by falling probability, then by row, then by column.
 * @throws {RangeError} If the parts have different numbers of rays, or there is none.
 * @category Labels and targets
 */
export function joinCandidates(parts: readonly Candidates[]): Candidates {
  const rays = parts[0]?.rays ?? 0;
  const other = parts.find((part) => part.rays !== rays);
  if (rays === 0 || other) {
    const counts = parts.length === 0 ? "there are none" : `${rays} rays and ${other?.rays} rays`;
    throw new RangeError(`Cannot join candidates: ${counts}, expected one number of rays`);
  }
  // An image in one piece, as most are, has its candidates in order.
  if (parts.length === 1 && areInOrder(parts[0])) return parts[0];
  const places = parts.flatMap((part) => Array.from(part.prob, (_, index) => ({ part, index })));
  const row = ({ part, index }: typeof places[0]) => part.points[2 * index];
  const column = ({ part, index }: typeof places[0]) => part.points[2 * index + 1];
  places.sort((a, b) =>
    b.part.prob[b.index] - a.part.prob[a.index] || row(a) - row(b) || column(a) - column(b)
  );
  const joined = emptyCandidates(places.length, rays);
  places.forEach(({ part, index }, at) => {
    joined.prob[at] = part.prob[index];
    joined.points.set(part.points.subarray(2 * index, 2 * index + 2), 2 * at);
    joined.dist.set(part.dist.subarray(index * rays, (index + 1) * rays), at * rays);
  });
  return joined;
}

/** Whether candidates are sorted by falling probability, then by row, then by column. */
function areInOrder({ count, prob, points }: Candidates): boolean {
  for (let i = 1; i < count; i++) {
    const [a, b] = [2 * i - 2, 2 * i];
    const step = prob[i - 1] - prob[i] || points[b] - points[a] || points[b + 1] - points[a + 1];
    if (step < 0) return false;
  }
  return true;
}

/**
 * Some of the candidates, in the order of the indices.
 *
 * @param candidates Candidates.
 * @param indices Which of them.
 */
export function selectCandidates(candidates: Candidates, indices: ArrayLike<number>): Candidates {
  const { rays, prob, points, dist } = candidates;
  const selected = emptyCandidates(indices.length, rays);
  for (let at = 0; at < indices.length; at++) {
    const index = indices[at];
    selected.prob[at] = prob[index];
    selected.points.set(points.subarray(2 * index, 2 * index + 2), 2 * at);
    selected.dist.set(dist.subarray(index * rays, (index + 1) * rays), at * rays);
  }
  return selected;
}

function emptyCandidates(count: number, rays: number): Candidates {
  return {
    count,
    rays,
    prob: new Float32Array(count),
    points: new Int32Array(2 * count),
    dist: new Float32Array(count * rays),
  };
}

function raysOf({ prob, dist, width, height }: RayMaps): number {
  const rays = dist.length / (width * height);
  if (prob.length === width * height && Number.isInteger(rays) && rays >= 3) return rays;
  throw new RangeError(
    `Cannot find candidates: ${prob.length} probabilities and ${dist.length} distances for ` +
      `${height} x ${width} pixels, expected one probability and at least 3 distances for each`,
  );
}

/**
 * A threshold of probability in float32, as the probabilities are.
 *
 * @throws {RangeError} If it is NaN, which nothing is above.
 */
export function thresholdOf({ threshold }: { threshold: number }): number {
  if (!Number.isNaN(threshold)) return Math.fround(threshold);
  throw new RangeError("Cannot find candidates: the threshold is NaN, expected a number");
}

function refusePixel(at: number, width: number): never {
  throw new RangeError(
    `Cannot find candidates: the probability at grid row ${Math.floor(at / width)}, column ` +
      `${at % width} is NaN, expected a number`,
  );
}

/** Bits of a digit, and digits of a key: three passes sort keys of 32 bits. */
const [DIGIT, DIGITS] = [11, 3];

/**
 * Which of some pixels come first by falling probability, as indices; of equally probable ones the first
 * comes first. Floats that are read as whole numbers sort like the floats once those below 0 are inverted,
 * and so they are sorted digit by digit.
 */
function fallingOrder(pixels: Uint32Array, prob: Float32Array): Uint32Array {
  const count = pixels.length;
  const bits = new Uint32Array(prob.buffer, prob.byteOffset, prob.length);
  let [order, sorted] = [new Uint32Array(count), new Uint32Array(count)];
  let [keys, sortedKeys] = [new Uint32Array(count), new Uint32Array(count)];
  for (let i = 0; i < count; i++) {
    order[i] = i;
    // Both zeros are one number.
    const value = bits[pixels[i]] === SIGN ? 0 : bits[pixels[i]];
    keys[i] = value >= SIGN ? value : ~value ^ SIGN;
  }
  const places = new Uint32Array(1 << DIGIT);
  for (let digit = 0; digit < DIGITS; digit++) {
    const shift = DIGIT * digit;
    const mask = (1 << DIGIT) - 1;
    places.fill(0);
    for (let i = 0; i < count; i++) places[keys[i] >>> shift & mask]++;
    for (let key = 0, place = 0; key < places.length; key++) {
      const next = place + places[key];
      places[key] = place;
      place = next;
    }
    for (let i = 0; i < count; i++) {
      const place = places[keys[i] >>> shift & mask]++;
      sorted[place] = order[i];
      sortedKeys[place] = keys[i];
    }
    [order, sorted] = [sorted, order];
    [keys, sortedKeys] = [sortedKeys, keys];
  }
  return order;
}

/** The bit that floats below 0 have. */
const SIGN = 0x80000000;
/** Candidates whose distances are copied together, ray by ray: those of a ray lie side by side. */
const BLOCK = 64;

/** Copies the distances of pixels, none shorter than {@linkcode SHORTEST}; gives whether all are short enough. */
function copyRays(
  { dist, rays, places, step }: FoundRays,
  { order, to }: {
    /** Which of the pixels are the most probable. */
    order: Uint32Array;
    to: Float32Array;
  },
): boolean {
  const ranks = new Uint32Array(places.length);
  for (let index = 0; index < order.length; index++) ranks[order[index]] = index;
  let isRight = true;
  for (let start = 0; start < places.length; start += BLOCK) {
    const end = Math.min(places.length, start + BLOCK);
    for (let ray = 0; ray < rays; ray++) {
      for (let i = start; i < end; i++) {
        const distance = dist[ray * step + places[i]];
        if (!(distance < LONGEST)) isRight = false;
        to[ranks[i] * rays + ray] = distance < SHORTEST ? SHORTEST : distance;
      }
    }
  }
  return isRight;
}

/** Refuses the first distance that is none, of the most probable candidate that has one. */
function refuseRays(
  { dist, rays, places, step }: FoundRays,
  { pixels, order, width }: { pixels: Uint32Array; order: Uint32Array; width: number },
): void {
  for (const index of order) {
    const at = pixels[index];
    for (let ray = 0; ray < rays; ray++) {
      const distance = dist[ray * step + places[index]];
      if (distance < LONGEST) continue;
      throw new RangeError(
        `Cannot make a polygon at grid row ${Math.floor(at / width)}, column ${at % width}: ` +
          `ray ${ray} is ${distance} pixels long, expected a number below ${LONGEST}`,
      );
    }
  }
}
