/**
 * The Adam step (Kingma and Ba 2015), with PyTorch's placement of epsilon, and decoupled weight decay
 * (AdamW: Loshchilov and Hutter 2019): weights shrink by their share, whatever their gradients are.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";

/** Its `step`: step size lr / (1 − β1ᵗ), 1 / sqrt(1 − β2ᵗ), epsilon, what decay leaves of a weight. */
const SHADER = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, beta1: f32, beta2: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> w: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> dw: array<vec4f>;
@group(0) @binding(5) var<storage, read> step: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let g = dw[i];
  let first = p.beta1 * m[i] + (1.0 - p.beta1) * g;
  let second = p.beta2 * v[i] + (1.0 - p.beta2) * g * g;
  m[i] = first;
  v[i] = second;
  w[i] = step[3] * w[i] - step[0] * first / (sqrt(second) * step[1] + step[2]);
}
`)();

/**
 * Settings of Adam that do not change during training.
 *
 * @category Own operations
 */
export interface AdamSettings {
  /** Decay of the first moment. */
  readonly beta1: number;
  /** Decay of the second moment. */
  readonly beta2: number;
  /** Added to the root of the second moment. */
  readonly epsilon: number;
  /** Share of a weight that a step takes off for each unit of the learning rate; none unless told. */
  readonly weightDecay?: number;
}

/**
 * The numbers that one step of Adam needs on the GPU, for step `t` counted from 1.
 *
 * @category Own operations
 */
export function adamStepSizes(
  { learningRate, t, settings }: { learningRate: number; t: number; settings: AdamSettings },
): Float32Array<ArrayBuffer> {
  return Float32Array.of(
    learningRate / (1 - settings.beta1 ** t),
    1 / Math.sqrt(1 - settings.beta2 ** t),
    settings.epsilon,
    1 - learningRate * (settings.weightDecay ?? 0),
  );
}

/**
 * Updates a weight and its two moments in place; `step` comes from {@linkcode adamStepSizes}.
 *
 * @category Own operations
 */
export function adamStep(
  device: Device,
  { weight, gradient, first, second, step, settings }: {
    weight: Tensor<"f32">;
    gradient: Tensor<"f32">;
    first: Tensor<"f32">;
    second: Tensor<"f32">;
    step: Tensor<"f32">;
    settings: AdamSettings;
  },
): void {
  const count = Math.ceil(weight.size / 4);
  device.dispatch({
    label: "adam",
    shader: SHADER,
    uniforms: { count, beta1: settings.beta1, beta2: settings.beta2 },
    tensors: [weight, first, second, gradient, step],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
}
