/**
 * The plane in focus of every stack of a sequence.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { focusPlane } from "../../../nn/labels/focus.ts";
import type { ZSequence } from "../../images/series/z_stack.ts";
import type { FocusModel } from "./model_file.ts";
import { readStacks } from "./reader.ts";
import type { FocusRow } from "../../images/series/focus_table.ts";

/** A row of the table, and what it comes from. */
export interface FoundFocus extends FocusRow {
  /** Time of the stack, from 0. */
  readonly time: number;
  /** Name of the stack. */
  readonly stack: string;
  /** Smoothed probability of the plane. */
  readonly probability: number;
  /** What the classifier says of every plane, not smoothed. */
  readonly probabilities: Float32Array<ArrayBuffer>;
}

/**
 * Finds the plane in focus of one stack after the other. Planes are read one at a time, each up to
 * three times.
 *
 * @throws {OutOfMemoryError} If a plane does not fit into the memory limit.
 * @throws {SyntaxError | RangeError} If a plane cannot be read.
 *
 * @example
 * ```ts ignore
 * for await (const { stack, plane } of findFocus(device, { model, sequence })) {
 *   console.log(stack, plane);
 * }
 * ```
 */
export async function* findFocus(
  device: Device,
  { model: { network, reading }, sequence }: { model: FocusModel; sequence: ZSequence },
): AsyncGenerator<FoundFocus> {
  const stacks = sequence.names.map((_, t) => ({ sequence, t }));
  for await (
    const { stack: { t }, probabilities } of readStacks(device, { network, reading, stacks })
  ) {
    const found = focusPlane(probabilities, reading);
    yield { time: t, stack: sequence.names[t], ...found, probabilities };
  }
}
