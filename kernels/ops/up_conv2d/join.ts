/**
 * The joined image of a step up, where a kernel needs it in memory: the smaller image enlarged twofold
 * and the other, one after the other along the channels, written by one kernel. And the way back: the
 * gradient to the joined image divided into those of the two, that of the smaller one summed over
 * blocks of 2 × 2.
 *
 * @module
 */

import { styleOf } from "../../gpu/adapter.ts";
import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { nanFunctions } from "../../parts/nan.ts";
import { declareOperand, declareResult } from "../../parts/operand.ts";
import { vectorType, type VectorWidth, vectorWidth } from "../../parts/vector_width.ts";

const PARAMS = /* wgsl */ `
struct Params { c_low: u32, c_skip: u32, height: u32, segments: u32, lows: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
`;

/** One invocation writes one vector of the joined image. */
function joinShader(
  vector: VectorWidth,
  [isHalf, isLowHalf, isSkipHalf]: readonly [joined: boolean, low: boolean, skip: boolean],
): string {
  const type = vectorType(vector);
  return /* wgsl */ `${PARAMS}
${declareResult("joined", { type, isHalf })}
${declareOperand("low", { binding: 2, type, isHalf: isLowHalf })}
${declareOperand("skip", { binding: 3, type, isHalf: isSkipHalf })}

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
    let pixels = low_at(i32(low_row * (p.segments / 2u) + segment / 2u));
    joined[index] = stored(${
    vector === 4 ? "select(pixels.xxyy, pixels.zzww, segment % 2u == 1u)" : "pixels"
  });
  } else {
    let skip_row = (image * p.c_skip + channel - p.c_low) * p.height + y;
    joined[index] = stored(skip_at(i32(skip_row * p.segments + segment)));
  }
}
`;
}

/** Whether what a ReLU has given is to block its gradient: of the smaller image, and of the other. */
type Gates = readonly (boolean | undefined)[];

const NAMES = ["low", "skip"] as const;

/** What a kernel divides. */
interface Split {
  /** Which gradients it writes: that of the smaller image, or both. */
  readonly written: 1 | 2;
  /** Which of them are blocked. */
  readonly gates: Gates;
}

/** The images that block gradients that a kernel writes. */
function gatesOf({ written, gates }: Split): ("low" | "skip")[] {
  return NAMES.slice(0, written).filter((_, input) => gates[input]);
}

/**
 * One invocation writes one vector of either gradient: first all of the smaller image, then all of the
 * other. Blocks are summed as the backward pass of the enlargement sums them.
 */
function splitShader(vector: VectorWidth, split: Split): string {
  const type = vectorType(vector);
  const gates = gatesOf(split);
  const put = (name: "low" | "skip", value: string) =>
    `${name}[index] = ${
      gates.includes(name)
        ? `select(${value}, ${type}(0.0), is_blocked(${name}_gate[index]))`
        : value
    };`;
  const bindings = [
    ...NAMES.slice(0, split.written).map((name) => `read_write> ${name}`),
    "read> joined",
    ...gates.map((name) => `read> ${name}_gate`),
  ].map((rest, i) => `@group(0) @binding(${1 + i}) var<storage, ${rest}: array<${type}>;`);
  const sum = vector === 4
    ? `let left = joined[at] + joined[at + p.segments];
    let right = joined[at + 1u] + joined[at + 1u + p.segments];
    ${put("low", "vec4f(left.xz, right.xz) + vec4f(left.yw, right.yw)")}`
    : put(
      "low",
      "joined[at] + joined[at + 1u] + joined[at + p.segments] + joined[at + p.segments + 1u]",
    );
  const rest = split.written === 1 ? "" : `else {
    let index = invocation - p.lows;
    let image = index / (p.c_skip * p.height * p.segments);
    ${put("skip", "joined[index + (image + 1u) * p.c_low * p.height * p.segments]")}
  }`;
  return /* wgsl */ `${PARAMS}
${bindings.join("\n")}
${gates.length > 0 ? nanFunctions(type) : ""}

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
    let at = joined_row * p.segments + segment * 2u;
    ${sum}
  } ${rest}
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

/** The joined image `[n, c_low + c_skip, h, w]`, stored as halves where both are. */
export function joinImages(device: Device, images: JoinedImages): Tensor<"f32"> {
  const { low, skip } = images;
  const [n, cSkip, height, width] = skip.shape;
  const isHalf = low.isHalf && skip.isHalf;
  const joined = device.empty([n, low.shape[1] + cSkip, height, width], "f32", { isHalf });
  dispatch(device, {
    label: "upConv2d join",
    shaderFor: (vector) => joinShader(vector, [isHalf, low.isHalf, skip.isHalf]),
    images,
    tensors: [joined, low, skip],
    counted: [joined],
  });
  return joined;
}

/** The gradient to the other image, by copies. */
function copySkip(device: Device, joined: Tensor<"f32">, skip: Tensor<"f32">): void {
  const [n, channels, height, width] = skip.shape;
  const count = channels * height * width;
  const [whole, first] = [joined.size / n, joined.size / n - count];
  for (let image = 0; image < n; image++) {
    const fromOffset = image * whole + first;
    device.copy({ from: joined, fromOffset, to: skip, toOffset: image * count, count });
  }
}

/**
 * The gradients to both images from that to the joined one, in one dispatch. Software adapters, which
 * copy several times as fast as they compute, copy that of the other image, and do not block it.
 *
 * @param images.gates Of which of the images the gradient is to be 0 where it is not above 0.
 * @returns The gradients, and which of them are blocked.
 */
export function splitGradient(
  device: Device,
  joined: Tensor<"f32">,
  { low, skip, gates = [] }: JoinedImages & { readonly gates?: Gates },
): JoinedImages & { readonly gated: Gates } {
  const gradients = { low: device.empty(low.shape), skip: device.empty(skip.shape) };
  const isCopied = styleOf(device.adapter) === "textures";
  const split: Split = { written: isCopied ? 1 : 2, gates };
  const written = [gradients.low, gradients.skip].slice(0, split.written);
  dispatch(device, {
    label: "upConv2d split",
    shaderFor: (vector) => splitShader(vector, split),
    images: gradients,
    tensors: [...written, joined, ...gatesOf(split).map((name) => ({ low, skip })[name])],
    counted: written,
  });
  if (isCopied) copySkip(device, joined, gradients.skip);
  return { ...gradients, gated: isCopied ? [gates[0], false] : gates };
}
