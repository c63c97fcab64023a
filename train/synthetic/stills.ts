/**
 * Synthetic labelled stills of fluorescent nuclei.
 *
 * @module
 */

import type { LabelImage, Plane } from "../images/image.ts";
import { Random } from "../images/random.ts";
import { expose, type Exposure } from "./camera.ts";
import { placeNuclei } from "./field.ts";
import {
  newCanvas,
  type Nucleus,
  type NucleusStyle,
  paintNucleus,
  randomNucleus,
} from "./nucleus.ts";
import { keepWholeObjects, numberByAppearance } from "./labels.ts";
import { newTexture } from "./texture.ts";

/** A still with its instance mask. */
export interface SyntheticStill {
  /** Intensities in counts of a 16-bit camera. */
  readonly image: Plane;
  /** One id per nucleus, 1 … n. */
  readonly labels: LabelImage;
}

/**
 * Draws well-exposed stills of nuclei with their masks. Each still is another preparation: size,
 * density, clustering, texture, brightness and background differ.
 *
 * @param options `seed`, `count` of stills (40), and their width and height `size` in pixels (128).
 *   The first stills of a longer series are those of a shorter one.
 *
 * @example
 * ```ts
 * import { syntheticStills } from "./mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [still] = syntheticStills({ seed: 1, count: 1, size: 64 });
 * assertEquals([still.image.width, still.labels.height], [64, 64]);
 * ```
 */
export function syntheticStills(
  { seed, count = 40, size = 128 }: { seed: number; count?: number; size?: number },
): SyntheticStill[] {
  return Array.from({ length: count }, (_, i) => drawStill(new Random(seed, i + 1), size));
}

function drawStill(random: Random, size: number): SyntheticStill {
  const style = randomStyle(random);
  const texture = newTexture(random, random.uniform(0.8, 1.2));
  const margin = style.radius;
  const density = random.uniform(0.07, 0.24);
  const clustering = random.uniform(0.1, 0.45);
  const canvas = newCanvas(size, size);
  for (
    const nucleus of placeNuclei(random, style, {
      width: size,
      height: size,
      margin,
      density,
      clustering,
    })
  ) {
    paintNucleus(canvas, nucleus, texture);
  }
  for (const fleck of drawFlecks(random, style, size)) paintNucleus(canvas, fleck, texture);
  const image = expose(random, canvas, randomExposure(random));
  const labels = keepWholeObjects({ width: size, height: size, data: canvas.labels });
  return { image, labels: numberByAppearance([labels]).images[0] };
}

/** Unlabelled light: small bright debris and the faint haze of cells far out of focus. */
export function drawFlecks(random: Random, style: NucleusStyle, size: number): Nucleus[] {
  const anywhere = () => ({ id: 0, x: random.uniform(0, size), y: random.uniform(0, size) });
  const area = size * size / 128 ** 2;
  const debris = Array.from({ length: random.poisson(0.6 * area) }, () => ({
    ...randomNucleus(random, style, anywhere()),
    radius: random.uniform(0.8, 1.5),
    brightness: random.uniform(0.4, 1.2),
    defocus: 0.3,
    spots: [],
  }));
  const haze = Array.from({ length: random.poisson(1 * area) }, () => ({
    ...randomNucleus(random, style, anywhere()),
    radius: 1.3 * style.radius,
    brightness: random.uniform(0.03, 0.1),
    defocus: 0.7 * style.radius,
    spots: [],
  }));
  return [...debris, ...haze];
}

function randomStyle(random: Random): NucleusStyle {
  const isMouse = random.chance(0.2);
  return {
    radius: random.uniform(6.5, 10.5),
    aspect: random.uniform(1.25, 1.8),
    irregularity: random.uniform(0.025, 0.08),
    brightnessSpread: random.uniform(0.15, 0.4),
    grain: random.uniform(0.06, 0.18),
    nucleoli: random.integer(4),
    chromocentres: isMouse ? 4 : 0,
    outOfFocus: random.uniform(0, 0.15),
    condensed: 0.04,
  };
}

function randomExposure(random: Random): Exposure {
  return {
    photons: random.uniform(150, 500),
    blur: random.uniform(0.7, 1.1),
    halo: random.uniform(0.05, 0.15),
    background: random.uniform(0.02, 0.08),
    gradient: [random.uniform(-0.6, 0.6), random.uniform(-0.6, 0.6)],
    vignetting: random.uniform(0.05, 0.3),
    offset: 100,
    gain: random.uniform(2, 8),
    readNoise: 3,
  };
}
