/**
 * Living cells as a phase microscope sees them: a flat grainy body, a smooth nucleus with a bright
 * rim, nucleoli in it, and droplets above and below that look like nucleoli when they are blurred.
 *
 * Positions are in pixels of a periodic field (what leaves on one side comes in on the other), z in
 * planes relative to the focus of the specimen.
 *
 * @module
 */

import type { Random } from "../../images/random.ts";
import { outlineAt } from "../nucleus.ts";

/** A round thing with a wavy outline. */
export interface Blob {
  /** Centre in pixels. */
  readonly x: number;
  /** Centre in pixels. */
  readonly y: number;
  /** Height above the focus, in planes. */
  readonly z: number;
  /** Mean radius in pixels. */
  readonly radius: number;
  /** Long axis over short axis. */
  readonly aspect: number;
  /** Direction of the long axis in radians. */
  readonly angle: number;
  /** Cosine and sine amplitudes of the outline's terms 2, 3, 4 …, relative to the radius. */
  readonly outline: readonly (readonly [number, number])[];
  /** Refractive index above its surroundings, times 10,000. */
  readonly contrast: number;
}

/** A nucleolus or droplet, placed relative to its nucleus or cell. */
export interface Inclusion extends Blob {
  /** Its label; 0 for droplets. */
  readonly id: number;
}

/** One cell. Nucleus and inclusions have positions relative to the centre of the cell. */
export interface PhaseCell {
  /** The body. */
  readonly body: Blob;
  /** Granularity of the cytoplasm. */
  readonly grain: number;
  /** Where in the texture its grain is taken from. */
  readonly grainOrigin: readonly [number, number];
  /** The nucleus. */
  readonly nucleus: Inclusion;
  /** Nucleoli, inside the nucleus. */
  readonly nucleoli: readonly Inclusion[];
  /** Lipid droplets around and over the nucleus. */
  readonly droplets: readonly Inclusion[];
  /** Velocity in pixels per frame. */
  readonly velocity: readonly [number, number];
}

/** What cells of a preparation have in common. */
export interface PhaseStyle {
  /** Radius of a nucleus in pixels. */
  readonly nucleus: number;
  /** Most nucleoli in a nucleus. */
  readonly nucleoli: number;
  /** Refractive index of nucleoli above the nucleus, times 10,000. */
  readonly nucleolusContrast: number;
  /** Mean number of droplets of a cell. */
  readonly droplets: number;
  /** Share of the field that cells cover. */
  readonly density: number;
}

/** The shortest vector between two points of a periodic field. */
function shortWay(difference: number, period: number): number {
  return difference - period * Math.round(difference / period);
}

/** Fills a periodic field with cells; nuclei and nucleoli get ids 1, 2, 3 … each. */
export function placeCells(random: Random, style: PhaseStyle, grid: number): PhaseCell[] {
  const radius = 2.2 * style.nucleus;
  const wanted = Math.max(1, Math.round(style.density * grid * grid / (Math.PI * radius ** 2)));
  const cells: PhaseCell[] = [];
  let nucleoli = 0;
  for (let attempt = 0; attempt < 40 * wanted && cells.length < wanted; attempt++) {
    const [x, y] = [random.uniform(0, grid), random.uniform(0, grid)];
    const isFree = cells.every(({ body }) =>
      Math.hypot(shortWay(body.x - x, grid), shortWay(body.y - y, grid)) > 1.4 * radius
    );
    if (!isFree) continue;
    const ids = { nucleus: cells.length + 1, nucleolus: nucleoli + 1 };
    const cell = drawCell(random, style, { x, y, radius, ids });
    nucleoli += cell.nucleoli.length;
    cells.push(cell);
  }
  return cells;
}

function drawCell(
  random: Random,
  style: PhaseStyle,
  { x, y, radius, ids }: {
    x: number;
    y: number;
    radius: number;
    ids: { nucleus: number; nucleolus: number };
  },
): PhaseCell {
  const angle = random.uniform(0, 2 * Math.PI);
  const z = 0.6 * random.normal();
  const nucleus: Inclusion = {
    id: ids.nucleus,
    x: 0.15 * radius * random.normal(),
    y: 0.15 * radius * random.normal(),
    z,
    radius: style.nucleus * random.uniform(0.85, 1.15),
    aspect: random.uniform(1.05, 1.5),
    angle,
    outline: drawOutline(random, 0.03),
    contrast: random.uniform(-55, -25),
  };
  const count = 1 + random.integer(style.nucleoli);
  return {
    body: {
      x,
      y,
      z,
      radius: radius * random.uniform(0.9, 1.15),
      aspect: random.uniform(1.1, 1.7),
      angle: angle + 0.3 * random.normal(),
      outline: drawOutline(random, 0.08),
      contrast: random.uniform(110, 170),
    },
    grain: random.uniform(18, 30),
    grainOrigin: [random.uniform(0, 1000), random.uniform(0, 1000)],
    nucleus,
    nucleoli: drawNucleoli(random, style, { nucleus, count, firstId: ids.nucleolus }),
    droplets: Array.from(
      { length: random.poisson(style.droplets) },
      () => drawDroplet(random, radius),
    ),
    velocity: [0.35 * random.normal(), 0.35 * random.normal()],
  };
}

/** Nucleoli that do not touch each other, relative to the cell as the nucleus is. */
function drawNucleoli(
  random: Random,
  style: PhaseStyle,
  { nucleus, count, firstId }: { nucleus: Inclusion; count: number; firstId: number },
): Inclusion[] {
  const found: Inclusion[] = [];
  for (let attempt = 0; attempt < 20 && found.length < count; attempt++) {
    const direction = random.uniform(0, 2 * Math.PI);
    const distance = 0.58 * nucleus.radius * Math.sqrt(random.next());
    const nucleolus = {
      id: firstId + found.length,
      x: nucleus.x + distance * Math.cos(direction),
      y: nucleus.y + distance * Math.sin(direction),
      z: nucleus.z + 0.7 * random.normal(),
      radius: nucleus.radius * random.uniform(0.21, 0.36),
      aspect: random.uniform(1, 1.5),
      angle: random.uniform(0, Math.PI),
      outline: drawOutline(random, 0.08),
      contrast: style.nucleolusContrast * random.uniform(0.65, 1.3),
    };
    const isFree = found.every((other) =>
      Math.hypot(other.x - nucleolus.x, other.y - nucleolus.y) >
        1.2 * (other.radius + nucleolus.radius) + 1
    );
    if (isFree) found.push(nucleolus);
  }
  return found;
}

/** A droplet: anywhere in the cell, and over or under the nucleus well away from its focus. */
function drawDroplet(random: Random, radius: number): Inclusion {
  const direction = random.uniform(0, 2 * Math.PI);
  const distance = radius * random.uniform(0.05, 0.85);
  const isOverNucleus = distance < 0.45 * radius;
  const height = isOverNucleus ? random.uniform(3.5, 6) : random.uniform(0, 4);
  return {
    id: 0,
    x: distance * Math.cos(direction),
    y: distance * Math.sin(direction),
    z: random.chance(0.6) ? height : -height,
    radius: isOverNucleus ? random.uniform(1.2, 2.2) : random.uniform(0.7, 1.3),
    aspect: 1,
    angle: 0,
    outline: [],
    contrast: random.uniform(140, 320),
  };
}

function drawOutline(random: Random, irregularity: number): [number, number][] {
  return [1, 0.6, 0.35].map((scale) => [
    irregularity * scale * random.normal(),
    irregularity * scale * random.normal(),
  ]);
}

/** One frame later: cells drift and turn, nucleoli creep, droplets dance. */
export function moveCells(random: Random, cells: readonly PhaseCell[]): PhaseCell[] {
  return cells.map((cell) => {
    const { body, velocity: [vx, vy] } = cell;
    const turn = 0.012 * random.normal();
    const move = <T extends Blob>(blob: T, step: { xy: number; z: number }): T => ({
      ...blob,
      x: blob.x * Math.cos(turn) - blob.y * Math.sin(turn) + step.xy * random.normal(),
      y: blob.x * Math.sin(turn) + blob.y * Math.cos(turn) + step.xy * random.normal(),
      z: blob.z + step.z * random.normal(),
      angle: blob.angle + turn,
    });
    const velocity = [
      0.85 * vx + 0.2 * random.normal(),
      0.85 * vy + 0.2 * random.normal(),
    ] as const;
    return {
      ...cell,
      body: { ...body, x: body.x + velocity[0], y: body.y + velocity[1], angle: body.angle + turn },
      nucleus: move(cell.nucleus, { xy: 0.03, z: 0 }),
      nucleoli: cell.nucleoli.map((nucleolus) => move(nucleolus, { xy: 0.1, z: 0.05 })),
      droplets: cell.droplets.map((droplet) => move(droplet, { xy: 0.5, z: 0.25 })),
      velocity,
    };
  });
}

/**
 * How deep a point lies in a blob, by the vector from the blob's centre to it.
 *
 * @returns 1 at the centre, 0 on the outline, negative outside.
 */
export function depthIn({ radius, aspect, angle, outline }: Blob, dx: number, dy: number): number {
  const stretch = Math.sqrt(aspect);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const u = (dx * cos + dy * sin) / (radius * stretch);
  const v = (dy * cos - dx * sin) * stretch / radius;
  const distance = Math.hypot(u, v);
  if (distance === 0) return 1;
  return 1 - distance / outlineAt({ outline }, u / distance, v / distance);
}
