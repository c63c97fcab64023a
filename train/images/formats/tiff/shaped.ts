/**
 * The description that tifffile writes into the first page of an array: `{"shape": [3, 2, 64, 64],
 * "axes": "TCYX"}`.
 *
 * @module
 */

import { counted, wordFor } from "../../../counted.ts";
import { unreadable } from "../../bytes.ts";
import {
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
  /**
   * The letter of an axis that lies over the samples of a pixel: tifffile takes three or four planes for
   * colours where nobody tells it what they are.
   */
  readonly sampleAxis?: string;
  /** All letters, where rows and columns do not lie in its pages. */
  readonly turned?: string;
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
  const ofSamples = samples > 1 && letters !== "" && !letters.includes("S")
    ? [letters.indexOf("Y") - 1, letters.length - 1]
      .find((i) => i >= 0 && !"YX".includes(letters[i]) && shape[i] === samples)
    : undefined;
  const isOver = (i: number) =>
    letters === "" ? i < shape.length - inPage : !"YXS".includes(letters[i]) && i !== ofSamples;
  const over = shape.flatMap((_, i) => isOver(i) ? [i] : []);
  return {
    sizes: over.map((i) => shape[i]),
    axes: letters === "" ? "" : over.map((i) => letters[i]).join(""),
    ...ofSamples !== undefined && { sampleAxis: letters[ofSamples] },
    ...!inPages(letters, ofSamples) && { turned: letters },
  };
}

/** Whether rows and columns are the innermost axes, apart from that of samples. */
function inPages(letters: string, ofSamples: number | undefined): boolean {
  const planar = [...letters].filter((letter, i) => letter !== "S" && i !== ofSamples);
  return letters === "" || planar.join("").endsWith("YX");
}

/**
 * The layout of a stack that tifffile describes. An axis with a letter that is not of time, depth or
 * channels counts as time where there is no time, and must else have one place.
 *
 * @throws {SyntaxError} If it speaks of pages that the file does not have, or of an axis that is not
 * known.
 */
export function shapedLayout(
  { sizes, axes, sampleAxis, turned }: ShapedDescription,
  { path, pages }: DescribedFile,
): StackLayout {
  if (turned !== undefined) {
    throw unreadable(
      path,
      `its axes are ${turned}, so that its pages are no images of rows and columns`,
      "save it with the axes Y and X last",
    );
  }
  const count = sizes.reduce((product, size) => product * size, 1);
  if (count > pages) {
    throw unreadable(
      path,
      `its description speaks of ${counted(count, "page")} (${sizes.join(" x ")}), ${pages} ${
        wordFor(pages, "is", "are")
      } there`,
      "it was cut short, or its recording stopped: save what is there as a new file",
    );
  }
  const notes = count < pages
    ? [
      `${counted(pages - count, "page")} after the ${count} that its description speaks of ${
        wordFor(pages - count, "is", "are")
      } left out`,
    ]
    : [];
  if (axes === "" && sampleAxis === undefined) {
    if (sizes.filter((size) => size > 1).length > 1) {
      notes.push(`its description names no axes for ${sizes.join(" x ")} pages: read as frames`);
    }
    return pagesAsFrames(count, notes);
  }
  const known: Record<StackAxis, number> = { T: 1, Z: 1, C: 1 };
  const order: StackAxis[] = [];
  const all = axes + (sampleAxis ?? "");
  const axisOf = (letter: string): StackAxis => {
    const axis = letter in known ? letter as StackAxis : all.includes("T") ? null : "T";
    if (axis === null || order.includes(axis)) {
      throw unreadable(
        path,
        `its axes are ${all} (${sizes.join(" x ")} pages), of which ${letter} is not known`,
        "save each of its images as a file of its own",
      );
    }
    if (axis !== letter) notes.push(`its axis ${letter} is read as frames`);
    return axis;
  };
  for (const [i, letter] of [...axes].entries()) {
    if (sizes[i] === 1 && !(letter in known)) continue;
    const axis = axisOf(letter);
    known[axis] = sizes[i];
    order.unshift(axis);
  }
  const ofSamples = sampleAxis === undefined ? null : axisOf(sampleAxis);
  const layout = pagesInOrder(known, { order, notes });
  return ofSamples === null ? layout : { ...layout, sampleAxis: ofSamples };
}
