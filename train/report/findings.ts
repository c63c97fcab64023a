/**
 * Which true objects of a frame each model finds.
 *
 * @module
 */

import { objectsOf } from "../objects/overlap.ts";
import { matchObjects } from "../objects/scores/matching.ts";
import type { FrameView, ModelName } from "./data.ts";
import { checkSizes } from "./outlines.ts";
import { MODELS } from "./sources.ts";

/** From this intersection over union on, a true object counts as found. */
export const FOUND_IOU = 0.5;

/** Who finds a true object, of the baseline and the consistent model. */
export type Finder = "both" | "consistent" | "baseline" | "neither";

/** The true objects of a frame, and who finds them. */
export interface Findings {
  /** The frame. */
  readonly frame: FrameView;
  /** Ids of the true objects by who finds them; every object is in one of the sets. */
  readonly objects: Readonly<Record<Finder, ReadonlySet<number>>>;
  /** How many objects each model finds that has labels. */
  readonly found: Readonly<Partial<Record<ModelName, number>>>;
  /** Number of true objects. */
  readonly total: number;
}

/**
 * Compares the baseline and the consistent model with the truth, object by object: an object is
 * found if the matching at IoU 0.5 gives it a counterpart.
 *
 * @returns Nothing for a frame without a true object or without the labels of either model.
 * @throws {RangeError} if a label image differs in size from its frame.
 */
export function findingsOf(frame: FrameView): Findings | undefined {
  const { truth, baseline, consistent } = frame.labels;
  if (!truth || !baseline || !consistent) return undefined;
  checkSizes(frame);
  const { ids } = objectsOf(truth);
  if (ids.length === 0) return undefined;
  const found = new Map(MODELS.flatMap((model) => {
    const prediction = frame.labels[model];
    if (!prediction) return [];
    const matches = matchObjects({ truth, prediction }, { threshold: FOUND_IOU });
    const accepted = matches.filter((match) => match.accepted);
    return [[model, new Set(accepted.map((match) => match.truth))] as const];
  }));
  const all = new Set(ids);
  const [first, second] = [found.get("baseline")!, found.get("consistent")!];
  return {
    frame,
    objects: {
      both: first.intersection(second),
      consistent: second.difference(first),
      baseline: first.difference(second),
      neither: all.difference(first).difference(second),
    },
    found: Object.fromEntries([...found].map(([model, objects]) => [model, objects.size])),
    total: all.size,
  };
}
