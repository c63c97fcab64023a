/**
 * Divisions: two new objects where one was, or a new one beside an object that has gone on.
 *
 * @module
 */

import { PointGrid } from "./point_grid.ts";
import { diameterOf, type SeenObject } from "../seen_object.ts";
import type { Candidate } from "./link_frame.ts";

/** A mother and her daughters, by index among tracks and objects. */
export interface Division {
  /** The track that ends. */
  readonly mother: number;
  /** The objects that begin, the one seen first coming first. */
  readonly daughters: readonly [number, number];
}

/** What is looked at for divisions. */
export interface DivisionFrame {
  /** Tracks as they were linked. */
  readonly tracks: readonly Candidate[];
  /** For each track the index of its object, or −1. */
  readonly links: Int32Array;
  /** Objects of the frame. */
  readonly objects: readonly SeenObject[];
  /** How far objects go besides dividing, in pixels. */
  readonly reach: number;
  /** The usual diameter of an object, in pixels. */
  readonly diameter: number;
}

/** Daughters lie at most so far from each other, in diameters of their mother or of what is usual. */
const APART = 1.7;
/** The areas of daughters together are at most so many times more or less than their mother's. */
const SUM_RATIO = 3;
/** The larger daughter is at most so many times larger than the smaller. */
const DAUGHTER_RATIO = 2.2;
/** What it costs if the mother is not in the middle of her daughters, in distances between these. */
const OFF_COST = 1.5;
/** What it costs if a daughter is twice as large as the other. */
const UNLIKE_COST = 0.6;
/** What it costs if daughters together have twice or half the area of their mother. */
const SUM_COST = 0.3;
/** From this cost on it is no division. */
const MOST_COST = 0.9;

/**
 * Finds divisions, those of the lowest cost first, each track and object in one at most.
 *
 * The cost of a mother with two daughters adds up how far their common centre is from the place where the
 * mother was expected, how much their areas together differ from hers, and how much they differ from each
 * other. A mother may have been missed in frames in between.
 */
export function findDivisions(
  { tracks, links, objects, reach, diameter: usual }: DivisionFrame,
): Division[] {
  const linked = new Set(links);
  const fresh = [...objects.keys()].filter((i) => !linked.has(i));
  if (fresh.length === 0) return [];
  const grid = new PointGrid(fresh.map((i) => objects[i]), reach);
  const found: (Division & { cost: number })[] = [];
  tracks.forEach((track, mother) => {
    const { object, shift } = track;
    const place = { y: object.y + shift.y, x: object.x + shift.x };
    const diameter = Math.max(usual, diameterOf(object.area));
    const near = grid.near(place, reach + APART * diameter).map(({ index }) => fresh[index]);
    const gone = links[mother];
    const partners = gone >= 0 ? [gone] : near;
    for (const a of partners) {
      for (const b of near) {
        if (gone < 0 && b <= a) continue;
        const cost = costOf(object, { place, diameter, reach, a: objects[a], b: objects[b] });
        if (cost < MOST_COST) {
          found.push({ mother, daughters: [Math.min(a, b), Math.max(a, b)], cost });
        }
      }
    }
  });
  return chosen(found);
}

function costOf(
  mother: SeenObject,
  { place, diameter, reach, a, b }: {
    place: { y: number; x: number };
    diameter: number;
    reach: number;
    a: SeenObject;
    b: SeenObject;
  },
): number {
  const ratio = (a.area + b.area) / mother.area;
  const unlike = Math.max(a.area, b.area) / Math.min(a.area, b.area);
  const apart = Math.hypot(a.y - b.y, a.x - b.x);
  if (!(ratio <= SUM_RATIO && ratio >= 1 / SUM_RATIO && unlike <= DAUGHTER_RATIO)) return Infinity;
  if (!(apart <= APART * diameter + reach / 4)) return Infinity;
  // The middle between them, not the centre of their pixels: one of them may be cut.
  const off = Math.hypot((a.y + b.y) / 2 - place.y, (a.x + b.x) / 2 - place.x);
  return OFF_COST * off / apart + UNLIKE_COST * Math.log2(unlike) +
    SUM_COST * Math.abs(Math.log2(ratio));
}

function chosen(found: readonly (Division & { cost: number })[]): Division[] {
  const [mothers, daughters] = [new Set<number>(), new Set<number>()];
  return found.toSorted((a, b) => a.cost - b.cost).filter((division) => {
    const isTaken = mothers.has(division.mother) ||
      division.daughters.some((daughter) => daughters.has(daughter));
    if (isTaken) return false;
    mothers.add(division.mother);
    division.daughters.forEach((daughter) => daughters.add(daughter));
    return true;
  });
}
