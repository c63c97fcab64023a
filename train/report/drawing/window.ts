/**
 * Which part of a large frame is shown enlarged.
 *
 * @module
 */

import type { Loop } from "../../objects/contours.ts";
import type { Outlines, StripFrame } from "../outlines.ts";
import { MODELS } from "../sources.ts";

/** A rectangle of pixels. */
export interface Window {
  /** Leftmost column. */
  readonly x: number;
  /** Topmost row. */
  readonly y: number;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
}

/** Typical objects side by side in a window. */
const ACROSS = 9;

/** What there is to show on a frame, each thing by its loops. */
export interface WindowContent {
  /** The objects: their size decides how large the window is. */
  readonly objects: readonly (readonly Loop[])[];
  /** The objects that matter: the window goes where most of them are. */
  readonly events: readonly (readonly Loop[])[];
}

/** Chooses the window of a strip where most objects of all models together appear or vanish. */
export function chooseWindow(strip: readonly StripFrame[]): Window {
  const models = strip.flatMap(({ outlines }) => modelsOf(outlines));
  return windowOn(strip[0].image, {
    objects: models.flatMap(({ contours }) => [...contours.values()]),
    events: models.flatMap(eventsOf),
  });
}

/**
 * Chooses the window that shows most: a square about nine typical objects wide, with the largest
 * number of events; with equal counts, where most objects are, then the one nearest to the middle.
 * A frame that is hardly larger is shown whole.
 */
export function windowOn(
  { width, height }: { width: number; height: number },
  content: WindowContent,
): Window {
  const boxes = content.objects.map(boundingBox);
  const events = content.events.map(boundingBox);
  const side = Math.min(512, Math.max(128, Math.round(ACROSS * typicalSize(boxes))));
  if (width * height <= 2 * side ** 2) return { x: 0, y: 0, width, height };
  const size = { width: Math.min(side, width), height: Math.min(side, height) };

  let best = { x: 0, y: 0, ...size };
  let bestScore = -Infinity;
  for (const y of positions(height - size.height, side / 4)) {
    for (const x of positions(width - size.width, side / 4)) {
      const window = { x, y, ...size };
      const inside = (box: Window) => contains(window, box);
      const offset = Math.hypot(
        x + size.width / 2 - width / 2,
        y + size.height / 2 - height / 2,
      ) / Math.hypot(width, height); // below 1: decides only between equal counts
      // An event outweighs any number of objects.
      const score = events.filter(inside).length * (boxes.length + 1) +
        boxes.filter(inside).length - offset;
      if (score > bestScore) [best, bestScore] = [window, score];
    }
  }
  return best;
}

/** Whether the bounding box of an object overlaps a window. */
export function reachesInto(loops: readonly Loop[], window: Window): boolean {
  const box = boundingBox(loops);
  return box.x < window.x + window.width && box.x + box.width > window.x &&
    box.y < window.y + window.height && box.y + box.height > window.y;
}

function modelsOf(outlines: StripFrame["outlines"]): Outlines[] {
  return MODELS.flatMap((model) => outlines[model] ?? []);
}

function eventsOf({ contours, appeared, vanished }: Outlines): (readonly Loop[])[] {
  return [...[...appeared].map((id) => contours.get(id)!), ...vanished.values()];
}

/** The median over the objects of the mean of width and height; 32 without objects. */
function typicalSize(boxes: readonly Window[]): number {
  const sizes = boxes.map(({ width, height }) => (width + height) / 2).sort((a, b) => a - b);
  return sizes.length > 0 ? sizes[Math.floor(sizes.length / 2)] : 32;
}

/** 0, step, 2 step, … and the last position. */
function positions(last: number, step: number): number[] {
  const count = Math.ceil(last / step);
  return Array.from({ length: count + 1 }, (_, i) => Math.min(last, Math.round(i * step)));
}

function contains(window: Window, box: Window): boolean {
  return box.x >= window.x && box.x + box.width <= window.x + window.width &&
    box.y >= window.y && box.y + box.height <= window.y + window.height;
}

function boundingBox(loops: readonly Loop[]): Window {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const loop of loops) {
    for (const [x, y] of loop) {
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}
