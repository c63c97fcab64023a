/**
 * Functions of one number, applied to every element: a table of formulas, from which the operations are
 * made. ReLU and sigmoid, which other kernels take in, have files of their own.
 *
 * A formula whose slope is known from its value reads the output, which is not computed twice.
 *
 * @module
 */

import { elementwise } from "../parts/elementwise.ts";
import type { Fill, NdArray, Operation, OperationCheck } from "../operation.ts";

/**
 * Parameters of a formula: numbers.
 *
 * @category Operations
 */
export type PointwiseParams = Readonly<Record<string, number>>;

/**
 * A function of one number in WGSL.
 *
 * @category Operations
 */
export interface Pointwise {
  /** The operation's name. */
  readonly name: string;
  /** WGSL expression of `x` (vec4f) and the parameters (f32) as members of `p`. */
  readonly value: string;
  /** Its derivative in WGSL, of the same or, if shorter, of the value `y` (vec4f), never of both. */
  readonly slope: string;
}

const USES_OUTPUT = /\by\b/;

/**
 * Makes the operation y = f(x), for any shape, of a formula.
 *
 * @example A ReLU without a corner
 * ```ts ignore
 * const softplus = pointwise<{ k: number }>({
 *   name: "softplus",
 *   value: "max(x, vec4f(0.0)) + log(1.0 + exp(-p.k * abs(x))) / p.k",
 *   slope: "1.0 / (1.0 + exp(-p.k * x))",
 * });
 * ```
 *
 * @category Operations
 */
export function pointwise<P extends PointwiseParams = Record<never, never>>(
  formula: Pointwise,
): Operation<P, ["x"]> {
  const { name, value, slope } = formula;
  const named = (expression: string, names: Record<string, string>) =>
    expression.replace(/\b[xy]\b/g, (name) => names[name] ?? name);
  return {
    name,
    inputs: ["x"],
    shape: ([x]) => x,
    forward: (device, [x], params) =>
      elementwise(device, {
        label: name,
        inputs: [x],
        expression: named(value, { x: "a" }),
        floats: params,
      }),
    backward: (device, { inputs: [x], output, dy }, params) => [
      elementwise(device, {
        label: `${name} dx`,
        inputs: [dy, USES_OUTPUT.test(slope) ? output : x],
        expression: `a * (${named(slope, { x: "b", y: "b" })})`,
        floats: params,
      }),
    ],
  };
}

/** A formula in plain numbers as well. */
interface Checked<P extends PointwiseParams> extends Pointwise {
  /** The same in float64: the value at x. */
  f(x: number, params: P): number;
  /** The derivative at x in float64. */
  df(x: number, params: P): number;
  /** Parameters where tests and benches run it. */
  readonly params: P;
  /** What tests fill x with; normal numbers unless told. */
  readonly fill?: Fill;
}

/** What the operation of a formula is held against. */
function pointwiseCheck<P extends PointwiseParams>(formula: Checked<P>): OperationCheck<P> {
  const { params, fill = "normal" } = formula;
  const each = ({ shape, data }: NdArray, f: (x: number, i: number) => number): NdArray => ({
    shape,
    data: data.map(f),
  });
  return {
    reference: {
      forward: ([x], params) => each(x, (v) => formula.f(v, params)),
      backward: ([x], dy, params) => [each(dy, (g, i) => g * formula.df(x.data[i], params))],
    },
    samples: [[2, 3, 5, 7], [1], [3, 5], [4, 16, 128, 128]].map((shape, i) => ({
      shapes: [shape],
      params,
      fills: [fill],
      bench: i === 3,
    })),
  };
}

const NEG: Checked<Record<never, never>> = {
  name: "neg",
  value: "-x",
  slope: "vec4f(-1.0)",
  f: (x) => -x,
  df: () => -1,
  params: {},
};

/**
 * y = −x.
 *
 * @category Operations
 */
export const neg: Operation<Record<never, never>, ["x"]> = /* @__PURE__ */ pointwise(NEG);

/** What {@linkcode neg} is held against. */
export const negCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ pointwiseCheck(NEG);

const EXP: Checked<Record<never, never>> = {
  name: "exp",
  value: "exp(x)",
  slope: "y",
  f: Math.exp,
  df: Math.exp,
  params: {},
};

/**
 * y = eˣ.
 *
 * @category Operations
 */
export const exp: Operation<Record<never, never>, ["x"]> = /* @__PURE__ */ pointwise(EXP);

/** What {@linkcode exp} is held against. */
export const expCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ pointwiseCheck(EXP);

const LOG: Checked<Record<never, never>> = {
  name: "log",
  value: "log(x)",
  slope: "1.0 / x",
  f: Math.log,
  df: (x) => 1 / x,
  params: {},
  fill: "probability",
};

/**
 * y = ln x; −∞ at 0 and NaN below.
 *
 * @category Operations
 */
export const log: Operation<Record<never, never>, ["x"]> = /* @__PURE__ */ pointwise(LOG);

/** What {@linkcode log} is held against. */
export const logCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ pointwiseCheck(LOG);

const SQRT: Checked<Record<never, never>> = {
  name: "sqrt",
  value: "sqrt(x)",
  slope: "0.5 / y",
  f: Math.sqrt,
  df: (x) => 0.5 / Math.sqrt(x),
  params: {},
  fill: "probability",
};

/**
 * y = √x, with an infinite slope at 0; NaN below.
 *
 * @category Operations
 */
export const sqrt: Operation<Record<never, never>, ["x"]> = /* @__PURE__ */ pointwise(SQRT);

/** What {@linkcode sqrt} is held against. */
export const sqrtCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ pointwiseCheck(SQRT);

const SQUARE: Checked<Record<never, never>> = {
  name: "square",
  value: "x * x",
  slope: "2.0 * x",
  f: (x) => x * x,
  df: (x) => 2 * x,
  params: {},
};

/**
 * y = x².
 *
 * @category Operations
 */
export const square: Operation<Record<never, never>, ["x"]> = /* @__PURE__ */ pointwise(SQUARE);

/** What {@linkcode square} is held against. */
export const squareCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ pointwiseCheck(
  SQUARE,
);

const TANH: Checked<Record<never, never>> = {
  name: "tanh",
  value: "select(1.0 - 2.0 / (exp(2.0 * x) + 1.0), " +
    "x * (1.0 - x * x * (1.0 / 3.0 - x * x * (2.0 / 15.0 - x * x * (17.0 / 315.0 - x * x * " +
    "(62.0 / 2835.0))))), abs(x) < vec4f(0.3))",
  slope: "1.0 - y * y",
  f: Math.tanh,
  df: (x) => 1 - Math.tanh(x) ** 2,
  params: {},
};

/**
 * Hyperbolic tangent, by its series near 0, where the exponential loses digits. (Some drivers' own
 * gives NaN for large x.)
 *
 * @category Operations
 */
export const tanh: Operation<Record<never, never>, ["x"]> = /* @__PURE__ */ pointwise(TANH);

/** What {@linkcode tanh} is held against. */
export const tanhCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ pointwiseCheck(TANH);

/**
 * Parameters of {@linkcode leakyRelu}.
 *
 * @category Operations
 */
export type LeakyReluParams = {
  /** The slope below 0; 0.01 is usual. */
  readonly slope: number;
};

const LEAKY_RELU: Checked<LeakyReluParams> = {
  name: "leakyRelu",
  value: "select(p.slope * x, x, x > vec4f(0.0))",
  slope: "select(vec4f(p.slope), vec4f(1.0), x > vec4f(0.0))",
  f: (x, { slope }) => x > 0 ? x : slope * x,
  df: (x, { slope }) => x > 0 ? 1 : slope,
  params: { slope: 0.1 },
};

/**
 * y = x above 0, slope · x below; the derivative at 0 is the slope.
 *
 * @category Operations
 */
export const leakyRelu: Operation<LeakyReluParams, ["x"]> = /* @__PURE__ */ pointwise(LEAKY_RELU);

/** What {@linkcode leakyRelu} is held against. */
export const leakyReluCheck: OperationCheck<LeakyReluParams> = /* @__PURE__ */ pointwiseCheck(
  LEAKY_RELU,
);

/**
 * Φ(x), the share of normal numbers below x, from erf by Abramowitz and Stegun 7.1.26, whose error is at
 * most 1.5e-7.
 */
const TAIL = /* @__PURE__ */ (() =>
  "0.5 * exp(-0.5 * x * x) * " +
  [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429].reduceRight(
    (inner, factor) => `(${factor} + ${inner}) / (1.0 + 0.3275911 * sqrt(0.5) * abs(x))`,
    "0.0",
  ))();
const NORMAL = /* @__PURE__ */ (() => `select(${TAIL}, 1.0 - ${TAIL}, x > vec4f(0.0))`)();

/** Φ(x) in float64 by its series, x up to about 6 from 0; beyond it is 0 or 1 to 1e-9. */
function normalShare(x: number): number {
  if (Math.abs(x) > 6) return x > 0 ? 1 : 0;
  let [term, sum] = [x, x];
  for (let n = 3; Math.abs(term) > 1e-18; n += 2) sum += term *= x * x / n;
  return 0.5 + sum * normalDensity(x);
}

function normalDensity(x: number): number {
  return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

const GELU: Checked<Record<never, never>> = {
  name: "gelu",
  value: /* @__PURE__ */ (() => `x * ${NORMAL}`)(),
  slope:
    /* @__PURE__ */ (() => `${NORMAL} + x * exp(-0.5 * x * x) * ${1 / Math.sqrt(2 * Math.PI)}`)(),
  f: (x) => x * normalShare(x),
  df: (x) => normalShare(x) + x * normalDensity(x),
  params: {},
};

/**
 * Gaussian error linear unit, y = x · Φ(x) (Hendrycks and Gimpel 2016), not its tanh approximation.
 *
 * @category Operations
 */
export const gelu: Operation<Record<never, never>, ["x"]> = /* @__PURE__ */ pointwise(GELU);

/** What {@linkcode gelu} is held against. */
export const geluCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ pointwiseCheck(GELU);
