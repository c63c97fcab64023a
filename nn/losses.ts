/**
 * Losses by name. Each compares a prediction with a target or with another prediction and gives a
 * scalar, so segmentation and consistency losses can be exchanged.
 *
 * @module
 */

import { binaryCrossEntropy } from "../kernels/ops/binary_cross_entropy.ts";
import { dice } from "../kernels/ops/dice.ts";
import { foregroundSum } from "../kernels/ops/foreground_sum.ts";
import { generalisedDice } from "../kernels/ops/generalised_dice.ts";
import { meanSquaredError } from "../kernels/ops/mean_squared_error.ts";
import { squaredDice } from "../kernels/ops/squared_dice.ts";
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
  | "foreground-sum";

/**
 * Losses by name: `dice` (soft Dice), `squared-dice` (0 also for equal soft maps), `generalised-dice`
 * (small objects; target only), `bce` (binary cross-entropy; the second input is a constant), `mse`,
 * `foreground-sum` (lets fast objects move).
 */
export const losses: Readonly<Record<LossName, Loss>> = {
  "dice": (tape, a, b) => tape.apply(dice, [a, b], { smooth: 1 }),
  "squared-dice": (tape, a, b) => tape.apply(squaredDice, [a, b], { smooth: 1 }),
  "generalised-dice": (tape, p, t) => tape.apply(generalisedDice, [p, t], { epsilon: 1e-6 }),
  "bce": (tape, p, t) => tape.apply(binaryCrossEntropy, [p, t], {}),
  "mse": (tape, a, b) => tape.apply(meanSquaredError, [a, b], {}),
  "foreground-sum": (tape, a, b) => tape.apply(foregroundSum, [a, b], {}),
};
