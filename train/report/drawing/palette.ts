/**
 * How the models and the truth look in plots and on frames.
 *
 * @module
 */

import type { LabelSource } from "../data.ts";

/** The look of one source: colour and dashes differ, so that a grey print can be read as well. */
export interface Look {
  /** Any CSS colour. */
  readonly colour: string;
  /** Line width in pixels. */
  readonly width: number;
  /** Lengths of dashes and gaps in pixels; empty for a solid line. */
  readonly dash: readonly number[];
}

/** The colours of a plot. */
export interface Palette {
  /** Text. */
  readonly ink: string;
  /** Axis labels. */
  readonly muted: string;
  /** Grid lines. */
  readonly grid: string;
  /** The lines. */
  readonly looks: Readonly<Record<LabelSource, Look>>;
}

function makePalette(
  colours: { ink: string; muted: string; grid: string } & Record<LabelSource, string>,
): Palette {
  const { ink, muted, grid, baseline, control, consistent, truth } = colours;
  const { plain, filtered, voted, views } = colours;
  return {
    ink,
    muted,
    grid,
    looks: {
      baseline: { colour: baseline, width: 1.5, dash: [] },
      control: { colour: control, width: 1.5, dash: [7, 3] },
      consistent: { colour: consistent, width: 2, dash: [] },
      plain: { colour: plain, width: 1.5, dash: [1, 3] },
      filtered: { colour: filtered, width: 1.5, dash: [3, 3] },
      voted: { colour: voted, width: 1.5, dash: [5, 3, 1, 3] },
      views: { colour: views, width: 1.5, dash: [9, 2] },
      truth: { colour: truth, width: 1.25, dash: [2, 2] },
    },
  };
}

/** Fixed colours on white, of the palette by Okabe and Ito (2008), for a picture by itself. */
export const PAPER: Palette = makePalette({
  ink: "#1c2126",
  muted: "#5b646d",
  grid: "#e3e7eb",
  baseline: "#d55e00",
  control: "#009e73",
  consistent: "#0072b2",
  plain: "#8a8f94",
  filtered: "#cc79a7",
  voted: "#e69f00",
  views: "#56b4e9",
  truth: "#1c2126",
});

/** The colours of the page, which follow its light and dark style sheet. */
export const PAGE: Palette = makePalette({
  ink: "var(--ink)",
  muted: "var(--muted)",
  grid: "var(--rule)",
  baseline: "var(--baseline)",
  control: "var(--control)",
  consistent: "var(--consistent)",
  plain: "var(--plain)",
  filtered: "var(--filtered)",
  voted: "var(--voted)",
  views: "var(--views)",
  truth: "var(--truth)",
});
