/**
 * Sums and largest values over any axes of a tensor, in a fixed order.
 *
 * Neighbouring axes that are both reduced, or both kept, are walked as one. Each invocation takes
 * some 64 elements of one result, or of four that lie side by side, and what several invocations
 * have found of one result is reduced in the same way again. Neighbouring invocations read neighbouring
 * elements: of one result where the last axis is reduced, else of neighbouring results.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { nanFunctions } from "../nan.ts";
import { vectorType, type VectorWidth, vectorWidth } from "../vector_width.ts";
import { stepsOf } from "./layout.ts";

const STEPS = 64;

/**
 * What becomes of the elements of one result.
 *
 * @category Own operations
 */
export type ReductionKind = "sum" | "max";

/** WGSL that joins two values; the largest of values among which is NaN is NaN. */
const JOINED: Readonly<Record<ReductionKind, (a: string, b: string) => string>> = {
  sum: (a, b) => `${a} + ${b}`,
  max: (a, b) => `keep_nan(keep_nan(max(${a}, ${b}), ${a}), ${b})`,
};

/** Axes of one kind, the outermost first. */
type Axes = readonly { readonly extent: number; readonly step: number }[];

/** Kept and reduced axes in turn, as few as possible. */
function divideAxes(shape: Shape, axes: readonly number[]) {
  const joined: { extent: number; step: number; isReduced: boolean }[] = [];
  stepsOf(shape).forEach((step, axis) => {
    const [extent, isReduced] = [shape[axis], axes.includes(axis)];
    if (extent === 1) return;
    const outer = joined.at(-1);
    if (outer?.isReduced !== isReduced) joined.push({ extent, step, isReduced });
    else joined[joined.length - 1] = { extent: outer.extent * extent, step, isReduced };
  });
  return {
    kept: joined.filter(({ isReduced }) => !isReduced),
    reduced: joined.filter(({ isReduced }) => isReduced),
    isInnerReduced: joined.at(-1)?.isReduced ?? false,
  };
}

/** The same axes where the last one counts vectors. */
function inVectors(axes: Axes, vector: VectorWidth, isInner: boolean): Axes {
  return axes.map(({ extent, step }, i) =>
    isInner && i === axes.length - 1
      ? { extent: extent / vector, step }
      : { extent, step: step / vector }
  );
}

/** Uniforms of some axes: `k0`, `k0_step` and so on. */
function uniformsOf(letter: string, axes: Axes): Record<string, number> {
  return Object.fromEntries(axes.flatMap(({ extent, step }, i) => [
    [`${letter}${i}`, extent],
    [`${letter}${i}_step`, step],
  ]));
}

/** WGSL function of the place that an index over all of some axes leads to. */
function placeFunction(letter: string, rank: number): string {
  const lines = Array.from({ length: rank }, (_, i) => rank - 1 - i).map((axis) =>
    axis === 0
      ? `place += rest * p.${letter}0_step;`
      : `place += rest % p.${letter}${axis} * p.${letter}${axis}_step; rest /= p.${letter}${axis};`
  );
  return `fn place_${letter}(index: u32) -> u32 {
  var rest = index;
  var place = 0u;
  ${lines.join("\n  ")}
  return place;
}`;
}

function shaderFor(
  { kind, isInnerReduced, vector, members, ranks: [kept, reduced] }: {
    kind: ReductionKind;
    isInnerReduced: boolean;
    vector: VectorWidth;
    members: readonly string[];
    ranks: readonly [kept: number, reduced: number];
  },
): string {
  const join = JOINED[kind];
  const type = vectorType(vector);
  // Four elements of one result are joined at the end; four results side by side stay apart.
  const isJoined = isInnerReduced && vector === 4;
  return /* wgsl */ `
struct Params { ${members.map((name) => `${name}: u32`).join(", ")} }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> partial: array<${isJoined ? "f32" : type}>;
@group(0) @binding(2) var<storage, read> x: array<${type}>;
${kind === "max" ? nanFunctions(type) : ""}
${placeFunction("k", kept)}
${placeFunction("r", reduced)}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.results * p.lanes) { return; }
  let lane = ${isInnerReduced ? "index % p.lanes" : "index / p.results"};
  let at = ${isInnerReduced ? "index / p.lanes" : "index % p.results"};
  let first = place_k(at);
  var result = x[first + place_r(lane)];
  for (var i = lane + p.lanes; i < p.length; i += p.lanes) {
    result = ${join("result", "x[first + place_r(i)]")};
  }
  ${
    isJoined
      ? `let pair = ${join("result", "result.zwxy")};
  let all = ${join("pair", "pair.yxwz")};
  partial[lane * p.results + at] = all.x;`
      : "partial[lane * p.results + at] = result;"
  }
}
`;
}

/**
 * Reduces a tensor over some of its axes.
 *
 * @param what.axes The axes, from 0 on; all that have extent 1 may be named or left out.
 * @param what.shape Shape of the result: that of the axes that are kept, with or without ones.
 * @category Own operations
 */
export function reduceAxes(
  device: Device,
  x: Tensor<"f32">,
  { label, kind, axes, shape }: {
    label: string;
    kind: ReductionKind;
    axes: readonly number[];
    shape: Shape;
  },
): Tensor<"f32"> {
  const { kept, reduced, isInnerReduced } = divideAxes(x.shape, axes);
  if (reduced.length === 0) {
    const y = device.empty(shape);
    device.copy({ from: x, to: y, count: x.size });
    return y;
  }
  const inner = (isInnerReduced ? reduced : kept).at(-1);
  const vector = vectorWidth(inner?.extent ?? 1);
  const outputs = inVectors(kept, vector, !isInnerReduced);
  const inputs = inVectors(reduced, vector, isInnerReduced);
  const [results, length] = [outputs, inputs].map((list) => sizeOf(list.map((a) => a.extent)));
  const lanes = Math.ceil(length / STEPS);
  const uniforms = {
    ...{ results, lanes, length },
    ...uniformsOf("k", outputs),
    ...uniformsOf("r", inputs),
  };
  const shader = shaderFor({
    ...{ kind, isInnerReduced, vector },
    members: Object.keys(uniforms),
    ranks: [outputs.length, inputs.length],
  });
  using scope = device.scope();
  const partial = device.empty(lanes === 1 ? shape : [lanes, sizeOf(shape)]);
  device.dispatch({
    label,
    shader,
    uniforms,
    tensors: [partial, x],
    workgroups: linearWorkgroups(results * lanes, WORKGROUP),
  });
  const y = lanes === 1 ? partial : reduceAxes(device, partial, { label, kind, axes: [0], shape });
  return scope.keep(y);
}

/** Sums a tensor over the axes along which a shape was repeated to that of the tensor. */
export function sumRepeated(
  device: Device,
  tensor: Tensor<"f32">,
  shape: Shape,
): Tensor<"f32"> {
  const missing = tensor.shape.length - shape.length;
  const axes = [...tensor.shape.keys()].filter((axis) => (shape[axis - missing] ?? 1) === 1);
  return reduceAxes(device, tensor, { label: "sum repeated", kind: "sum", axes, shape });
}
