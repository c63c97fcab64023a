/**
 * What the adapter can do at best, measured: arithmetic in registers, and copying in memory. Times of
 * kernels are judged against these two.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { timeQueued } from "./timing.ts";

/**
 * The measured ceilings of an adapter.
 *
 * @category Tuning
 */
export interface Ceilings {
  /** Fused multiply-adds on float32 registers in 10⁹ operations a second, two for each. */
  readonly fmaGflops: number;
  /** Copying between storage buffers by a kernel in 10⁹ bytes a second, read and written. */
  readonly copyGbs: number;
}

const TIMING = { atLeast: 25 };

/**
 * Independent sums per invocation: 12 numbers hide the latency of the multiply-add, and with the two
 * operands they still fit the 16 vector registers of a CPU.
 */
const CHAINS = ["a", "b", "c"];
const UNROLLED = 8;
const INVOCATIONS = 2 ** 18;
/** Software adapters silently end loops after some 65,000 turns. */
const MOST_STEPS = 4096;

// The sums go to scale · sum + shift = 2 · shift: they never overflow or become denormal.
const FMA = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { steps: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let shift = vec4f(1.0 + f32(id.x % ${WORKGROUP}u));
  let scale = vec4f(f32(p.steps) / f32(2u * p.steps));
  ${CHAINS.map((sum, i) => `var ${sum} = ${i}.0 * shift;`).join("\n  ")}
  for (var step = 0u; step < p.steps; step++) {
    ${
  Array.from(
    { length: UNROLLED },
    () => CHAINS.map((sum) => `${sum} = fma(${sum}, scale, shift);`).join(" "),
  ).join("\n    ")
}
  }
  y[id.x] = dot(${CHAINS.join(" + ")}, vec4f(1.0));
}
`)();

/** Larger than the caches of a GPU, and within the default limit of a binding. */
const COPY_BYTES = 64 * 1024 ** 2;
const VECTORS_PER_INVOCATION = 4;

const COPY = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { stride: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.stride) { return; }
  ${
  Array.from(
    { length: VECTORS_PER_INVOCATION },
    (_, k) => `y[i + ${k}u * p.stride] = x[i + ${k}u * p.stride];`,
  ).join("\n  ")
}
}
`)();

/**
 * Measures the ceilings of a device, in about a second. It takes up to 130 MiB of GPU memory and
 * gives them back.
 *
 * @throws {ShaderError | DeviceLostError | OutOfMemoryError} If the device fails.
 * @category Tuning
 */
export async function measureCeilings(device: Device): Promise<Ceilings> {
  const task = device.task();
  const fmaGflops = await measureFma(task);
  const copyGbs = await measureCopy(task);
  device.trim();
  return { fmaGflops, copyGbs };
}

/** Times single steps of the loop, so that what a dispatch costs does not count. */
async function measureFma(device: Device): Promise<number> {
  using _scope = device.scope();
  const y = device.empty([INVOCATIONS]);
  const { milliseconds } = await timeQueued(device, (count) => {
    for (let left = count; left > 0; left -= MOST_STEPS) {
      device.dispatch({
        label: "ceiling of arithmetic",
        shader: FMA,
        uniforms: { steps: Math.min(left, MOST_STEPS) },
        tensors: [y],
        workgroups: [INVOCATIONS / WORKGROUP],
      });
    }
  }, TIMING);
  return INVOCATIONS * CHAINS.length * 4 * UNROLLED * 2 / milliseconds / 1e6;
}

async function measureCopy(device: Device): Promise<number> {
  using _scope = device.scope();
  const bytes = Math.min(COPY_BYTES, device.maxTensorBytes);
  const stride = Math.floor(bytes / 16 / VECTORS_PER_INVOCATION);
  const shape = [stride * VECTORS_PER_INVOCATION, 4];
  const [x, y] = [device.empty(shape), device.empty(shape)];
  const { milliseconds } = await timeQueued(device, (count) => {
    for (let i = 0; i < count; i++) {
      device.dispatch({
        label: "ceiling of copying",
        shader: COPY,
        uniforms: { stride },
        tensors: [y, x],
        workgroups: linearWorkgroups(stride, WORKGROUP),
      });
    }
  }, TIMING);
  return (x.byteLength + y.byteLength) / milliseconds / 1e6;
}
