/**
 * Frames of round cells with their truth, and what a perfect network would say of them.
 *
 * @module
 */

import type { RayMaps } from "../../nn/labels/stardist/candidates.ts";
import { Random } from "../../train/images/random.ts";

/** A frame. */
export interface Scene {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Intensities as a camera of 12 bits gives them. */
  readonly image: Uint16Array<ArrayBuffer>;
  /** The objects. */
  readonly labels: Uint32Array<ArrayBuffer>;
  /** What StarDist says on a grid of 2 pixels. */
  maps(): RayMaps;
}

/** What is to be in a frame. */
export interface SceneOptions {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** How many objects there are. */
  readonly objects: number;
  /** How far they have moved. */
  readonly frame?: number;
}

const [GRID, RAYS] = [2, 32];
/** What of a cell of the lattice an object fills at most, and the largest radius in pixels. */
const [FILL, LARGEST] = [0.42, 12];

/** A star-shaped object: its radius along an angle is that of an ellipse with waves. */
interface Star {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly phase: number;
}

/** Makes a frame of objects on a lattice, each off its place and of its own shape. */
export function sceneOf({ width, height, objects, frame = 0 }: SceneOptions): Scene {
  const random = new Random(objects);
  const side = Math.sqrt(width * height / objects);
  const [columns, rows] = [Math.round(width / side), Math.ceil(objects / Math.round(width / side))];
  const stars = Array.from({ length: objects }, (_, i): Star => {
    const [dx, dy] = [width / columns, height / rows];
    const radius = Math.min(LARGEST, FILL * Math.min(dx, dy)) * random.uniform(0.8, 1);
    const jitter = () => random.uniform(-0.1, 0.1) + 0.05 * Math.sin(frame + i);
    return {
      x: (i % columns + 0.5 + jitter()) * dx,
      y: (Math.floor(i / columns) + 0.5 + jitter()) * dy,
      radius,
      phase: random.uniform(0, Math.PI),
    };
  });
  const labels = labelsOf(stars, { width, height });
  const noise = new Random(1 + frame);
  const image = Uint16Array.from(labels, (label) => {
    const level = label === 0 ? 200 : 900 + 40 * (label % 17);
    return Math.max(0, level + Math.sqrt(level) * noise.normal());
  });
  const maps = () => mapsOf(stars, { width, height, labels, noise });
  return { width, height, image, labels, maps };
}

function radiusAt({ radius, phase }: Star, angle: number): number {
  return radius * (1 + 0.15 * Math.cos(2 * (angle - phase)) + 0.03 * Math.cos(5 * angle + phase));
}

function labelsOf(
  stars: readonly Star[],
  { width, height }: { width: number; height: number },
): Uint32Array<ArrayBuffer> {
  const labels = new Uint32Array(width * height);
  stars.forEach((star, i) => {
    const reach = Math.ceil(1.2 * star.radius);
    for (let y = Math.max(0, Math.floor(star.y - reach)); y < star.y + reach && y < height; y++) {
      for (let x = Math.max(0, Math.floor(star.x - reach)); x < star.x + reach && x < width; x++) {
        const [dx, dy] = [x - star.x, y - star.y];
        if (Math.hypot(dx, dy) <= radiusAt(star, Math.atan2(dy, dx))) labels[y * width + x] = i + 1;
      }
    }
  });
  return labels;
}

/** Probability falls from the middle to the edge; distances are those to the edge, a little off. */
function mapsOf(
  stars: readonly Star[],
  { width, height, labels, noise }: Pick<Scene, "width" | "height" | "labels"> & { noise: Random },
): RayMaps {
  const [columns, rows] = [Math.ceil(width / GRID), Math.ceil(height / GRID)];
  const area = columns * rows;
  const prob = new Float32Array(area);
  const dist = new Float32Array(RAYS * area);
  for (let at = 0; at < area; at++) {
    const [x, y] = [GRID * (at % columns), GRID * Math.floor(at / columns)];
    const label = labels[y * width + x];
    if (label === 0) continue;
    const star = stars[label - 1];
    const [dx, dy] = [x - star.x, y - star.y];
    const share = Math.hypot(dx, dy) / radiusAt(star, Math.atan2(dy, dx));
    prob[at] = Math.min(0.99, Math.max(0, 1.05 - 0.9 * share + noise.uniform(-0.02, 0.02)));
    for (let ray = 0; ray < RAYS; ray++) {
      const angle = 2 * Math.PI * ray / RAYS;
      dist[ray * area + at] = rayLength(star, { x, y, angle }) * noise.uniform(0.95, 1.05);
    }
  }
  return { prob, dist, width: columns, height: rows };
}

/** How far it is from a point within an object to its edge. */
function rayLength(
  star: Star,
  { x, y, angle }: { x: number; y: number; angle: number },
): number {
  const isIn = (length: number) => {
    const dx = x + length * Math.cos(angle) - star.x;
    const dy = y + length * Math.sin(angle) - star.y;
    return Math.hypot(dx, dy) <= radiusAt(star, Math.atan2(dy, dx));
  };
  let [low, high] = [0, 3 * star.radius];
  for (let turn = 0; turn < 8; turn++) {
    const middle = (low + high) / 2;
    if (isIn(middle)) low = middle;
    else high = middle;
  }
  return low;
}
