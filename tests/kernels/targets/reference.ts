/**
 * Star distances and object probability in plain loops, written from their definitions and not from
 * the kernels, and label images to hold them against.
 *
 * @module
 */

import { Random } from "../../../train/data/random.ts";

/** One label image on the CPU; negative labels are to be ignored. */
export interface Labels {
  readonly height: number;
  readonly width: number;
  readonly data: Int32Array<ArrayBuffer>;
}

/** Makes a label image from a rule. */
export function labelImage(
  [height, width]: readonly [number, number],
  rule: (y: number, x: number) => number,
): Labels {
  const data = Int32Array.from(
    { length: height * width },
    (_, i) => rule(Math.floor(i / width), i % width),
  );
  return { height, width, data };
}

/** Discs over each other at random places, some of them beyond the border. */
export function discs(
  shape: readonly [number, number],
  { seed, count = 12, ignored = false }: { seed: number; count?: number; ignored?: boolean },
): Labels {
  const random = new Random(seed);
  const places = Array.from({ length: count }, (_, k) => ({
    id: ignored && k % 4 === 3 ? -1 - k : 1 + k * 7,
    y: random.uniform(0, shape[0]),
    x: random.uniform(0, shape[1]),
    radius: random.uniform(0.5, Math.max(...shape) / 4),
  }));
  return labelImage(
    shape,
    (row, column) =>
      places.findLast(({ y, x, radius }) => Math.hypot(row - y, column - x) <= radius)?.id ?? 0,
  );
}

/** The ids as kernels take them: every negative one is -1 in 32 bits. */
export function idsOf({ data }: Labels): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(data, (label) => Math.max(label, -1));
}

/** Every grid-th row and column. */
export function subsample({ height, width, data }: Labels, grid: number): Labels {
  const shape = [Math.ceil(height / grid), Math.ceil(width / grid)] as const;
  return labelImage(shape, (y, x) => data[y * grid * width + x * grid]);
}

/** To the nearest whole number, a tie to the even one. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** Star distances `[rays, rows, columns]`; positions add up in float32, all else is float64. */
export function starDistancesReference(
  { height, width, data }: Labels,
  { rays, grid }: { rays: number; grid: number },
): Float64Array {
  const { fround, sin, cos, abs, max, PI } = Math;
  const result: number[] = [];
  for (let k = 0; k < rays; k++) {
    const [down, right] = [sin(2 * PI * k / rays), cos(2 * PI * k / rays)];
    for (let row = 0; row < height; row += grid) {
      for (let column = 0; column < width; column += grid) {
        const label = data[row * width + column];
        const isSame = (y: number, x: number) =>
          y >= 0 && x >= 0 && y < height && x < width && data[y * width + x] === label;
        let [step, y, x] = [0, 0, 0];
        do {
          step++;
          [y, x] = [fround(y + fround(down)), fround(x + fround(right))];
        } while (isSame(roundHalfEven(fround(row + y)), roundHalfEven(fround(column + x))));
        result.push(label > 0 ? step - 1 + 0.5 / max(abs(down), abs(right)) : 0);
      }
    }
  }
  return Float64Array.from(result);
}

/**
 * Squared distances to the nearest pixel of no or another object, looking at every pair of pixels. An
 * object that fills the image looks at a frame of background around it.
 */
export function squaredDistances({ height, width, data }: Labels): Uint32Array {
  const objects = data.map((label) => Math.max(label, 0));
  const frame = objects.every((label) => label === objects[0]) ? 1 : 0;
  return Uint32Array.from(objects, (label, i) => {
    if (label === 0) return 0;
    const [row, column] = [Math.floor(i / width), i % width];
    let nearest = Infinity;
    for (let y = -frame; y < height + frame; y++) {
      for (let x = -frame; x < width + frame; x++) {
        const isInside = y >= 0 && x >= 0 && y < height && x < width;
        if (isInside && objects[y * width + x] === label) continue;
        nearest = Math.min(nearest, (y - row) ** 2 + (x - column) ** 2);
      }
    }
    return nearest;
  });
}

/** Object probability from squared distances: −1 where the label is negative. */
export function objectProbabilityReference(labels: Labels): Float64Array {
  const squares = squaredDistances(labels);
  const largest = new Map<number, number>();
  labels.data.forEach((label, i) =>
    largest.set(label, Math.max(largest.get(label) ?? 0, Math.sqrt(squares[i])))
  );
  return Float64Array.from(
    labels.data,
    (label, i) => label < 0 ? -1 : Math.sqrt(squares[i]) / (largest.get(label)! + 1e-10),
  );
}
