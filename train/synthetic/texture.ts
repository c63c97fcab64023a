/**
 * Smooth random texture for chromatin and backgrounds.
 *
 * @module
 */

import type { Random } from "../images/random.ts";

/** A square of noise that continues periodically, with mean 0 and variance 1. */
export type Texture = Float32Array<ArrayBuffer>;

/** Width and height of a texture in pixels. */
const SIZE = 128;

/**
 * Blends two octaves of smoothed white noise.
 *
 * @param sigma Standard deviation of the finer octave's Gaussian, in pixels.
 */
export function newTexture(random: Random, sigma: number): Texture {
  const fine = smoothNoise(random, sigma);
  const coarse = smoothNoise(random, 3 * sigma);
  return unitVariance(fine.map((value, i) => value + 0.8 * coarse[i]));
}

/** The texture at a position, interpolated bilinearly. */
export function textureAt(texture: Texture, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const fx = x - left;
  const fy = y - top;
  const x0 = left & (SIZE - 1);
  const x1 = (left + 1) & (SIZE - 1);
  const row0 = (top & (SIZE - 1)) * SIZE;
  const row1 = ((top + 1) & (SIZE - 1)) * SIZE;
  const above = texture[row0 + x0] * (1 - fx) + texture[row0 + x1] * fx;
  const below = texture[row1 + x0] * (1 - fx) + texture[row1 + x1] * fx;
  return above * (1 - fy) + below * fy;
}

/** White noise smoothed by a periodic Gaussian. */
function smoothNoise(random: Random, sigma: number): Texture {
  const radius = Math.ceil(3 * sigma);
  const weights = Array.from(
    { length: 2 * radius + 1 },
    (_, k) => Math.exp(-((k - radius) ** 2) / (2 * sigma * sigma)),
  );
  let values = Float32Array.from({ length: SIZE * SIZE }, () => random.normal());
  for (const [stepX, stepY] of [[1, 0], [0, 1]]) {
    const smooth = new Float32Array(values.length);
    for (let i = 0; i < smooth.length; i++) {
      const x = i % SIZE;
      const y = Math.floor(i / SIZE);
      for (let k = -radius; k <= radius; k++) {
        const from = ((y + k * stepY) & (SIZE - 1)) * SIZE + ((x + k * stepX) & (SIZE - 1));
        smooth[i] += weights[k + radius] * values[from];
      }
    }
    values = smooth;
  }
  return unitVariance(values);
}

function unitVariance(values: Texture): Texture {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) => (value - mean) / Math.sqrt(variance));
}
