/**
 * The joined image of a step up, where a kernel needs it in memory: the smaller image enlarged twofold
 * and the other, one after the other along the channels, written by one kernel. And the way back: the
 * gradient to the joined image divided into those of the two, that of the smaller one summed over
 * blocks of 2 × 2.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { nanFunctions } from "../../parts/nan.ts";
import { vectorType, type VectorWidth, vectorWidth } from "../../parts/vector_width.ts";

const WORKGROUP = 64;

const PARAMS = /* wgsl */ `
struct Params { c_low: u32, c_skip: u32, height: u32, segments: u32, lows: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
`;

/** One invocation writes one vector of the joined image. */
function joinShader(vector: VectorWidth): string {
  const type = vectorType(vector);
  return /* wgsl */ `${PARAMS}
@group(0) @binding(1) var<storage, read_write> joined: array<${type}>;
@group(0) @binding(2) var<storage, read> low: array<${type}>;
@group(0) @binding(3) var<storage, read> skip: array<${type}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  let row = index / p.segments;
  let segment = index - row * p.segments;
  let plane = row / p.height;
  let y = row - plane * p.height;
  let image = plane / (p.c_low + p.c_skip);
  let channel = plane - image * (p.c_low + p.c_skip);
  if (channel < p.c_low) {
    let low_row = (image * p.c_low + channel) * (p.height / 2u) + y / 2u;
    let pixels = low[low_row * (p.segments / 2u) + segment / 2u];
    joined[index] = ${
    vector === 4 ? "select(pixels.xxyy, pixels.zzww, segment % 2u == 1u)" : "pixels"
  };
  } else {
    joined[index] =
      skip[((image * p.c_skip + channel - p.c_low) * p.height + y) * p.segments + segment];
  }
}
`;
}

/** Whether what a ReLU has given is to block its gradient: of the smaller image, and of the other. */
type Gates = readonly (boolean | undefined)[];

function gatesOf(gates: Gates): ("low" | "skip")[] {
  return (["low", "skip"] as const).filter((_, input) => gates[input]);
}

/**
 * One invocation writes one vector of either gradient: first all of the smaller image, then all of the
 * other. Blocks are summed as the backward pass of the enlargement sums them.
 */
function splitShader(vector: VectorWidth, gates: Gates): string {
  const type = vectorType(vector);
  const pass = (value: string, gate: string) =>
    `select(${value}, ${type}(0.0), is_blocked(${gate}))`;
  const [low, skip] = [0, 1].map((input) => (value: string) =>
    gates[input] ? pass(value, `${input === 0 ? "low" : "skip"}_gate[index]`) : value
  );
  const bindings = gatesOf(gates).map((name, i) =>
    `@group(0) @binding(${4 + i}) var<storage, read> ${name}_gate: array<${type}>;`
  );
  const blocks = vector === 4
    ? `let at = joined_row * p.segments + segment * 2u;
    let left = joined[at] + joined[at + p.segments];
    let right = joined[at + 1u] + joined[at + 1u + p.segments];
    low[index] = ${low("vec4f(left.xz, right.xz) + vec4f(left.yw, right.yw)")};`
    : `let at = joined_row * p.segments + segment * 2u;
    low[index] = ${
      low("joined[at] + joined[at + 1u] + joined[at + p.segments] + joined[at + p.segments + 1u]")
    };`;
  return /* wgsl */ `${PARAMS}
@group(0) @binding(1) var<storage, read_write> low: array<${type}>;
@group(0) @binding(2) var<storage, read_write> skip: array<${type}>;
@group(0) @binding(3) var<storage, read> joined: array<${type}>;
${bindings.join("\n")}
${bindings.length > 0 ? nanFunctions(type) : ""}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let invocation = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (invocation >= p.count) { return; }
  if (invocation < p.lows) {
    let index = invocation;
    let columns = p.segments / 2u;
    let row = index / columns;
    let segment = index - row * columns;
    let plane = row / (p.height / 2u);
    let image = plane / p.c_low;
    let joined_row = ((image * p.c_skip) + plane) * p.height + (row - plane * (p.height / 2u)) * 2u;
    ${blocks}
  } else {
    let index = invocation - p.lows;
    let image = index / (p.c_skip * p.height * p.segments);
    skip[index] = ${skip("joined[index + (image + 1u) * p.c_low * p.height * p.segments]")};
  }
}
`;
}

/** The two images of a step up. */
export interface JoinedImages {
  /** The smaller image, `[n, c_low, h / 2, w / 2]`. */
  readonly low: Tensor<"f32">;
  /** The other, `[n, c_skip, h, w]`. */
  readonly skip: Tensor<"f32">;
}

function dispatch(
  device: Device,
  { label, shaderFor, images: { low, skip }, tensors, counted }: {
    label: string;
    shaderFor: (vector: VectorWidth) => string;
    images: JoinedImages;
    tensors: readonly Tensor<"f32">[];
    counted: readonly Tensor<"f32">[];
  },
): void {
  const [, cLow, , lowWidth] = low.shape;
  const [, cSkip, height, width] = skip.shape;
  const vector = vectorWidth(lowWidth);
  const count = counted.reduce((sum, { size }) => sum + size, 0) / vector;
  device.dispatch({
    label,
    shader: shaderFor(vector),
    uniforms: {
      ...{ c_low: cLow, c_skip: cSkip, height, segments: width / vector },
      ...{ lows: low.size / vector, count },
    },
    tensors,
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
}

/** The joined image `[n, c_low + c_skip, h, w]`. */
export function joinImages(device: Device, images: JoinedImages): Tensor<"f32"> {
  const { low, skip } = images;
  const [n, cSkip, height, width] = skip.shape;
  const joined = device.empty([n, low.shape[1] + cSkip, height, width]);
  dispatch(device, {
    label: "upConv2d join",
    shaderFor: joinShader,
    images,
    tensors: [joined, low, skip],
    counted: [joined],
  });
  return joined;
}

/**
 * The gradients to both images from that to the joined one.
 *
 * @param images.gates Of which of the images the gradient is to be 0 where it is not above 0.
 */
export function splitGradient(
  device: Device,
  joined: Tensor<"f32">,
  { low, skip, gates = [] }: JoinedImages & { readonly gates?: Gates },
): JoinedImages {
  const gradients = { low: device.empty(low.shape), skip: device.empty(skip.shape) };
  dispatch(device, {
    label: "upConv2d split",
    shaderFor: (vector) => splitShader(vector, gates),
    images: gradients,
    tensors: [
      ...[gradients.low, gradients.skip, joined],
      ...gatesOf(gates).map((name) => ({ low, skip })[name]),
    ],
    counted: [gradients.low, gradients.skip],
  });
  return gradients;
}
