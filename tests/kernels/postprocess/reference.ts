/**
 * Post-processing in plain loops on the CPU, written from the definitions and not from the kernels,
 * and masks that are hard to label.
 *
 * @module
 */

import type { Random } from "../../../train/data/random.ts";

/** A plane of numbers on the CPU. */
export interface Grid {
  readonly height: number;
  readonly width: number;
  readonly data: Uint32Array<ArrayBuffer>;
}

/** Steps to the neighbours of a pixel. */
const CROSS = [[-1, 0], [0, -1], [0, 1], [1, 0]];
const SQUARE = [...CROSS, [-1, -1], [-1, 1], [1, -1], [1, 1]];

/** Makes a grid from a rule. */
export function grid(
  [height, width]: readonly [number, number],
  rule: (y: number, x: number) => number | boolean,
): Grid {
  const data = Uint32Array.from(
    { length: height * width },
    (_, i) => Number(rule(Math.floor(i / width), i % width)),
  );
  return { height, width, data };
}

/** Independent pixels, set with the given probability. */
export function noise(
  shape: readonly [number, number],
  { random, density }: { random: Random; density: number },
): Grid {
  return grid(shape, () => random.next() < density);
}

/** One path of width 1 that winds inwards, with a gap of 1 to itself. */
export function spiral(height: number, width: number): Grid {
  const { data } = grid([height, width], () => 0);
  let [top, left, bottom, right] = [0, 0, height - 1, width - 1];
  const draw = (y0: number, x0: number, y1: number, x1: number) => {
    for (let y = Math.min(y0, y1); y <= Math.max(y0, y1); y++) {
      data.fill(1, y * width + Math.min(x0, x1), y * width + Math.max(x0, x1) + 1);
    }
  };
  let entry = left;
  while (top <= bottom && left <= right) {
    draw(top, entry, top, right);
    draw(top, right, bottom, right);
    if (bottom - top < 2 || right - left < 2) break;
    draw(bottom, right, bottom, left);
    if (bottom - top < 4) break;
    draw(bottom, left, top + 2, left);
    entry = left;
    [top, left, bottom, right] = [top + 2, left + 2, bottom - 2, right - 2];
  }
  return { height, width, data };
}

/** Which neighbours of a pixel are set; `outside` is what lies beyond the border. */
function neighbours(
  { height, width, data }: Grid,
  { at, steps, outside }: { at: number; steps: number[][]; outside: boolean },
): boolean[] {
  const [y, x] = [Math.floor(at / width), at % width];
  return steps.map(([dy, dx]) => {
    const [ny, nx] = [y + dy, x + dx];
    const inside = ny >= 0 && ny < height && nx >= 0 && nx < width;
    return inside ? data[ny * width + nx] !== 0 : outside;
  });
}

/** Erodes: what lies beyond the border counts as set. */
export function erode(mask: Grid, footprint: "cross" | "square"): Grid {
  const steps = footprint === "cross" ? CROSS : SQUARE;
  const data = mask.data.map((value, at) =>
    Number(value !== 0 && neighbours(mask, { at, steps, outside: true }).every((set) => set))
  );
  return { ...mask, data };
}

/** Dilates: what lies beyond the border counts as not set. */
export function dilate(mask: Grid, footprint: "cross" | "square"): Grid {
  const steps = footprint === "cross" ? CROSS : SQUARE;
  const data = mask.data.map((value, at) =>
    Number(value !== 0 || neighbours(mask, { at, steps, outside: false }).some((set) => set))
  );
  return { ...mask, data };
}

/** Labels regions of equal value by filling each from its first pixel. */
export function fillRegions(image: Grid, connectivity: 4 | 8): { labels: Grid; count: number } {
  const { height, width, data } = image;
  const labels = new Uint32Array(data.length);
  const steps = connectivity === 4 ? CROSS : SQUARE;
  const stack: number[] = [];
  let count = 0;
  for (let first = 0; first < data.length; first++) {
    if (data[first] === 0 || labels[first] !== 0) continue;
    labels[first] = ++count;
    stack.push(first);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const [y, x] = [Math.floor(at / width), at % width];
      for (const [dy, dx] of steps) {
        const [ny, nx] = [y + dy, x + dx];
        const next = ny * width + nx;
        if (ny < 0 || ny >= height || nx < 0 || nx >= width) continue;
        if (data[next] !== data[first] || labels[next] !== 0) continue;
        labels[next] = count;
        stack.push(next);
      }
    }
  }
  return { labels: { height, width, data: labels }, count };
}

/** Pixels per label, that of label `i` at `i`. */
export function sizesOf({ data }: Grid): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const label of data) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return sizes;
}

/** Drops small objects and closes the gaps in the numbering. */
export function dropSmall(labels: Grid, minSize: number): Grid {
  const sizes = sizesOf(labels);
  const kept = [...sizes.keys()]
    .filter((label) => label !== 0 && (sizes.get(label) ?? 0) >= minSize)
    .sort((a, b) => a - b);
  const renamed = new Map(kept.map((label, rank) => [label, rank + 1]));
  return { ...labels, data: labels.data.map((label) => renamed.get(label) ?? 0) };
}

/** The split of the values' histogram with the largest variance between the two parts. */
export function bestSplit(
  counts: ArrayLike<number>,
  edges: ArrayLike<number>,
): { centre: number; variance: number } {
  const bins = Array.from(counts, (count, i) => ({ count, centre: (edges[i] + edges[i + 1]) / 2 }));
  const total = (part: typeof bins) => part.reduce((sum, { count }) => sum + count, 0);
  const mean = (part: typeof bins) =>
    part.reduce((sum, { count, centre }) => sum + count * centre, 0) / total(part);
  const splits = bins.slice(0, -1).map(({ centre }, i) => {
    const [below, above] = [bins.slice(0, i + 1), bins.slice(i + 1)];
    return { centre, variance: total(below) * total(above) * (mean(below) - mean(above)) ** 2 };
  });
  return splits.reduce((best, split) => split.variance > best.variance ? split : best);
}
