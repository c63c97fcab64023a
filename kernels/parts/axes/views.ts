/**
 * One WGSL expression of several tensors that are read in other orders than they lie in: repeated along
 * axes, with axes in another order, from a place inside on.
 *
 * Axes that can be walked as one are joined first, so that most kernels have one to three. Where
 * the innermost axis allows it four neighbours are computed at once; an input that is repeated
 * along it is read once for them.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import { sameShape, type Shape, sizeOf } from "../../gpu/shape.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { type Elementwise, elementwise } from "../elementwise.ts";
import { joinAxes, repeatedSteps, stepsOf, type Walk } from "./layout.ts";

const NAMES = "abcd";

/** How a tensor is read. */
export interface View {
  /** The tensor. */
  readonly tensor: Tensor<"f32">;
  /** Elements of it from one index to the next, along each axis of the result. */
  readonly steps: readonly number[];
  /** The element at index 0 of all axes; the first unless told. */
  readonly start?: number;
}

/** What a kernel over views computes. */
export interface ViewExpression extends Omit<Elementwise, "inputs"> {
  /** Shape of the result. */
  readonly shape: Shape;
  /** One to four tensors, read as `a`, `b`, `c` and `d`. */
  readonly views: readonly View[];
}

/** How one input is read at a time: four neighbours, one that stands for four, or one. */
type Reading = "four" | "one for four" | "one";

function shaderFor(
  { expression, floats = {}, integers = {} }: ViewExpression,
  { rank, readings, vector }: { rank: number; readings: readonly Reading[]; vector: 1 | 4 },
): string {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const inputs = readings.map((reading, i) => ({ reading, name: NAMES[i] }));
  const members = [
    "count: u32",
    ...axes.map((axis) => `extent_${axis}: u32`),
    ...inputs.flatMap(({ name }) => [
      `${name}_start: u32`,
      ...axes.map((axis) => `${name}_step_${axis}: u32`),
    ]),
    ...Object.keys(floats).map((name) => `${name}: f32`),
    ...Object.keys(integers).map((name) => `${name}: i32`),
  ];
  const type = vector === 4 ? "vec4f" : "f32";
  const bindings = inputs.map(({ name, reading }, i) =>
    `@group(0) @binding(${i + 2}) var<storage, read> in_${name}: array<${
      reading === "four" ? "vec4f" : "f32"
    }>;`
  );
  // From the last axis on; the first needs no division.
  const indices = axes.toReversed().map((axis) =>
    axis === 0
      ? "let i_0 = rest;"
      : `let i_${axis} = rest % p.extent_${axis}; rest /= p.extent_${axis};`
  );
  const values = inputs.map(({ name }) => {
    const steps = axes.map((axis) => `i_${axis} * p.${name}_step_${axis}`);
    return `let ${name} = vec4f(in_${name}[p.${name}_start + ${steps.join(" + ")}]);`;
  });
  return /* wgsl */ `
struct Params { ${members.join(", ")} }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> result: array<${type}>;
${bindings.join("\n")}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.count) { return; }
  var rest = index;
  ${indices.join("\n  ")}
  ${values.join("\n  ")}
  let value: vec4f = ${expression};
  result[index] = value${vector === 4 ? "" : ".x"};
}
`;
}

/** How each view is read, and whether four elements can be computed at once. */
function readingsOf(
  walks: readonly Walk[],
  starts: readonly number[],
): { vector: 1 | 4; readings: Reading[] } {
  const inner = walks[walks.length - 1];
  const readings = starts.map((start, i): Reading => {
    if (inner.steps[i] === 0) return "one for four";
    const others = walks.slice(0, -1).map(({ steps }) => steps[i]);
    const fits = inner.steps[i] === 1 && [start, ...others].every((step) => step % 4 === 0);
    return fits ? "four" : "one";
  });
  if (inner.extent % 4 === 0 && !readings.includes("one")) return { vector: 4, readings };
  return { vector: 1, readings: readings.map(() => "one") };
}

/**
 * Computes a WGSL expression of `vec4f` values `a`, `b`, `c`, `d`, read as the views say.
 *
 * The views must stay inside their tensors.
 */
export function viewwise(device: Device, what: ViewExpression): Tensor<"f32"> {
  const { label, shape, views, floats, integers } = what;
  const result = device.empty(shape);
  const walks = joinAxes(shape.map((extent, axis) => ({
    extent,
    steps: [...views.map(({ steps }) => steps[axis]), stepsOf(shape)[axis]],
  })));
  const starts = views.map(({ start = 0 }) => start);
  const { vector, readings } = readingsOf(walks, starts);
  const count = sizeOf(shape) / vector;
  const uniforms: Record<string, number> = { count };
  walks.forEach(({ extent }, axis) => {
    uniforms[`extent_${axis}`] = axis === walks.length - 1 ? extent / vector : extent;
  });
  readings.forEach((reading, i) => {
    const [name, unit] = [NAMES[i], reading === "four" ? 4 : 1];
    uniforms[`${name}_start`] = starts[i] / unit;
    walks.forEach(({ steps }, axis) => {
      // Along the innermost axis an index of the kernel is a whole vector.
      const isInner = axis === walks.length - 1;
      uniforms[`${name}_step_${axis}`] = isInner ? steps[i] : steps[i] / unit;
    });
  });
  device.dispatch({
    label,
    shader: shaderFor(what, { rank: walks.length, readings, vector }),
    uniforms: { ...uniforms, ...floats, ...integers },
    tensors: [result, ...views.map(({ tensor }) => tensor)],
    workgroups: linearWorkgroups(count, WORKGROUP),
  });
  return result;
}

/**
 * Applies a WGSL expression of `vec4f` values `a`, `b`, `c`, `d` to tensors that are repeated to one
 * shape by NumPy's rules: axes are compared from the last on, and one of extent 1 or none is repeated.
 * Tensors of equal shape cost what they do in {@linkcode elementwise}.
 *
 * @param what.shape The shape they are repeated to.
 * @category Own operations
 */
export function broadcast(
  device: Device,
  { shape, inputs, ...what }: Elementwise & { readonly shape: Shape },
): Tensor<"f32"> {
  if (inputs.every((input) => sameShape(input.shape, shape))) {
    return elementwise(device, { inputs, ...what });
  }
  const views = inputs.map((tensor) => ({ tensor, steps: repeatedSteps(tensor.shape, shape) }));
  return viewwise(device, { shape, views, ...what });
}
