/**
 * The stream of training batches: pairs of a plane in focus and one that is not, cut out of the same
 * place of the same stack and augmented alike, so that focus is all they differ in and both classes
 * are equally frequent.
 *
 * @module
 */

import {
  applyAugmentation,
  type AugmentationSettings,
  drawAugmentation,
} from "../patches/augment.ts";
import type { Batch, BatchStream } from "../batches.ts";
import { type IntensityRange, normalize } from "../../images/normalize.ts";
import { cropSample } from "../patches/patches.ts";
import { Random, type RandomState } from "../../images/random.ts";
import { type Sample, sampleOf } from "../../images/sample.ts";
import type { LabelledStack } from "../../images/series/z_stack.ts";
import { stackRange } from "../../models/focus/stacks.ts";

/** Settings of the batches of planes. */
export interface FocusBatchSettings {
  /** Seed of order, places and augmentation. */
  readonly seed: number;
  /** Pairs of planes a batch: one in focus and one that is not, of the same stack. */
  readonly pairs: number;
  /** Side of the patches in pixels; whole planes where they are smaller. */
  readonly patch: number;
  /** The percentile of a stack that becomes 0. */
  readonly low: number;
  /** The percentile of a stack that becomes 1. */
  readonly high: number;
  /** Planes beside the labelled one that count as in focus too. */
  readonly tolerance: number;
  /** Augmentation; both planes of a pair get the same draw. */
  readonly augmentation: AugmentationSettings;
}

/** Side of the patches: what is asked for, or the smallest side of all planes. */
function patchSide(
  stacks: readonly LabelledStack[],
  { patch }: Pick<FocusBatchSettings, "patch">,
): number {
  return stacks.reduce(
    (side, { sequence: { width, height } }) => Math.min(side, width, height),
    patch,
  );
}

/** Where a {@linkcode FocusStream} stands, as plain JSON. */
interface FocusStreamState {
  readonly random: RandomState;
  readonly order: readonly number[];
  readonly position: number;
}

/** Batches of augmented patches of planes. Planes are read when they are drawn. */
export class FocusStream implements BatchStream {
  /** Side of the patches in pixels. */
  readonly side: number;
  readonly #stacks: readonly LabelledStack[];
  readonly #settings: FocusBatchSettings;
  readonly #ranges = new Map<LabelledStack, Promise<IntensityRange>>();
  #random: Random;
  #order: Uint32Array = new Uint32Array();
  #position = 0;

  /**
   * Starts a stream.
   *
   * @throws {RangeError} If there are no stacks, or one has no plane that is out of focus.
   */
  constructor(stacks: readonly LabelledStack[], settings: FocusBatchSettings) {
    if (stacks.length === 0) {
      throw new RangeError("Cannot train: there is no stack whose plane in focus is known");
    }
    for (const stack of stacks) checkStack(stack, settings);
    this.side = patchSide(stacks, settings);
    this.#stacks = stacks;
    this.#settings = settings;
    this.#random = new Random(settings.seed, 31);
  }

  /**
   * The next batch: in every pair first the plane in focus. Targets `[n]` are 1 for planes in focus,
   * else 0.
   *
   * @throws {SyntaxError | RangeError} If a plane cannot be read.
   */
  async next(): Promise<Batch> {
    const count = 2 * this.#settings.pairs;
    const area = this.side ** 2;
    const images = new Float32Array(count * area);
    for (let i = 0; i < count; i += 2) {
      const pair = await this.#pair();
      pair.forEach(({ image }, j) => images.set(image, (i + j) * area));
    }
    return {
      shape: [count, 1, this.side, this.side],
      images,
      targets: Float32Array.from({ length: count }, (_, i) => (i + 1) % 2),
    };
  }

  /** Where it stands, to be saved. */
  get state(): unknown {
    return {
      random: this.#random.state,
      order: [...this.#order],
      position: this.#position,
    } satisfies FocusStreamState;
  }

  /** Goes on from a saved state. */
  restore(state: unknown): void {
    const { random, order, position } = state as FocusStreamState;
    this.#random = Random.from(random);
    this.#order = Uint32Array.from(order);
    this.#position = position;
  }

  async #pair(): Promise<Sample[]> {
    const { tolerance, augmentation } = this.#settings;
    const random = this.#random;
    const stack = this.#nextStack();
    const { sequence, t } = stack;
    const range = await this.#rangeOf(stack);
    const [low, high] = inFocus(stack, tolerance);
    const near = low + random.integer(high - low + 1);
    const other = random.integer(sequence.depth - (high - low + 1));
    const size = this.side;
    const place = {
      x: random.integer(sequence.width - size + 1),
      y: random.integer(sequence.height - size + 1),
      size,
    };
    const draw = drawAugmentation(random, augmentation);
    const samples: Sample[] = [];
    for (const z of [near, other < low ? other : other + high - low + 1]) {
      const plane = sampleOf({ ...await sequence.plane(t, z), channels: 1 });
      const { image, ...patch } = cropSample(plane, place);
      const normal = normalize({ width: size, height: size, data: image }, range);
      const sample = { ...patch, image: normal.data };
      samples.push(applyAugmentation(draw, sample, { frame: samples.length }));
    }
    return samples;
  }

  /** Stacks follow one another in random permutations. */
  #nextStack(): LabelledStack {
    if (this.#position === this.#order.length) {
      this.#order = this.#random.permutation(this.#stacks.length);
      this.#position = 0;
    }
    return this.#stacks[this.#order[this.#position++]];
  }

  #rangeOf(stack: LabelledStack): Promise<IntensityRange> {
    const range = this.#ranges.get(stack) ?? stackRange(stack, this.#settings);
    this.#ranges.set(stack, range);
    return range;
  }
}

/** First and last plane that count as in focus. */
function inFocus({ sequence, plane }: LabelledStack, tolerance: number): [number, number] {
  return [Math.max(0, plane - tolerance), Math.min(sequence.depth - 1, plane + tolerance)];
}

function checkStack(
  stack: LabelledStack,
  { tolerance }: Pick<FocusBatchSettings, "tolerance">,
): void {
  const { sequence: { names, depth }, t, plane } = stack;
  if (!(Number.isInteger(plane) && plane >= 0 && plane < depth)) {
    throw new RangeError(
      `Cannot train on ${names[t]}: its plane in focus is ${plane}, it has planes 0 to ${
        depth - 1
      }`,
    );
  }
  const [low, high] = inFocus(stack, tolerance);
  if (high - low + 1 < depth) return;
  throw new RangeError(
    `Cannot train on ${
      names[t]
    }: all of its ${depth} planes count as in focus with a tolerance of ` +
      `${tolerance}; lower the tolerance or leave the stack out`,
  );
}
