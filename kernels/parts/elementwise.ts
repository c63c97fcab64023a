/**
 * Element-by-element kernels: one WGSL expression applied to whole vectors.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import { formatShape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { nanFunctions } from "./nan.ts";
import { declareOperand } from "./operand.ts";

const NAMES = "abcd";

/**
 * What an element-by-element kernel computes.
 *
 * @category Own operations
 */
export interface Elementwise {
  /** What it is, in profiles and errors. */
  readonly label: string;
  /** One to four tensors of equal size, read as `a`, `b`, `c` and `d`. */
  readonly inputs: readonly Tensor<"f32">[];
  /** A WGSL expression of the inputs (`vec4f`) and the numbers, which are members of `p`. */
  readonly expression: string;
  /**
   * Numbers (`f32`) by name: `{ factor: 2 }` is `p.factor` in the expression. In the text of the
   * expression each new value would be compiled anew.
   */
  readonly floats?: Readonly<Record<string, number>>;
  /** The same with whole numbers (`i32`). */
  readonly integers?: Readonly<Record<string, number>>;
}

function shaderFor(
  { inputs, expression, floats, integers }: Elementwise,
): string {
  const members = [
    "count: u32",
    ...Object.keys(floats ?? {}).map((name) => `${name}: f32`),
    ...Object.keys(integers ?? {}).map((name) => `${name}: i32`),
  ];
  const bindings = inputs.map(({ isHalf }, i) =>
    declareOperand(`in_${NAMES[i]}`, { binding: i + 2, isHalf })
  );
  const values = inputs.map((_, i) => `let ${NAMES[i]} = in_${NAMES[i]}_at(i32(i));`);
  return /* wgsl */ `
struct Params { ${members.join(", ")} }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;
${bindings.join("\n")}
${nanFunctions("vec4f")}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  ${values.join("\n  ")}
  result[i] = ${expression};
}
`;
}

function checkFit({ label, inputs, floats, integers }: Elementwise): void {
  const names = ["count", ...Object.keys(floats ?? {}), ...Object.keys(integers ?? {})];
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new TypeError(`Cannot run ${label}: two of its numbers are called ${twice}`);
  }
  if (inputs.some(({ size }) => size !== inputs[0].size)) {
    const shapes = inputs.map(({ shape }) => formatShape(shape)).join(" and ");
    throw new RangeError(`Cannot run ${label}: its inputs ${shapes} differ in size`);
  }
}

/**
 * A tensor as kernels of one's own take it: itself, or a new one of floats where it is stored as halves.
 *
 * @category Own operations
 */
export function asFloats(device: Device, tensor: Tensor<"f32">): Tensor<"f32"> {
  if (!tensor.isHalf) return tensor;
  return elementwise(device, { label: "halves to floats", inputs: [tensor], expression: "a" });
}

/**
 * Applies a WGSL expression of `vec4f` values `a`, `b`, `c`, `d` to tensors of the same size, and gives
 * a tensor of the shape of the first. The functions of nan.ts are there, so that NaN can stay NaN. The
 * padding of a tensor's buffer takes part: what is there is undefined before and after.
 *
 * @throws {TypeError} If two numbers have one name, or one is called `count`.
 * @throws {RangeError} If the tensors differ in size.
 *
 * @example
 * ```ts ignore
 * const inputs = [x, target];
 * const expression = "min(p.slope * abs(a - b), vec4f(1.0))";
 * const y = elementwise(device, { label: "capped", inputs, expression, floats: { slope: 3 } });
 * ```
 *
 * @category Own operations
 */
export function elementwise(device: Device, what: Elementwise): Tensor<"f32"> {
  const { label, inputs, floats, integers } = what;
  checkFit(what);
  const result = device.empty(inputs[0].shape);
  const count = Math.ceil(result.size / 4);
  device.dispatch({
    label,
    shader: shaderFor(what),
    uniforms: { count, ...floats, ...integers },
    tensors: [result, ...inputs],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
  return result;
}
