/**
 * Synthetic holotomography: labelled stills that are z-stacks, and a movie of stacks whose truth is
 * kept apart, with a domain gap between them.
 *
 * @module
 */

import type { LabelImage, Plane } from "../../images/image.ts";
import { Random } from "../../images/random.ts";
import { keepWholeObjects, numberByAppearance } from "../labels.ts";
import { moveCells, type PhaseCell, type PhaseStyle, placeCells } from "./phase_cell.ts";
import { paintLabels, paintLayers } from "./phase_layers.ts";
import { type PhaseOptics, takeStack } from "./phase_optics.ts";
import { newTexture, type Texture } from "../texture.ts";

/** A z-stack with what is known about it. */
export interface SyntheticStack {
  /** Refractive index times 10,000, plane by plane. */
  readonly planes: Plane[];
  /** The plane nearest to the focus, from 0. */
  readonly focus: number;
  /** One id per object, as it is in focus. */
  readonly labels: LabelImage;
  /** A dot with the same id at the centre of each object. */
  readonly dots: LabelImage;
}

/**
 * What stacks are asked for.
 *
 * @category Images
 */
export interface SyntheticStackOptions {
  /** Seed of everything. */
  readonly seed: number;
  /** Width and height in pixels; 96 by default. */
  readonly size?: number;
  /** Planes of a stack; 24 by default. */
  readonly depth?: number;
  /** What is labelled; nucleoli by default. */
  readonly target?: "nucleoli" | "nuclei";
  /** Radius of a dot in pixels: 0 for single pixels, 1 (default) for five. */
  readonly dotRadius?: number;
}

/** Objects with fewer pixels in view are not labelled. */
const SMALLEST = 5;

/** Room around the image, so that what is just outside still throws its fringes into it. */
const MARGIN = 8;

type Settings = Required<Omit<SyntheticStackOptions, "seed">>;

/**
 * Draws labelled z-stacks. Each is another preparation, with its own focus plane.
 *
 * @param options `count` of stacks, 40 by default; the first of a longer series are those of a
 * shorter one.
 * @throws {RangeError} If a size or number is of no use.
 *
 * @example
 * ```ts
 * import { syntheticHolotomographyStills } from "../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [still] = syntheticHolotomographyStills({ seed: 1, count: 1, size: 32, depth: 8 });
 * assertEquals([still.planes.length, still.labels.width], [8, 32]);
 * ```
 */
export function syntheticHolotomographyStills(
  { seed, count = 40, ...options }: SyntheticStackOptions & { count?: number },
): SyntheticStack[] {
  const settings = checkSettings(options);
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(seed, 0x4010 + i);
    const textures = { fine: newTexture(random, 0.9), coarse: newTexture(random, 6) };
    const style = drawStyle(random);
    const cells = placeCells(random, style, gridOf(settings.size));
    const focus = drawFocus(random, settings.depth);
    const planes = takeCells(random, cells, {
      settings,
      focus,
      optics: stillOptics(random),
      textures,
    });
    const painted = labelsOf(cells, settings);
    const [labels] = numberByAppearance([painted]).images;
    return { planes, focus: Math.round(focus), labels, dots: dotsOf(labels, settings.dotRadius) };
  });
}

/**
 * Draws a movie: cells drift, nucleoli creep, droplets dance over them, and from frame to frame the
 * focus, the contrast and the noise change. An object has one id in all frames.
 *
 * @param options Number of `frames`, 16 by default, and the `gap` between the imaging of the stills
 * and of the movie, 1 by default; at 0 the movie is taken as the stills are.
 * @throws {RangeError} If a size or number is of no use.
 *
 * @example
 * ```ts
 * import { syntheticHolotomographyMovie } from "../mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const movie = syntheticHolotomographyMovie({ seed: 1, frames: 2, size: 32, depth: 8 });
 * assertEquals([movie.length, movie[1].planes.length], [2, 8]);
 * ```
 */
export function syntheticHolotomographyMovie(
  { seed, frames = 16, gap = 1, ...options }:
    & SyntheticStackOptions
    & { frames?: number; gap?: number },
): SyntheticStack[] {
  const settings = checkSettings(options);
  const life = new Random(seed, 0x4011fe);
  const camera = new Random(seed, 0x40971c);
  const textures = { fine: newTexture(life, 0.9), coarse: newTexture(life, 6) };
  let cells = placeCells(life, movieStyle, gridOf(settings.size));
  let drift = drawFocus(life, settings.depth);
  const painted: LabelImage[] = [];
  const taken = Array.from({ length: frames }, (_, t) => {
    if (t > 0) cells = moveCells(life, cells);
    drift = clampFocus(drift + 0.3 * life.normal(), settings.depth);
    const focus = clampFocus(drift + 0.4 * gap * camera.normal(), settings.depth);
    const optics = movieOptics(camera, gap);
    painted.push(labelsOf(cells, settings));
    return { focus, planes: takeCells(camera, cells, { settings, focus, optics, textures }) };
  });
  const { images } = numberByAppearance(painted);
  return taken.map(({ focus, planes }, t) => ({
    planes,
    focus: Math.round(focus),
    labels: images[t],
    dots: dotsOf(images[t], settings.dotRadius),
  }));
}

function checkSettings(
  { size = 96, depth = 24, target = "nucleoli", dotRadius = 1 }: Omit<
    SyntheticStackOptions,
    "seed"
  >,
): Settings {
  if (!(Number.isInteger(size) && size >= 16 && Number.isInteger(depth) && depth >= 1)) {
    throw new RangeError(
      `Cannot draw stacks of ${depth} planes of ${size}x${size}: give at least 1 plane of 16x16`,
    );
  }
  return { size, depth, target, dotRadius };
}

/** The width of the periodic field: the power of two that leaves a margin. */
function gridOf(size: number): number {
  return 2 ** Math.ceil(Math.log2(size + 2 * MARGIN));
}

function takeCells(
  random: Random,
  cells: readonly PhaseCell[],
  { settings: { size, depth }, focus, optics, textures }: {
    settings: Settings;
    focus: number;
    optics: PhaseOptics;
    textures: { readonly fine: Texture; readonly coarse: Texture };
  },
): Plane[] {
  const layers = paintLayers(cells, { grid: gridOf(size), texture: textures.fine });
  return takeStack(random, layers, { size, depth, focus, optics, textures });
}

function labelsOf(cells: readonly PhaseCell[], { size, target }: Settings): LabelImage {
  const painted = paintLabels(cells, { grid: gridOf(size), size, target });
  return keepWholeObjects(painted, { smallest: SMALLEST });
}

/** A focus well inside the stack; one in eight near its top or bottom. */
function drawFocus(random: Random, depth: number): number {
  const edge = random.chance(1 / 8) ? 0.05 : 0.3;
  return clampFocus(random.uniform(edge, 1 - edge) * (depth - 1), depth);
}

function clampFocus(focus: number, depth: number): number {
  return Math.max(0, Math.min(depth - 1, focus));
}

/** A dot of each object at the pixel of the object nearest to its centre of mass. */
function dotsOf({ width, height, data }: LabelImage, radius: number): LabelImage {
  const sums = new Map<number, { x: number; y: number; n: number }>();
  data.forEach((id, i) => {
    if (id === 0) return;
    const sum = sums.get(id) ?? { x: 0, y: 0, n: 0 };
    sums.set(id, { x: sum.x + i % width, y: sum.y + Math.floor(i / width), n: sum.n + 1 });
  });
  const dots = new Uint32Array(data.length);
  const centres = new Map<number, { i: number; distance: number }>();
  data.forEach((id, i) => {
    if (id === 0) return;
    const { x, y, n } = sums.get(id)!;
    const distance = Math.hypot(i % width - x / n, Math.floor(i / width) - y / n);
    if (distance < (centres.get(id)?.distance ?? Infinity)) centres.set(id, { i, distance });
  });
  for (const [id, { i }] of centres) {
    const [x0, y0] = [i % width, Math.floor(i / width)];
    for (let y = Math.max(0, y0 - radius); y <= Math.min(height - 1, y0 + radius); y++) {
      for (let x = Math.max(0, x0 - radius); x <= Math.min(width - 1, x0 + radius); x++) {
        if (Math.hypot(x - x0, y - y0) <= radius) dots[y * width + x] = id;
      }
    }
  }
  return { width, height, data: dots };
}

function drawStyle(random: Random): PhaseStyle {
  return {
    nucleus: random.uniform(7.5, 10.5),
    nucleoli: 3 + random.integer(2),
    nucleolusContrast: random.uniform(130, 210),
    droplets: random.uniform(4, 10),
    density: random.uniform(0.7, 0.95),
  };
}

const movieStyle: PhaseStyle = {
  nucleus: 9,
  nucleoli: 4,
  nucleolusContrast: 150,
  droplets: 9,
  density: 0.85,
};

function stillOptics(random: Random): PhaseOptics {
  return {
    blur: random.uniform(0.6, 0.85),
    blurGrowth: random.uniform(0.22, 0.3),
    fringes: random.uniform(4.5, 6.5),
    asymmetry: random.uniform(0.25, 0.5),
    halo: random.uniform(0.75, 0.92),
    sectioning: random.uniform(6, 9),
    contrast: random.uniform(0.85, 1.15),
    noise: { grain: random.uniform(4, 8), pixel: random.uniform(3, 6) },
    background: random.uniform(4, 10),
  };
}

/** The optics of one frame: with the gap grow blur, noise, halo, and the change between frames. */
function movieOptics(random: Random, gap: number): PhaseOptics {
  return {
    blur: Math.hypot(0.72, 0.4 * gap),
    blurGrowth: 0.26,
    fringes: 5.5,
    asymmetry: 0.35,
    halo: 0.83 + 0.12 * gap,
    sectioning: 7.5,
    contrast: Math.exp(gap * (-0.25 + 0.12 * random.normal())),
    noise: { grain: 6 + gap * random.uniform(1, 6), pixel: 4.5 + gap * random.uniform(1, 5) },
    background: 7 + 5 * gap,
  };
}
