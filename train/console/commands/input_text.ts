/**
 * What data were taken for, as text.
 *
 * @module
 */

import { counted, withMinus } from "../../counted.ts";
import type { InputEvent, RangeEvent } from "../../jobs/progress/inputs.ts";

/** How an input was understood, or which of its intensities become 0 and 1, in one line. */
export function formatInput(event: InputEvent | RangeEvent): string {
  if (event.type === "range") {
    const { path, low, high, further = [] } = event;
    const ranges = [{ low, high }, ...further]
      .map(({ low, high }) => `${shortly(low)} and ${shortly(high)}`);
    const each = further.length > 0 ? ", channel by channel" : "";
    return `${path}: intensities ${ranges.join("; ")} become 0 and 1${each}`;
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
  return withMinus(String(Number.isInteger(value) ? value : Number(value.toPrecision(4))));
}
