/**
 * Losses as records. Each compares a prediction with a target or with another prediction and gives a
 * scalar, so segmentation and consistency losses can be exchanged. docs/losses.md says when to use
 * which.
 *
 * @module
 */

import type { Operation, Params } from "../kernels/operation.ts";
import { add } from "../kernels/ops/arithmetic.ts";
import {
  binaryCrossEntropy,
  maskedBinaryCrossEntropy,
} from "../kernels/ops/binary_cross_entropy.ts";
import {
  binaryCrossEntropyWithLogits,
  maskedBinaryCrossEntropyWithLogits,
} from "../kernels/ops/binary_cross_entropy_with_logits.ts";
import { concat } from "../kernels/ops/concat.ts";
import { dice, maskedDice } from "../kernels/ops/dice.ts";
import { foregroundSum } from "../kernels/ops/foreground_sum.ts";
import { generalisedDice, maskedGeneralisedDice } from "../kernels/ops/generalised_dice.ts";
import { localMaximum } from "../kernels/ops/local_maximum.ts";
import { maskedMeanSquaredError, meanSquaredError } from "../kernels/ops/mean_squared_error.ts";
import { maskedSquaredDice, squaredDice } from "../kernels/ops/squared_dice.ts";
import { tileSum } from "../kernels/ops/tile_sum.ts";
import { uncovered } from "../kernels/ops/uncovered.ts";
import type { Tape, Variable } from "./autodiff.ts";

/**
 * Compares two maps of the same shape.
 *
 * @category Losses
 */
export type Loss = (tape: Tape, a: Variable, b: Variable) => Variable;

/**
 * What a network answers: a probability, and what it was before the sigmoid if the network says so.
 *
 * @category Losses
 */
export interface Answer {
  /** Probabilities. */
  readonly prob: Variable;
  /** The same before the sigmoid. */
  readonly logits?: Variable;
}

/**
 * Compares an answer with a target.
 *
 * @category Losses
 */
export type AnswerLoss = (tape: Tape, answer: Answer, target: Variable) => Variable;

/**
 * A number that a loss depends on.
 *
 * @category Losses
 */
export interface LossSetting {
  /** Its value unless told otherwise. */
  readonly value: number;
  /** What it may be, in words and as a test. */
  readonly rule: { readonly expected: string; holds(value: unknown): boolean };
  /** What it does, in one sentence without a final period. */
  readonly sentence: string;
}

/**
 * A loss as a record: its formula on the tape, its own settings, and when to use it.
 *
 * @category Losses
 */
export interface LossKind {
  /** Its name in settings. */
  readonly name: string;
  /** When to use it, in one sentence without a final period. */
  readonly when: string;
  /** The numbers that it depends on. */
  readonly settings: Readonly<Record<string, LossSetting>>;
  /** The loss of a prediction and a target, or of two predictions, `[1]`. */
  compute(
    tape: Tape,
    pair: readonly [Variable, Variable],
    settings: Readonly<Record<string, number>>,
  ): Variable;
  /**
   * The loss of a prediction and a target as if pixels with a negative target were not there. Missing
   * where no pixel can be left out, as others depend on it.
   */
  masked?: LossKind["compute"];
  /**
   * The loss of logits and a target where that is more exact than the loss of their sigmoid, and the
   * one that leaves pixels out.
   */
  readonly ofLogits?: {
    readonly compute: LossKind["compute"];
    readonly masked?: LossKind["compute"];
  };
}

/** A loss that depends on no number: an operation, and the one that leaves pixels out if there is one. */
function plainLoss<P extends Params>(
  { name, when, params }: { name: string; when: string; params: P },
  [operation, masked]: readonly [Operation<P>, Operation<P>?],
  ofLogits?: readonly [Operation<P>, Operation<P>],
): LossKind {
  const computed = (of: Operation<P>): LossKind["compute"] => (tape, pair) =>
    tape.apply(of, [...pair], params);
  return {
    ...{ name, when, settings: {} },
    compute: computed(operation),
    ...(masked && { masked: computed(masked) }),
    ...(ofLogits && {
      ofLogits: { compute: computed(ofLogits[0]), masked: computed(ofLogits[1]) },
    }),
  };
}

/**
 * Generalised Dice. With `shares` its sums are shares of all pixels, so that its ε weighs the same
 * whatever their number; without, they are plain sums, as in earlier versions, whose runs go on so.
 */
export function generalisedDiceLoss({ shares }: { shares: boolean }): LossKind {
  return plainLoss({
    name: "generalised-dice",
    when: "on stills with small objects",
    params: { epsilon: 1e-6, shares },
  }, [generalisedDice, maskedGeneralisedDice]);
}

/** Lets foreground move within tiles. */
const tileSumLoss: LossKind = {
  name: "tile-sum",
  when: "between frames whose objects move within a tile",
  settings: {
    tile: {
      value: 64,
      rule: /* @__PURE__ */ wholeFrom(1),
      sentence:
        "Side of the tiles of tile-sum in pixels of the network's output: several objects " +
        "should fit into one",
    },
  },
  compute: (tape, pair, { tile }) => tape.apply(tileSum, [...pair], { side: tile }),
};

/** Lets foreground move by a few pixels. */
const tolerantDiceLoss: LossKind = {
  name: "tolerant-dice",
  when: "between frames whose objects move by a few pixels",
  settings: {
    reach: {
      value: 3,
      rule: /* @__PURE__ */ wholeFrom(0),
      sentence: "How far tolerant-dice lets foreground move along each axis without any loss, in " +
        "pixels of the network's output",
    },
  },
  compute: (tape, pair, { reach }) => tolerantDice(tape, pair, { reach }),
};

/**
 * The losses that training can use. To add one, write its record and name it here; its settings become
 * those of training (`consistencyTile`, `--consistency-tile` for `tile`).
 *
 * @category Losses
 */
export const lossKinds: readonly LossKind[] = /* @__PURE__ */ (() => [
  plainLoss({
    name: "dice",
    when: "on stills, and between frames as in the paper",
    params: { smooth: 1 },
  }, [dice, maskedDice]),
  plainLoss({
    name: "squared-dice",
    when: "between soft maps: it is 0 for equal ones",
    params: { smooth: 1 },
  }, [squaredDice, maskedSquaredDice]),
  generalisedDiceLoss({ shares: true }),
  plainLoss(
    {
      name: "bce",
      when: "on stills where each pixel counts alike; the second map is a constant",
      params: {},
    },
    [binaryCrossEntropy, maskedBinaryCrossEntropy],
    [
      binaryCrossEntropyWithLogits,
      maskedBinaryCrossEntropyWithLogits,
    ],
  ),
  plainLoss({
    name: "mse",
    when: "where a smooth loss of each pixel is wanted",
    params: {},
  }, [meanSquaredError, maskedMeanSquaredError]),
  plainLoss({
    name: "foreground-sum",
    when: "between frames whose objects move anywhere",
    params: {},
  }, [foregroundSum]),
  tileSumLoss,
  tolerantDiceLoss,
])();

/**
 * The losses by name, with their own settings at their defaults.
 *
 * @category Losses
 */
export const losses: Readonly<Record<string, Loss>> =
  /* @__PURE__ */ (() =>
    Object.fromEntries(lossKinds.map((kind) => [kind.name, lossNamed(kind.name)])))();

/**
 * How a loss is chosen by its name.
 *
 * @category Losses
 */
export interface LossOptions {
  /** Those to choose from; {@linkcode lossKinds} unless told. */
  readonly kinds?: readonly LossKind[];
  /** What differs from the defaults of its own settings; those of others are left alone. */
  readonly settings?: Readonly<Record<string, number>>;
  /** Whether pixels with a negative target are left out; not unless told. */
  readonly masked?: boolean;
}

/**
 * A loss by its name.
 *
 * @throws {RangeError} If there is no such loss; it names those there are. If it can leave no pixel out.
 *
 * @example
 * ```ts ignore
 * const loss = lossNamed("tolerant-dice", { settings: { reach: 8 } })(tape, first, second);
 * ```
 *
 * @category Losses
 */
export function lossNamed(
  name: string,
  { kinds = lossKinds, settings = {}, masked = false }: LossOptions = {},
): Loss {
  const kind = kinds.find((kind) => kind.name === name);
  if (!kind) {
    const known = kinds.map(({ name }) => name).join(", ");
    throw new RangeError(`Cannot compute a loss ${name}: known losses are ${known}`);
  }
  const values = Object.fromEntries(
    Object.entries(kind.settings).map((
      [key, { value }],
    ) => [key, settings[key] ?? value]),
  );
  const compute = masked ? kind.masked : kind.compute;
  if (!compute) {
    const able = kinds.filter(({ masked }) => masked).map(({ name }) => name).join(", ");
    throw new RangeError(`Cannot leave pixels out of the loss ${name}: those that can are ${able}`);
  }
  return (tape, a, b) => compute(tape, [a, b], values);
}

/**
 * A loss of answers by its name: of their logits where they have them and the loss is more exact on them,
 * else of their probabilities.
 *
 * @throws {RangeError} As {@linkcode lossNamed} does.
 *
 * @example
 * ```ts ignore
 * const loss = answerLossNamed("bce")(tape, network.forward(tape, images), target);
 * ```
 *
 * @category Losses
 */
export function answerLossNamed(
  name: string,
  options: LossOptions = {},
): AnswerLoss {
  const ofProbability = lossNamed(name, options);
  const { kinds = lossKinds, settings = {}, masked = false } = options;
  const ofLogits = kinds.find((kind) => kind.name === name)?.ofLogits;
  const exact = masked ? ofLogits?.masked : ofLogits?.compute;
  return (tape, { prob, logits }, target) =>
    exact && logits ? exact(tape, [logits, target], settings) : ofProbability(tape, prob, target);
}

function wholeFrom(least: number): LossSetting["rule"] {
  return {
    expected: `a whole number ≥ ${least}`,
    holds: (value) => Number.isInteger(value) && Number(value) >= least,
  };
}

/**
 * Soft Dice that tolerates motion: each frame is compared with the local maximum of the other.
 * With M(x) the largest value of x within `reach` pixels along both axes and sums over the batch,
 *
 *     1 − (Σ a·M(b) + Σ b·M(a) + 1) / (Σ a + Σ b + 1).
 *
 * For maps between 0 and 1 it lies between 0 and 1; for binary ones it is 0 where all foreground of
 * either has foreground of the other within reach. With a reach of 0 it is `dice`. The gradient goes
 * to both maps, on both sides of the products: that of a maximum to its first pixel in row-major
 * order.
 *
 * @param pair Two maps `[n, c, h, w]`.
 * @throws {TypeError | RangeError} If the maps do not fit, or `reach` is no whole number up to 1024.
 * @category Losses
 */
export function tolerantDice(
  tape: Tape,
  [a, b]: readonly [Variable, Variable],
  { reach }: { reach: number },
): Variable {
  const maps = tape.apply(concat, [a, b], {});
  const others = tape.apply(concat, [b, a], {});
  const cover = tape.apply(localMaximum, [others], { radius: reach });
  return tape.apply(uncovered, [maps, cover], { smooth: 1 });
}

/**
 * The loss of a window of frames: the sum of a loss over neighbouring pairs of their answers.
 *
 * @param answers Maps of one shape in the order of time, at least two.
 * @throws {RangeError} If there are fewer than two.
 *
 * @example
 * ```ts ignore
 * const answers = siameseWindow(tape, { network, frames, count: 3 }).map(({ prob }) => prob);
 * const loss = windowLoss(tape, { loss: losses["squared-dice"], answers });
 * ```
 *
 * @category Losses
 */
export function windowLoss(
  tape: Tape,
  { loss, answers }: { loss: Loss; answers: readonly Variable[] },
): Variable {
  if (answers.length < 2) {
    throw new RangeError(
      `Cannot compare neighbours in a window of ${answers.length}: at least 2 frames are needed`,
    );
  }
  return answers.slice(1)
    .map((answer, i) => loss(tape, answers[i], answer))
    .reduce((sum, pair) => tape.apply(add, [sum, pair], {}));
}
