/**
 * How a kernel reads the vectors of a tensor: from its storage buffer, or from a copy of it in a
 * storage texture.
 *
 * The texture holds the buffer's bytes in their order (see gpu/memory/textures.ts). Software adapters
 * load a texel in a quarter of the time of a buffer's vector, which is worth the copy for kernels that
 * read each value many times.
 *
 * @module
 */

import type { Tensor } from "../gpu/tensor.ts";
import { TEXELS_PER_ROW } from "../gpu/memory/textures.ts";

/** Where a kernel reads a tensor from. */
export type Source = "buffer" | "texture";

/**
 * WGSL that declares an operand and a function `NAME_at(i: i32)` which reads its element i, a
 * `vec4f` or an `f32`. What is read outside the tensor is undefined.
 */
export function declareOperand(
  name: string,
  { binding, source, type = "vec4f" }: {
    binding: number;
    source: Source;
    type?: "vec4f" | "f32";
  },
): string {
  if (source === "buffer") {
    return `@group(0) @binding(${binding}) var<storage, read> ${name}: array<${type}>;
fn ${name}_at(i: i32) -> ${type} { return ${name}[i]; }`;
  }
  const index = type === "f32" ? "(i >> 2u)" : "i";
  const element = type === "f32" ? "[i & 3]" : "";
  return `@group(0) @binding(${binding}) var ${name}: texture_storage_2d<rgba32float, read>;
fn ${name}_at(i: i32) -> ${type} {
  let texel = ${index};
  let at = vec2i(texel & ${TEXELS_PER_ROW - 1}, texel >> ${Math.log2(TEXELS_PER_ROW)}u);
  return textureLoad(${name}, at)${element};
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
