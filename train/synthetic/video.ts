/**
 * A synthetic video of fluorescent nuclei with its truth, and a domain gap to the stills.
 *
 * @module
 */

import type { LabelImage, Plane } from "../images/image.ts";
import { Random } from "../images/random.ts";
import { expose, type Exposure } from "./camera.ts";
import { live, type Pen } from "./cells.ts";
import { placeNuclei } from "./field.ts";
import { keepWholeObjects, numberByAppearance } from "./labels.ts";
import { newCanvas, type NucleusStyle, paintNucleus } from "./nucleus.ts";
import { drawFlecks } from "./stills.ts";
import { newTexture } from "./texture.ts";

/** When an object is in view, and where it came from. */
export interface Track {
  /** Its id in the truth. */
  readonly id: number;
  /** The first frame it is labelled in. */
  readonly begin: number;
  /** The last frame it is labelled in. */
  readonly end: number;
  /** Id of the nucleus it was divided from, 0 for none. */
  readonly parent: number;
}

/** A video with its truth. */
export interface SyntheticVideo {
  /** Frames in counts of a 16-bit camera. */
  readonly frames: Plane[];
  /** The labels of each frame; an object has the same id in all of them. */
  readonly truth: LabelImage[];
  /** One entry per object, ids 1 … n. */
  readonly tracks: Track[];
}

/** What {@linkcode syntheticVideo} is asked for. */
export interface SyntheticVideoOptions {
  /** Seed of everything. */
  readonly seed: number;
  /** Number of frames; 24 by default. */
  readonly frames?: number;
  /** Width and height in pixels; 192 by default. */
  readonly size?: number;
  /**
   * How far the imaging is from that of the stills; 1 by default. At 0 the video is as well exposed
   * as they are. With it grow the drift of the focus, the flicker of the lamp, the background and the
   * shot noise. The nuclei and the truth do not depend on it.
   */
  readonly gap?: number;
}

const STYLE: NucleusStyle = {
  radius: 8.5,
  aspect: 1.6,
  irregularity: 0.06,
  brightnessSpread: 0.35,
  grain: 0.1,
  nucleoli: 3,
  chromocentres: 0,
  outOfFocus: 0.15,
  condensed: 0,
};

/**
 * Draws a video of nuclei that move, grow, divide, and enter and leave the field of view.
 *
 * @example
 * ```ts
 * import { syntheticVideo } from "./mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { frames, truth } = syntheticVideo({ seed: 1, frames: 3, size: 64 });
 * assertEquals([frames.length, truth.length], [3, 3]);
 * ```
 */
export function syntheticVideo(
  { seed, frames: count = 24, size = 192, gap = 1 }: SyntheticVideoOptions,
): SyntheticVideo {
  const life = new Random(seed, 0x11fe);
  const optics = new Random(seed, 0x0971c5);
  const texture = newTexture(life, 1);
  const pen: Pen = { width: size, height: size, margin: 2 * STYLE.radius };
  const start = placeNuclei(life, STYLE, { ...pen, density: 0.18, clustering: 0.2 });
  const flecks = drawFlecks(life, STYLE, size);
  const { scenes, descents } = live(life, start, { frames: count, pen });
  const exposures = driftingExposures(optics, count, gap);

  const frames: Plane[] = [];
  const painted: LabelImage[] = [];
  scenes.forEach((scene, t) => {
    const canvas = newCanvas(size, size);
    for (const nucleus of [...scene, ...flecks]) paintNucleus(canvas, nucleus, texture);
    frames.push(expose(optics, canvas, exposures[t]));
    painted.push(keepWholeObjects({ width: size, height: size, data: canvas.labels }));
  });
  const { images: truth, numbers } = numberByAppearance(painted);
  const parents = new Map(
    descents.map(({ id, parent }) => [numbers.get(id), numbers.get(parent) ?? 0]),
  );
  const tracks = findTracks(truth).map((track) => ({
    ...track,
    parent: parents.get(track.id) ?? 0,
  }));
  return { frames, truth, tracks };
}

/** The exposure of each frame: the focus drifts slowly, the lamp flickers from frame to frame. */
function driftingExposures(random: Random, count: number, gap: number): Exposure[] {
  const period = random.uniform(9, 14);
  const phase = random.uniform(0, 2 * Math.PI);
  const gradient = [random.uniform(-0.6, 0.6), random.uniform(-0.6, 0.6)] as const;
  let lamp = 0;
  return Array.from({ length: count }, (_, t) => {
    lamp = 0.6 * lamp + random.normal();
    const focus = Math.max(0, Math.sin(phase + (2 * Math.PI * t) / period) + 0.3 * random.normal());
    const dimming = Math.exp(gap * 0.14 * Math.max(-2, Math.min(2, lamp)));
    return {
      photons: 300 * dimming / (1 + 6 * gap),
      blur: Math.hypot(0.9, 1.8 * gap * focus),
      halo: 0.1 + 0.1 * gap,
      background: 0.05 + 0.1 * gap,
      gradient,
      vignetting: 0.2 + 0.15 * gap,
      offset: 100,
      gain: 4,
      readNoise: 3 + 4 * gap,
    };
  });
}

/** First and last frame of each id, in the order of the ids. */
function findTracks(truth: readonly LabelImage[]): Omit<Track, "parent">[] {
  const tracks: { id: number; begin: number; end: number }[] = [];
  truth.forEach(({ data }, t) => {
    for (const id of data) {
      if (id === 0) continue;
      tracks[id - 1] ??= { id, begin: t, end: t };
      tracks[id - 1].end = t;
    }
  });
  return tracks;
}
