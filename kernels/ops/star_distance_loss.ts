/**
 * The loss of star distances, as StarDist has it: the error of the distances inside of objects, most
 * in their middle, and a little pull of all distances towards 0 outside.
 *
 * With m the object probability of a pixel and l its error over the rays,
 *
 *     mean(m·l) / (mean(m) + 1e-7) + background · mean((1 − m)·mean over rays of |d|),
 *
 * means over the pixels of the batch. Where the probability is negative, so unknown, m is 0: there is
 * no object to fit. StarDist takes such pixels for background; with `unknown: "left out"` they are in
 * none of the means. The error l is the mean over the rays of |d − t| (`mae`) or (d − t)² (`mse`), or
 * 1 − I/(U + 1e-7) (`iou`) with I the mean of sign(d)·min(d, t)² and U that of max(d, t)²: the overlap
 * of the two shapes as seen from the pixel. Only d has a gradient.
 *
 * @module
 */

import { type Device, linearWorkgroups, WORKGROUP } from "../gpu/device.ts";
import {
  type NdArray,
  type Operation,
  type OperationCheck,
  type OperationSample,
  zeros,
} from "../operation.ts";
import { nanFunctions } from "../parts/nan.ts";
import { sumSlabs } from "../parts/reduce.ts";
import { imageShape, requireSameShape, type Shape } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * How the error of a pixel's distances is measured.
 *
 * @category Losses
 */
export type StarDistanceError = "mae" | "mse" | "iou";

/**
 * Parameters of {@linkcode starDistanceLoss}.
 *
 * @category Losses
 */
export type StarDistanceLossParams = {
  /** How the error is measured; StarDist's default is `mae`. */
  readonly error: StarDistanceError;
  /** Weight of the pull towards 0 outside of objects; StarDist's is 1e-4. */
  readonly background: number;
  /** What pixels of unknown probability are: background, as in StarDist, or left out altogether. */
  readonly unknown: "background" | "left out";
};

/**
 * An error: what is summed over the rays as `s`, its value from the sums, and its derivative by one
 * distance, all times the number of rays `n` where they are means.
 */
interface ErrorFormula {
  /** In WGSL, of `d`, `t` and `n` (f32) and `s` (vec2f). */
  readonly wgsl: { terms: string; value: string; slope: string };
  terms(d: number, t: number): readonly [number, number];
  value(s: readonly [number, number], n: number): number;
  slope(ray: { d: number; t: number }, s: readonly [number, number], n: number): number;
}

const PIXELS_PER_SUM = 16;
const EPSILON = 1e-7;

const ERRORS: Readonly<Record<StarDistanceError, ErrorFormula>> = /* @__PURE__ */ (() => ({
  mae: {
    wgsl: {
      terms: "vec2f(abs(d - t), 0.0)",
      value: "s.x / n",
      slope: "keep_nan(sign(d - t), d - t) / n",
    },
    terms: (d, t) => [Math.abs(d - t), 0],
    value: ([sum], n) => sum / n,
    slope: ({ d, t }, _, n) => Math.sign(d - t) / n,
  },
  mse: {
    wgsl: { terms: "vec2f((d - t) * (d - t), 0.0)", value: "s.x / n", slope: "2.0 * (d - t) / n" },
    terms: (d, t) => [(d - t) ** 2, 0],
    value: ([sum], n) => sum / n,
    slope: ({ d, t }, _, n) => 2 * (d - t) / n,
  },
  iou: {
    wgsl: {
      terms: "vec2f(keep_nan(sign(d) * min(d, t) * min(d, t), d + t), " +
        "keep_nan(max(d, t) * max(d, t), d + t))",
      value: `1.0 - s.x / (s.y + n * ${EPSILON})`,
      // Below its target a distance changes the overlap, above it the union.
      slope:
        `keep_nan(select(-2.0 * abs(d), 2.0 * d * s.x / (s.y + n * ${EPSILON}), d > t), d + t) ` +
        `/ (s.y + n * ${EPSILON})`,
    },
    terms: (d, t) => [Math.sign(d) * Math.min(d, t) ** 2, Math.max(d, t) ** 2],
    value: ([overlap, union], n) => 1 - overlap / (union + n * EPSILON),
    slope({ d, t }, [overlap, union], n) {
      const whole = union + n * EPSILON;
      return (d > t ? 2 * d * overlap / whole : -2 * Math.abs(d)) / whole;
    },
  },
}))();

const HEAD = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { pixels: u32, area: u32, rays: u32, sums: u32, background: f32 }
@group(0) @binding(0) var<uniform> p: Params;
${nanFunctions("f32")}`)();

/** Sums over the rays of pixel `i`, whose first distance is at `first`. */
function raySums(terms: string): string {
  return /* wgsl */ `
    let n = f32(p.rays);
    let first = i / p.area * p.rays * p.area + i % p.area;
    var s = vec2f(0.0);
    var size = 0.0;
    for (var ray = 0u; ray < p.rays; ray++) {
      let d = distances[first + ray * p.area];
      let t = truth[first + ray * p.area];
      s += ${terms};
      size += abs(d);
    }
`;
}

/** Of a pixel and of all: how much it is background, how many it counts for, how many there are. */
const COUNTING = {
  "background": { outside: "(1.0 - m)", one: "0.0", all: "pixels" },
  "left out": {
    outside: "select(1.0 - m, 0.0, is_below(mask[i]))",
    one: "select(1.0, 0.0, is_below(mask[i]))",
    all: "max(sums[0].w, 1.0)",
  },
} as const satisfies Record<StarDistanceLossParams["unknown"], object>;

function sumShader({ error, unknown }: StarDistanceLossParams): string {
  const { wgsl } = ERRORS[error];
  const { outside, one } = COUNTING[unknown];
  return /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> partial: array<vec4f>;
@group(0) @binding(2) var<storage, read> distances: array<f32>;
@group(0) @binding(3) var<storage, read> truth: array<f32>;
@group(0) @binding(4) var<storage, read> mask: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (index >= p.sums) { return; }
  var sum = vec4f(0.0);
  for (var i = index; i < p.pixels; i += p.sums) {
    let m = keep_nan(max(mask[i], 0.0), mask[i]);
    ${raySums(wgsl.terms)}
    sum += vec4f(m * (${wgsl.value}), m, ${outside} * size / n, ${one});
  }
  partial[index] = sum;
}
`;
}

function valueShader({ unknown }: StarDistanceLossParams): string {
  return /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;
@group(0) @binding(2) var<storage, read> sums: array<vec4f>;

@compute @workgroup_size(1)
fn main() {
  let pixels = f32(p.pixels);
  let mean = sums[0] / ${COUNTING[unknown].all};
  loss[0] = mean.x / (mean.y + ${EPSILON}) + p.background * mean.z;
}
`;
}

function gradientShader({ error, unknown }: StarDistanceLossParams): string {
  const { wgsl } = ERRORS[error];
  const { outside, all } = COUNTING[unknown];
  // The sums over the rays are dropped by the compiler where the slope needs none.
  return /* wgsl */ `${HEAD}
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> distances: array<f32>;
@group(0) @binding(3) var<storage, read> truth: array<f32>;
@group(0) @binding(4) var<storage, read> mask: array<f32>;
@group(0) @binding(5) var<storage, read> sums: array<vec4f>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.pixels) { return; }
  let m = keep_nan(max(mask[i], 0.0), mask[i]);
  let pixels = f32(p.pixels);
  let counted = ${all};
  let inside = dy[0] * m / (sums[0].y + counted * ${EPSILON});
  let outside = dy[0] * p.background * ${outside} / counted;
  ${raySums(wgsl.terms)}
  for (var ray = 0u; ray < p.rays; ray++) {
    let d = distances[first + ray * p.area];
    let t = truth[first + ray * p.area];
    gradient[first + ray * p.area] = inside * (${wgsl.slope}) + outside * keep_nan(sign(d), d) / n;
  }
}
`;
}

/** The uniforms of all its kernels. */
function layout(
  [n, rays, h, w]: Shape,
  { background }: StarDistanceLossParams,
): Record<"pixels" | "area" | "rays" | "sums" | "background", number> {
  const pixels = n * h * w;
  return { pixels, area: h * w, rays, sums: Math.ceil(pixels / PIXELS_PER_SUM), background };
}

function sumPixels(
  device: Device,
  inputs: readonly Tensor<"f32">[],
  params: StarDistanceLossParams,
): Tensor<"f32"> {
  const uniforms = layout(inputs[0].shape, params);
  using scope = device.scope();
  const partial = device.empty([uniforms.sums, 4]);
  device.dispatch({
    label: "starDistanceLoss sums",
    shader: sumShader(params),
    uniforms,
    tensors: [partial, ...inputs],
    workgroups: linearWorkgroups(uniforms.sums, WORKGROUP),
  });
  return scope.keep(sumSlabs(device, { partial, shape: [4] }));
}

/** Per pixel that counts: its mask and what is summed over its rays. */
function referencePixels(
  [d, t, mask]: readonly NdArray[],
  { unknown, error: name }: StarDistanceLossParams,
) {
  const error = ERRORS[name];
  const [, rays, h, w] = d.shape;
  return [...mask.data].flatMap((value, pixel) => {
    if (value < 0 && unknown === "left out") return [];
    const first = Math.floor(pixel / (h * w)) * rays * h * w + pixel % (h * w);
    const places = Array.from({ length: rays }, (_, ray) => first + ray * h * w);
    const terms = places.map((at) => error.terms(d.data[at], t.data[at]));
    const sum = (which: 0 | 1) => terms.reduce((total, term) => total + term[which], 0);
    return [{ m: Math.max(value, 0), places, s: [sum(0), sum(1)] as const }];
  });
}

const SHAPES: readonly (readonly [Shape, boolean])[] = [
  [[2, 5, 7, 9], false],
  [[1, 3, 1, 1], false],
  [[3, 32, 6, 5], false],
  [[4, 32, 64, 64], true],
];

/**
 * Loss of predicted distances d along rays against true ones t, both `[n, rays, h, w]`, weighted by a
 * mask `[n, 1, h, w]` from 0 to 1; below 0 is unknown.
 *
 * @category Losses
 */
export const starDistanceLoss: Operation<StarDistanceLossParams, ["d", "t", "mask"]> = {
  name: "starDistanceLoss",
  inputs: ["d", "t", "mask"],
  shape([d, t, mask]) {
    const [n, , h, w] = imageShape(d, "starDistanceLoss");
    requireSameShape([d, t], "starDistanceLoss");
    requireSameShape([mask, [n, 1, h, w]], "starDistanceLoss");
    return [1];
  },
  forward(device, inputs, params) {
    using scope = device.scope();
    const sums = sumPixels(device, inputs, params);
    const loss = device.empty([1]);
    device.dispatch({
      label: "starDistanceLoss value",
      shader: valueShader(params),
      uniforms: layout(inputs[0].shape, params),
      tensors: [loss, sums],
      workgroups: [1],
    });
    return scope.keep(loss);
  },
  backward(device, { inputs, dy, needs }, params) {
    if (!needs[0]) return [null, null, null];
    const uniforms = layout(inputs[0].shape, params);
    using scope = device.scope();
    const gradient = device.empty(inputs[0].shape);
    const sums = sumPixels(device, inputs, params);
    device.dispatch({
      label: "starDistanceLoss dd",
      shader: gradientShader(params),
      uniforms,
      tensors: [gradient, ...inputs, sums, dy],
      workgroups: linearWorkgroups(uniforms.pixels, WORKGROUP),
    });
    return [scope.keep(gradient), null, null];
  },
};

/** What {@linkcode starDistanceLoss} is held against. */
export const starDistanceLossCheck: OperationCheck<StarDistanceLossParams> = {
  reference: {
    forward(inputs, params) {
      const { error, background } = params;
      const [d] = inputs;
      const pixels = referencePixels(inputs, params);
      const rays = d.shape[1];
      let [inside, outside, masks] = [0, 0, 0];
      for (const { m, places, s } of pixels) {
        masks += m;
        inside += m * ERRORS[error].value(s, rays);
        outside += (1 - m) * places.reduce((sum, at) => sum + Math.abs(d.data[at]), 0) / rays;
      }
      const count = Math.max(pixels.length, 1);
      const loss = inside / count / (masks / count + EPSILON) + background * outside / count;
      return { shape: [1], data: Float64Array.of(loss) };
    },
    backward(inputs, dy, params) {
      const { error, background } = params;
      const [d, t, mask] = inputs;
      const pixels = referencePixels(inputs, params);
      const [rays, count] = [d.shape[1], Math.max(pixels.length, 1)];
      const masks = pixels.reduce((sum, { m }) => sum + m, 0);
      const dd = zeros(d.shape);
      for (const { m, places, s } of pixels) {
        for (const at of places) {
          const slope = ERRORS[error].slope({ d: d.data[at], t: t.data[at] }, s, rays);
          const pull = background * (1 - m) * Math.sign(d.data[at]) / rays / count;
          dd.data[at] = dy.data[0] * (m * slope / (masks + count * EPSILON) + pull);
        }
      }
      return [dd, zeros(t.shape), zeros(mask.shape)];
    },
  },
  samples:
    /* @__PURE__ */ (() =>
      (["mae", "mse", "iou"] as const).flatMap((error) =>
        SHAPES.flatMap(([shape, bench]) =>
          (["background", "left out"] as const).map((
            unknown,
          ): OperationSample<StarDistanceLossParams> => ({
            shapes: [shape, shape, [shape[0], 1, shape[2], shape[3]]],
            params: { error, background: 1e-2, unknown },
            fills: [
              "normal",
              "probability",
              unknown === "left out" ? "partly known" : "probability",
            ],
            bench: bench && error === "mae" && unknown === "background",
          }))
        )
      ))(),
};
