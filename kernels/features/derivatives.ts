/**
 * What the Gaussian derivatives of an image say at one scale: the smoothed value, the Laplacian, the
 * gradient's magnitude and the eigenvalues of the Hessian.
 *
 * Two passes: the first smooths and differentiates along the rows and keeps the three results of a
 * pixel in one vector; the second does so along the columns, which gives all derivatives up to the
 * second from one load per tap. Each sum runs from the first tap to the last.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import { planeSize } from "../parts/plane.ts";
import type { Tensor } from "../gpu/tensor.ts";
import {
  convolveReference,
  EIGENVALUES,
  eigenvaluesReference,
  gaussianTaps,
  type ReferencePlane,
} from "./gaussian.ts";
import { runSeparably, SEPARABLE_WORKGROUP } from "./separable.ts";

/** Features that {@linkcode derivativeFeatures} computes, in their order. */
export const DERIVATIVE_FEATURES: readonly string[] = [
  "gaussian",
  "laplacian",
  "gradient magnitude",
  "hessian large",
  "hessian small",
];

const HEAD = /* wgsl */ `
struct Params { height: u32, width: u32, radius: u32, slot: u32 }
@group(0) @binding(0) var<uniform> p: Params;
`;

const ROWS = /* @__PURE__ */ (() =>
  /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> along: array<vec4f>;
@group(0) @binding(2) var<storage, read> plane: array<f32>;
@group(0) @binding(3) var<storage, read> taps: array<vec4f>;

@compute @workgroup_size(${SEPARABLE_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${SEPARABLE_WORKGROUP}u;
  if (i >= p.height * p.width) { return; }
  let row = i / p.width * p.width;
  let first = i32(i - row) - i32(p.radius);
  var sums = vec4f(0.0);
  for (var k = 0u; k <= 2u * p.radius; k++) {
    let x = mirror(first + i32(k), i32(p.width));
    sums += taps[k] * plane[row + u32(x)];
  }
  along[i] = sums;
}
`)();

const COLUMNS = /* @__PURE__ */ (() =>
  /* wgsl */ `${HEAD}${EIGENVALUES}
@group(0) @binding(1) var<storage, read_write> features: array<f32>;
@group(0) @binding(2) var<storage, read_write> products: array<vec4f>;
@group(0) @binding(3) var<storage, read> along: array<vec4f>;
@group(0) @binding(4) var<storage, read> taps: array<vec4f>;

@compute @workgroup_size(${SEPARABLE_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${SEPARABLE_WORKGROUP}u;
  let count = p.height * p.width;
  if (i >= count) { return; }
  let column = i % p.width;
  let first = i32(i / p.width) - i32(p.radius);
  var smoothed = vec4f(0.0); // value, d/dx, d²/dx²
  var sloped = vec2f(0.0); // d/dy, d²/dxdy
  var curved = 0.0; // d²/dy²
  for (var k = 0u; k <= 2u * p.radius; k++) {
    let y = u32(mirror(first + i32(k), i32(p.height)));
    let value = along[y * p.width + column];
    let tap = taps[k];
    smoothed += tap.x * value;
    sloped += tap.y * value.xy;
    curved += tap.z * value.x;
  }
  let dx = smoothed.y;
  let dy = sloped.x;
  let hessian = eigenvalues(smoothed.z, sloped.y, curved);
  let at = p.slot * count + i;
  features[at] = smoothed.x;
  features[at + count] = smoothed.z + curved;
  features[at + 2u * count] = sqrt(dx * dx + dy * dy);
  features[at + 3u * count] = hessian.x;
  features[at + 4u * count] = hessian.y;
  products[i] = vec4f(dx * dx, dx * dy, dy * dy, 0.0);
}
`)();

/** One plane, the scale at which it is looked at, and where its features go. */
export interface ScaleProblem {
  /** The image, `[h, w]`. */
  readonly plane: Tensor<"f32">;
  /** Standard deviation of the Gaussian in pixels. */
  readonly sigma: number;
  /** Features one after the other, `[n, h, w]`; some of its planes are written. */
  readonly features: Tensor<"f32">;
  /** The first of those planes. */
  readonly slot: number;
}

/**
 * Computes {@linkcode DERIVATIVE_FEATURES} into planes of `features`, one after the other.
 *
 * @returns The products of the first derivatives (dx², dx·dy, dy², 0) of every pixel, `[h, w, 4]`: a
 *   tensor of the innermost scope.
 * @throws {TypeError | RangeError} If it is not one plane, or `sigma` is out of range.
 */
export function derivativeFeatures(
  device: Device,
  { plane, sigma, features, slot }: ScaleProblem,
): Tensor<"f32"> {
  const { height, width } = planeSize(plane.shape, "compute features");
  const products = device.empty([height, width, 4]);
  runSeparably(device, {
    ...{ label: "gaussian derivatives", size: { height, width }, sigma, slot },
    rows: { shader: ROWS, input: plane },
    columns: { shader: COLUMNS, outputs: [features, products] },
  });
  return products;
}

/** What {@linkcode derivativeFeatures} computes, in float64. */
export function derivativeReference(
  plane: ReferencePlane,
  { sigma }: { sigma: number },
): { features: ArrayLike<number>[]; dx: ArrayLike<number>; dy: ArrayLike<number> } {
  const { smooth, slope, curve } = gaussianTaps(sigma);
  const filtered = (x: readonly number[], y: readonly number[]) => {
    const along = convolveReference(plane, { weights: x, axis: "x" });
    return Array.from(convolveReference(along, { weights: y, axis: "y" }).data);
  };
  const [dx, dy] = [filtered(slope, smooth), filtered(smooth, slope)];
  const [dxx, dxy, dyy] = [
    filtered(curve, smooth),
    filtered(slope, slope),
    filtered(smooth, curve),
  ];
  const hessian = dxx.map((value, i) => eigenvaluesReference(value, dxy[i], dyy[i]));
  const features = [
    filtered(smooth, smooth),
    dxx.map((value, i) => value + dyy[i]),
    dx.map((value, i) => Math.hypot(value, dy[i])),
    hessian.map(([large]) => large),
    hessian.map(([, small]) => small),
  ];
  return { features, dx, dy };
}
