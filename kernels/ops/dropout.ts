/**
 * Dropout (Srivastava et al. 2014): elements become 0 by chance, and what is left is enlarged so that the
 * mean stays.
 *
 * Which ones is a hash of the seed, the step and the place of an element, so that nothing is stored:
 * backward computes it again, and the same seed and step give the same bits everywhere. The step is an
 * input, so that a captured training step has other elements in each replay.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import type { NdArray, Operation, OperationCheck } from "../operation.ts";
import { nanFunctions } from "../parts/nan.ts";
import { RANDOM4, random4 } from "../parts/random.ts";
import { formatShape, type Shape, sizeOf } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Parameters of {@linkcode dropout}.
 *
 * @category Operations
 */
export type DropoutParams = {
  /** The share of elements that become 0, from 0 to below 1. */
  readonly rate: number;
  /** A whole number: another one for each layer. */
  readonly seed: number;
};

const RANGE = 2 ** 32;

const SHADER = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, seed: u32, seed_high: u32, dropped: u32, factor: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> step: array<f32>;
${nanFunctions("f32")}
${RANDOM4}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let numbers = random4(vec4u(i, u32(step[0]), p.seed, p.seed_high));
  let left = select(vec4f(0.0), vec4f(p.factor), numbers >= vec4u(p.dropped));
  y[i] = x[i] * left * keep_nan(1.0, step[0]);
}
`)();

/** The seed in two words, how many of 2³² numbers drop an element, and what the others become. */
function uniformsOf({ rate, seed }: DropoutParams) {
  return {
    ...{ seed: seed % RANGE, seed_high: Math.floor(seed / RANGE) },
    ...{ dropped: Math.round(rate * RANGE), factor: 1 / (1 - rate) },
  };
}

function drop(
  device: Device,
  [x, step]: readonly Tensor<"f32">[],
  { label, params }: { label: string; params: DropoutParams },
): Tensor<"f32"> {
  const y = device.empty(x.shape);
  const count = Math.ceil(x.size / 4);
  device.dispatch({
    label,
    shader: SHADER,
    uniforms: { count, ...uniformsOf(params) },
    tensors: [y, x, step],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
  return y;
}

function dropArray([x, step]: readonly NdArray[], params: DropoutParams): NdArray {
  const { seed, seed_high, dropped, factor } = uniformsOf(params);
  const [t] = step.data;
  if (Number.isNaN(t)) return { shape: x.shape, data: x.data.map(() => NaN) };
  const data = new Float64Array(x.data.length);
  for (let i = 0; 4 * i < data.length; i++) {
    const numbers = random4([i, t, seed, seed_high]);
    for (let k = 0; k < 4 && 4 * i + k < data.length; k++) {
      data[4 * i + k] = x.data[4 * i + k] * (numbers[k] >= dropped ? factor : 0);
    }
  }
  return { shape: x.shape, data };
}

function checkedShape([x, step]: readonly Shape[], { rate, seed }: DropoutParams): Shape {
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(
      `Cannot run dropout: rate is ${rate}, expected a number from 0 to below 1`,
    );
  }
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new RangeError(`Cannot run dropout: seed is ${seed}, expected a whole number from 0`);
  }
  if (sizeOf(step) !== 1) {
    throw new RangeError(`Cannot run dropout: step is ${formatShape(step)}, expected one number`);
  }
  return x;
}

/**
 * y = x / (1 − rate), or 0 where chance has it; `step` `[1]` is a whole number from 0 to 2²⁴, another one in
 * each training step.
 *
 * @category Operations
 */
export const dropout: Operation<DropoutParams, ["x", "step"]> = {
  name: "dropout",
  inputs: ["x", "step"],
  shape: checkedShape,
  forward: (device, inputs, params) => drop(device, inputs, { label: "dropout", params }),
  backward: (device, { inputs: [, step], dy }, params) => [
    drop(device, [dy, step], { label: "dropout dx", params }),
    null,
  ],
};

/** What {@linkcode dropout} is held against. */
export const dropoutCheck: OperationCheck<DropoutParams> = {
  reference: {
    forward: dropArray,
    backward: ([, step], dy, params) => [
      dropArray([dy, step], params),
      { shape: step.shape, data: step.data.map(() => 0) },
    ],
  },
  samples: [
    { shapes: [[2, 3, 5, 7], [1]], params: { rate: 0.5, seed: 7 }, fills: ["normal", "binary"] },
    { shapes: [[1], [1]], params: { rate: 0, seed: 0 }, fills: ["normal", "binary"] },
    {
      shapes: [[33], [1]],
      params: { rate: 0.9, seed: 1_099_511_627_779 },
      fills: ["normal", "binary"],
    },
    {
      shapes: [[4, 16, 128, 128], [1]],
      params: { rate: 0.1, seed: 1 },
      fills: ["normal", "binary"],
      bench: true,
    },
  ],
};
