/**
 * A window on a tensor: a part of it, or all of it with a margin, along any axes.
 *
 * Axes that the window leaves as they are are walked as one with the axis before them.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { vectorType } from "../vector_width.ts";

/** Where a window lies. */
export interface Window {
  /** The index along each axis where it begins; below 0 there is a margin before the tensor. */
  readonly from: readonly number[];
  /** Its extents. */
  readonly shape: Shape;
  /** What stands outside of the tensor; 0 unless told. */
  readonly outside?: number;
}

/** An axis: its extent in the window and in the tensor, and where the window begins. */
interface WindowAxis {
  readonly extent: number;
  readonly whole: number;
  readonly from: number;
}

function joinWindow(x: Shape, { from, shape }: Window): WindowAxis[] {
  const joined: WindowAxis[] = [];
  for (const [axis, extent] of shape.entries()) {
    const outer = joined.at(-1);
    if (outer && from[axis] === 0 && extent === x[axis]) {
      joined[joined.length - 1] = {
        extent: outer.extent * extent,
        whole: outer.whole * extent,
        from: outer.from * extent,
      };
    } else joined.push({ extent, whole: x[axis], from: from[axis] });
  }
  return joined.length > 0 ? joined : [{ extent: 1, whole: 1, from: 0 }];
}

function shaderFor({ rank, vector }: { rank: number; vector: 1 | 4 }): string {
  const type = vectorType(vector);
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const members = axes.map((axis) => `extent_${axis}: u32, whole_${axis}: i32, from_${axis}: i32`);
  const indices = axes.toReversed().map((axis) => `
  let i_${axis} = i32(${axis === 0 ? "rest" : `rest % p.extent_${axis}`}) + p.from_${axis};
  ${axis === 0 ? "" : `rest /= p.extent_${axis};`}`);
  const inside = axes.map((axis) => `i_${axis} >= 0 && i_${axis} < p.whole_${axis}`);
  const place = axes.slice(1).reduce(
    (outer, axis) => `(${outer} * p.whole_${axis} + i_${axis})`,
    "i_0",
  );
  return /* wgsl */ `
struct Params { count: u32, outside: f32, ${members.join(", ")} }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> result: array<${type}>;
@group(0) @binding(2) var<storage, read> x: array<${type}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  var rest = index;
  ${indices.join("")}
  let inside = ${inside.join(" && ")};
  result[index] = select(${type}(p.outside), x[select(0, ${place}, inside)], inside);
}
`;
}

/** Copies what a window shows. */
export function windowOf(
  device: Device,
  x: Tensor<"f32">,
  { label, ...window }: Window & { readonly label: string },
): Tensor<"f32"> {
  const { shape, outside = 0 } = window;
  const result = device.empty(shape);
  const axes = joinWindow(x.shape, window);
  const [{ extent, whole, from }] = axes;
  if (axes.length === 1 && from >= 0 && from + extent <= whole) {
    device.copy({ from: x, fromOffset: from, to: result, count: extent });
    return result;
  }
  const inner = axes[axes.length - 1];
  const fits = [inner.extent, inner.whole, inner.from].every((n) => n % 4 === 0);
  const vector = fits ? 4 : 1;
  const count = sizeOf(shape) / vector;
  const uniforms: Record<string, number> = { count, outside };
  axes.forEach((axis, i) => {
    const unit = axis === inner ? vector : 1;
    uniforms[`extent_${i}`] = axis.extent / unit;
    uniforms[`whole_${i}`] = axis.whole / unit;
    uniforms[`from_${i}`] = axis.from / unit;
  });
  device.dispatch({
    label,
    shader: shaderFor({ rank: axes.length, vector }),
    uniforms,
    tensors: [result, x],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
  return result;
}

/** The same in plain loops. */
export function windowOfArray(
  { shape: x, data }: { shape: Shape; data: Float64Array },
  { from, shape, outside = 0 }: Window,
): { shape: Shape; data: Float64Array } {
  const result = new Float64Array(sizeOf(shape));
  for (let i = 0; i < result.length; i++) {
    let [rest, place, step, isInside] = [i, 0, 1, true];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis] + from[axis];
      isInside &&= at >= 0 && at < x[axis];
      place += at * step;
      step *= x[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    result[i] = isInside ? data[place] : outside;
  }
  return { shape, data: result };
}
