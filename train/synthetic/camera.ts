/**
 * A widefield fluorescence microscope with a 16-bit camera: from emitted light to pixel values.
 *
 * @module
 */

import type { Plane } from "../images/image.ts";
import type { Random } from "../images/random.ts";
import type { Canvas } from "./nucleus.ts";

/** How one image is taken. */
export interface Exposure {
  /** Photons per pixel from a typical nucleus. */
  readonly photons: number;
  /** Standard deviation of the point-spread function, in pixels. */
  readonly blur: number;
  /** Share of the light that is spread widely around the nuclei (out-of-focus light, cytoplasm). */
  readonly halo: number;
  /** Autofluorescence, relative to a typical nucleus. */
  readonly background: number;
  /** Change of the autofluorescence across the image along x and y, relative to itself. */
  readonly gradient: readonly [number, number];
  /** Loss of light at the corners, from 0 to 1. */
  readonly vignetting: number;
  /** Camera offset in counts. */
  readonly offset: number;
  /** Counts per photon. */
  readonly gain: number;
  /** Standard deviation of the read noise in counts. */
  readonly readNoise: number;
}

/** Takes an image: blur, background, vignetting, shot noise, read noise, rounding to 16 bits. */
export function expose(
  random: Random,
  { width, height, light }: Canvas,
  exposure: Exposure,
): Plane {
  const sharp = gaussianBlur(light, { width, height, sigma: exposure.blur });
  const wide = gaussianBlur(light, { width, height, sigma: 0.05 * Math.max(width, height) + 3 });
  const data = new Float32Array(width * height);
  for (let i = 0; i < data.length; i++) {
    // Positions from -1 to 1.
    const x = (2 * (i % width) + 1) / width - 1;
    const y = (2 * Math.floor(i / width) + 1) / height - 1;
    const slope = 1 + (exposure.gradient[0] * x + exposure.gradient[1] * y) / 2;
    const specimen = (1 - exposure.halo) * sharp[i] + exposure.halo * wide[i] +
      exposure.background * slope;
    const lamp = 1 - exposure.vignetting * (x * x + y * y) / 2;
    const electrons = random.poisson(exposure.photons * specimen * lamp);
    const counts = exposure.offset + exposure.gain * electrons +
      exposure.readNoise * random.normal();
    data[i] = Math.max(0, Math.min(65535, Math.round(counts)));
  }
  return { width, height, data };
}

/** Gaussian blur that repeats the border pixels beyond the border. */
function gaussianBlur(
  values: Float32Array<ArrayBuffer>,
  { width, height, sigma }: { width: number; height: number; sigma: number },
): Float32Array<ArrayBuffer> {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const weights = Float64Array.from(
    { length: 2 * radius + 1 },
    (_, k) => Math.exp(-((k - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  const blurLines = (source: Float32Array<ArrayBuffer>, length: number, count: number) => {
    // Reads lines along the fast axis and writes them along the slow one: twice is the full blur.
    const target = new Float32Array(source.length);
    const padded = new Float64Array(length + 2 * radius);
    for (let line = 0; line < count; line++) {
      for (let k = 0; k < padded.length; k++) {
        padded[k] = source[line * length + Math.max(0, Math.min(length - 1, k - radius))];
      }
      for (let i = 0; i < length; i++) {
        let total = 0;
        for (let k = 0; k < weights.length; k++) total += weights[k] * padded[i + k];
        target[i * count + line] = total / sum;
      }
    }
    return target;
  };
  return blurLines(blurLines(values, width, height), height, width);
}
