/**
 * The card of the built-in model: what it learned from, how, and what it is worth.
 *
 * @module
 */

import type { ObjectScale } from "../../models/object_scale.ts";
import type { ResultsTable } from "../../report/data.ts";
import type { TrainConfig } from "../train/config.ts";

/** What a card tells. */
export interface CardParts {
  /** The settings of the run. */
  readonly config: TrainConfig;
  /** Settings that differ from the defaults of their kind of model. */
  readonly settings: object;
  /** What was measured on held-back stills. */
  readonly table: ResultsTable;
  /** How many stills each part of the split has. */
  readonly parts: readonly [train: number, validation: number, test: number];
  /** How large the objects are that it learned from. */
  readonly scale: ObjectScale;
  /** Bytes of the weights file. */
  readonly bytes: number;
  /** Patches of the built-in stills. */
  readonly patches: number;
  /** Versions of what it was computed with. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The card as Markdown. */
export function renderCard(parts: CardParts): string {
  return `# The built-in model

A StarDist network for fluorescent nuclei, bright on a dark ground, in single planes.

${tableOf(factsOf(parts))}

## What it is worth

Of the held-back stills, which neither weights nor thresholds were chosen by:

${tableOf(figures(parts.table))}

## Limits

- Label-free images (phase contrast, DIC, bright field), tissue in colour, and anything that is not
  brighter than its ground: it was shown none of them.
- Objects much smaller or larger than those above: scale the images.
- One seed: how much of a difference between two models is chance, it cannot tell.
- Figures on videos, none of which it was trained on, stand in docs/results.md.

## Made again

\`deno task builtin --stills DIR\`, DIR being the folder of stills, trains it, measures it, writes this
card and picks the ${parts.patches} stills in \`stills.zip\`. The same seed on the same adapter gives the
same weights.
`;
}

type Row = readonly [name: string, value: string];

/** What it is, and what it was made of. */
function factsOf({ config, settings, parts, scale, bytes, versions }: CardParts): Row[] {
  const { depth, base, patch, batch, stardist: { rays, grid }, validation, test } = config;
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const [learned, choosing, held] = parts;
  const [median, low, high] = [scale.median, scale.low, scale.high].map((value) =>
    value.toFixed(0)
  );
  const pairs = (values: object) =>
    Object.entries(values).map(([name, value]) => `${name} ${value}`).join(", ");
  return [
    [
      "network",
      `StarDist: depth ${depth}, base ${base}, ${rays} rays, grid ${grid}; ${kilobytes(bytes)}`,
    ],
    [
      "data",
      `2018 Data Science Bowl, fluorescence: ${
        learned + choosing + held
      } stills of BBBC038v1 (Caicedo et ` +
      "al., Nature Methods 16, 1247-1253, 2019)",
    ],
    [
      "split",
      `${learned} to learn from, ${choosing} (${
        percent(validation)
      }) that choose weights and thresholds, ` +
      `${held} (${percent(test)}) held back; by one fixed permutation`,
    ],
    [
      "objects",
      `${median} pixels in diameter in the median still, ${low} to ${high} in four of five`,
    ],
    [
      "settings",
      `${
        pairs(settings)
      }; all others as they are by default: batches of ${batch} patches of ${patch} pixels`,
    ],
    ["made with", pairs(versions)],
    ["licence", "CC0 1.0, weights and stills alike, as the data are"],
  ];
}

const FIGURES = ["ap50_stills", "mean_ap_stills", "threshold", "fixed_ap50_stills"];

/** The figures of a run of one stage. */
function figures({ columns, rows }: ResultsTable): Row[] {
  const values = rows.find(({ source }) => source === "baseline")?.values ?? {};
  return columns.filter(({ key }) => FIGURES.includes(key))
    .map(({ key, label }) => [label, values[key]?.mean.toFixed(3) ?? "-"]);
}

/** A table of two columns without a head. */
function tableOf(rows: readonly Row[]): string {
  return ["| | |", "| --- | --- |", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join(
    "\n",
  );
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString("en")} kB`;
}
