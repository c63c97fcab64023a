/**
 * What one dispatch is.
 *
 * @module
 */

import type { Uniforms } from "./params.ts";
import type { PipelineSource } from "./pipelines.ts";
import type { Tensor } from "../tensor.ts";

/**
 * One dispatch: a shader, what it reads and writes, and how many workgroups run.
 *
 * @category Device
 */
export interface Dispatch extends PipelineSource {
  /** Values of the `struct Params` at binding 0, by the names of its members. */
  readonly uniforms: Uniforms;
  /** Tensors at bindings 1, 2, … */
  readonly tensors: readonly Tensor[];
  /** Tensors at the bindings after these, read through storage textures; none unless told. */
  readonly textures?: readonly Tensor[];
  /** Workgroups along x, y and z. */
  readonly workgroups: readonly [number, number?, number?];
}

/** Invocations of a workgroup, for kernels that need no certain number. */
export const WORKGROUP = 64;

/** The most workgroups along one axis; WebGPU promises no more. */
export const MAX_WORKGROUPS_PER_AXIS = 65535;

/**
 * The numbers of workgroups of a dispatch along all three axes.
 *
 * @throws {RangeError} If one is not a whole number, or more than WebGPU promises.
 */
export function checkWorkgroups(
  { label, workgroups: [x, y = 1, z = 1] }: Pick<Dispatch, "label" | "workgroups">,
): [number, number, number] {
  const counts: [number, number, number] = [x, y, z];
  if (!counts.every((count) => Number.isInteger(count) && count >= 0)) {
    throw new RangeError(
      `Cannot dispatch ${label}: ${counts.join("×")} workgroups, expected whole numbers`,
    );
  }
  if (Math.max(...counts) > MAX_WORKGROUPS_PER_AXIS) {
    throw new RangeError(
      `Cannot dispatch ${label}: ${counts.join("×")} workgroups, at most 65535 a side`,
    );
  }
  return counts;
}

/**
 * Workgroup counts that cover `count` invocations in one line, folded into y where x is full. The
 * shader's index is `id.x + id.y * groups.x * workgroup_size`.
 *
 * @category Device
 */
export function linearWorkgroups(count: number, workgroupSize: number): [number, number] {
  const groups = Math.ceil(count / workgroupSize);
  const rows = Math.max(1, Math.ceil(groups / MAX_WORKGROUPS_PER_AXIS));
  return [Math.ceil(groups / rows), rows];
}
