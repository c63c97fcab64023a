/**
 * A tracked video as an animated PNG, for a page or a talk: images with the outlines of tracks.
 *
 * @module
 */

import type { LabelImage } from "../../images/image.ts";
import type { Animation } from "../drawing/animated_png.ts";
import { type GreyRange, shrinkPlane } from "../drawing/picture.ts";
import type { MovieFrame } from "./movie.ts";
import { TRACK_COLOURS } from "./track_colours.ts";

/** Pixels across or down at most. */
const LARGEST = 512;
/** Shades between black and white. Fewer make smaller files, as noise packs badly. */
const SHADES = 56;
/** Frames a second. */
const RATE = 8;

/** How a video is animated. */
export interface TrackAnimation extends Animation {
  /** Pixels of the video, across and down, in a pixel of the animation. */
  readonly factor: number;
}

/** What is animated. */
export function trackAnimation(
  { width, height, frames }: { width: number; height: number; frames: number },
): TrackAnimation {
  const factor = Math.ceil(Math.max(width, height) / LARGEST);
  const shades = Array.from({ length: SHADES }, (_, shade) => {
    const grey = Math.round(255 * shade / (SHADES - 1));
    return [grey, grey, grey] as const;
  });
  const colours = TRACK_COLOURS.map((colour) => {
    const [red, green, blue] = Uint8Array.fromHex(colour.slice(1));
    return [red, green, blue] as const;
  });
  return {
    width: Math.floor(width / factor),
    height: Math.floor(height / factor),
    palette: [...shades, ...colours],
    frames,
    rate: RATE,
    factor,
  };
}

/**
 * The pixels of a frame: its image in greys, with the outlines of objects in the colours of their
 * tracks; without an image the objects are filled.
 *
 * @param range Which intensities are black and white.
 */
export function animationPixels(
  { labels, image }: MovieFrame,
  { low, high, gamma = 1 }: GreyRange,
  { width, height, factor }: TrackAnimation,
): Uint8Array {
  const pixels = new Uint8Array(width * height);
  if (image) {
    const scale = high > low ? 1 / (high - low) : 0;
    shrinkPlane(image, factor).data.forEach((value, i) => {
      const share = Math.min(1, Math.max(0, (value - low) * scale)) ** gamma;
      pixels[i] = Math.round((SHADES - 1) * share);
    });
  }
  const shown = sampled(labels, { width, height, factor });
  shown.forEach((track, i) => {
    if (track === 0 || (image && !isEdge(shown, i, width))) return;
    pixels[i] = SHADES + (track - 1) % TRACK_COLOURS.length;
  });
  return pixels;
}

/** The label in the middle of each square of pixels. */
function sampled(
  { data, width: across }: LabelImage,
  { width, height, factor }: Pick<TrackAnimation, "width" | "height" | "factor">,
): LabelImage["data"] {
  const shown = data.slice(0, width * height);
  const middle = factor >> 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      shown[y * width + x] = data[(y * factor + middle) * across + x * factor + middle];
    }
  }
  return shown;
}

/** Whether a pixel has another label beside, above or below it, or lies at the edge of the picture. */
function isEdge(labels: LabelImage["data"], i: number, width: number): boolean {
  const x = i % width;
  const label = labels[i];
  return x === 0 || x === width - 1 || labels[i - 1] !== label || labels[i + 1] !== label ||
    labels[i - width] !== label || labels[i + width] !== label;
}
