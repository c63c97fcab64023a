/**
 * How losses over pixels are made: sums over the pixels, a scalar from the sums, and a gradient per
 * pixel from the pixel and the sums. A loss is one record of those formulas, once in WGSL and once in
 * plain numbers.
 *
 * The loss is one reduction in a fixed order; backward repeats it, because that costs less than
 * keeping the sums.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import {
  type Fill,
  type NdArray,
  type Operation,
  type OperationCheck,
  type Params,
  zeros,
} from "../operation.ts";
import { nanFunctions } from "../parts/nan.ts";
import { sumSlabs } from "../parts/reduce.ts";
import { requireElements, requireSameShape, sizeOf } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/** Sums over the pixels that a loss is made of; unused ones are 0. */
export type Sums = readonly [number, number, number, number];

/** A loss between two maps a and b, in WGSL and in plain numbers. */
export interface PixelLoss<
  P extends Params,
  N extends readonly [string, string] = readonly [string, string],
> {
  /** The operation's name. */
  readonly name: string;
  /** Names of the two inputs. */
  readonly inputs: N;
  /** Whether sums run over the whole batch or over each image, whose losses are then averaged. */
  readonly over: "batch" | "image";
  /** Values of the loss's parameters where tests and benches run it; WGSL sees them as numbers. */
  readonly defaults: P;
  /**
   * WGSL expressions of `a`, `b` (f32, one pixel), `s` (vec4f, the sums), `n` (f32, pixels summed)
   * and the parameters (f32) as `p.c_NAME`: what is summed (vec4f), the loss, and its derivatives.
   * The functions of nan.ts are there. A null derivative makes that input a constant.
   */
  readonly wgsl: { terms: string; value: string; da: string; db: string | null };
  /** WGSL expression of `n` from the sums `s`; the number of elements unless told. */
  readonly count?: string;
  /** What is summed, in plain numbers. */
  terms(a: number, b: number, params: P): Sums;
  /** The loss. */
  value(s: Sums, n: number, params: P): number;
  /** Its derivatives with respect to one pixel of a and of b. */
  derivatives(
    pixel: { a: number; b: number; s: Sums; n: number },
    params: P,
  ): [da: number, db: number];
  /** What tests fill the inputs with. */
  readonly fills: readonly [Fill, Fill];
}

const CHUNK = 256;
const ALL = "f32(p.length)";

function head(params: Params): string {
  const members = Object.keys(params).map((name) => `, c_${name}: f32`).join("");
  return /* wgsl */ `
struct Params { length: u32, groups: u32, chunks: u32${members} }
@group(0) @binding(0) var<uniform> p: Params;
${nanFunctions("f32")}`;
}

function sumShader({ wgsl }: PixelLoss<Params>, params: Params): string {
  return /* wgsl */ `${head(params)}
@group(0) @binding(1) var<storage, read_write> partial: array<vec4f>;
@group(0) @binding(2) var<storage, read> in_a: array<f32>;
@group(0) @binding(3) var<storage, read> in_b: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.groups * p.chunks) { return; }
  let chunk = index % p.chunks;
  let group = index / p.chunks;
  var sum = vec4f(0.0);
  for (var i = chunk; i < p.length; i += p.chunks) {
    let a = in_a[group * p.length + i];
    let b = in_b[group * p.length + i];
    sum += ${wgsl.terms};
  }
  partial[chunk * p.groups + group] = sum;
}
`;
}

function valueShader({ wgsl, count = ALL }: PixelLoss<Params>, params: Params): string {
  return /* wgsl */ `${head(params)}
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;
@group(0) @binding(2) var<storage, read> sums: array<vec4f>;

@compute @workgroup_size(1)
fn main() {
  var total = 0.0;
  for (var group = 0u; group < p.groups; group++) {
    let s = sums[group];
    let n = ${count};
    total += ${wgsl.value};
  }
  loss[0] = total / f32(p.groups);
}
`;
}

function gradientShader(
  derivative: string,
  { params, count = ALL }: { params: Params; count?: string },
): string {
  // Inputs and sums are bound to names even where a derivative needs none: an automatic layout holds
  // only what the shader mentions.
  return /* wgsl */ `${head(params)}
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> in_a: array<f32>;
@group(0) @binding(3) var<storage, read> in_b: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<vec4f>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.length * p.groups) { return; }
  let a = in_a[i];
  let b = in_b[i];
  let s = sums[i / p.length];
  let n = ${count};
  gradient[i] = dy[0] / f32(p.groups) * (${derivative});
}
`;
}

/**
 * The same loss as if pixels whose target b is negative were not there: they are left out of the sums and
 * of `n`, and have no gradient. The target is a constant. Where nothing is known the loss is 0.
 *
 * @param loss A loss whose fourth sum is free, which counts the known pixels now.
 * @param name The name of the operation.
 */
export function knownPixels<P extends Params, N extends readonly [string, string]>(
  loss: PixelLoss<P, N>,
  name: string,
): PixelLoss<P, N> {
  const known = (s: Sums) => Math.max(s[3], 1);
  return {
    ...loss,
    name,
    wgsl: {
      ...loss.wgsl,
      terms: `select(${loss.wgsl.terms} + vec4f(0.0, 0.0, 0.0, 1.0), vec4f(0.0), is_below(b))`,
      value: `select(${loss.wgsl.value}, 0.0, s.w == 0.0)`,
      da: `select(${loss.wgsl.da}, 0.0, is_below(b))`,
      db: null,
    },
    count: "max(s.w, 1.0)",
    terms(a, b, params) {
      if (b < 0) return [0, 0, 0, 0];
      const [first, second, third] = loss.terms(a, b, params);
      return [first, second, third, 1];
    },
    value: (s, _n, params) => s[3] === 0 ? 0 : loss.value(s, known(s), params),
    derivatives(pixel, params) {
      if (pixel.b < 0) return [0, 0];
      return [loss.derivatives({ ...pixel, n: known(pixel.s) }, params)[0], 0];
    },
    fills: [loss.fills[0], "partly known"],
  };
}

/** How many sums there are, and over how many pixels each. */
function layout(
  { over }: { over: "batch" | "image" },
  { size, batch }: { size: number; batch: number },
): { groups: number; length: number } {
  const groups = over === "image" ? batch : 1;
  return { groups, length: size / groups };
}

/** Makes the operation `(a, b) -> scalar` of a loss; the result has shape `[1]`. */
export function pixelLoss<P extends Params, const N extends readonly [string, string]>(
  loss: PixelLoss<P, N>,
): Operation<P, N> {
  const { name, wgsl } = loss;
  const generic = loss as unknown as PixelLoss<Params>;
  const common = (a: Tensor<"f32">, params: P) => {
    const { groups, length } = layout(loss, { size: a.size, batch: a.shape[0] });
    const chunks = Math.ceil(length / CHUNK);
    return {
      groups,
      chunks,
      uniforms: {
        ...{ length, groups, chunks },
        ...Object.fromEntries(
          Object.entries(params).map(([key, value]) => [`c_${key}`, Number(value)]),
        ),
      },
    };
  };
  const sum = (device: Device, [a, b]: readonly Tensor<"f32">[], params: P) => {
    const { groups, chunks, uniforms } = common(a, params);
    using scope = device.scope();
    const partial = device.empty([chunks, groups, 4]);
    device.dispatch({
      label: `${name} sums`,
      shader: sumShader(generic, params),
      uniforms,
      tensors: [partial, a, b],
      workgroups: linearWorkgroups(groups * chunks, WORKGROUP),
    });
    return scope.keep(sumSlabs(device, { partial, shape: [groups, 4] }));
  };
  return {
    name,
    inputs: loss.inputs,
    shape(shapes) {
      requireElements(requireSameShape(shapes, name), name);
      return [1];
    },
    forward(device, [a, b], params) {
      using scope = device.scope();
      const sums = sum(device, [a, b], params);
      const value = device.empty([1]);
      const { uniforms } = common(a, params);
      device.dispatch({
        label: `${name} value`,
        shader: valueShader(generic, params),
        uniforms,
        tensors: [value, sums],
        workgroups: [1],
      });
      return scope.keep(value);
    },
    backward(device, { inputs: [a, b], dy, needs }, params) {
      using scope = device.scope();
      const sums = sum(device, [a, b], params);
      const { uniforms } = common(a, params);
      return [wgsl.da, wgsl.db].map((derivative, i) => {
        if (derivative === null || !needs[i]) return null;
        const gradient = device.empty(a.shape);
        device.dispatch({
          label: `${name} ${i === 0 ? "da" : "db"}`,
          shader: gradientShader(derivative, { params, count: loss.count }),
          uniforms,
          tensors: [gradient, a, b, sums, dy],
          workgroups: linearWorkgroups(a.size, WORKGROUP),
        });
        return scope.keep(gradient);
      });
    },
  };
}

/** What the operation of a loss is held against. */
export function pixelLossCheck<P extends Params, const N extends readonly [string, string]>(
  loss: PixelLoss<P, N>,
): OperationCheck<P> {
  const referenceSums = ([a, b]: readonly NdArray[], params: P) => {
    const { groups, length } = layout(loss, { size: a.data.length, batch: a.shape[0] });
    const sums = Array.from({ length: groups }, (): Sums => [0, 0, 0, 0]);
    a.data.forEach((value, i) => {
      const group = Math.floor(i / length);
      const terms = loss.terms(value, b.data[i], params);
      sums[group] = sums[group].map((s, k) => s + terms[k]) as unknown as Sums;
    });
    return { groups, length, sums };
  };
  return {
    reference: {
      forward(inputs, params) {
        const { groups, length, sums } = referenceSums(inputs, params);
        const total = sums.reduce((acc, s) => acc + loss.value(s, length, params), 0);
        return { shape: [1], data: Float64Array.of(total / groups) };
      },
      backward(inputs, dy, params) {
        const [a, b] = inputs;
        const { groups, length, sums } = referenceSums(inputs, params);
        const [da, db] = [zeros(a.shape), zeros(b.shape)];
        a.data.forEach((value, i) => {
          const pixel = { a: value, b: b.data[i], s: sums[Math.floor(i / length)], n: length };
          const [ga, gb] = loss.derivatives(pixel, params);
          da.data[i] = dy.data[0] / groups * ga;
          db.data[i] = loss.wgsl.db === null ? 0 : dy.data[0] / groups * gb;
        });
        return [da, db];
      },
    },
    samples: [[2, 1, 16, 12], [1, 1, 1, 1], [3, 2, 33, 17], [4, 1, 128, 128]].map((shape) => ({
      shapes: [shape, shape],
      params: loss.defaults,
      fills: loss.fills,
      bench: sizeOf(shape) > 10_000,
    })),
  };
}
