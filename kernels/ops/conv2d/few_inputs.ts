/**
 * Convolution of an image with few channels, such as the first layer of a network: one invocation
 * reads the window of a tile of pixels once, all its channels, and computes 16 output channels of it.
 *
 * With so few terms a sum costs less than storing it, and what an invocation loads decides. Weights
 * stay as the layer has them and are read at constant places, which are the same for every invocation:
 * a GPU reads them once for all lanes, and a software adapter too if no invocation has returned
 * before. So invocations past the end stay until the stores. On a GPU further output channels are
 * further workgroups of the same dispatch; on software adapters they are further dispatches, each with
 * its places written out.
 *
 * @module
 */

import { styleOf } from "../../gpu/adapter.ts";
import { type Device, linearWorkgroups, WORKGROUP } from "../../gpu/device.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { declareOperand } from "../../parts/operand.ts";
import { vectorType, type VectorWidth, vectorWidth } from "../../parts/vector_width.ts";
import type { Convolution } from "./convolution.ts";
import {
  addsBias,
  declareEpilogue,
  type Epilogue,
  epilogueOf,
  readBesides,
  storeSum,
} from "./epilogue.ts";
import { range } from "../../parts/range.ts";
import { columnOf, haloSegments } from "./tile.ts";

/** Output rows and columns of an invocation's tile. */
const [ROWS, COLUMNS] = [2, 4];
/** Output channels of one dispatch. */
const CHANNELS = 16;
/** The most terms of a sum, and channels of the image, whose window still fits in registers. */
const [MOST_TERMS, MOST_INPUTS] = [36, 4];

/** The numbers that such a kernel is generated from. */
export interface FewInputsTile {
  /** Side of the convolution kernel, odd. */
  readonly k: number;
  /** Channels of the image. */
  readonly cIn: number;
  /** Channels of the result. */
  readonly cOut: number;
  /** The first channel of the result that this kernel computes; null if workgroups differ in it. */
  readonly first: number | null;
  /** Columns per segment. */
  readonly vector: VectorWidth;
  /** Whether the result is the gradient to the input; see {@linkcode Convolution}. */
  readonly transposed: boolean;
  /** What is done with sums. */
  readonly epilogue: Epilogue;
  /** Whether the result and the image are stored as halves. */
  readonly halves: readonly [y: boolean, x: boolean];
}

/** Whether the terms of a convolution are few enough. */
export function hasFewInputs({ x, weight }: Convolution): boolean {
  return x.shape[1] <= MOST_INPUTS && x.shape[1] * weight.shape[2] ** 2 <= MOST_TERMS;
}

/** WGSL of the kernel for some channels of the result. */
function fewInputsShader(
  { k, cIn, cOut, first, vector, transposed, epilogue, halves }: FewInputsTile,
): string {
  const pad = (k - 1) / 2;
  const halo = haloSegments(k, vector);
  const segments = COLUMNS / vector;
  const type = vectorType(vector);
  const zero = `${type}(0.0)`;
  const terms = range(cIn).flatMap((i) =>
    range(k * k).map((tap) => ({ i, tap, ky: Math.floor(tap / k), kx: tap % k }))
  );
  const rows = range(ROWS + k - 1).map((r) =>
    `let row${r} = y0 + ${r - pad};
  let in${r} = row${r} >= 0 && row${r} < height;`
  );
  const loads = range(cIn).flatMap((i) =>
    range(ROWS + k - 1).flatMap((r) =>
      range(segments + 2 * halo).map((s) => {
        const at = `s0 + ${s - halo}`;
        return `let v${i}_${r}_${s} = select(${zero}, ` +
          `x_at(((image * ${cIn} + ${i}) * height + row${r}) * width + ${at}), ` +
          `in${r} && ${at} >= 0 && ${at} < width);`;
      })
    )
  );
  const pixels = (i: number, { row, column }: { row: number; column: number }) => {
    const parts = range(vector).map((lane) =>
      columnOf(`v${i}_${row}`, { offset: column + lane, halo, vector })
    );
    return vector === 4 ? `vec4f(${parts.join(", ")})` : parts[0];
  };
  const places = range(ROWS).flatMap((r) => range(segments).map((s) => ({ r, s })));
  const count = first === null ? Math.min(CHANNELS, cOut) : Math.min(CHANNELS, cOut - first);
  const isCut = first === null && cOut % CHANNELS !== 0;
  const channels = range(count).map((channel) => {
    const o = first === null ? `(first + ${channel})` : `${first + channel}`;
    const weights = terms.map(({ i, tap }, t) => {
      const at = transposed
        ? `(${i * cOut + 1} + ${o}) * ${k * k} - ${1 + tap}`
        : `${o} * ${cIn * k * k} + ${i * k * k + tap}`;
      return `let w${t} = ${type}(w[${at}]);`;
    });
    const sums = places.map(({ r, s }) => {
      const products = terms.map(({ i, ky, kx }, t) => {
        const column = s * vector + kx - pad;
        return `sum = fma(${pixels(i, { row: r + ky, column })}, w${t}, sum);`;
      });
      const at = `out + ${r} * width + ${s}`;
      return `{ var sum = ${addsBias(epilogue) ? `${type}(b[${o}])` : zero}; ${products.join(" ")}
    if (inside && y0 + ${r} < height && s0 + ${s} < width) ` +
        `{ ${storeSum(epilogue, { value: "sum", at, type })} } }`;
    });
    return `${isCut ? `if (${o} < ${cOut}) ` : ""}{
    let out = ((image * ${cOut} + ${o}) * height + y0) * width + s0;
    ${[...weights, ...sums].join("\n    ")}
  }`;
  });
  return /* wgsl */ `
struct Params { height: u32, segments: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
${declareEpilogue(epilogue, { binding: 4, type, isHalf: halves[0] })}
${declareOperand("x", { binding: 2, type, isHalf: halves[1] })}
@group(0) @binding(3) var<storage, read> w: array<f32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * ${WORKGROUP}u;
  let inside = index < p.count;
  ${first === null ? `let first = i32(id.z) * ${CHANNELS};` : ""}
  let tiles_x = (p.segments + ${segments - 1}u) / ${segments}u;
  let tiles_y = (p.height + ${ROWS - 1}u) / ${ROWS}u;
  let line = index / tiles_x;
  let image = i32(line / tiles_y);
  let s0 = i32(index % tiles_x) * ${segments};
  let y0 = i32(line % tiles_y) * ${ROWS};
  let width = i32(p.segments);
  let height = i32(p.height);
  ${rows.join("\n  ")}
  ${loads.join("\n  ")}
  ${channels.join("\n  ")}
}
`;
}

/** Computes a convolution of an image with few channels, in either direction. */
export function fewInputsConvolution(
  device: Device,
  problem: Convolution,
): Tensor<"f32"> {
  const { x, weight, transposed, isHalf = false } = problem;
  const [batch, cIn, height, width] = x.shape;
  const cOut = weight.shape[transposed ? 1 : 0];
  const k = weight.shape[2];
  const vector = vectorWidth(width);
  const count = batch * Math.ceil(height / ROWS) * Math.ceil(width / COLUMNS);
  const y = device.empty([batch, cOut, height, width], "f32", { isHalf });
  const tile = {
    k,
    cIn,
    cOut,
    vector,
    transposed,
    epilogue: epilogueOf(problem),
    halves: [isHalf, x.isHalf] as const,
  };
  const rounds = Math.ceil(cOut / CHANNELS);
  const isJoint = rounds > 1 && styleOf(device.adapter) === "registers";
  for (const round of range(isJoint ? 1 : rounds)) {
    const first = isJoint ? null : round * CHANNELS;
    device.dispatch({
      label: `conv2d k${k} few inputs`,
      shader: fewInputsShader({ ...tile, first }),
      uniforms: { height, segments: width / vector, count },
      tensors: [y, x, weight, ...readBesides(problem)],
      workgroups: [...linearWorkgroups(count, WORKGROUP), isJoint ? rounds : 1],
    });
  }
  return y;
}
