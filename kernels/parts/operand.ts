/**
 * How a kernel reads the vectors of a tensor: from its storage buffer, or from a copy of it in a
 * storage texture; and how it writes them: as floats, or as halves.
 *
 * The texture holds the buffer's bytes in their order (see gpu/memory/textures.ts). Software adapters
 * load a texel in a quarter of the time of a buffer's vector, which is worth the copy for kernels that
 * read each value many times.
 *
 * Halves lie two in 32 bits and are packed and unpacked by functions that every adapter has, so that they
 * need no feature; sums stay floats. A texture must hand on their bits as they are, which software adapters
 * do; `testHalves()` looks.
 *
 * @module
 */

import { styleOf } from "../gpu/adapter.ts";
import type { Device } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { TEXELS_PER_ROW } from "../gpu/memory/textures.ts";

/** Where a kernel reads a tensor from. */
export type Source = "buffer" | "texture";

/** Whether a kernel can read all of these tensors from there. */
export function canRead(device: Device, tensors: readonly Tensor[], source: Source): boolean {
  return source === "buffer" ||
    tensors.every(({ byteLength }) => byteLength <= device.maxTextureBytes);
}

/** Where a tensor is read from that a texture holds already, or that is read more than once. */
export function quickSource(device: Device, tensor: Tensor): Source {
  const isQuick = styleOf(device.adapter) === "textures" && canRead(device, [tensor], "texture");
  return isQuick ? "texture" : "buffer";
}

/**
 * WGSL that declares an operand and a function `NAME_at(i: i32)` which reads its element i, a
 * `vec4f` or an `f32`, also where it is stored as halves. What is read outside the tensor is undefined.
 */
export function declareOperand(
  name: string,
  { binding, source = "buffer", type = "vec4f", isHalf = false }: {
    binding: number;
    source?: Source;
    type?: "vec4f" | "f32";
    isHalf?: boolean;
  },
): string {
  const unpacked = (vector: string) =>
    `vec4f(unpack2x16float(${vector}.x), unpack2x16float(${vector}.y))`;
  if (source === "buffer") {
    const [stored, value] = !isHalf
      ? [type, `${name}[i]`]
      : type === "f32"
      ? ["u32", `unpack2x16float(${name}[i >> 1u])[i & 1]`]
      : ["vec2u", unpacked(`${name}[i]`)];
    return `@group(0) @binding(${binding}) var<storage, read> ${name}: array<${stored}>;
fn ${name}_at(i: i32) -> ${type} { return ${value}; }`;
  }
  // What can be halves has rows in fours, of which a texel holds two.
  const shift = isHalf ? 1 : type === "f32" ? 2 : 0;
  const value = isHalf
    ? unpacked("bitcast<vec2u>(select(value.xy, value.zw, (i & 1) == 1))")
    : type === "f32"
    ? "value[i & 3]"
    : "value";
  return `@group(0) @binding(${binding}) var ${name}: texture_storage_2d<rgba32float, read>;
fn ${name}_at(i: i32) -> ${type} {
  let texel = i >> ${shift}u;
  let at = vec2i(texel & ${TEXELS_PER_ROW - 1}, texel >> ${Math.log2(TEXELS_PER_ROW)}u);
  let value = textureLoad(${name}, at);
  return ${value};
}`;
}

/**
 * WGSL that declares what a kernel writes, and a function `stored(v)` of what is to be put there: as it
 * is, or as halves, of which there is none above 65504. NaN stays NaN.
 */
export function declareResult(
  name: string,
  { type, isHalf = false }: { type: "vec4f" | "f32"; isHalf?: boolean },
): string {
  return `@group(0) @binding(1) var<storage, read_write> ${name}: array<${isHalf ? "vec2u" : type}>;
${
    isHalf
      ? `fn stored(v: vec4f) -> vec2u {
  let most = vec4f(65504.0);
  let is_number = (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) <= vec4u(0x7f800000u);
  let h = select(v, clamp(v, -most, most), is_number);
  return vec2u(pack2x16float(h.xy), pack2x16float(h.zw));
}`
      : `fn stored(v: ${type}) -> ${type} { return v; }`
  }`;
}

/** The bindings of a dispatch whose operands come last, after what it writes and reads otherwise. */
export function bindOperands(
  tensors: readonly Tensor[],
  { operands, source }: { operands: readonly Tensor[]; source: Source },
): { tensors: readonly Tensor[]; textures: readonly Tensor[] } {
  return source === "texture"
    ? { tensors, textures: operands }
    : { tensors: [...tensors, ...operands], textures: [] };
}
