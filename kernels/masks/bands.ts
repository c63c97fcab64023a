/**
 * Images that are larger than a buffer of the GPU, from top to bottom in bands of whole rows: Otsu's
 * threshold and connected components, equal to those of the whole image in one piece.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { type ComponentsOptions, componentSteps, type ComponentValues } from "./components.ts";
import { histogram, HISTOGRAM_BINS, histogramScale } from "./histogram.ts";
import { checkMinSize } from "./number_objects.ts";
import { otsuOfHistogram } from "./otsu.ts";
import type { Steps } from "./steps.ts";
import { type ValueRange, valueRangeSteps } from "./value_range.ts";

/** Some rows of an image. */
export interface Band {
  /** The first row. */
  readonly top: number;
  /** How many rows. */
  readonly rows: number;
}

/** Buffers of this many pixels are large enough to keep any GPU busy. */
const MOST_PIXELS = 2 ** 24;
const FEWEST_PIXELS = 2 ** 20;
/** Labelling holds some ten values of 4 bytes for each pixel, for several images at once. */
const BYTES_EACH = 256;

/** The most pixels of an image that is post-processed in one piece: what buffers and memory allow. */
export function piecePixels(device: Device): number {
  const byMemory = Math.floor(device.memoryLimit / BYTES_EACH);
  const wanted = Math.min(MOST_PIXELS, Math.max(FEWEST_PIXELS, byMemory));
  return Math.min(wanted, Math.floor(device.maxTensorBytes / 4));
}

/** Bands of at most so many pixels, but of one row at least. */
export function bandsOf(
  { width, height }: { width: number; height: number },
  pixels: number,
): Band[] {
  const rows = Math.max(1, Math.floor(pixels / width));
  return Array.from({ length: Math.ceil(height / rows) }, (_, i) => ({
    top: i * rows,
    rows: Math.min(rows, height - i * rows),
  }));
}

/**
 * The smallest and the largest value of all bands taken together; one step a band.
 *
 * @param upload Uploads the values of a band.
 * @throws {RangeError} If a value is NaN or infinite, or there are no bands.
 */
export function* bandedRangeSteps(
  device: Device,
  bands: readonly Band[],
  upload: (band: Band) => Tensor<"f32">,
): Steps<ValueRange> {
  let [min, max] = [Infinity, -Infinity];
  for (const band of bands) {
    const range = yield* withTensor(device, upload(band), (x) => valueRangeSteps(device, x));
    min = Math.min(min, range.min);
    max = Math.max(max, range.max);
  }
  return { min, max };
}

/**
 * Otsu's threshold of the values of all bands taken together, as `otsuSteps` finds it; two steps a band.
 *
 * @param upload Uploads the values of a band; called twice for each.
 * @throws {RangeError} If a value is NaN or infinite, or there are no bands.
 */
export function* bandedOtsuSteps(
  device: Device,
  bands: readonly Band[],
  upload: (band: Band) => Tensor<"f32">,
): Steps<number> {
  const range = yield* bandedRangeSteps(device, bands, upload);
  if (!Number.isFinite(histogramScale(range))) return range.min;
  const sums = new Float64Array(HISTOGRAM_BINS);
  for (const band of bands) {
    const counts = yield* withTensor(device, upload(band), function* (x) {
      return yield* withTensor(device, histogram(device, x, { range }), function* (counts) {
        return (yield [counts])[0];
      });
    });
    sums.forEach((_, bin) => sums[bin] += counts[bin]);
  }
  return otsuOfHistogram(sums, range);
}

function* withTensor<T extends Tensor, R>(
  device: Device,
  tensor: T,
  use: (tensor: T) => Steps<R>,
): Steps<R> {
  try {
    return yield* use(tensor);
  } finally {
    device.free(tensor);
  }
}

/** An image in bands. */
export interface BandedImage {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Its bands, from top to bottom. */
  readonly bands: readonly Band[];
  /** Makes a band, `[rows, width]`, which is freed here. */
  upload(band: Band): Tensor<"u32">;
  /** Whether two pixels that are not 0 belong to one region; all of them unless told. */
  same?(pixel: number, other: number): boolean;
}

/**
 * Labels the connected regions of an image as `componentSteps` does: band by band, and then those that
 * touch across a border are joined.
 */
export function* bandedComponentSteps(
  device: Device,
  image: BandedImage,
  options: Pick<ComponentsOptions, "connectivity" | "minSize">,
): Steps<ComponentValues> {
  const { width, height } = image;
  const labels = new Uint32Array(width * height);
  const keep = ({ top }: Band, found: Uint32Array) => labels.set(found, top * width);
  const { numbers, count } = yield* bandedRegionSteps(device, image, { ...options, keep });
  for (let i = 0; i < labels.length; i++) labels[i] = numbers[labels[i]];
  return { labels, count };
}

/** What regions are called in the end. */
export interface RegionNumbers {
  /** The number of each region by its first one; 0 for 0, and for those that are too small. */
  readonly numbers: Uint32Array<ArrayBuffer>;
  /** How many there are. */
  readonly count: number;
}

/**
 * What {@linkcode bandedComponentSteps} does for an image whose labels need not fit into memory: each band
 * is given out under first numbers, and in the end it is known what those mean.
 *
 * @param options.keep Takes the first numbers of a band's pixels; bands come from top to bottom.
 * @throws {RangeError} If `minSize` is not a whole number from 0.
 */
export function* bandedRegionSteps(
  device: Device,
  { width, bands, upload, same = () => true }: BandedImage,
  { connectivity, minSize = 0, keep }: Pick<ComponentsOptions, "connectivity" | "minSize"> & {
    keep: (band: Band, labels: Uint32Array<ArrayBuffer>) => void;
  },
): Steps<RegionNumbers> {
  checkMinSize(minSize, "label components");
  const regions = new Regions();
  const reach = connectivity === 8 ? 1 : 0;
  /** The row above a band. */
  let above = new Uint32Array(width);
  for (const band of bands) {
    const { labels, count } = yield* withTensor(
      device,
      upload(band),
      (image) => componentSteps(device, image, { connectivity }),
    );
    const base = regions.add(count);
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] === 0) continue;
      labels[i] += base;
      regions.sizes[labels[i]]++;
    }
    const first = band.top * width;
    for (let x = 0; x < width && band.top > 0; x++) {
      if (labels[x] === 0) continue;
      for (let at = Math.max(0, x - reach); at <= Math.min(width - 1, x + reach); at++) {
        if (above[at] === 0 || !same(first + x, first - width + at)) continue;
        regions.join(labels[x], above[at]);
      }
    }
    above = labels.slice(-width);
    keep(band, labels);
  }
  return regions.number(minSize);
}

/**
 * Regions under their first numbers, from 1 in raster order of their first pixels. The root of joined
 * ones is the lowest number, whose first pixel is the first of all.
 */
class Regions {
  /** Pixels of each. */
  readonly sizes: number[] = [0];
  readonly #parents: number[] = [0];

  /** Adds regions and gives the number before their first. */
  add(count: number): number {
    const base = this.#parents.length - 1;
    for (let i = 1; i <= count; i++) {
      this.#parents.push(base + i);
      this.sizes.push(0);
    }
    return base;
  }

  join(a: number, b: number): void {
    const [low, high] = [this.#root(a), this.#root(b)].sort((x, y) => x - y);
    this.#parents[high] = low;
  }

  /** The final number of each region, 0 for those that are too small. */
  number(minSize: number): RegionNumbers {
    const numbers = new Uint32Array(this.#parents.length);
    const totals = new Float64Array(numbers.length);
    for (let i = 1; i < numbers.length; i++) totals[this.#root(i)] += this.sizes[i];
    let count = 0;
    for (let i = 1; i < numbers.length; i++) {
      const root = this.#root(i);
      if (root === i && totals[i] >= minSize) numbers[i] = ++count;
      else if (root !== i) numbers[i] = numbers[root];
    }
    return { numbers, count };
  }

  #root(region: number): number {
    let root = region;
    while (this.#parents[root] !== root) root = this.#parents[root];
    while (this.#parents[region] !== root) {
      const next = this.#parents[region];
      this.#parents[region] = root;
      region = next;
    }
    return root;
  }
}
