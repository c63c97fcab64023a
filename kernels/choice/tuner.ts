/**
 * The tuner: times every kernel that can serve a problem on this adapter, and gives the fastest of
 * those that compute the same.
 *
 * @module
 */

import { relativeError, scatteredNumbers } from "../parts/accuracy.ts";
import type { Pins } from "../gpu/choices.ts";
import { styleOf } from "../gpu/adapter.ts";
import type { Device } from "../gpu/device.ts";
import { timeQueued } from "./timing.ts";
import type { AnyFamily, Variant } from "./variant.ts";

/**
 * One kernel on one problem.
 *
 * @category Tuning
 */
export interface TunedVariant {
  /** Name of the variant. */
  readonly name: string;
  /** Milliseconds of one run, the median. */
  readonly milliseconds: number;
  /** Largest difference from the plainest kernel, relative to the largest value. */
  readonly error: number;
}

/**
 * What the tuner found for one problem.
 *
 * @category Tuning
 */
export interface TunedProblem {
  /** Pass and size, as in {@linkcode Pins}. */
  readonly key: string;
  /** The fastest variant that is exact enough. */
  readonly best: string;
  /** All that can compute it, fastest first. */
  readonly variants: readonly TunedVariant[];
}

/** Winograd's larger transform rounds more; beyond this a kernel is not chosen, however fast. */
const LARGEST_ERROR = 1e-5;
const TIMING = { measurements: 3, atLeast: 12 };
/** A kernel whose first run takes this many times the best, and a wait more, is not timed closely. */
const HOPELESS = 4;
const WAIT = 25;

/**
 * Times all variants of the problems that `used` names, one after the other; on an adapter of style
 * `products` only those that compile in moments. What a network needs is
 * in `device.choices.used` after its steps have run or been planned.
 *
 * @param options.families The families that the problems are looked for in: `kernelFamilies`.
 * @throws {SyntaxError} If a name is not that of a problem.
 * @category Tuning
 */
export async function* tuneKernels(
  device: Device,
  { families, used }: { families: readonly AnyFamily[]; used: Iterable<string> },
): AsyncGenerator<TunedProblem> {
  const task = device.task();
  for (const key of used) {
    using _scope = task.scope();
    const { family, problem } = problemFor(task, { families, key });
    const variants = await compareVariants(task, {
      problem,
      variants: variantsFor(task, { family, problem }),
    });
    const best = variants.find(({ error }) => error <= LARGEST_ERROR);
    if (best) yield { key, best: best.name, variants };
    device.trim();
  }
}

/**
 * All kernels of a family, but where most would compile for minutes: those alone that go first there.
 */
function variantsFor(
  device: Device,
  { family, problem }: { family: AnyFamily; problem: unknown },
): readonly Variant<unknown>[] {
  if (styleOf(device.adapter) !== "products") return family.variants;
  const names = family.preferred(device, problem);
  return family.variants.filter(({ name }) => names.includes(name));
}

/** The family that a key names, and a problem of its size. */
function problemFor(
  device: Device,
  { families, key }: { families: readonly AnyFamily[]; key: string },
): { family: AnyFamily; problem: unknown } {
  const family = families.find(({ pass }) => key.startsWith(`${pass} `));
  const size = key.slice((family?.pass.length ?? 0) + 1);
  const problem = family?.problemOf(
    size,
    (shape) => device.upload(shape, scatteredNumbers(shape, { lowest: -0.5 })),
  );
  if (!family || !problem) throw new SyntaxError(`Cannot tune ${key}: it names no known problem`);
  return { family, problem };
}

/**
 * The pins of what the tuner found.
 *
 * @category Tuning
 */
export function pinsOf(problems: readonly TunedProblem[]): Pins {
  return Object.fromEntries(problems.map(({ key, best }) => [key, best]));
}

async function compareVariants<Problem>(
  device: Device,
  { problem, variants }: { problem: Problem; variants: readonly Variant<Problem>[] },
): Promise<TunedVariant[]> {
  const results: TunedVariant[] = [];
  let plain: Float32Array | null = null;
  for (const variant of variants) {
    if (!variant.supports(device, problem)) continue;
    using _scope = device.scope();
    const values = await device.read(variant.run(device, problem));
    plain ??= values;
    const run = (count: number) => {
      for (let i = 0; i < count; i++) {
        using _scope = device.scope();
        variant.run(device, problem);
      }
    };
    const fastest = Math.min(...results.map(({ milliseconds }) => milliseconds));
    const once = await timeOnce(device, run);
    const isHopeless = once > HOPELESS * fastest + WAIT;
    const { milliseconds } = isHopeless
      ? { milliseconds: once }
      : await timeQueued(device, run, TIMING);
    results.push({ name: variant.name, milliseconds, error: relativeError(values, plain) });
  }
  return results.sort((a, b) => a.milliseconds - b.milliseconds);
}

async function timeOnce(device: Device, run: (count: number) => void): Promise<number> {
  const start = performance.now();
  run(1);
  await device.finish();
  return performance.now() - start;
}
