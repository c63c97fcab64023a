/**
 * How far an image has moved, by phase correlation (Kuglin & Hines 1975): the transform of two images that
 * differ by a shift differs in phase alone, and what is left of it when the amplitudes are taken off turns
 * back into a peak at the shift.
 *
 * @module
 */

import FFT from "fft.js";
import type { Plane, Shift } from "../image.ts";

/** A shift of an image. */
export interface ImageShift extends Shift {
  /** How clear it is: the height of the peak, from 0 to 1 for images that are equal but for the shift. */
  readonly peak: number;
}

/** The largest side of what is transformed; larger images are made smaller by whole factors. */
const LARGEST_SIDE = 512;
/** Frequencies up to this share of the highest count most: noise lives above. */
const LOW_PASS = 0.15;
/** Peaks must be so many times higher than the waves that noise alone makes; otherwise the shift is 0. */
const LEAST_PEAK = 5;

/** An image made smaller. */
interface Small {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
  /** Pixels of the image in a row of one of these. */
  readonly factor: number;
}

/** The transform of an image: real and imaginary parts, row by row. */
interface Spectrum {
  readonly side: number;
  readonly data: Float64Array;
}

/** A plan of transforms of one length, as far as it is used here. */
interface Transforms {
  transform(out: Float64Array, data: Float64Array): void;
  inverseTransform(out: Float64Array, data: Float64Array): void;
}

/**
 * The shift that takes one image to another.
 *
 * @param before An image.
 * @param after The same scene later, of the same size.
 *
 * @example
 * ```ts ignore
 * const { y, x } = phaseShift(await video.frame(0), await video.frame(1));
 * ```
 */
export function phaseShift(before: Plane, after: Plane): ImageShift {
  return shiftBetween(smaller(before), smaller(after));
}

/**
 * The shift, found twice: what fades the edges out stays where it is and holds the peak back, so the second
 * time only what both images show is compared, one of them moved by the whole pixels that are known.
 */
function shiftBetween(before: Small, after: Small): ImageShift {
  const coarse = peakBetween(spectrumOf(before), spectrumOf(after));
  const [y, x] = [Math.round(coarse.y), Math.round(coarse.x)];
  const size = { width: after.width - Math.abs(x), height: after.height - Math.abs(y) };
  const isLarge = 2 * size.width > after.width && 2 * size.height > after.height;
  let fine = { y: coarse.y - y, x: coarse.x - x, peak: coarse.peak };
  if (isLarge && coarse.peak > 0 && (y !== 0 || x !== 0)) {
    fine = peakBetween(
      spectrumOf(part(before, { ...size, top: Math.max(0, -y), left: Math.max(0, -x) })),
      spectrumOf(part(after, { ...size, top: Math.max(0, y), left: Math.max(0, x) })),
    );
  }
  const { factor } = after;
  return { y: factor * (y + fine.y), x: factor * (x + fine.x), peak: coarse.peak };
}

function part(
  image: Small,
  { top, left, width, height }: { top: number; left: number; width: number; height: number },
): Small {
  const data = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * image.width + left;
    data.set(image.data.subarray(from, from + width), y * width);
  }
  return { width, height, data, factor: image.factor };
}

/** Adds up the shifts of frames, one after the other; holds the last one. */
export class Registration {
  #last: Small | null = null;
  #y = 0;
  #x = 0;

  /**
   * Takes the next frame.
   *
   * @returns How far it has moved since the first frame; `peak` is that of its own step, 1 for the first.
   */
  add(frame: Plane): ImageShift {
    const small = smaller(frame);
    const step = this.#last ? shiftBetween(this.#last, small) : { y: 0, x: 0, peak: 1 };
    this.#last = small;
    this.#y += step.y;
    this.#x += step.x;
    return { y: this.#y, x: this.#x, peak: step.peak };
  }
}

function smaller(image: Plane): Small {
  const factor = Math.ceil(Math.max(image.width, image.height) / LARGEST_SIDE);
  const [width, height] = [image.width, image.height].map((n) =>
    Math.max(1, Math.floor(n / factor))
  );
  const data = new Float64Array(width * height);
  for (let y = 0; y < height * factor && y < image.height; y++) {
    for (let x = 0; x < width * factor && x < image.width; x++) {
      const pixel = image.data[y * image.width + x];
      const at = Math.floor(y / factor) * width + Math.floor(x / factor);
      if (Number.isFinite(pixel)) data[at] += pixel / factor ** 2;
    }
  }
  return { width, height, data, factor };
}

function spectrumOf({ width, height, data: values }: Small): Spectrum {
  const side = 2 ** Math.ceil(Math.log2(Math.max(8, width, height)));
  const data = new Float64Array(2 * side * side);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  // The window fades the edges out: they would stay where they are.
  const [rows, columns] = [windowOf(height), windowOf(width)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[2 * (y * side + x)] = (values[y * width + x] - mean) * rows[y] * columns[x];
    }
  }
  transform(data, side, { inverse: false });
  return { side, data };
}

/** Hann's window. */
function windowOf(length: number): Float64Array {
  return Float64Array.from(
    { length },
    (_, i) => 0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / length),
  );
}

/** Transforms a square in place, rows and then columns. */
function transform(data: Float64Array, side: number, { inverse }: { inverse: boolean }): void {
  const plan = new (FFT as unknown as new (size: number) => Transforms)(side);
  const [line, out] = [new Float64Array(2 * side), new Float64Array(2 * side)];
  const run = () => inverse ? plan.inverseTransform(out, line) : plan.transform(out, line);
  for (let y = 0; y < side; y++) {
    line.set(data.subarray(2 * y * side, 2 * (y + 1) * side));
    run();
    data.set(out, 2 * y * side);
  }
  for (let x = 0; x < side; x++) {
    for (let y = 0; y < side; y++) {
      line[2 * y] = data[2 * (y * side + x)];
      line[2 * y + 1] = data[2 * (y * side + x) + 1];
    }
    run();
    for (let y = 0; y < side; y++) {
      data[2 * (y * side + x)] = out[2 * y];
      data[2 * (y * side + x) + 1] = out[2 * y + 1];
    }
  }
}

/** The place and height of the peak, in pixels of what was transformed. */
function peakBetween(before: Spectrum, after: Spectrum): ImageShift {
  const { side } = after;
  const cross = new Float64Array(2 * side * side);
  const weights = Float64Array.from({ length: side }, (_, i) => {
    const frequency = Math.min(i, side - i) / (side / 2);
    return Math.exp(-0.5 * (frequency / LOW_PASS) ** 2);
  });
  let [total, squares] = [0, 0];
  for (let i = 0; i < side * side; i++) {
    const [ar, ai] = [before.data[2 * i], before.data[2 * i + 1]];
    const [br, bi] = [after.data[2 * i], after.data[2 * i + 1]];
    const [real, imaginary] = [br * ar + bi * ai, bi * ar - br * ai];
    const length = Math.hypot(real, imaginary);
    if (!(length > 0)) continue;
    const weight = weights[Math.floor(i / side)] * weights[i % side];
    cross[2 * i] = weight * real / length;
    cross[2 * i + 1] = weight * imaginary / length;
    total += weight;
    squares += weight ** 2;
  }
  if (total === 0) return { y: 0, x: 0, peak: 0 };
  transform(cross, side, { inverse: true });
  let best = 0;
  for (let i = 1; i < side * side; i++) if (cross[2 * i] > cross[2 * best]) best = i;
  const at = (y: number, x: number) => cross[2 * (((y + side) % side) * side + (x + side) % side)];
  const [row, column] = [Math.floor(best / side), best % side];
  const peak = at(row, column) * side * side / total;
  if (!(peak >= LEAST_PEAK * Math.sqrt(squares) / total)) {
    return { y: 0, x: 0, peak: Math.max(0, peak) };
  }
  const y = row + top(at(row - 1, column), at(row, column), at(row + 1, column));
  const x = column + top(at(row, column - 1), at(row, column), at(row, column + 1));
  const signed = (value: number) => value > side / 2 ? value - side : value;
  return { y: signed(y), x: signed(x), peak };
}

/** Where the top of a bell through three values is, from its middle: their logarithms are a parabola. */
function top(left: number, middle: number, right: number): number {
  if (!(left > 0 && right > 0)) return 0;
  const [a, b, c] = [left, middle, right].map(Math.log);
  const curve = a - 2 * b + c;
  return curve < 0 ? Math.max(-0.5, Math.min(0.5, (a - c) / (2 * curve))) : 0;
}
