/**
 * Generalised Dice loss of two classes over the batch (Sudre et al. 2017): foreground p, t and
 * background 1 − p, 1 − t, each weighted by w_l = 1 / ((Σ t_l)² + ε), so that small objects count as
 * much as the background:
 *
 *     1 − 2 Σ_l w_l Σ p_l t_l / (Σ_l w_l Σ (p_l + t_l) + ε).
 *
 * With sums over pixels the denominator shrinks as 1 / n with the number n of pixels, so ε outweighs it
 * in large batches: a perfect prediction of 16 images of 512 × 512 costs 0.28. Therefore each Σ is a
 * share, divided by n; that is ε n² in the weights and ε / n in the quotient of plain sums. The target
 * is a constant.
 *
 * @module
 */

import type { Operation, OperationCheck } from "../operation.ts";
import { knownPixels, type PixelLoss, pixelLoss, pixelLossCheck } from "./pixel_loss.ts";

/**
 * Parameters of {@linkcode generalisedDice}.
 *
 * @category Losses
 */
export type GeneralisedDiceParams = {
  /** Keeps weights and quotient finite; 1e-6 unless there is a reason. */
  readonly epsilon: number;
  /** Whether sums are shares of all pixels; with plain sums the loss depends on how many there are. */
  readonly shares: boolean;
};

/** Weights, intersections and unions of both classes from Σpt, Σp, Σt. */
function classes(
  sums: readonly number[],
  { n: count, epsilon, shares }: { n: number } & GeneralisedDiceParams,
) {
  const unit = shares ? count : 1;
  const [pt, p, t, n] = [sums[0], sums[1], sums[2], count].map((sum) => sum / unit);
  const foreground = 1 / (t ** 2 + epsilon);
  const background = 1 / ((n - t) ** 2 + epsilon);
  const shared = foreground * pt + background * (n - p - t + pt);
  const all = foreground * (p + t) + background * (2 * n - p - t) + epsilon;
  return { foreground, background, shared, all, unit };
}

const UNIT = "select(1.0, n, p.c_shares != 0.0)";
/** A sum over the pixels as a share of them. */
const share = (sum: string): string => `(${sum} / ${UNIT})`;
const PT = /* @__PURE__ */ share("s.x");
const P = /* @__PURE__ */ share("s.y");
const T = /* @__PURE__ */ share("s.z");
const N = /* @__PURE__ */ share("n");
const FOREGROUND = /* @__PURE__ */ (() => `(1.0 / (${T} * ${T} + p.c_epsilon))`)();
const BACKGROUND =
  /* @__PURE__ */ (() => `(1.0 / ((${N} - ${T}) * (${N} - ${T}) + p.c_epsilon))`)();
const SHARED =
  /* @__PURE__ */ (() =>
    `(${FOREGROUND} * ${PT} + ${BACKGROUND} * (${N} - ${P} - ${T} + ${PT}))`)();
const ALL =
  /* @__PURE__ */ (() =>
    `(${FOREGROUND} * (${P} + ${T}) + ${BACKGROUND} * (2.0 * ${N} - ${P} - ${T}) + p.c_epsilon)`)();

const formula: PixelLoss<GeneralisedDiceParams, ["p", "t"]> = /* @__PURE__ */ (() => ({
  name: "generalisedDice",
  inputs: ["p", "t"],
  over: "batch",
  defaults: { epsilon: 1e-6, shares: true },
  wgsl: {
    terms: "vec4f(a * b, a, b, 0.0)",
    value: `1.0 - 2.0 * ${SHARED} / ${ALL}`,
    da: `2.0 * (${SHARED} / ${ALL} * (${FOREGROUND} - ${BACKGROUND}) - ` +
      `(${FOREGROUND} * b - ${BACKGROUND} * (1.0 - b))) / ${ALL} / ${UNIT}`,
    db: null,
  },
  terms: (p, t) => [p * t, p, t, 0],
  value(s, n, params) {
    const { shared, all } = classes(s, { n, ...params });
    return 1 - 2 * shared / all;
  },
  derivatives({ b, s, n }, params) {
    const { foreground, background, shared, all, unit } = classes(s, { n, ...params });
    const dShared = foreground * b - background * (1 - b);
    return [2 * (shared / all * (foreground - background) - dShared) / all / unit, 0];
  },
  fills: ["probability", "binary"],
}))();

/**
 * Generalised Dice loss of a prediction p against a target t of the same shape.
 *
 * @category Losses
 */
export const generalisedDice: Operation<GeneralisedDiceParams, ["p", "t"]> =
  /* @__PURE__ */ pixelLoss(formula);

/** What {@linkcode generalisedDice} is held against. */
export const generalisedDiceCheck: OperationCheck<GeneralisedDiceParams> =
  /* @__PURE__ */ pixelLossCheck(formula);

/**
 * The same over the pixels whose target is not negative.
 *
 * @category Losses
 */
export const maskedGeneralisedDice: Operation<GeneralisedDiceParams, ["p", "t"]> =
  /* @__PURE__ */ pixelLoss(
    /* @__PURE__ */ knownPixels(formula, "maskedGeneralisedDice"),
  );

/** What {@linkcode maskedGeneralisedDice} is held against. */
export const maskedGeneralisedDiceCheck: OperationCheck<GeneralisedDiceParams> =
  /* @__PURE__ */ pixelLossCheck(/* @__PURE__ */ knownPixels(formula, "maskedGeneralisedDice"));
