/**
 * A sequence of z-stacks in memory: soft-edged discs with spots in them, blurred the more the further
 * a plane is from the focus, under light and noise that say nothing about it.
 *
 * @module
 */

import type { Plane } from "../../../train/data/image.ts";
import { Random } from "../../../train/data/random.ts";
import type { ZSequence } from "../../../train/data/z_stack.ts";
import type { LabelledStack } from "../../../train/focus/stacks.ts";

/** What a fake sequence is like. */
export interface FakeOptions {
  readonly length: number;
  readonly depth: number;
  readonly side: number;
  readonly seed: number;
  /** Standard deviation of the noise; the discs are between 0.4 and 1 bright. */
  readonly noise?: number;
}

/** A fake sequence, with the truth and a count of planes read. */
export interface FakeSequence extends ZSequence {
  /** The plane in focus of each stack. */
  readonly focus: readonly number[];
  /** How many planes have been asked for. */
  readonly reads: { count: number };
}

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly light: number;
}

/** Makes a sequence; the same options give the same pixels. */
export function fakeSequence(options: FakeOptions): FakeSequence {
  const { length, depth, side, seed } = options;
  const random = new Random(seed, 1);
  const focus = Array.from({ length }, () => random.integer(depth));
  const reads = { count: 0 };
  return {
    path: "fake",
    name: "fake",
    length,
    depth,
    width: side,
    height: side,
    names: focus.map((_, t) => `fake_t${t}`),
    notes: [],
    focus,
    reads,
    plane: (t, z) => {
      reads.count++;
      return Promise.resolve(paint(options, { t, z, focus: focus[t] }));
    },
  };
}

/** All stacks of a fake sequence with their true planes. */
export function fakeLabels(sequence: FakeSequence): LabelledStack[] {
  return sequence.focus.map((plane, t) => ({ sequence, t, plane }));
}

function discsOf(side: number, random: Random): Disc[] {
  const disc = (radius: number, light: number) => ({
    x: random.uniform(0, side),
    y: random.uniform(0, side),
    radius,
    light,
  });
  return [
    ...Array.from({ length: 3 }, () => disc(random.uniform(6, 12), random.uniform(0.4, 1))),
    ...Array.from({ length: 9 }, () => disc(random.uniform(1, 2), random.uniform(-0.6, 0.6))),
  ];
}

function paint(
  { side, seed, noise = 0.05 }: FakeOptions,
  { t, z, focus }: { t: number; z: number; focus: number },
): Plane {
  const discs = discsOf(side, new Random(seed, 100 + t));
  const random = new Random(seed, 10_000 + 1000 * t + z);
  const softness = 0.4 + 0.35 * Math.abs(z - focus);
  const light = random.uniform(0.8, 1.2);
  const data = new Float32Array(side * side);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % side, Math.floor(i / side)];
    let value = 100;
    for (const disc of discs) {
      const distance = Math.hypot(x - disc.x, y - disc.y) - disc.radius;
      value += 100 * disc.light / (1 + Math.exp(distance / softness));
    }
    data[i] = light * value + 100 * noise * random.normal();
  }
  return { width: side, height: side, data };
}
