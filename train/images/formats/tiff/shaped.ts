/**
 * The description that tifffile writes into the first page of an array: `{"shape": [3, 2, 64, 64],
 * "axes": "TCYX"}`.
 *
 * @module
 */

import { unreadable } from "../../bytes.ts";
import {
  countOf,
  type DescribedFile,
  pagesAsFrames,
  pagesInOrder,
  type StackAxis,
  type StackLayout,
} from "./layout.ts";

/** What the description says. */
export interface ShapedDescription {
  /** Sizes of the axes that lie over pages, the slowest first. */
  readonly sizes: readonly number[];
  /** Their letters; "" where it names none. */
  readonly axes: string;
}

/** Reads the description; null if it is not tifffile's. */
export function parseShaped(
  description: string,
  { samples }: { samples: number },
): ShapedDescription | null {
  if (!description.startsWith("{") || !description.includes('"shape"')) return null;
  let parsed: { shape?: unknown; axes?: unknown };
  try {
    parsed = JSON.parse(description);
  } catch {
    return null;
  }
  const { shape, axes } = parsed;
  const isShape = Array.isArray(shape) && shape.length >= 2 &&
    shape.every((size) => Number.isInteger(size) && size > 0);
  if (!isShape) return null;
  const letters = typeof axes === "string" && axes.length === shape.length ? axes : "";
  // Rows, columns and the samples of a pixel lie in a page; without letters those that end the shape.
  const inPage = samples > 1 ? 3 : 2;
  const isOver = (i: number) =>
    letters === "" ? i < shape.length - inPage : !"YXS".includes(letters[i]);
  const over = shape.flatMap((_, i) => isOver(i) ? [i] : []);
  return {
    sizes: over.map((i) => shape[i]),
    axes: letters === "" ? "" : over.map((i) => letters[i]).join(""),
  };
}

/**
 * The layout of a stack that tifffile describes. An axis with a letter that is not of time, depth or
 * channels counts as time where there is no time, and must else have one place.
 *
 * @throws {SyntaxError} If it speaks of pages that the file does not have, or of an axis that is not
 * known.
 */
export function shapedLayout(
  { sizes, axes }: ShapedDescription,
  { path, pages }: DescribedFile,
): StackLayout {
  const count = sizes.reduce((product, size) => product * size, 1);
  if (count > pages) {
    throw unreadable(
      path,
      `its description speaks of ${count} pages (${sizes.join(" x ")}), ${pages} are there`,
      "it was cut short, or its recording stopped: save what is there as a new file",
    );
  }
  const notes = count < pages
    ? [
      `${
        countOf(pages - count, "page")
      } after the ${count} that its description speaks of are left out`,
    ]
    : [];
  if (axes === "") {
    if (sizes.filter((size) => size > 1).length > 1) {
      notes.push(`its description names no axes for ${sizes.join(" x ")} pages: read as frames`);
    }
    return pagesAsFrames(count, notes);
  }
  const known: Record<StackAxis, number> = { T: 1, Z: 1, C: 1 };
  const order: StackAxis[] = [];
  for (const [i, letter] of [...axes].entries()) {
    const other = axes.includes("T") ? null : "T";
    const axis = letter in known ? letter as StackAxis : sizes[i] === 1 ? null : other;
    if (axis === null && sizes[i] === 1) continue;
    if (axis === null || order.includes(axis)) {
      throw unreadable(
        path,
        `its axes are ${axes} (${sizes.join(" x ")} pages), of which ${letter} is not known`,
        "save each of its images as a file of its own",
      );
    }
    if (axis !== letter) notes.push(`its axis ${letter} is read as frames`);
    known[axis] = sizes[i];
    order.unshift(axis);
  }
  return pagesInOrder(known, { order, notes });
}
