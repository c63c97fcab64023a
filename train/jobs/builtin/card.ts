/**
 * The card of the built-in model: what it learned from, how, and what it is worth.
 *
 * @module
 */

import type { ResultsTable } from "../../report/data.ts";
import type { TrainConfig } from "../train/config.ts";
import type { StillFacts } from "./pick_stills.ts";

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
  /** The stills that it learned from. */
  readonly facts: readonly StillFacts[];
  /** Bytes of the weights file. */
  readonly bytes: number;
  /** Patches of the built-in stills. */
  readonly patches: number;
  /** Versions of what it was computed with. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The card as Markdown. */
export function renderCard(parts: CardParts): string {
  const { config, settings, parts: [train, validation, test], facts, bytes, versions } = parts;
  const { depth, base, patch, batch, stardist: { rays, grid }, validation: held, test: kept } =
    config;
  const diameters = facts.map(({ diameter }) => diameter).sort((a, b) => a - b);
  const at = (share: number) => diameters[Math.round(share * (diameters.length - 1))].toFixed(0);
  const share = (value: number) => `${Math.round(100 * value)} %`;
  return `# The built-in model

A StarDist network for fluorescent nuclei, bright on a dark ground, in single planes.

| | |
| --- | --- |
| network | StarDist: depth ${depth}, base ${base}, ${rays} rays, grid ${grid}; ${
    kilobytes(bytes)
  } |
| data | 2018 Data Science Bowl, fluorescence: ${
    train + validation + test
  } stills of BBBC038v1 (Caicedo et al., Nature Methods 16, 1247-1253, 2019) |
| split | ${train} to learn from, ${validation} (${
    share(held)
  }) that choose weights and thresholds, ${test} (${
    share(kept)
  }) held back; by one fixed permutation |
| objects | ${at(0.5)} pixels in diameter in the median still, ${at(0.1)} to ${
    at(0.9)
  } in four of five |
| settings | ${
    Object.entries(settings).map(([name, value]) => `${name} ${value}`).join(", ")
  }; all others as they are by default: batches of ${batch} patches of ${patch} pixels |
| made with | ${Object.entries(versions).map((pair) => pair.join(" ")).join(", ")} |
| licence | CC0 1.0, weights and stills alike, as the data are |

## What it is worth

Of the held-back stills, which neither weights nor thresholds were chosen by:

${figures(parts.table)}

## Limits

- Label-free images (phase contrast, DIC, bright field), tissue in colour, and anything that is not
  brighter than its ground: it was shown none of them.
- Objects much smaller or larger than those above: rescale the images.
- One seed: how much of a difference between two models is chance, it cannot tell.
- Figures on videos, none of which it was trained on, stand in docs/results.md.

## Made again

\`deno task builtin --stills DIR\`, DIR being the folder of stills, trains it, measures it, writes this
card and picks the ${parts.patches} stills in \`stills.zip\`. The same seed on the same adapter gives the same weights.
`;
}

const FIGURES = ["ap50_stills", "mean_ap_stills", "threshold", "fixed_ap50_stills"];

/** The figures of a run of one stage, a row each. */
function figures({ columns, rows }: ResultsTable): string {
  const values = rows.find(({ source }) => source === "baseline")?.values ?? {};
  const lines = columns.filter(({ key }) => FIGURES.includes(key))
    .map(({ key, label }) => `| ${label} | ${values[key]?.mean.toFixed(3) ?? "-"} |`);
  return ["| | |", "| --- | --- |", ...lines].join("\n");
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString("en")} kB`;
}
