/**
 * The smallest and largest value of a tensor.
 *
 * Floats are compared as unsigned integers that sort the same way, so that the GPU's integer atomics
 * apply: they give the same result in any order, and NaN and the infinities sort to the two ends,
 * where they cannot be missed.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { runSteps, type Steps } from "./steps.ts";

/**
 * The smallest and the largest of some values.
 *
 * @category Masks
 */
export interface ValueRange {
  /** The smallest value. */
  readonly min: number;
  /** The largest value. */
  readonly max: number;
}

const WORKGROUP = 256;
const STEPS = 16;
const SIGN = 0x80000000;

// Negative floats sort backwards as integers: all their bits are flipped, of the others the sign only.
const SHADER = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> ends: array<atomic<u32>, 2>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
var<workgroup> group_ends: array<atomic<u32>, 2>;

@compute @workgroup_size(${WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = (group.x + group.y * groups.x) * ${WORKGROUP * STEPS}u + lane;
  var low = 0u;
  var high = 0u;
  for (var step = 0u; step < ${STEPS}u; step++) {
    let i = first + step * ${WORKGROUP}u;
    if (i < p.count) {
      let bits = x[i];
      let key = bits ^ select(${SIGN}u, 0xffffffffu, bits >= ${SIGN}u);
      low = max(low, ~key);
      high = max(high, key);
    }
  }
  atomicMax(&group_ends[0], low);
  atomicMax(&group_ends[1], high);
  workgroupBarrier();
  if (lane < 2u) { atomicMax(&ends[lane], atomicLoad(&group_ends[lane])); }
}
`)();

/**
 * Finds the smallest and the largest value of a tensor of any shape.
 *
 * @returns Both, exactly; waits for the GPU.
 * @throws {RangeError} If a value is NaN or infinite, or there are none.
 *
 * @example
 * ```ts ignore
 * const { min, max } = await valueRange(device, prob);
 * ```
 *
 * @category Masks
 */
export async function valueRange(device: Device, x: Tensor<"f32">): Promise<ValueRange> {
  return await runSteps(device, valueRangeSteps(device, x));
}

/**
 * What {@linkcode valueRange} does, for a caller who waits for the GPU himself: one step.
 *
 * @category Masks
 */
export function* valueRangeSteps(device: Device, x: Tensor<"f32">): Steps<ValueRange> {
  if (x.size === 0) throw new RangeError("Cannot find the range of values: there are none");
  const ends = device.empty([2], "u32");
  try {
    device.clear(ends);
    device.dispatch({
      label: "value range",
      shader: SHADER,
      uniforms: { count: x.size },
      tensors: [ends, x],
      workgroups: linearWorkgroups(x.size, WORKGROUP * STEPS),
    });
    const [[low, high]] = yield [ends];
    const [min, max] = [floatOf(~low), floatOf(high)];
    if (!Number.isFinite(min) || !Number.isFinite(max)) {
      throw new RangeError(
        "Cannot find the range of values: there is a NaN or an infinity among them",
      );
    }
    return { min, max };
  } finally {
    device.free(ends);
  }
}

function floatOf(key: number): number {
  const bits = new Uint32Array([key >>> 0 >= SIGN ? key ^ SIGN : ~key]);
  return new Float32Array(bits.buffer)[0];
}
