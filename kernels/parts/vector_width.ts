/**
 * How many neighbouring elements a kernel loads at once: a load costs about the same either way.
 *
 * @module
 */

/** Elements loaded at once: 4 where rows are a multiple of 4 long, else 1. */
export type VectorWidth = 1 | 4;

/** The widest vector that fits rows of this length. */
export function vectorWidth(elements: number): VectorWidth {
  return elements % 4 === 0 ? 4 : 1;
}

/** WGSL type of one vector. */
export function vectorType(width: VectorWidth): "f32" | "vec4f" {
  return width === 4 ? "vec4f" : "f32";
}
