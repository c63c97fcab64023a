/**
 * The transforms of Winograd's minimal filtering for a kernel of side 3 (Lavin and Gray 2016,
 * "Fast Algorithms for Convolutional Neural Networks"): m outputs from a window of m + 2 inputs with
 * m + 2 instead of 3 m multiplications along each axis.
 *
 * The result is Aᵀ [(G w Gᵀ) ⊙ (Bᵀ d B)] A. Larger m save more and round worse: F(2) only adds,
 * F(4) scales by up to 24.
 *
 * @module
 */

/** Outputs of a tile along each axis. */
export type TileSide = 2 | 4;

/** The three transforms of one tile size. */
export interface WinogradMatrices {
  /** Bᵀ, (m + 2) × (m + 2): from inputs to the transformed window. */
  readonly input: readonly (readonly number[])[];
  /** G, (m + 2) × 3: from taps to the transformed kernel. */
  readonly kernel: readonly (readonly number[])[];
  /** Aᵀ, m × (m + 2): from products to outputs. */
  readonly output: readonly (readonly number[])[];
}

/** The transforms for tiles of 2 × 2 and of 4 × 4 outputs. */
export const WINOGRAD: Readonly<Record<TileSide, WinogradMatrices>> = /* @__PURE__ */ (() => ({
  2: {
    input: [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
    kernel: [[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]],
    output: [[1, 1, 1, 0], [0, 1, -1, -1]],
  },
  4: {
    input: [
      [4, 0, -5, 0, 1, 0],
      [0, -4, -4, 1, 1, 0],
      [0, 4, -4, -1, 1, 0],
      [0, -2, -1, 2, 1, 0],
      [0, 2, -1, -2, 1, 0],
      [0, 4, 0, -5, 0, 1],
    ],
    kernel: [
      [1 / 4, 0, 0],
      [-1 / 6, -1 / 6, -1 / 6],
      [-1 / 6, 1 / 6, -1 / 6],
      [1 / 24, 1 / 12, 1 / 6],
      [1 / 24, -1 / 12, 1 / 6],
      [0, 0, 1],
    ],
    output: [
      [1, 1, 1, 1, 1, 0],
      [0, 1, -1, 2, -2, 0],
      [0, 1, 1, 4, 4, 0],
      [0, 1, -1, 8, -8, 1],
    ],
  },
}))();

/**
 * WGSL statements for `result = M · source · Mᵀ`, where `source` and `result` name square blocks of
 * variables: `NAME_ROW_COLUMN`.
 */
export function transformBothSides(
  matrix: readonly (readonly number[])[],
  { source, result }: { source: string; result: string },
): string[] {
  const inner = matrix[0].map((_, i) => i);
  return [
    ...matrix.flatMap((weights, i) =>
      inner.map((j) =>
        `let ${result}half_${i}_${j} = ${combine(weights, (s) => `${source}_${s}_${j}`)};`
      )
    ),
    ...matrix.flatMap((_, i) =>
      matrix.map((weights, j) =>
        `let ${result}_${i}_${j} = ${combine(weights, (s) => `${result}half_${i}_${s}`)};`
      )
    ),
  ];
}

/** A WGSL sum of variables with constant weights; those with weight 0 do not occur. */
function combine(weights: readonly number[], nameOf: (index: number) => string): string {
  return weights
    .map((weight, index) => ({ weight, name: nameOf(index) }))
    .filter(({ weight }) => weight !== 0)
    .map(({ weight, name }, place) => {
      const sign = weight < 0 ? "- " : place > 0 ? "+ " : "";
      const size = Math.abs(weight);
      return `${sign}${size === 1 ? "" : `${wgslNumber(size)} * `}${name}`;
    })
    .join(" ");
}

function wgslNumber(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : `${value}`;
}
