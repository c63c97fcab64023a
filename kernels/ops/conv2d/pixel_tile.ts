/**
 * What the direct kernels are put together from: the tile of output pixels that one invocation sums
 * up, its window of the input, and the taps between them.
 *
 * The pieces share their WGSL names: `a{r}_{c}` are the sums of 4 output channels at row r and column
 * c of the tile, `v{r}_{s}` the segments of the window, `w{t}` the taps of 4 output channels. See
 * tile.ts for segments.
 *
 * @module
 */

import { vectorType, type VectorWidth } from "../../parts/vector_width.ts";
import { range } from "../../parts/range.ts";
import { addsBias, type Epilogue, storeSum } from "./epilogue.ts";
import { columnOf, haloSegments, unrolledKernelRows } from "./tile.ts";

/** Invocations that share a workgroup. */
export const TILES_PER_WORKGROUP = 64;

/**
 * Pixels of a row whose sums are added to by turns: each weight serves all of them, and a CPU with 16 vector
 * registers holds their sums.
 */
const SIDE_BY_SIDE = 4;

/** The numbers that a tile is generated from. */
export interface PixelTile {
  /** Side of the convolution kernel, odd. */
  readonly k: number;
  /** Output rows. */
  readonly rows: number;
  /** Output segments per row. */
  readonly segments: number;
  /** Columns per segment. */
  readonly vector: VectorWidth;
}

function pixelsOf({ rows, segments, vector }: PixelTile): { r: number; c: number }[] {
  return range(rows).flatMap((r) => range(segments * vector).map((c) => ({ r, c })));
}

/**
 * The place of an invocation's tile: `image`, its first row `y0` and segment `s0`, and the first
 * output `channel` of its `block`; `width` is that of the image in segments. Sums begin at 0.
 *
 * Workgroups next to each other compute other channels of the same tiles, which are still cached.
 */
export function placeTile(tile: PixelTile): string {
  const { rows, segments } = tile;
  return `let tiles_x = (p.segments + ${segments - 1}u) / ${segments}u;
  let tiles_y = (p.height + ${rows - 1}u) / ${rows}u;
  let blocks = (p.c_out + 3u) / 4u;
  let group = id.x + id.y * groups.x;
  let block = group % blocks;
  let index = group / blocks * ${TILES_PER_WORKGROUP}u + local;
  let tile = index / tiles_x;
  let image = tile / tiles_y;
  if (image >= p.batch) { return; }
  let width = i32(p.segments);
  let s0 = i32(index % tiles_x) * ${segments};
  let y0 = i32(tile % tiles_y) * ${rows};
  let channel = block * 4u;
  ${pixelsOf(tile).map(({ r, c }) => `var a${r}_${c} = vec4f(0.0);`).join("\n  ")}`;
}

/** Loads the window of the unrolled kernel rows from `ky0` on, in the plane of x that `plane` begins. */
export function loadWindow({ k, rows, segments, vector }: PixelTile): string {
  const halo = haloSegments(k, vector);
  return range(rows + unrolledKernelRows(k) - 1).flatMap((r) => [
    `let row${r} = y0 + ${r} + ky0 - ${(k - 1) / 2};`,
    `let in${r} = row${r} >= 0 && row${r} < i32(p.height);`,
    `let at${r} = plane + row${r} * width;`,
    ...range(segments + 2 * halo).map((s) =>
      `let v${r}_${s} = select(${vectorType(vector)}(0.0), x_at(at${r} + s0 + ${s - halo}), ` +
      `in${r} && s0 + ${s - halo} >= 0 && s0 + ${s - halo} < width);`
    ),
  ]).join("\n    ");
}

/** Loads the taps of the unrolled kernel rows, of which `tap` is the first. */
export function loadTaps({ k }: PixelTile): string {
  return range(unrolledKernelRows(k) * k).map((t) => `let w${t} = w_at(tap + ${t});`).join(
    "\n    ",
  );
}

/** Adds the products of the window and the taps to the sums, those of 4 pixels by turns. */
export function addProducts(tile: PixelTile): string {
  const { k, vector } = tile;
  const [pad, halo] = [(k - 1) / 2, haloSegments(k, vector)];
  const pixels = pixelsOf(tile);
  return range(pixels.length / SIDE_BY_SIDE).flatMap((group) =>
    range(unrolledKernelRows(k) * k).flatMap((tap) =>
      pixels.slice(group * SIDE_BY_SIDE, (group + 1) * SIDE_BY_SIDE).map(({ r, c }) => {
        const offset = c + tap % k - pad;
        const value = columnOf(`v${r + Math.floor(tap / k)}`, { offset, halo, vector });
        return `a${r}_${c} = fma(vec4f(${value}), w${tap}, a${r}_${c});`;
      })
    )
  ).join("\n    ");
}

/** Stores the sums in y, with the bias `b` where there is one. */
export function storeSums({ rows, segments, vector }: PixelTile, epilogue: Epilogue): string {
  const [hasBias, type] = [addsBias(epilogue), vectorType(vector)];
  return range(4).map((channel) => {
    const outputs = range(rows).flatMap((r) =>
      range(segments).map((s) => {
        const parts = range(vector).map((i) => `a${r}_${s * vector + i}[${channel}]`);
        const sum = vector === 4 ? `vec4f(${parts.join(", ")})` : parts[0];
        const value = hasBias ? `${sum} + bias${channel}` : sum;
        const at = `out + ${r} * width + ${s}`;
        return `if (y0 + ${r} < i32(p.height) && s0 + ${s} < width) ` +
          `{ ${storeSum(epilogue, { value, at, type })} }`;
      })
    );
    return `if (channel + ${channel}u < p.c_out) {
    let out = i32((image * p.c_out + channel + ${channel}u) * p.height) * width + y0 * width + s0;
    ${hasBias ? `let bias${channel} = b[channel + ${channel}u];` : ""}
    ${outputs.join("\n    ")}
  }`;
  }).join("\n  ");
}
