/**
 * Binary erosion, dilation and opening, equal to scikit-image's `binary_erosion`, `binary_dilation`
 * and `binary_opening`.
 *
 * At the border both leave the image alone: pixels outside count as foreground for an erosion and
 * as background for a dilation, so an object cut by the border is not eaten from there.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { planeSize } from "../parts/plane.ts";

/**
 * The neighbourhood: 4 neighbours (`disk(1)`) or 8 (`square(3)`), with the pixel itself.
 *
 * @category Masks
 */
export type Footprint = "cross" | "square";

/**
 * Options of {@linkcode binaryErosion}, {@linkcode binaryDilation} and {@linkcode binaryOpening}.
 *
 * @category Masks
 */
export interface MorphologyOptions {
  /** The neighbourhood; the cross unless told. */
  readonly footprint?: Footprint;
  /** How often it is applied; once unless told; 0 copies the mask as it is. */
  readonly iterations?: number;
}

interface Rule {
  readonly name: "erosion" | "dilation";
  /** What pixels outside the image count as. */
  readonly outside: boolean;
  readonly combine: "&&" | "||";
}

const EROSION: Rule = { name: "erosion", outside: true, combine: "&&" };
const DILATION: Rule = { name: "dilation", outside: false, combine: "||" };
const WORKGROUP = 256;
const CROSS = [[0, 0], [-1, 0], [0, -1], [0, 1], [1, 0]];
const SQUARE = [...CROSS, [-1, -1], [-1, 1], [1, -1], [1, 1]];

function shaderFor({ outside, combine }: Rule, footprint: Footprint): string {
  const offsets = footprint === "cross" ? CROSS : SQUARE;
  const pixels = offsets.map(([dy, dx]) => `is_set(y + ${dy}, x + ${dx})`);
  return /* wgsl */ `
struct Params { height: i32, width: i32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> result: array<u32>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;

fn is_set(y: i32, x: i32) -> bool {
  if (y < 0 || x < 0 || y >= p.height || x >= p.width) { return ${outside}; }
  return mask[y * p.width + x] != 0u;
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = i32(id.x + id.y * groups.x * ${WORKGROUP}u);
  if (i >= p.height * p.width) { return; }
  let y = i / p.width;
  let x = i % p.width;
  result[i] = select(0u, 1u, ${pixels.join(` ${combine} `)});
}
`;
}

/**
 * Erodes a mask: a pixel stays where it and all its neighbours are set (any value but 0).
 *
 * @returns A mask of zeros and ones of the same shape.
 * @throws {TypeError | RangeError} If the mask is not one plane.
 * @throws {RangeError} If `iterations` is not a whole number from 0.
 * @category Masks
 */
export function binaryErosion(
  device: Device,
  mask: Tensor<"u32">,
  { footprint = "cross", iterations = 1 }: MorphologyOptions = {},
): Tensor<"u32"> {
  return apply(device, mask, { rules: repeat(EROSION, iterations), footprint });
}

/**
 * Dilates a mask: a pixel is set where it or one of its neighbours is (any value but 0).
 *
 * @returns A mask of zeros and ones of the same shape.
 * @throws {TypeError | RangeError} If the mask is not one plane.
 * @throws {RangeError} If `iterations` is not a whole number from 0.
 * @category Masks
 */
export function binaryDilation(
  device: Device,
  mask: Tensor<"u32">,
  { footprint = "cross", iterations = 1 }: MorphologyOptions = {},
): Tensor<"u32"> {
  return apply(device, mask, { rules: repeat(DILATION, iterations), footprint });
}

/**
 * Opens a mask: n erosions, then n dilations. It removes what is too thin for the neighbourhood and
 * keeps the rest; a second opening with the same n would change nothing.
 *
 * @returns A mask of zeros and ones of the same shape.
 * @throws {TypeError | RangeError} If the mask is not one plane.
 * @throws {RangeError} If `iterations` is not a whole number from 0.
 *
 * @example
 * ```ts ignore
 * const opened = binaryOpening(device, mask, { footprint: "cross", iterations: 2 });
 * ```
 *
 * @category Masks
 */
export function binaryOpening(
  device: Device,
  mask: Tensor<"u32">,
  { footprint = "cross", iterations = 1 }: MorphologyOptions = {},
): Tensor<"u32"> {
  const rules = [...repeat(EROSION, iterations), ...repeat(DILATION, iterations)];
  return apply(device, mask, { rules, footprint });
}

function repeat(rule: Rule, iterations: number): Rule[] {
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new RangeError(
      `Cannot apply a binary ${rule.name}: iterations is ${iterations}, expected 0, 1, 2, …`,
    );
  }
  return Array.from({ length: iterations }, () => rule);
}

function apply(
  device: Device,
  mask: Tensor<"u32">,
  { rules, footprint }: { rules: readonly Rule[]; footprint: Footprint },
): Tensor<"u32"> {
  const { height, width } = planeSize(mask.shape, "apply morphology");
  using scope = device.scope();
  let current = mask;
  for (const rule of rules) {
    const next = device.empty(mask.shape, "u32");
    device.dispatch({
      label: `binary ${rule.name} ${footprint}`,
      shader: shaderFor(rule, footprint),
      uniforms: { height, width },
      tensors: [next, current],
      workgroups: linearWorkgroups(mask.size, WORKGROUP),
    });
    if (current !== mask) device.free(current);
    current = next;
  }
  if (current === mask) {
    current = device.empty(mask.shape, "u32");
    device.copy({ from: mask, to: current, count: mask.size });
  }
  return scope.keep(current);
}
