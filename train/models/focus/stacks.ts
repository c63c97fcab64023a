/**
 * Single stacks of a sequence, and their intensities.
 *
 * @module
 */

import type { Plane } from "../../images/image.ts";
import { type IntensityRange, videoIntensityRange } from "../../images/normalize.ts";
import type { StackPlace } from "../../images/series/z_stack.ts";
import type { FocusReading } from "./reading.ts";

/** Planes whose intensities stand for a stack: reading all of them would double the reading. */
const SAMPLED_PLANES = 16;

/** Up to 16 planes, evenly spread over a stack, first and last among them. */
export function sampledPlanes(depth: number): number[] {
  const count = Math.min(depth, SAMPLED_PLANES);
  return Array.from(
    { length: count },
    (_, i) => count === 1 ? 0 : Math.round(i * (depth - 1) / (count - 1)),
  );
}

/**
 * The intensities of a stack that become 0 and 1. All planes share them, as contrast between planes
 * is what tells focus; they come from up to 16 planes, of which one at a time is held.
 *
 * @throws {RangeError | SyntaxError} If a plane cannot be read or holds a number that is not finite.
 */
export async function stackRange(
  { sequence, t }: StackPlace,
  { low, high }: Pick<FocusReading, "low" | "high">,
): Promise<IntensityRange> {
  async function* planes(): AsyncGenerator<Plane> {
    for (const z of sampledPlanes(sequence.depth)) yield await sequence.plane(t, z);
  }
  return await videoIntensityRange(planes, { mode: "video", low, high });
}
