/**
 * Random star-shaped polygons for tests.
 *
 * @module
 */
import type { Candidates } from "../../../../nn/labels/stardist/candidates.ts";
import type { Random } from "../../../../train/data/random.ts";

/** What the stars of {@linkcode randomStars} have in common. */
export interface StarOptions {
  count: number;
  rays: number;
  /** The points lie in a square with this side. */
  side: number;
  shortest: number;
  longest: number;
}

/** Stars at random points with random rays, by falling probability. */
export function randomStars(random: Random, options: StarOptions): Candidates {
  const { count, rays, side, shortest, longest } = options;
  const draw = (length: number, of: () => number) => Array.from({ length }, of);
  return {
    count,
    rays,
    prob: Float32Array.from({ length: count }, (_, at) => 1 - at / count),
    points: Int32Array.from(draw(2 * count, () => random.integer(side))),
    dist: Float32Array.from(draw(count * rays, () => random.uniform(shortest, longest))),
  };
}
