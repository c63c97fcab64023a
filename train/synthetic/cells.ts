/**
 * Living nuclei: they crawl, turn, grow, push each other away and divide.
 *
 * @module
 */

import type { Random } from "../images/random.ts";
import { gapBetween } from "./field.ts";
import { type Nucleus, smoothStep } from "./nucleus.ts";

/** A nucleus with what it needs to move on. */
interface Cell {
  /** The nucleus as it is between divisions. */
  nucleus: Nucleus;
  /** Velocity in pixels per frame. */
  vx: number;
  vy: number;
  /** Rotation in radians per frame. */
  spin: number;
  /** The frame at which it splits, if it does. */
  splitsAt: number;
  /** The frame at which it came out of a division. */
  bornAt: number;
  /** Its id and the mother's, 0 for none. */
  parent: number;
}

/** A cell's parentage, by the ids of the nuclei. */
export interface Descent {
  /** Id of the daughter. */
  readonly id: number;
  /** Id of the mother. */
  readonly parent: number;
}

/** Limits of the field in which cells live. */
export interface Pen {
  /** Width of the image in pixels. */
  readonly width: number;
  /** Height of the image in pixels. */
  readonly height: number;
  /** How far cells may go beyond the image, in pixels. */
  readonly margin: number;
}

/** How often nuclei make room for each other before the first frame. */
const SETTLING_ROUNDS = 8;

/**
 * Lets nuclei live for some frames.
 *
 * Every nucleus walks a persistent random walk. One or two nuclei well inside the image divide: they
 * round up, condense into a bright plate, and two daughters part at right angles to it.
 *
 * @param start The nuclei of the first frame.
 * @returns The nuclei as they look in each frame, and who descends from whom.
 */
export function live(
  random: Random,
  start: readonly Nucleus[],
  { frames, pen }: { frames: number; pen: Pen },
): { scenes: Nucleus[][]; descents: Descent[] } {
  let cells = start.map((nucleus) => newCell(random, nucleus));
  let nextId = 1 + start.reduce((largest, { id }) => Math.max(largest, id), 0);
  for (let round = 0; round < SETTLING_ROUNDS; round++) pushApart(cells);
  chooseDivisions(random, cells, { frames, pen });
  const descents: Descent[] = [];
  const scenes: Nucleus[][] = [];
  for (let t = 0; t < frames; t++) {
    cells = cells.flatMap((cell) => {
      if (cell.splitsAt !== t) return [cell];
      const daughters = split(random, cell, { t, firstId: nextId });
      nextId += 2;
      for (const { nucleus, parent } of daughters) descents.push({ id: nucleus.id, parent });
      return daughters;
    });
    scenes.push(cells.map((cell) => condensed(cell, t)));
    for (const cell of cells) crawl(random, cell, { t, pen });
    pushApart(cells);
  }
  return { scenes, descents };
}

function newCell(random: Random, nucleus: Nucleus): Cell {
  return {
    nucleus,
    vx: 0.8 * random.normal(),
    vy: 0.8 * random.normal(),
    spin: 0.02 * random.normal(),
    splitsAt: Infinity,
    bornAt: -Infinity,
    parent: 0,
  };
}

/** Chooses the one or two cells nearest to the middle of the image's halves, and when they split. */
function chooseDivisions(
  random: Random,
  cells: readonly Cell[],
  { frames, pen }: { frames: number; pen: Pen },
): void {
  if (frames < 8) return;
  const places = random.chance(0.5) ? [[0.5, 0.5]] : [[0.3, 0.35], [0.7, 0.65]];
  for (const [px, py] of places) {
    const free = cells.filter((cell) => cell.splitsAt === Infinity);
    if (free.length === 0) return;
    const distance = ({ nucleus }: Cell) =>
      Math.hypot(nucleus.x - px * pen.width, nucleus.y - py * pen.height);
    const nearest = free.reduce((best, cell) => distance(cell) < distance(best) ? cell : best);
    nearest.splitsAt = Math.round(random.uniform(0.25, 0.7) * frames);
  }
}

/** Two daughters where the mother's plate was, one on each side of it. */
function split(
  random: Random,
  mother: Cell,
  { t, firstId }: { t: number; firstId: number },
): [Cell, Cell] {
  const { nucleus } = mother;
  const across = nucleus.angle + Math.PI / 2;
  const born = (side: 1 | -1): Cell => {
    const step = 0.45 * nucleus.radius * side;
    return {
      ...newCell(random, {
        ...nucleus,
        id: side === 1 ? firstId : firstId + 1,
        x: nucleus.x + step * Math.cos(across),
        y: nucleus.y + step * Math.sin(across),
        radius: 0.76 * nucleus.radius,
        outline: nucleus.outline.map(([a, b]) =>
          [a + 0.02 * random.normal(), b + 0.02 * random.normal()] as const
        ),
        grainOrigin: [random.uniform(0, 1000), random.uniform(0, 1000)],
      }),
      vx: 2.2 * side * Math.cos(across),
      vy: 2.2 * side * Math.sin(across),
      spin: 0.03 * random.normal(),
      bornAt: t,
      parent: nucleus.id,
    };
  };
  return [born(1), born(-1)];
}

/** How a cell's nucleus looks at a time: condensed to a bright plate around its division. */
function condensed({ nucleus, splitsAt, bornAt }: Cell, t: number): Nucleus {
  const before = smoothStep((t - splitsAt + 5) / 4);
  const after = smoothStep((bornAt + 7 - t) / 6);
  const amount = Math.max(before, after);
  if (amount === 0) return nucleus;
  const relaxed = 1 - amount;
  return {
    ...nucleus,
    radius: nucleus.radius * (1 - 0.36 * amount),
    aspect: 1 + (nucleus.aspect - 1) * relaxed + 1.3 * amount ** 3,
    outline: nucleus.outline.map(([a, b]) =>
      [a * (0.4 + 0.6 * relaxed), b * (0.4 + 0.6 * relaxed)] as const
    ),
    brightness: nucleus.brightness * (1 + 0.9 * amount),
    defocus: nucleus.defocus * relaxed,
    spots: nucleus.spots.map((spot) => ({ ...spot, change: spot.change * relaxed })),
  };
}

/** One step of the walk; cells turn back at the edge of the pen and rest while they divide. */
function crawl(random: Random, cell: Cell, { t, pen }: { t: number; pen: Pen }): void {
  const { nucleus } = cell;
  const isDividing = cell.splitsAt - t < 5;
  const persistence = t - cell.bornAt < 4 ? 0.75 : 0.9;
  const push = isDividing ? 0.05 : 0.35;
  cell.vx = (isDividing ? 0.5 : persistence) * cell.vx + push * random.normal();
  cell.vy = (isDividing ? 0.5 : persistence) * cell.vy + push * random.normal();
  if (nucleus.x < -pen.margin || nucleus.x > pen.width + pen.margin) {
    cell.vx = Math.abs(cell.vx) * (nucleus.x < 0 ? 1 : -1);
  }
  if (nucleus.y < -pen.margin || nucleus.y > pen.height + pen.margin) {
    cell.vy = Math.abs(cell.vy) * (nucleus.y < 0 ? 1 : -1);
  }
  cell.spin = 0.9 * cell.spin + 0.01 * random.normal();
  cell.nucleus = {
    ...nucleus,
    x: nucleus.x + cell.vx,
    y: nucleus.y + cell.vy,
    angle: nucleus.angle + (isDividing ? 0 : cell.spin),
    radius: nucleus.radius * 1.003,
    outline: nucleus.outline.map(([a, b]) =>
      [0.98 * a + 0.004 * random.normal(), 0.98 * b + 0.004 * random.normal()] as const
    ),
    brightness: nucleus.brightness * Math.exp(0.01 * random.normal()),
    defocus: Math.min(2.4, Math.max(0, nucleus.defocus + 0.06 * random.normal())),
  };
}

/** The free distance that neighbours try to keep, as a share of their distance when they touch. */
const ELBOW_ROOM = 0.1;

/** Moves nuclei that are too close apart by part of what is missing. */
function pushApart(cells: readonly Cell[]): void {
  for (let i = 0; i < cells.length; i++) {
    for (let j = i + 1; j < cells.length; j++) {
      const a = cells[i].nucleus;
      const b = cells[j].nucleus;
      if (Math.hypot(a.x - b.x, a.y - b.y) > 2 * (a.radius + b.radius)) continue;
      const gap = gapBetween(a, b);
      if (gap >= ELBOW_ROOM) continue;
      const step = 0.2 * (ELBOW_ROOM - gap) * (a.radius + b.radius) / 2;
      const direction = Math.atan2(b.y - a.y, b.x - a.x);
      const dx = step * Math.cos(direction);
      const dy = step * Math.sin(direction);
      cells[i].nucleus = { ...a, x: a.x - dx, y: a.y - dy };
      cells[j].nucleus = { ...b, x: b.x + dx, y: b.y + dy };
    }
  }
}
