/**
 * The running average of weights, which is steadier than they are.
 *
 * @module
 */

import type { NamedArray } from "../../../nn/safetensors.ts";

/** Weights by their names. */
export type Weights = ReadonlyMap<string, NamedArray>;

/**
 * The average with new weights.
 *
 * @param average What it was; empty for the first weights.
 * @param options.stays How much of it stays.
 */
export function averaged(
  average: Weights,
  weights: Weights,
  { stays }: { stays: number },
): Weights {
  const share = average.size === 0 ? 0 : stays;
  return new Map([...weights].map(([name, { shape, data }]) => {
    const before = average.get(name)?.data;
    const mixed = data.map((value, i) => share * (before?.[i] ?? 0) + (1 - share) * value);
    return [name, { shape, data: mixed }];
  }));
}
