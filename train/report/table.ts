/**
 * The results of a run: the table, and its most important numbers in large type.
 *
 * @module
 */

import { formatNumber } from "../counted.ts";
import type { LabelSource, Measured, ResultsTable, TableColumn } from "./data.ts";
import { capitalise, type Insert, type Markup, markup } from "./drawing/markup.ts";
import { RESTS_ON } from "./results_table.ts";
import { SOURCES } from "./sources.ts";

const DIRECTIONS = {
  higher: "higher is better",
  lower: "lower is better",
  truth: "nearest to the truth is best",
} as const;

/**
 * The table with a row per measure and a column per model: so the numbers to compare stand side by
 * side, and it fits a sheet of paper.
 */
export function resultsTable(table: ResultsTable): Markup {
  const sources = SOURCES.filter((source) => table.rows.some((row) => row.source === source));
  const reference = referenceOf(table);
  const groups = Map.groupBy(table.columns, ({ group }) => group ?? "");
  const width = 1 + sources.length + (reference ? 1 : 0);
  const bodies = [...groups].map(([group, columns]) =>
    markup`<tbody>${
      group !== "" &&
      markup`<tr><th class="group" scope="rowgroup" colspan="${width}">${group}</th></tr>
`
    }${columns.map((column) => tableRow(table, { column, sources, reference }))}</tbody>
`
  );
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Results table">
<table class="results" style="--columns:${width - 1}"><thead><tr><th scope="col">Measure</th>${
    sources.map((source) =>
      markup`<th scope="col"><span class="chip ${source}"></span>${capitalise(source)}</th>`
    )
  }${reference && markup`<th scope="col">Consistent<br>against ${reference}</th>`}</tr></thead>
${bodies}</table></div>
`;
}

function tableRow(
  table: ResultsTable,
  { column, sources, reference }: {
    column: TableColumn;
    sources: readonly LabelSource[];
    reference: LabelSource | undefined;
  },
): Markup {
  const { label, unit, about } = column;
  const best = bestSources(table, column);
  const hint = [unit, directionOf(table, column)].filter((part) => part).join("; ");
  return markup`<tr><th scope="row">${label}${
    hint !== "" && markup` <span class="hint">${hint}</span>`
  }${about && markup`<span class="about">${about}</span>`}</th>${
    sources.map((source) => {
      const text = formatMeasured(valueOf(table, source, column), column);
      return best.has(source)
        ? markup`<td class="best">${text}<span class="hidden"> (best)</span></td>`
        : markup`<td>${text}</td>`;
    })
  }${reference && markup`<td class="change">${change(table, column)}</td>`}</tr>
`;
}

/** The numbers marked as headlines: the consistent model's, and what it is compared with. */
export function headlines(table: ResultsTable): Insert {
  const reference = referenceOf(table);
  const tiles = table.columns.filter(({ headline }) => headline).flatMap((column) => {
    const value = valueOf(table, "consistent", column);
    if (value === undefined) return [];
    const other = reference && valueOf(table, reference, column);
    const direction = directionOf(table, column);
    return markup`<div><dt>${column.label}${
      direction && markup`<span class="hint">${direction}</span>`
    }</dt><dd><b>${formatMeasured(value, column)}</b>${
      other &&
      markup`<span>${reference}: ${formatMeasured(other, column)} (${change(table, column)})</span>`
    }</dd></div>
`;
  });
  return tiles.length > 0 && markup`<dl class="headlines" aria-label="Consistent model in short">
${tiles}</dl>
`;
}

/** What the consistent model is compared with: the control, else the baseline. */
export function referenceOf({ rows }: ResultsTable): LabelSource | undefined {
  const has = (source: LabelSource) => rows.some((row) => row.source === source);
  if (!has("consistent")) return undefined;
  return (["control", "baseline"] as const).find(has);
}

/** "0.659 ± 0.013" over seeds, "0.659" for one, a dash where nothing is known. */
function formatMeasured(value: Measured | undefined, column: TableColumn): Markup {
  if (value === undefined) return markup`–`;
  return markup`${formatNumber(value.mean, column)}${
    value.sd !== undefined && Number.isFinite(value.sd) &&
    markup`<span class="sd"> ± ${formatNumber(value.sd, column)}</span>`
  }`;
}

/**
 * The models with the best mean, as far as the digits shown tell them apart. None if there is
 * nothing to choose between, or no truth to be near to.
 */
export function bestSources(table: ResultsTable, column: TableColumn): Set<LabelSource> {
  const target = valueOf(table, "truth", column)?.mean ?? NaN;
  const distance = (mean: number) => {
    if (column.better === "higher") return -mean;
    return column.better === "lower" ? mean : Math.abs(mean - target);
  };
  const known = table.rows.flatMap(({ source }) => {
    const mean = valueOf(table, source, column)?.mean;
    return source === "truth" || mean === undefined ? [] : { source, mean };
  });
  const shown = new Set(known.map(({ mean }) => formatNumber(mean, column)));
  if (column.better === undefined || shown.size < 2) return new Set();
  const least = known.reduce((a, b) => distance(b.mean) < distance(a.mean) ? b : a);
  if (!Number.isFinite(distance(least.mean))) return new Set();
  const text = formatNumber(least.mean, column);
  return new Set(
    known.filter(({ mean }) => formatNumber(mean, column) === text).map(({ source }) => source),
  );
}

/** Which values are better, in words; nothing if that is the truth's and it is not known. */
function directionOf(table: ResultsTable, column: TableColumn): string | undefined {
  const { better } = column;
  if (better === "truth" && valueOf(table, "truth", column) === undefined) return undefined;
  return better && DIRECTIONS[better];
}

/**
 * How the consistent model's mean differs from the one it is compared with, relative to that; nothing
 * for what the figures rest on, where more is no gain.
 */
function change(table: ResultsTable, column: TableColumn): Insert {
  if (column.group === RESTS_ON) return "";
  const reference = referenceOf(table);
  const value = valueOf(table, "consistent", column);
  const other = reference && valueOf(table, reference, column);
  if (value === undefined || other === undefined || other.mean === 0) return "–";
  const difference = value.mean - other.mean;
  const percent = difference / Math.abs(other.mean) * 100;
  const digits = Math.abs(percent) < 9.95 ? 1 : 0;
  const text = formatNumber(percent, { digits });
  const spread = Math.hypot(value.sd ?? NaN, other.sd ?? NaN);
  return markup`${percent > 0 && Number(text) !== 0 && "+"}${text} %${
    Math.abs(difference) <= spread && markup`<small> within the spread</small>`
  }`;
}

/** The value, if it is a finite number. */
function valueOf(
  { rows }: ResultsTable,
  source: LabelSource,
  { key }: TableColumn,
): Measured | undefined {
  const value = rows.find((row) => row.source === source)?.values[key];
  return value && Number.isFinite(value.mean) ? value : undefined;
}
