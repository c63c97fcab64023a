/**
 * Losses by name. Each compares a prediction with a target or with another prediction and gives a
 * scalar, so segmentation and consistency losses can be exchanged. docs/losses.md says when to use
 * which.
 *
 * @module
 */

import { add } from "../kernels/ops/add.ts";
import { binaryCrossEntropy } from "../kernels/ops/binary_cross_entropy.ts";
import { concat } from "../kernels/ops/concat.ts";
import { dice } from "../kernels/ops/dice.ts";
import { foregroundSum } from "../kernels/ops/foreground_sum.ts";
import { generalisedDice } from "../kernels/ops/generalised_dice.ts";
import { localMaximum } from "../kernels/ops/local_maximum.ts";
import { meanSquaredError } from "../kernels/ops/mean_squared_error.ts";
import { squaredDice } from "../kernels/ops/squared_dice.ts";
import { tileSum } from "../kernels/ops/tile_sum.ts";
import { uncovered } from "../kernels/ops/uncovered.ts";
import type { Tape, Variable } from "./autodiff.ts";

/** Compares two maps of the same shape. */
export type Loss = (tape: Tape, a: Variable, b: Variable) => Variable;

/** The losses that training can use. */
export type LossName =
  | "dice"
  | "squared-dice"
  | "generalised-dice"
  | "bce"
  | "mse"
  | "foreground-sum"
  | "tile-sum"
  | "tolerant-dice";

/** Lengths that some losses depend on, in pixels of the network's output. */
export interface LossSettings {
  /** Side of the tiles of `tile-sum`: several objects should fit into one. */
  readonly tile: number;
  /** How far `tolerant-dice` lets foreground move along each axis without any loss. */
  readonly reach: number;
}

/** Tiles of a few nuclei, and the few pixels that cells move from frame to frame. */
export const DEFAULT_LOSS_SETTINGS: LossSettings = { tile: 64, reach: 3 };

/**
 * Losses by name: `dice` (soft Dice), `squared-dice` (0 also for equal soft maps), `generalised-dice`
 * (small objects; target only), `bce` (binary cross-entropy; the second input is a constant), `mse`,
 * `foreground-sum` (lets objects move anywhere), `tile-sum` (lets them move within a tile),
 * `tolerant-dice` (lets them move by a few pixels); with {@linkcode DEFAULT_LOSS_SETTINGS}.
 */
export const losses: Readonly<Record<LossName, Loss>> = lossesWith({});

/**
 * The losses by name with lengths of one's own.
 *
 * @example
 * ```ts ignore
 * const loss = lossesWith({ reach: 8 })["tolerant-dice"](tape, first, second);
 * ```
 */
export function lossesWith(settings: Partial<LossSettings>): Readonly<Record<LossName, Loss>> {
  const { tile, reach } = { ...DEFAULT_LOSS_SETTINGS, ...settings };
  return {
    "dice": (tape, a, b) => tape.apply(dice, [a, b], { smooth: 1 }),
    "squared-dice": (tape, a, b) => tape.apply(squaredDice, [a, b], { smooth: 1 }),
    "generalised-dice": (tape, p, t) => tape.apply(generalisedDice, [p, t], { epsilon: 1e-6 }),
    "bce": (tape, p, t) => tape.apply(binaryCrossEntropy, [p, t], {}),
    "mse": (tape, a, b) => tape.apply(meanSquaredError, [a, b], {}),
    "foreground-sum": (tape, a, b) => tape.apply(foregroundSum, [a, b], {}),
    "tile-sum": (tape, a, b) => tape.apply(tileSum, [a, b], { side: tile }),
    "tolerant-dice": (tape, a, b) => tolerantDice(tape, [a, b], { reach }),
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
 */
export function tolerantDice(
  tape: Tape,
  [a, b]: readonly [Variable, Variable],
  { reach }: Pick<LossSettings, "reach">,
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
