/**
 * The histogram that Otsu's threshold is chosen from: 256 bins of equal width between the smallest
 * and the largest value, counted exactly as `numpy.histogram` counts float32 values.
 *
 * NumPy computes the edges in float64 and rounds them to float32, guesses each value's bin by one
 * float32 multiplication, and then moves it by one bin where the guess disagrees with the edges.
 * The last bin includes its right edge. All of this is repeated here step by step, so that the
 * counts agree also where the range is only a few float32 steps wide and neighbouring edges
 * coincide. (Checked against NumPy 1.24; NumPy 2 may round an edge the other way.)
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { ValueRange } from "./value_range.ts";

/** Number of bins. */
export const HISTOGRAM_BINS = 256;

const WORKGROUP = 256;
const STEPS = 16;

const SHADER = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32, scale: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> counts: array<atomic<u32>, ${HISTOGRAM_BINS}>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> edges: array<f32>;
var<workgroup> group_counts: array<atomic<u32>, ${HISTOGRAM_BINS}>;

fn bin_of(value: f32) -> u32 {
  var bin = min(u32((value - edges[0]) * p.scale), ${HISTOGRAM_BINS - 1}u);
  if (value < edges[bin]) { bin -= 1u; }
  if (value >= edges[bin + 1u] && bin != ${HISTOGRAM_BINS - 1}u) { bin += 1u; }
  return bin;
}

@compute @workgroup_size(${WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = (group.x + group.y * groups.x) * ${WORKGROUP * STEPS}u + lane;
  for (var step = 0u; step < ${STEPS}u; step++) {
    let i = first + step * ${WORKGROUP}u;
    if (i < p.count) { atomicAdd(&group_counts[bin_of(x[i])], 1u); }
  }
  workgroupBarrier();
  let count = atomicLoad(&group_counts[lane]);
  if (count > 0u) { atomicAdd(&counts[lane], count); }
}
`)();

/** The 257 edges of the bins over a range, in float32, as `numpy.linspace` gives them. */
export function histogramEdges({ min, max }: ValueRange): Float32Array<ArrayBuffer> {
  const step = (max - min) / HISTOGRAM_BINS;
  const edges = Float32Array.from({ length: HISTOGRAM_BINS + 1 }, (_, i) => i * step + min);
  edges[HISTOGRAM_BINS] = max;
  return edges;
}

/**
 * Bins per unit of intensity in float32; not finite where the range is too narrow or too wide for
 * float32 to be cut into bins.
 */
export function histogramScale({ min, max }: ValueRange): number {
  const width = Math.fround(max - min);
  return Number.isFinite(width) ? Math.fround(HISTOGRAM_BINS / width) : NaN;
}

/**
 * Counts the values of a tensor in 256 bins between `range.min` and `range.max`, its own extremes.
 *
 * @returns The counts `[256]`, a tensor of the innermost scope.
 * @throws {RangeError} If the range cannot be cut into bins.
 */
export function histogram(
  device: Device,
  x: Tensor<"f32">,
  { range }: { range: ValueRange },
): Tensor<"u32"> {
  const scale = histogramScale(range);
  if (!Number.isFinite(scale)) {
    throw new RangeError(
      `Cannot count a histogram: no ${HISTOGRAM_BINS} bins fit between ${range.min} and ${range.max}`,
    );
  }
  using scope = device.scope();
  const edges = device.upload([HISTOGRAM_BINS + 1], histogramEdges(range));
  const counts = scope.keep(device.empty([HISTOGRAM_BINS], "u32"));
  device.clear(counts);
  device.dispatch({
    label: "histogram",
    shader: SHADER,
    uniforms: { count: x.size, scale },
    tensors: [counts, x, edges],
    workgroups: linearWorkgroups(x.size, WORKGROUP * STEPS),
  });
  return counts;
}
