/**
 * The step of stochastic gradient descent with momentum, as PyTorch makes it (Sutskever et al. 2013):
 *
 *     g = dw + decay · w,   v = momentum · v + g,   w −= rate · v   or, after Nesterov, rate · (g + momentum · v)
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";

function shaderFor(velocity: boolean): string {
  return /* wgsl */ `
struct Params { count: u32, momentum: f32, nesterov: f32, decay: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> w: array<vec4f>;
@group(0) @binding(2) var<storage, read> dw: array<vec4f>;
@group(0) @binding(3) var<storage, read> rate: array<f32>;
${velocity ? "@group(0) @binding(4) var<storage, read_write> v: array<vec4f>;" : ""}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  var g = dw[i] + p.decay * w[i];
  ${
    velocity
      ? `let next = p.momentum * v[i] + g;
  v[i] = next;
  g = select(next, g + p.momentum * next, p.nesterov != 0.0);`
      : ""
  }
  w[i] -= rate[0] * g;
}
`;
}

/**
 * Settings of gradient descent that do not change during training.
 *
 * @category Own operations
 */
export interface SgdSettings {
  /** Share of the velocity that stays from one step to the next; 0 for none. */
  readonly momentum: number;
  /** Whether the step looks ahead along the velocity; not unless told. */
  readonly nesterov?: boolean;
  /** Added to the gradient for each unit of the weight; none unless told. */
  readonly weightDecay?: number;
}

/**
 * Updates a weight and its velocity in place; there is none without momentum. `rate` is `[1]`.
 *
 * @category Own operations
 */
export function sgdStep(
  device: Device,
  { weight, gradient, velocity, rate, settings }: {
    weight: Tensor<"f32">;
    gradient: Tensor<"f32">;
    velocity: Tensor<"f32"> | null;
    rate: Tensor<"f32">;
    settings: SgdSettings;
  },
): void {
  const { momentum, nesterov = false, weightDecay: decay = 0 } = settings;
  const count = Math.ceil(weight.size / 4);
  device.dispatch({
    label: "sgd",
    shader: shaderFor(velocity !== null),
    uniforms: { count, momentum, nesterov: Number(nesterov), decay },
    tensors: velocity ? [weight, gradient, rate, velocity] : [weight, gradient, rate],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
}
