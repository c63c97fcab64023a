/**
 * What is known about every pixel of an image at several scales: the features with which ilastik's
 * pixel classification looks at an image.
 *
 * At each scale there are the Gaussian, its Laplacian, the magnitude of its gradient, the two
 * eigenvalues of its Hessian, and the two of the structure tensor, whose second Gaussian is half as
 * wide as the first. Past the border the image is mirrored at its last pixels.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { planeSize } from "../parts/plane.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { DERIVATIVE_FEATURES, derivativeFeatures, derivativeReference } from "./derivatives.ts";
import { gaussianRadius, type ReferencePlane } from "./gaussian.ts";
import {
  STRUCTURE_TENSOR_FEATURES,
  structureTensorFeatures,
  structureTensorReference,
} from "./structure_tensor.ts";

/**
 * Standard deviations in pixels, as ilastik offers them.
 *
 * @category Pixel features
 */
export const DEFAULT_SIGMAS: readonly number[] = [0.7, 1, 1.6, 3.5, 5, 10];

const PER_SIGMA =
  /* @__PURE__ */ (() => DERIVATIVE_FEATURES.length + STRUCTURE_TENSOR_FEATURES.length)();

/**
 * The names of the features, in the order of their planes: `laplacian 1.6`.
 *
 * @category Pixel features
 */
export function pixelFeatureNames(sigmas: readonly number[]): string[] {
  const names = [...DERIVATIVE_FEATURES, ...STRUCTURE_TENSOR_FEATURES];
  return sigmas.flatMap((sigma) => names.map((name) => `${name} ${sigma}`));
}

/**
 * How far from a pixel its features look, in pixels.
 *
 * @category Pixel features
 */
export function pixelFeatureReach(sigmas: readonly number[]): number {
  return Math.max(...sigmas.map((sigma) => gaussianRadius(sigma) + gaussianRadius(sigma / 2)));
}

/**
 * Computes all features of a plane.
 *
 * A large image is done tile by tile, with {@linkcode pixelFeatureReach} pixels around each: 42
 * features of 1024×1024 pixels are 168 MiB.
 *
 * @param plane One plane, `[h, w]`.
 * @param options Standard deviations in pixels.
 * @returns `[features, h, w]`, a tensor of the innermost scope.
 * @throws {TypeError | RangeError} If it is not one plane, there are no sigmas, or one is out of range.
 * @throws {OutOfMemoryError} If the features are larger than one tensor may be.
 *
 * @example
 * ```ts ignore
 * const features = pixelFeatures(device, plane, { sigmas: [1, 3.5] });
 * ```
 *
 * @category Pixel features
 */
export function pixelFeatures(
  device: Device,
  plane: Tensor<"f32">,
  { sigmas }: { sigmas: readonly number[] },
): Tensor<"f32"> {
  const { height, width } = planeSize(plane.shape, "compute features");
  if (sigmas.length === 0) throw new RangeError("Cannot compute features: there are no sigmas");
  using scope = device.scope();
  const features = device.empty([PER_SIGMA * sigmas.length, height, width]);
  for (const [i, sigma] of sigmas.entries()) {
    using _scope = device.scope();
    const slot = i * PER_SIGMA;
    const products = derivativeFeatures(device, { plane, sigma, features, slot });
    structureTensorFeatures(device, {
      products,
      sigma: sigma / 2,
      features,
      slot: slot + DERIVATIVE_FEATURES.length,
    });
  }
  return scope.keep(features);
}

/** What {@linkcode pixelFeatures} computes, in float64: one array per feature. */
export function pixelFeaturesReference(
  plane: ReferencePlane,
  { sigmas }: { sigmas: readonly number[] },
): ArrayLike<number>[] {
  return sigmas.flatMap((sigma) => {
    const { features, dx, dy } = derivativeReference(plane, { sigma });
    const { width, height } = plane;
    const tensor = structureTensorReference({ width, height, dx, dy }, { sigma: sigma / 2 });
    return [...features, ...tensor];
  });
}

const PICK = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { picked: u32, features: u32, pixels: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> rows: array<f32>;
@group(0) @binding(2) var<storage, read> features: array<f32>;
@group(0) @binding(3) var<storage, read> places: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.picked * p.features) { return; }
  rows[i] = features[i % p.features * p.pixels + places[i / p.features]];
}
`)();

/**
 * The features of some pixels.
 *
 * @param features `[features, h, w]`.
 * @param places Pixels, counted row by row from 0, each inside the plane.
 * @returns `[places, features]`, a tensor of the innermost scope.
 * @throws {RangeError} If there are no places, or one lies outside.
 * @category Pixel features
 */
export function pickFeatures(
  device: Device,
  features: Tensor<"f32">,
  { places }: { places: Uint32Array<ArrayBuffer> },
): Tensor<"f32"> {
  const [count, height, width] = features.shape;
  const outside = places.find((place) => place >= height * width);
  if (places.length === 0 || outside !== undefined) {
    throw new RangeError(
      `Cannot pick features: ${outside === undefined ? "no pixels" : `pixel ${outside}`} of ` +
        `${height}×${width} asked for`,
    );
  }
  using scope = device.scope();
  const rows = device.empty([places.length, count]);
  device.dispatch({
    label: "pick features",
    shader: PICK,
    uniforms: { picked: places.length, features: count, pixels: height * width },
    tensors: [rows, features, device.upload<"u32">([places.length], places)],
    workgroups: linearWorkgroups(rows.size, WORKGROUP),
  });
  return scope.keep(rows);
}
