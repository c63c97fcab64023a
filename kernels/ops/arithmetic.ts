/**
 * Sum, difference, product and quotient of two tensors, which are repeated to one shape by NumPy's rules:
 * axes are compared from the last on, and one of extent 1 or none is repeated. So a bias `[c]` is
 * added to `[n, c]`, and a tensor of one element to anything.
 *
 * The gradient of an input that was repeated is the sum over what it was repeated along.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { sumRepeated } from "../parts/axes/reduction.ts";
import { broadcast } from "../parts/axes/views.ts";
import { broadcastShape, repeatedSteps, visitIndices, walkArray } from "../parts/axes/layout.ts";
import { sameShape, type Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/** An operation of two numbers. */
interface Arithmetic {
  readonly name: string;
  /** WGSL of the value from `a` and `b`. */
  readonly value: string;
  /** WGSL of the slopes times the upstream gradient `c`, from `a` and `b`; null where it is just `c`. */
  readonly slopes: readonly [da: string | null, db: string | null];
  f(a: number, b: number): number;
  df(a: number, b: number): readonly [da: number, db: number];
  /** Whether b must not be near 0. */
  readonly divides?: boolean;
}

/** The gradient to one input, before anything is summed. */
function slopeOf(
  device: Device,
  { name, slopes }: Arithmetic,
  { inputs: [a, b], dy, which }: {
    inputs: readonly Tensor<"f32">[];
    dy: Tensor<"f32">;
    which: number;
  },
): Tensor<"f32"> {
  const expression = slopes[which];
  if (expression === null) return dy;
  const label = `${name} ${which === 0 ? "da" : "db"}`;
  // Only what the slope mentions is read.
  const used = [a, b, dy].filter((_, i) => new RegExp(`\\b${"abc"[i]}\\b`).test(expression));
  const names = [..."abc"].filter((letter) => new RegExp(`\\b${letter}\\b`).test(expression));
  const renamed = expression.replace(/\b[abc]\b/g, (name) => "abc"[names.indexOf(name)]);
  return broadcast(device, { label, shape: dy.shape, inputs: used, expression: renamed });
}

function arithmetic(rule: Arithmetic): Operation<Record<never, never>, ["a", "b"]> {
  const { name, value } = rule;
  const shapeOf = (shapes: readonly Shape[]) => broadcastShape(shapes, name);
  return {
    name,
    inputs: ["a", "b"],
    shape: shapeOf,
    forward: (device, inputs) =>
      broadcast(device, {
        label: name,
        inputs,
        expression: value,
        shape: shapeOf(inputs.map(({ shape }) => shape)),
      }),
    backward(device, { inputs, dy, needs }) {
      using scope = device.scope();
      return inputs.map((input, which) => {
        if (!needs[which]) return null;
        const slope = slopeOf(device, rule, { inputs, dy, which });
        const gradient = sameShape(input.shape, dy.shape)
          ? slope
          : sumRepeated(device, slope, input.shape);
        return gradient === dy ? dy : scope.keep(gradient);
      });
    },
  };
}

/** What such an operation is held against. */
function arithmeticCheck(rule: Arithmetic): OperationCheck<Record<never, never>> {
  const repeated = ([a, b]: readonly NdArray[]) => {
    const shape = broadcastShape([a.shape, b.shape], rule.name);
    return [a, b].map((x) => walkArray(x, { shape, steps: repeatedSteps(x.shape, shape) }));
  };
  const sample = (a: Shape, b: Shape, bench = false) => ({
    shapes: [a, b],
    params: {},
    fills: ["normal", rule.divides ? "probability" : "normal"] as const,
    bench,
  });
  return {
    reference: {
      forward(inputs) {
        const [a, b] = repeated(inputs);
        return { shape: a.shape, data: a.data.map((value, i) => rule.f(value, b.data[i])) };
      },
      backward(inputs, dy) {
        const [a, b] = repeated(inputs);
        return inputs.map(({ shape }, which) => {
          const sum = zeros(shape);
          let i = 0;
          visitIndices(dy.shape, { steps: repeatedSteps(shape, dy.shape) }, (place) => {
            sum.data[place] += dy.data[i] * rule.df(a.data[i], b.data[i])[which];
            i++;
          });
          return sum;
        });
      },
    },
    samples: [
      sample([2, 3, 5, 7], [2, 3, 5, 7]),
      sample([1], [1]),
      sample([2, 3, 5, 7], [1]),
      sample([1, 1], [4, 3]),
      sample([6, 8], [8]),
      sample([6, 7], [6, 1]),
      sample([2, 6, 4, 8], [6, 1, 1]),
      sample([2, 1, 3, 1], [5, 1, 4]),
      sample([4, 1, 2, 12], [1, 3, 1, 12]),
      sample([4, 16, 128, 128], [4, 16, 128, 128], true),
      sample([4, 16, 128, 128], [16, 1, 1], true),
    ],
  };
}

const ADD: Arithmetic = {
  name: "add",
  value: "a + b",
  slopes: [null, null],
  f: (a, b) => a + b,
  df: () => [1, 1],
};

/**
 * y = a + b.
 *
 * @category Operations
 */
export const add: Operation<Record<never, never>, ["a", "b"]> = /* @__PURE__ */ arithmetic(ADD);

/** What {@linkcode add} is held against. */
export const addCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ arithmeticCheck(ADD);

const SUB: Arithmetic = {
  name: "sub",
  value: "a - b",
  slopes: [null, "-c"],
  f: (a, b) => a - b,
  df: () => [1, -1],
};

/**
 * y = a − b.
 *
 * @category Operations
 */
export const sub: Operation<Record<never, never>, ["a", "b"]> = /* @__PURE__ */ arithmetic(SUB);

/** What {@linkcode sub} is held against. */
export const subCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ arithmeticCheck(SUB);

const MUL: Arithmetic = {
  name: "mul",
  value: "a * b",
  slopes: ["c * b", "c * a"],
  f: (a, b) => a * b,
  df: (a, b) => [b, a],
};

/**
 * y = a · b, element by element.
 *
 * @category Operations
 */
export const mul: Operation<Record<never, never>, ["a", "b"]> = /* @__PURE__ */ arithmetic(MUL);

/** What {@linkcode mul} is held against. */
export const mulCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ arithmeticCheck(MUL);

const DIV: Arithmetic = {
  name: "div",
  value: "a / b",
  slopes: ["c / b", "-c * (a / b) / b"],
  f: (a, b) => a / b,
  df: (a, b) => [1 / b, -a / (b * b)],
  divides: true,
};

/**
 * y = a / b; what is divided by 0 is infinite, or NaN for 0 / 0.
 *
 * @category Operations
 */
export const div: Operation<Record<never, never>, ["a", "b"]> = /* @__PURE__ */ arithmetic(DIV);

/** What {@linkcode div} is held against. */
export const divCheck: OperationCheck<Record<never, never>> = /* @__PURE__ */ arithmeticCheck(DIV);
