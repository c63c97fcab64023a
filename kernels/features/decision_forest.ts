/**
 * A forest of decision trees asked about every pixel: each tree gives one vote.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { formatShape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * The deepest a leaf may lie; a software adapter ends long loops silently.
 *
 * @category Pixel features
 */
export const DEEPEST_LEAF = 48;
/** The most trees of a forest. */
const MOST_TREES = 1000;
/** The most classes: every invocation counts the votes for each. */
const MOST_CLASSES = 64;

/**
 * What pixels are classified as of which not all is known.
 *
 * @category Pixel features
 */
export const NO_CLASS = 0xffffffff;

/**
 * Numbers of one node.
 *
 * @category Pixel features
 */
export const NODE_NUMBERS = 4;

/**
 * Decision trees as numbers. The first nodes are the roots, one per tree.
 *
 * A node that splits is its feature, the bits of its float32 threshold, the node for values below
 * the threshold (that for others comes next) and 1; a leaf is its class, 0, 0 and 0.
 *
 * @category Pixel features
 */
export interface DecisionForest {
  /** Trees. */
  readonly trees: number;
  /** Classes, numbered from 0. */
  readonly classes: number;
  /** Features of a pixel. */
  readonly features: number;
  /** {@linkcode NODE_NUMBERS} for each node. */
  readonly nodes: Uint32Array<ArrayBuffer>;
}

function shaderFor(classes: number): string {
  // NaN is known by its bits, as compilers may take for granted that there is none.
  return /* wgsl */ `
struct Params { pixels: u32, trees: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> classes: array<u32>;
@group(0) @binding(2) var<storage, read> features: array<f32>;
@group(0) @binding(3) var<storage, read> nodes: array<vec4u>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.pixels) { return; }
  var votes: array<u32, ${classes}>;
  var is_unknown = false;
  for (var tree = 0u; tree < p.trees; tree++) {
    var node = nodes[tree];
    for (var depth = 0u; depth < ${DEEPEST_LEAF}u && node.w == 1u; depth++) {
      let feature = features[node.x * p.pixels + i];
      is_unknown = is_unknown || (bitcast<u32>(feature) & 0x7fffffffu) > 0x7f800000u;
      let is_below = feature < bitcast<f32>(node.y);
      node = nodes[node.z + select(1u, 0u, is_below)];
    }
    votes[node.x]++;
  }
  var winner = 0u;
  for (var class_id = 1u; class_id < ${classes}u; class_id++) {
    if (votes[class_id] > votes[winner]) { winner = class_id; }
  }
  classes[i] = select(winner, ${NO_CLASS}u, is_unknown);
}
`;
}

/**
 * The class that most trees vote for, of several the lowest.
 *
 * @param features `[features, h, w]`.
 * @returns Classes from 0, `[h, w]`: a tensor of the innermost scope; {@linkcode NO_CLASS} where a feature
 *   that a tree asks for is NaN.
 * @throws {RangeError} If the forest is for another number of features, has no tree, more than 1000 of
 *   them, or more than 64 classes.
 *
 * @example
 * ```ts ignore
 * const classes = classifyPixels(device, pixelFeatures(device, plane, { sigmas }), { forest });
 * ```
 *
 * @category Pixel features
 */
export function classifyPixels(
  device: Device,
  features: Tensor<"f32">,
  { forest }: { forest: DecisionForest },
): Tensor<"u32"> {
  const { trees, classes, nodes } = forest;
  const [count, height, width] = features.shape;
  if (count !== forest.features) {
    throw new RangeError(
      `Cannot classify pixels with features ${formatShape(features.shape)}: the forest is for ` +
        `${forest.features}`,
    );
  }
  if (!(trees >= 1 && trees <= MOST_TREES && classes >= 1 && classes <= MOST_CLASSES)) {
    throw new RangeError(
      `Cannot classify pixels with ${trees} trees and ${classes} classes: expected 1 to ` +
        `${MOST_TREES} and 1 to ${MOST_CLASSES}`,
    );
  }
  using scope = device.scope();
  const result = device.empty([height, width], "u32");
  device.dispatch({
    label: "classify pixels",
    shader: shaderFor(classes),
    uniforms: { pixels: height * width, trees },
    tensors: [
      result,
      features,
      device.upload<"u32">([nodes.length / NODE_NUMBERS, NODE_NUMBERS], nodes),
    ],
    workgroups: linearWorkgroups(height * width, WORKGROUP),
  });
  return scope.keep(result);
}

/** What {@linkcode classifyPixels} computes, tree by tree on the CPU. */
export function classifyReference(
  { trees, classes, nodes }: DecisionForest,
  features: readonly ArrayLike<number>[],
): Uint32Array<ArrayBuffer> {
  const thresholds = new Float32Array(nodes.buffer, nodes.byteOffset, nodes.length);
  return Uint32Array.from({ length: features[0].length }, (_, i) => {
    const votes: number[] = Array(classes).fill(0);
    let isUnknown = false;
    for (let tree = 0; tree < trees; tree++) {
      let at = tree * NODE_NUMBERS;
      while (nodes[at + 3] === 1) {
        isUnknown ||= Number.isNaN(features[nodes[at]][i]);
        const isBelow = features[nodes[at]][i] < thresholds[at + 1];
        at = (nodes[at + 2] + (isBelow ? 0 : 1)) * NODE_NUMBERS;
      }
      votes[nodes[at]]++;
    }
    return isUnknown ? NO_CLASS : votes.indexOf(Math.max(...votes));
  });
}
