/**
 * A microscope for refractive index: from thin layers of a specimen to a stack of planes through
 * focus.
 *
 * Every layer is seen through a transfer function that depends on its distance to the plane: a blur
 * that grows with it, and the chirp of free propagation, cos(π a Δ q²), whose zeros are the fringes
 * around everything out of focus. Its sine makes what lies above a plane differ from what lies below.
 * Low spatial frequencies are lost altogether, which leaves the dark halo around cells.
 *
 * @module
 */

import type { Plane } from "../../images/image.ts";
import type { Random } from "../../images/random.ts";
import { fourierTransform, newSpectrum, type Spectrum } from "../fourier.ts";
import { type Texture, textureAt } from "../texture.ts";

/** How a stack is taken. */
export interface PhaseOptics {
  /** Blur in focus, standard deviation in pixels. */
  readonly blur: number;
  /** Growth of the blur per plane of distance, in pixels. */
  readonly blurGrowth: number;
  /** Strength of the fringes: wavelength · plane distance / pixel area. */
  readonly fringes: number;
  /** Share of the fringes that changes sign from above to below focus. */
  readonly asymmetry: number;
  /** Share of the low spatial frequencies that is lost, 0 to 1. */
  readonly halo: number;
  /** Distance in planes at which the contrast has fallen to half. */
  readonly sectioning: number;
  /** Contrast relative to the specimen's. */
  readonly contrast: number;
  /** Standard deviations of the grainy noise (coherent) and of the noise of single pixels. */
  readonly noise: { readonly grain: number; readonly pixel: number };
  /** Uneven background, standard deviation. */
  readonly background: number;
}

/** Refractive index times 10,000 of the medium. */
const MEDIUM = 13370;

/** Width of the halo in pixels (standard deviation). */
const HALO_WIDTH = 11;

/** Thin layers of a specimen around its focus, each of shape [grid, grid], one plane apart. */
export interface Layers {
  /** Width and height of the layers, a power of two and larger than the image. */
  readonly grid: number;
  /** Position of the first layer relative to the focus, in planes. */
  readonly first: number;
  /** Refractive index above the medium's, times 10,000. */
  readonly layers: readonly Float32Array[];
}

/**
 * Takes a stack: planes 0 … depth − 1 of the middle of the layers.
 *
 * @param focus The focus of the specimen in planes; need not be a whole number.
 * @returns Refractive indices times 10,000, rounded as a 16-bit file holds them.
 */
export function takeStack(
  random: Random,
  { grid, first, layers }: Layers,
  { size, depth, focus, optics, textures }: {
    size: number;
    depth: number;
    focus: number;
    optics: PhaseOptics;
    textures: { readonly fine: Texture; readonly coarse: Texture };
  },
): Plane[] {
  const spectra = layers.map((layer) => {
    const spectrum = newSpectrum(grid);
    spectrum.real.set(layer);
    fourierTransform(spectrum);
    return spectrum;
  });
  // Distances repeat along the diagonal: plane z sees layer s from z − focus − first − s.
  const transfers = Array.from(
    { length: depth + layers.length - 1 },
    (_, k) => transfer(k - (layers.length - 1) - focus - first, { grid, optics }),
  );
  const planes: Plane[] = [];
  const origin = [random.uniform(0, 1000), random.uniform(0, 1000)];
  for (let z = 0; z < depth; z += 2) {
    // Two real planes at once, as the real and the imaginary part of one transform.
    const pair = newSpectrum(grid);
    for (const [s, spectrum] of spectra.entries()) {
      const at = z + layers.length - 1 - s;
      addFiltered(pair, spectrum, [transfers[at], transfers[at + 1]]);
    }
    fourierTransform(pair, { inverse: true });
    for (const values of [pair.real, pair.imaginary].slice(0, depth - z)) {
      const image = cropMiddle(values, { grid, size });
      // The background changes slowly along z, the grain with every plane.
      const drift = [origin[0] + 0.6 * planes.length, origin[1] + 0.4 * planes.length];
      planes.push(addNoise(random, image, { size, optics, textures, drift }));
    }
  }
  return planes;
}

/** The transfer function of a distance in planes, by kx² + ky² in steps of the grid. */
function transfer(
  distance: number,
  { grid, optics }: { grid: number; optics: PhaseOptics },
): Float64Array {
  const { blur, blurGrowth, fringes, asymmetry, halo, sectioning, contrast } = optics;
  const sigma = Math.hypot(blur, blurGrowth * distance);
  const strength = contrast / (1 + (distance / sectioning) ** 2);
  return Float64Array.from({ length: grid * grid / 2 + 1 }, (_, k) => {
    const q2 = k / (grid * grid);
    const gauss = (width: number) => Math.exp(-2 * (Math.PI * width) ** 2 * q2);
    const phase = Math.PI * fringes * distance * q2;
    const chirp = Math.cos(phase) + asymmetry * Math.sin(phase);
    return strength * gauss(sigma) * chirp * (1 - halo * gauss(HALO_WIDTH));
  });
}

/** Adds a layer as two neighbouring planes see it to a spectrum that holds both: a + i b. */
function addFiltered(
  pair: Spectrum,
  { size, real, imaginary }: Spectrum,
  [first, second]: readonly (Float64Array | undefined)[],
): void {
  const last = second ?? new Float64Array(first!.length);
  for (let y = 0; y < size; y++) {
    const ky = Math.min(y, size - y);
    for (let x = 0; x < size; x++) {
      const kx = Math.min(x, size - x);
      const i = y * size + x;
      const k = kx * kx + ky * ky;
      const [a, b] = [first![k], last[k]];
      pair.real[i] += a * real[i] - b * imaginary[i];
      pair.imaginary[i] += a * imaginary[i] + b * real[i];
    }
  }
}

function cropMiddle(
  values: Float64Array,
  { grid, size }: { grid: number; size: number },
): Float32Array<ArrayBuffer> {
  const margin = Math.floor((grid - size) / 2);
  const image = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    const from = (y + margin) * grid + margin;
    image.set(values.subarray(from, from + size), y * size);
  }
  return image;
}

function addNoise(
  random: Random,
  image: Float32Array<ArrayBuffer>,
  { size, optics: { noise, background }, textures, drift }: {
    size: number;
    optics: PhaseOptics;
    textures: { readonly fine: Texture; readonly coarse: Texture };
    drift: readonly number[];
  },
): Plane {
  const [left, top] = [random.integer(1000), random.integer(1000)];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const grain = textureAt(textures.fine, x + left, y + top);
      const slow = textureAt(textures.coarse, 0.5 * x + drift[0], 0.5 * y + drift[1]);
      const i = y * size + x;
      const value = MEDIUM + image[i] + background * slow + noise.grain * grain +
        noise.pixel * random.normal();
      image[i] = Math.max(0, Math.min(65535, Math.round(value)));
    }
  }
  return { width: size, height: size, data: image };
}
