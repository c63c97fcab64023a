/**
 * The planes around the focus of a z-stack, as the channels of one image.
 *
 * @module
 */

import type { Channels } from "../image.ts";
import type { ZSequence } from "./z_stack.ts";

/**
 * The 2 · `planes` + 1 planes around a focus plane, one after the other from low to high z.
 *
 * @category Series
 */
export interface SubStack extends Channels {
  /** How many of them lie beyond the stack and repeat its first or last plane. */
  readonly repeated: number;
}

/**
 * Reads the planes focus − planes … focus + planes of one stack. Beyond the top and the bottom of the
 * stack its edge plane is repeated.
 *
 * @param place Time t and plane `focus`, both from 0, and how many `planes` on each side.
 * @returns Intensities of shape [2 · planes + 1, h, w].
 * @throws {RangeError} If there is no such stack or plane, or `planes` is no whole number from 0.
 * @throws {SyntaxError} If the file is damaged.
 *
 * @example
 * ```ts ignore
 * const movie = await openZSequence(disk, "movie.ome.tif");
 * const image = await subStack(movie, { t: 0, focus: 40, planes: 7 }); // 15 channels
 * ```
 *
 * @category Series
 */
export async function subStack(
  sequence: ZSequence,
  { t, focus, planes }: { t: number; focus: number; planes: number },
): Promise<SubStack> {
  const { path, depth, width, height } = sequence;
  if (!(Number.isInteger(planes) && planes >= 0)) {
    throw new RangeError(`Cannot read ${planes} planes on each side: give a whole number from 0`);
  }
  if (!(Number.isInteger(focus) && focus >= 0 && focus < depth)) {
    throw new RangeError(
      `Cannot read the planes around ${focus} of ${path}: it has planes 0 to ${depth - 1}`,
    );
  }
  const channels = 2 * planes + 1;
  const data = new Float32Array(channels * width * height);
  let repeated = 0;
  for (let i = 0; i < channels; i++) {
    const wanted = focus - planes + i;
    const z = Math.max(0, Math.min(depth - 1, wanted));
    if (z !== wanted) repeated++;
    // One after the other: a plane that is repeated is then decoded once.
    data.set((await sequence.plane(t, z)).data, i * width * height);
  }
  return { channels, width, height, data, repeated };
}
