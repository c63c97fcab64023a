/**
 * What data were taken for, as text.
 *
 * @module
 */

import type { InputEvent, RangeEvent } from "../../jobs/progress/inputs.ts";
import { counted } from "../text.ts";

/** How an input was understood, or which of its intensities become 0 and 1, in one line. */
export function formatInput(event: InputEvent | RangeEvent): string {
  if (event.type === "range") {
    const { path, low, high } = event;
    return `${path}: intensities ${shortly(low)} and ${shortly(high)} become 0 and 1`;
  }
  const { path, frames, width, height, axes, bits, sampleFormat } = event;
  const kind = sampleFormat === "float" ? " floats" : sampleFormat === "int" ? " with sign" : "";
  const sizes = Object.entries(axes ?? {}).filter(([, size]) => size > 1)
    .map(([axis, size]) => `${axis.toUpperCase()} ${size}`);
  return [
    `${path}: ${counted(frames, "frame")} of ${width}x${height} pixels`,
    ...(bits === undefined ? [] : [`${bits} bits${kind}`]),
    ...(sizes.length === 0 ? [] : [`axes ${sizes.join(", ")}`]),
  ].join(", ");
}

function shortly(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
