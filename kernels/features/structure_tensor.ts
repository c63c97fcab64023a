/**
 * The eigenvalues of the structure tensor: how strong edges are around a pixel, across their main
 * direction and along it. Both are high at corners, only the first one along straight edges.
 *
 * The tensor is the products of the first derivatives, smoothed by a second Gaussian. Past the border
 * the products are mirrored, not the image.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { convolveReference, EIGENVALUES, eigenvaluesReference, gaussianTaps } from "./gaussian.ts";
import { runSeparably, SEPARABLE_WORKGROUP } from "./separable.ts";

/** Features that {@linkcode structureTensorFeatures} computes, in their order. */
export const STRUCTURE_TENSOR_FEATURES: readonly string[] = [
  "structure tensor large",
  "structure tensor small",
];

/** One invocation smooths the products of a pixel, along rows or columns. */
function smoothing(axis: "x" | "y"): string {
  const place = axis === "x"
    ? "i - i % p.width + u32(mirror(i32(i % p.width) + offset, i32(p.width)))"
    : "u32(mirror(i32(i / p.width) + offset, i32(p.height))) * p.width + i % p.width";
  return /* wgsl */ `
struct Params { height: u32, width: u32, radius: u32, slot: u32 }
@group(0) @binding(0) var<uniform> p: Params;

fn smoothed_at(i: u32) -> vec4f {
  var sums = vec4f(0.0);
  for (var k = 0u; k <= 2u * p.radius; k++) {
    let offset = i32(k) - i32(p.radius);
    sums += taps[k].x * products[${place}];
  }
  return sums;
}
`;
}

const ROWS = /* @__PURE__ */ (() =>
  /* wgsl */ `${smoothing("x")}
@group(0) @binding(1) var<storage, read_write> along: array<vec4f>;
@group(0) @binding(2) var<storage, read> products: array<vec4f>;
@group(0) @binding(3) var<storage, read> taps: array<vec4f>;

@compute @workgroup_size(${SEPARABLE_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${SEPARABLE_WORKGROUP}u;
  if (i < p.height * p.width) { along[i] = smoothed_at(i); }
}
`)();

const COLUMNS = /* @__PURE__ */ (() =>
  /* wgsl */ `${smoothing("y")}${EIGENVALUES}
@group(0) @binding(1) var<storage, read_write> features: array<f32>;
@group(0) @binding(2) var<storage, read> products: array<vec4f>;
@group(0) @binding(3) var<storage, read> taps: array<vec4f>;

@compute @workgroup_size(${SEPARABLE_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${SEPARABLE_WORKGROUP}u;
  let count = p.height * p.width;
  if (i >= count) { return; }
  let tensor = smoothed_at(i);
  let values = eigenvalues(tensor.x, tensor.y, tensor.z);
  features[p.slot * count + i] = values.x;
  features[(p.slot + 1u) * count + i] = values.y;
}
`)();

/** Products of first derivatives, how far they are smoothed, and where the features go. */
export interface StructureTensorProblem {
  /** dx², dx·dy, dy² and 0 of every pixel, `[h, w, 4]`. */
  readonly products: Tensor<"f32">;
  /** Standard deviation of the second Gaussian in pixels. */
  readonly sigma: number;
  /** Features one after the other, `[n, h, w]`; two of its planes are written. */
  readonly features: Tensor<"f32">;
  /** The first of them. */
  readonly slot: number;
}

/**
 * Computes {@linkcode STRUCTURE_TENSOR_FEATURES} into planes of `features`.
 *
 * @throws {RangeError} If `sigma` is out of range.
 */
export function structureTensorFeatures(
  device: Device,
  { products, sigma, features, slot }: StructureTensorProblem,
): void {
  const [height, width] = products.shape;
  runSeparably(device, {
    ...{ label: "structure tensor", size: { height, width }, sigma, slot },
    rows: { shader: ROWS, input: products },
    columns: { shader: COLUMNS, outputs: [features] },
  });
}

/** What {@linkcode structureTensorFeatures} computes, in float64, from the first derivatives. */
export function structureTensorReference(
  { width, height, dx, dy }: {
    width: number;
    height: number;
    dx: ArrayLike<number>;
    dy: ArrayLike<number>;
  },
  { sigma }: { sigma: number },
): ArrayLike<number>[] {
  const { smooth } = gaussianTaps(sigma);
  const smoothed = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    const plane = { width, height, data: Array.from(a, (value, i) => value * b[i]) };
    const along = convolveReference(plane, { weights: smooth, axis: "x" });
    return Array.from(convolveReference(along, { weights: smooth, axis: "y" }).data);
  };
  const [xx, xy, yy] = [smoothed(dx, dx), smoothed(dx, dy), smoothed(dy, dy)];
  const values = xx.map((value, i) => eigenvaluesReference(value, xy[i], yy[i]));
  return [values.map(([large]) => large), values.map(([, small]) => small)];
}
