/**
 * Cell nuclei as closed smooth curves with chromatin, and how they are painted.
 *
 * The outline is an ellipse whose radius is disturbed by a few Fourier terms. Everything inside the
 * nucleus (grain, nucleoli, chromocentres) is given in its own turned and stretched coordinates and
 * so moves with it.
 *
 * @module
 */

import type { Random } from "../images/random.ts";
import { type Texture, textureAt } from "./texture.ts";

/** A round spot inside a nucleus, in units of its radius. */
export interface Spot {
  /** Centre along the long axis. */
  readonly u: number;
  /** Centre along the short axis. */
  readonly v: number;
  /** Standard deviation of the Gaussian spot. */
  readonly size: number;
  /** Change of the intensity at the centre: negative for nucleoli, positive for chromocentres. */
  readonly change: number;
}

/** One nucleus, or a fleck of debris or haze when its id is 0. */
export interface Nucleus {
  /** Its label; 0 paints light without a label. */
  readonly id: number;
  /** Centre in pixels; pixel centres are whole numbers. */
  readonly x: number;
  /** Centre in pixels. */
  readonly y: number;
  /** Mean radius in pixels. */
  readonly radius: number;
  /** Long axis over short axis. */
  readonly aspect: number;
  /** Direction of the long axis in radians. */
  readonly angle: number;
  /** Cosine and sine amplitudes of the outline's terms 2, 3, 4 …, relative to the radius. */
  readonly outline: readonly (readonly [number, number])[];
  /** Intensity relative to a typical nucleus. */
  readonly brightness: number;
  /** Blur of its own edge in pixels, for nuclei above or below the focal plane. */
  readonly defocus: number;
  /** Standard deviation of the grain, relative to the intensity. */
  readonly grain: number;
  /** Where in the texture its grain is taken from. */
  readonly grainOrigin: readonly [number, number];
  /** Nucleoli and chromocentres. */
  readonly spots: readonly Spot[];
}

/** What kind of nuclei an image shows. */
export interface NucleusStyle {
  /** Median radius in pixels. */
  readonly radius: number;
  /** Largest elongation. */
  readonly aspect: number;
  /** Size of the outline's irregularities. */
  readonly irregularity: number;
  /** Standard deviation of the logarithm of the brightness. */
  readonly brightnessSpread: number;
  /** Grain of the chromatin. */
  readonly grain: number;
  /** Largest number of nucleoli. */
  readonly nucleoli: number;
  /** Largest number of bright chromocentres, as mouse nuclei have them. */
  readonly chromocentres: number;
  /** Share of nuclei out of focus. */
  readonly outOfFocus: number;
  /** Share of small bright nuclei: condensed for a division, or dying. */
  readonly condensed: number;
}

/** Light and labels while an image is painted; all of shape [h, w]. */
export interface Canvas {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Emitted light, 1 for a typical nucleus. */
  readonly light: Float32Array<ArrayBuffer>;
  /** Ids of the nuclei. */
  readonly labels: Uint32Array<ArrayBuffer>;
  /** How deep each labelled pixel lies in its nucleus, from 0 at the edge to 1 at the centre. */
  readonly depth: Float32Array<ArrayBuffer>;
}

/** An empty canvas. */
export function newCanvas(width: number, height: number): Canvas {
  return {
    width,
    height,
    light: new Float32Array(width * height),
    labels: new Uint32Array(width * height),
    depth: new Float32Array(width * height),
  };
}

/** Draws a nucleus of a style at a place. */
export function randomNucleus(
  random: Random,
  style: NucleusStyle,
  { id, x, y }: { id: number; x: number; y: number },
): Nucleus {
  const isCondensed = random.chance(style.condensed);
  const isBlurred = !isCondensed && random.chance(style.outOfFocus);
  const condensation = isCondensed ? random.uniform(1.6, 2.2) : 1;
  const dimming = isBlurred ? random.uniform(0.35, 0.6) : 1;
  const outline = [1, 0.6, 0.35, 0.2].map((scale) => {
    const amplitude = style.irregularity * scale;
    return [amplitude * random.normal(), amplitude * random.normal()] as const;
  });
  const nucleoli = random.integer(style.nucleoli + 1);
  const chromocentres = style.chromocentres && 1 + random.integer(style.chromocentres);
  const spots = [
    ...Array.from({ length: nucleoli }, () => randomSpot(random, -random.uniform(0.25, 0.6))),
    ...Array.from({ length: chromocentres }, () => randomSpot(random, random.uniform(0.4, 1))),
  ];
  return {
    id,
    x,
    y,
    radius: style.radius * (isCondensed ? 0.6 : 1) * Math.exp(clip(0.16 * random.normal(), 0.4)),
    aspect: 1 + (isCondensed ? 1.6 : style.aspect - 1) * random.next(),
    angle: random.uniform(0, 2 * Math.PI),
    outline,
    brightness: Math.max(
      0.35,
      Math.exp(clip(style.brightnessSpread * random.normal(), 1)) * condensation * dimming,
    ),
    defocus: isBlurred ? random.uniform(1, 2.2) : random.uniform(0, 0.4),
    grain: style.grain * random.uniform(0.7, 1.3),
    grainOrigin: [random.uniform(0, 1000), random.uniform(0, 1000)],
    spots,
  };
}

/** Distance from the centre of a nucleus to its outline in a direction (radians), in pixels. */
export function reach(nucleus: Nucleus, direction: number): number {
  const turned = direction - nucleus.angle;
  const stretch = Math.sqrt(nucleus.aspect);
  const u = Math.cos(turned) / stretch;
  const v = Math.sin(turned) * stretch;
  const length = Math.hypot(u, v);
  return nucleus.radius * outlineAt(nucleus, u / length, v / length) / length;
}

/**
 * Adds the light of a nucleus to a canvas, and its label where it is deeper than what is labelled
 * there already: touching nuclei share their overlap along a line in the middle.
 */
export function paintNucleus(canvas: Canvas, nucleus: Nucleus, texture: Texture): void {
  const { width, height, light, labels, depth } = canvas;
  const { radius, spots, grain, grainOrigin } = nucleus;
  const stretch = Math.sqrt(nucleus.aspect);
  const softness = 0.5 + nucleus.defocus;
  const extent = radius * stretch * 1.5 + 2 * softness;
  const cos = Math.cos(nucleus.angle);
  const sin = Math.sin(nucleus.angle);
  for (let y = Math.max(0, Math.ceil(nucleus.y - extent)); y < height; y++) {
    if (y > nucleus.y + extent) break;
    for (let x = Math.max(0, Math.ceil(nucleus.x - extent)); x < width; x++) {
      if (x > nucleus.x + extent) break;
      const along = (x - nucleus.x) * cos + (y - nucleus.y) * sin;
      const across = (y - nucleus.y) * cos - (x - nucleus.x) * sin;
      const u = along / (radius * stretch);
      const v = across * stretch / radius;
      const distance = Math.hypot(u, v);
      const edge = distance > 0 ? outlineAt(nucleus, u / distance, v / distance) : 1;
      const coverage = smoothStep(((edge - distance) * radius / softness + 1) / 2);
      if (coverage === 0) continue;

      const inside = Math.min(1, distance / edge);
      const thickness = 0.7 + 0.3 * Math.sqrt(1 - inside * inside);
      const noise = textureAt(texture, along + grainOrigin[0], across + grainOrigin[1]);
      let chromatin = 1 + grain * noise;
      for (const spot of spots) {
        const q = ((u - spot.u) ** 2 + (v - spot.v) ** 2) / (2 * spot.size * spot.size);
        if (q < 8) chromatin += spot.change * Math.exp(-q);
      }
      const i = y * width + x;
      const own = nucleus.brightness * coverage * thickness * Math.max(0.25, chromatin);
      // Touching nuclei flatten against each other, so their light does not simply add up.
      light[i] = Math.max(light[i], own) + 0.25 * Math.min(light[i], own);
      if (nucleus.id > 0 && distance < edge && 1 - inside > depth[i]) {
        depth[i] = 1 - inside;
        labels[i] = nucleus.id;
      }
    }
  }
}

/** Radius of an outline relative to its mean, in the unit direction (c, s) of its own frame. */
export function outlineAt(nucleus: Pick<Nucleus, "outline">, c: number, s: number): number {
  let radius = 1;
  let real = c;
  let imaginary = s;
  for (const [a, b] of nucleus.outline) {
    [real, imaginary] = [real * c - imaginary * s, real * s + imaginary * c];
    radius += a * real + b * imaginary;
  }
  return Math.min(1.4, Math.max(0.6, radius));
}

function randomSpot(random: Random, change: number): Spot {
  const distance = 0.62 * Math.sqrt(random.next());
  const direction = random.uniform(0, 2 * Math.PI);
  const u = distance * Math.cos(direction);
  const v = distance * Math.sin(direction);
  return { u, v, size: random.uniform(0.1, 0.2), change };
}

function clip(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

/** 0 below 0, 1 above 1, and a smooth rise between. */
export function smoothStep(t: number): number {
  if (t <= 0) return 0;
  if (t >= 1) return 1;
  return t * t * (3 - 2 * t);
}
