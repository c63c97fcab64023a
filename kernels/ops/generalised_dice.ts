/**
 * Generalised Dice loss of two classes over the batch (Sudre et al. 2017): foreground p, t and
 * background 1 − p, 1 − t, each weighted by 1 / ((Σ t_l)² + ε), so that small objects count as much
 * as the background. The target is a constant.
 *
 * @module
 */

import type { Operation } from "../operation.ts";
import { knownPixels, type PixelLoss, pixelLoss } from "./pixel_loss.ts";

/** Parameters of {@linkcode generalisedDice}. */
export type GeneralisedDiceParams = {
  /** Keeps weights and quotient finite; 1e-6 unless there is a reason. */
  readonly epsilon: number;
};

/** Weights, intersections and unions of both classes from Σpt, Σp, Σt. */
function classes([pt, p, t]: readonly number[], n: number, epsilon: number) {
  const foreground = 1 / (t ** 2 + epsilon);
  const background = 1 / ((n - t) ** 2 + epsilon);
  const shared = foreground * pt + background * (n - p - t + pt);
  const all = foreground * (p + t) + background * (2 * n - p - t) + epsilon;
  return { foreground, background, shared, all };
}

const CLASSES = {
  foreground: "(1.0 / (s.z * s.z + c_epsilon))",
  background: "(1.0 / ((n - s.z) * (n - s.z) + c_epsilon))",
  sharedBackground: "(n - s.y - s.z + s.x)",
};
const SHARED =
  `(${CLASSES.foreground} * s.x + ${CLASSES.background} * ${CLASSES.sharedBackground})`;
const ALL = `(${CLASSES.foreground} * (s.y + s.z) + ${CLASSES.background} * ` +
  `(2.0 * n - s.y - s.z) + c_epsilon)`;

const formula: PixelLoss<GeneralisedDiceParams> = {
  name: "generalisedDice",
  inputs: ["p", "t"],
  over: "batch",
  defaults: { epsilon: 1e-6 },
  wgsl: {
    terms: "vec4f(a * b, a, b, 0.0)",
    value: `1.0 - 2.0 * ${SHARED} / ${ALL}`,
    da: `2.0 * (${SHARED} / ${ALL} * (${CLASSES.foreground} - ${CLASSES.background}) - ` +
      `(${CLASSES.foreground} * b - ${CLASSES.background} * (1.0 - b))) / ${ALL}`,
    db: null,
  },
  terms: (p, t) => [p * t, p, t, 0],
  value(s, n, { epsilon }) {
    const { shared, all } = classes(s, n, epsilon);
    return 1 - 2 * shared / all;
  },
  derivatives({ b, s, n }, { epsilon }) {
    const { foreground, background, shared, all } = classes(s, n, epsilon);
    const dShared = foreground * b - background * (1 - b);
    return [2 * (shared / all * (foreground - background) - dShared) / all, 0];
  },
  fills: ["probability", "binary"],
};

/** Generalised Dice loss of a prediction p against a target t of the same shape. */
export const generalisedDice: Operation<GeneralisedDiceParams> = pixelLoss(formula);

/** The same over the pixels whose target is not negative. */
export const maskedGeneralisedDice: Operation<GeneralisedDiceParams> = pixelLoss(
  knownPixels(formula, "maskedGeneralisedDice"),
);
