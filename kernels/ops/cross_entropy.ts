/**
 * Cross-entropy of logits against class numbers: the mean of −ln softmax(x)[t], in one operation, so that
 * neither the softmax nor its logarithm is rounded on the way.
 *
 *     −ln softmax(x)[t] = ln Σ e^(x − m) − (x[t] − m),   m the largest value of the line
 *
 * Backward: dx = (softmax(x) − [class is t]) / n. The targets are constants: whole numbers in float32, which
 * holds them exactly up to 2²⁴. Below 0 a class is unknown and left out, as is `ignoreIndex`; a number that
 * is no class makes the loss NaN, as a kernel cannot throw.
 *
 * @module
 */

import { type Device, linearWorkgroups, type Uniforms, WORKGROUP } from "../gpu/device.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import {
  type Exponentials,
  exponentials,
  type Lines,
  linesOf,
} from "../parts/axes/exponentials.ts";
import { viewwise } from "../parts/axes/views.ts";
import { nanFunctions } from "../parts/nan.ts";
import { sumSlabs } from "../parts/reduce.ts";
import { formatShape, sameShape, type Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * Parameters of {@linkcode crossEntropy}.
 *
 * @category Losses
 */
export type CrossEntropyParams = {
  /** The axis of the classes; 1 unless told, as in `[n, classes, h, w]`. */
  readonly axis?: number;
  /** A class that is left out, besides negative ones; none unless told. */
  readonly ignoreIndex?: number;
};

const LINES_PER_SUM = 64;

/**
 * What all shaders share. Of a line, `[outer, classes, inner]` without the classes: whether its class is
 * left out, and whether it is one at all.
 */
const HEAD = /* @__PURE__ */ (() => /* wgsl */ `
struct Params {
  classes: u32, inner: u32, lines: u32, chunks: u32, count: u32, ignored: f32, has_ignored: u32, nan: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
${nanFunctions("f32")}
fn is_left_out(t: f32) -> bool {
  return is_below(t) || (p.has_ignored == 1u && !is_nan(t) && t == p.ignored);
}
fn is_class(t: f32) -> bool {
  return !is_nan(t) && t >= 0.0 && t < f32(p.classes) && t == floor(t);
}
`)();

const TERMS = /* @__PURE__ */ (() =>
  /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> partial: array<vec2f>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> targets: array<f32>;
@group(0) @binding(4) var<storage, read> largest: array<f32>;
@group(0) @binding(5) var<storage, read> sums: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let chunk = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (chunk >= p.chunks) { return; }
  var sum = vec2f(0.0);
  for (var line = chunk; line < p.lines; line += p.chunks) {
    let t = targets[line];
    if (is_left_out(t)) { continue; }
    var value = p.nan;
    if (is_class(t)) {
      let place = (line / p.inner * p.classes + u32(t)) * p.inner + line % p.inner;
      value = keep_nan(log(sums[line]) - (x[place] - largest[line]), sums[line]);
    }
    sum += vec2f(value, 1.0);
  }
  partial[chunk] = sum;
}
`)();

const GRADIENT = /* @__PURE__ */ (() =>
  /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read> terms: array<f32>;
@group(0) @binding(3) var<storage, read> targets: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<f32>;
@group(0) @binding(5) var<storage, read> totals: array<vec2f>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  let line = i / p.inner / p.classes * p.inner + i % p.inner;
  let t = targets[line];
  if (is_left_out(t)) {
    dx[i] = 0.0;
    return;
  }
  var slope = p.nan;
  if (is_class(t)) {
    let hit = u32(t) == i / p.inner % p.classes;
    slope = terms[i] / sums[line] - select(0.0, 1.0, hit);
  }
  dx[i] = dy[0] * slope / max(totals[0].y, 1.0);
}
`)();

function checkedLines([x, t]: readonly Shape[], { axis = 1 }: CrossEntropyParams): Lines {
  const lines = linesOf(x, { axis, operation: "crossEntropy" });
  const expected = x.filter((_, i) => i !== lines.axis);
  if (!sameShape(t, expected)) {
    throw new RangeError(
      `Cannot run crossEntropy: x is ${
        formatShape(x)
      } with classes along axis ${lines.axis}, t is ` +
        `${formatShape(t)}, expected ${formatShape(expected)}`,
    );
  }
  return lines;
}

function uniformsOf(
  { extent, inner, count }: Lines,
  { ignoreIndex }: CrossEntropyParams,
): Uniforms {
  return {
    ...{ classes: extent, inner, lines: count, count: count * extent },
    ...{ chunks: Math.ceil(count / LINES_PER_SUM), nan: NaN },
    ...{ ignored: ignoreIndex ?? 0, has_ignored: Number(ignoreIndex !== undefined) },
  };
}

/** The exponentials of the logits, and the sum of all lines' losses with their number, `[2]`. */
function sumLines(
  device: Device,
  [x, t]: readonly Tensor<"f32">[],
  params: CrossEntropyParams,
): Exponentials & { totals: Tensor<"f32">; uniforms: Uniforms } {
  const lines = checkedLines([x.shape, t.shape], params);
  const uniforms = uniformsOf(lines, params);
  const parts = exponentials(device, x, lines);
  const chunks = Number(uniforms.chunks);
  const partial = device.empty([chunks, 2]);
  device.dispatch({
    label: "crossEntropy sums",
    shader: TERMS,
    uniforms,
    tensors: [partial, x, t, parts.largest, parts.sums],
    workgroups: linearWorkgroups(chunks, WORKGROUP),
  });
  return { ...parts, totals: sumSlabs(device, { partial, shape: [2] }), uniforms };
}

/** Of each line that is not left out: its number, its class and the softmax of its logits. */
function* referenceLines([x, t]: readonly NdArray[], params: CrossEntropyParams) {
  const { extent, inner, count } = checkedLines([x.shape, t.shape], params);
  for (let line = 0; line < count; line++) {
    const target = t.data[line];
    if (target < 0 || target === params.ignoreIndex) continue;
    const first = Math.floor(line / inner) * extent * inner + line % inner;
    const places = Array.from({ length: extent }, (_, i) => first + i * inner);
    const values = places.map((place) => x.data[place]);
    const largest = Math.max(...values);
    const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0);
    yield { target, places, logarithms: values.map((value) => value - largest - Math.log(sum)) };
  }
}

function sample(x: Shape, fill: "ties" | "partly known", params: CrossEntropyParams = {}) {
  const axis = params.axis ?? 1;
  return {
    shapes: [x, x.filter((_, i) => i !== (axis < 0 ? axis + x.length : axis))],
    params,
    fills: ["normal", fill] as const,
  };
}

/**
 * Mean cross-entropy of logits x, `[n, classes, …]`, against class numbers t, `[n, …]`, where these are
 * known; 0 where none is.
 *
 * @category Losses
 */
export const crossEntropy: Operation<CrossEntropyParams, ["x", "t"]> = {
  name: "crossEntropy",
  inputs: ["x", "t"],
  shape(shapes, params) {
    checkedLines(shapes, params);
    return [1];
  },
  forward(device, inputs, params) {
    using scope = device.scope();
    const { totals } = sumLines(device, inputs, params);
    const views = [0, 1].map((start) => ({ tensor: totals, steps: [1], start }));
    const expression = "a / max(b, vec4f(1.0))";
    return scope.keep(
      viewwise(device, { label: "crossEntropy value", shape: [1], views, expression }),
    );
  },
  backward(device, { inputs, dy, needs }, params) {
    if (!needs[0]) return [null, null];
    const [x, t] = inputs;
    using scope = device.scope();
    const { terms, sums, totals, uniforms } = sumLines(device, inputs, params);
    const dx = device.empty(x.shape);
    device.dispatch({
      label: "crossEntropy dx",
      shader: GRADIENT,
      uniforms,
      tensors: [dx, terms, t, sums, totals, dy],
      workgroups: linearWorkgroups(x.size, WORKGROUP),
    });
    return [scope.keep(dx), null];
  },
};

/** What {@linkcode crossEntropy} is held against. */
export const crossEntropyCheck: OperationCheck<CrossEntropyParams> = {
  reference: {
    forward(inputs, params) {
      const losses = [...referenceLines(inputs, params)]
        .map(({ target, logarithms }) => -(logarithms[target] ?? NaN));
      const sum = losses.reduce((total, loss) => total + loss, 0);
      return { shape: [1], data: Float64Array.of(sum / Math.max(losses.length, 1)) };
    },
    backward(inputs, dy, params) {
      const lines = [...referenceLines(inputs, params)];
      const dx = zeros(inputs[0].shape);
      for (const { target, places, logarithms } of lines) {
        const isClass = target in logarithms;
        places.forEach((place, i) => {
          const slope = isClass ? Math.exp(logarithms[i]) - Number(i === target) : NaN;
          dx.data[place] = dy.data[0] * slope / lines.length;
        });
      }
      return [dx, zeros(inputs[1].shape)];
    },
  },
  samples: /* @__PURE__ */ (() => [
    sample([4, 10], "ties"),
    sample([2, 3, 5, 4], "partly known"),
    sample([2, 6, 4], "ties", { axis: -1, ignoreIndex: 1 }),
    sample([1, 3], "ties"),
    sample([3, 2, 70], "partly known", { ignoreIndex: 0 }),
    { ...sample([4, 10, 128, 128], "ties"), bench: true },
  ])(),
};
