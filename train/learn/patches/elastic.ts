/**
 * Elastic deformation: pixels are displaced by a smooth random field.
 *
 * Normal displacements are drawn on a coarse grid and interpolated with cubic B-splines, so that the
 * field is smooth. Intensities are read bilinearly, labels from the nearest pixel, and positions
 * outside the image are mirrored back into it.
 *
 * @module
 */

import { Random } from "../../images/random.ts";
import { reflectIndex, type Sample } from "../../images/sample.ts";

/**
 * One drawn deformation, a plain value that can be applied to several images.
 *
 * @category Batches
 */
export interface ElasticDraw {
  /** Standard deviation of the displacement at the grid points, in pixels. */
  readonly amplitude: number;
  /** Distance of the grid points, in pixels. Folds are rare while it is over 5 amplitudes. */
  readonly spacing: number;
  /** Seed of the displacements. */
  readonly seed: number;
}

/** A displacement for every pixel. */
export interface DisplacementField {
  /** Displacement along x, in pixels, shape [h, w]. */
  readonly dx: Float32Array<ArrayBuffer>;
  /** Displacement along y, in pixels, shape [h, w]. */
  readonly dy: Float32Array<ArrayBuffer>;
}

/**
 * The displacements of a draw: each pixel of the result is read at its own place plus these.
 *
 * @throws {RangeError} When the spacing is not positive.
 */
export function displacementField(
  draw: ElasticDraw,
  size: { width: number; height: number },
): DisplacementField {
  if (!(draw.spacing > 0)) {
    throw new RangeError(`Cannot deform an image: grid spacing ${draw.spacing} is not positive`);
  }
  const random = new Random(draw.seed);
  return { dx: smoothNoise(random, draw, size), dy: smoothNoise(random, draw, size) };
}

/** Deforms a sample; the same draw gives images of the same size the same displacements. */
export function deform(sample: Sample, draw: ElasticDraw): Sample {
  if (draw.amplitude === 0) return sample;
  const { channels, width, height } = sample;
  const { dx, dy } = displacementField(draw, sample);
  const image = new Float32Array(sample.image.length);
  const labels = sample.labels && new Uint32Array(sample.labels.length);
  for (let i = 0; i < width * height; i++) {
    const x = (i % width) + dx[i];
    const y = Math.floor(i / width) + dy[i];
    const left = Math.floor(x);
    const top = Math.floor(y);
    const x0 = reflectIndex(left, width);
    const x1 = reflectIndex(left + 1, width);
    const row0 = reflectIndex(top, height) * width;
    const row1 = reflectIndex(top + 1, height) * width;
    const fx = x - left;
    const fy = y - top;
    for (let c = 0; c < channels; c++) {
      const base = c * width * height;
      const a = sample.image[base + row0 + x0];
      const b = sample.image[base + row0 + x1];
      const p = sample.image[base + row1 + x0];
      const q = sample.image[base + row1 + x1];
      image[base + i] = (1 - fy) * (a + fx * (b - a)) + fy * (p + fx * (q - p));
    }
    if (labels) labels[i] = sample.labels![(fy < 0.5 ? row0 : row1) + (fx < 0.5 ? x0 : x1)];
  }
  return { channels, width, height, image, labels };
}

/** Uniform cubic B-splines through a grid of normal numbers, one value per pixel. */
function smoothNoise(
  random: Random,
  { amplitude, spacing }: ElasticDraw,
  { width, height }: { width: number; height: number },
): Float32Array<ArrayBuffer> {
  const columns = Math.floor((width - 1) / spacing) + 4;
  const rows = Math.floor((height - 1) / spacing) + 4;
  const grid = Float64Array.from({ length: rows * columns }, () => amplitude * random.normal());
  const weights = Array.from(
    { length: Math.max(width, height) },
    (_, i) => splineWeights(i, spacing),
  );
  const values = new Float32Array(width * height);
  const line = new Float64Array(columns);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / spacing);
    for (let j = 0; j < columns; j++) {
      line[j] = 0;
      for (let k = 0; k < 4; k++) line[j] += weights[y][k] * grid[(row + k) * columns + j];
    }
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / spacing);
      const [a, b, c, d] = weights[x];
      values[y * width + x] = a * line[column] + b * line[column + 1] + c * line[column + 2] +
        d * line[column + 3];
    }
  }
  return values;
}

/** The weights of the four grid points around a pixel. */
function splineWeights(pixel: number, spacing: number): [number, number, number, number] {
  const t = pixel / spacing - Math.floor(pixel / spacing);
  const u = 1 - t;
  return [
    (u * u * u) / 6,
    (3 * t * t * t - 6 * t * t + 4) / 6,
    (3 * u * u * u - 6 * u * u + 4) / 6,
    (t * t * t) / 6,
  ];
}
