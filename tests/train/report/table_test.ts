import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type {
  LabelSource,
  Measured,
  ResultsTable,
  TableColumn,
} from "../../../train/report/data.ts";
import { RESTS_ON } from "../../../train/report/results_table.ts";
import { bestSources, headlines, referenceOf, resultsTable } from "../../../train/report/table.ts";

type Results = Partial<Record<LabelSource, Measured>>;

function tableOf(column: TableColumn, results: Results): ResultsTable {
  const rows = Object.entries(results).map(([source, value]) => ({
    source: source as LabelSource,
    values: { [column.key]: value },
  }));
  return { columns: [column], rows };
}

function bestOf(
  better: TableColumn["better"],
  results: Partial<Record<LabelSource, number>>,
): LabelSource[] {
  const column: TableColumn = { key: "k", label: "K", better };
  const measured = Object.fromEntries(
    Object.entries(results).map(([source, mean]) => [source, { mean }]),
  );
  return [...bestSources(tableOf(column, measured), column)];
}

/** The text of every cell of the table's only row. */
function cellsOf(column: TableColumn, results: Results): string[] {
  const html = resultsTable(tableOf(column, results)).toString();
  return [...html.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell]) =>
    cell.replace(/<[^>]*>/g, "")
  );
}

Deno.test("resultsTable() calls no change of how many objects there were a gain", () => {
  const results = { control: { mean: 100 }, consistent: { mean: 110 } };
  const changeOf = (group: string) =>
    cellsOf({ key: "objects", label: "Objects", group, digits: 0 }, results).at(-1);
  assertEquals([changeOf(RESTS_ON), changeOf("Accuracy")], ["", "+10 %"]);
});

const ERROR: TableColumn = { key: "error", label: "Error", better: "lower" };

Deno.test("bestSources() follows the direction and never picks the truth", () => {
  const results = { baseline: 0.5, control: 0.2, consistent: 0.9, truth: 0.1 };
  assertEquals(bestOf("lower", results), ["control"]);
  assertEquals(bestOf("higher", { ...results, truth: 1 }), ["consistent"]);
  assertEquals(bestOf(undefined, results), []);
});

Deno.test("bestSources() can ask for the value nearest to the truth", () => {
  const results = { baseline: 0.5, control: 0.2, consistent: 0.35 };
  assertEquals(bestOf("truth", { ...results, truth: 0.36 }), ["consistent"]);
  assertEquals(bestOf("truth", { ...results, truth: 0.1 }), ["control"]);
  assertEquals(bestOf("truth", results), []);
  assertEquals(bestOf("truth", { ...results, truth: NaN }), []);
});

Deno.test("bestSources() marks values alike that look alike, and none if all do", () => {
  assertEquals(bestOf("higher", { baseline: 0.1, control: 0.50001, consistent: 0.50002 }), [
    "control",
    "consistent",
  ]);
  assertEquals(bestOf("higher", { baseline: 0.50001, consistent: 0.50002 }), []);
  assertEquals(bestOf("higher", { consistent: 0.5 }), []);
});

Deno.test("bestSources() passes over values that are not numbers", () => {
  assertEquals(bestOf("lower", { baseline: NaN, control: 2, consistent: 1 }), ["consistent"]);
  assertEquals(bestOf("lower", { baseline: NaN, control: -Infinity, consistent: NaN }), []);
});

Deno.test("resultsTable() shows mean ± sd, dashes, and the change against the control", () => {
  assertEquals(
    cellsOf(ERROR, {
      baseline: { mean: 0.02, sd: NaN },
      control: { mean: 0.2, sd: 0.01 },
      consistent: { mean: 0.15, sd: 0.0101 },
      truth: { mean: NaN },
    }),
    ["0.020 (best)", "0.200 ± 0.010", "0.150 ± 0.010", "–", "−25 %"],
  );
});

Deno.test("resultsTable() says when a change is within the spread of the seeds", () => {
  const control = { mean: 0.2, sd: 0.03 };
  const change = (mean: number, sd?: number) =>
    cellsOf(ERROR, { control, consistent: { mean, sd } }).at(-1);
  assertEquals(change(0.21, 0.04), "+5.0 % within the spread"); // spread 0.05
  assertEquals(change(0.251, 0.04), "+25 %");
  assertEquals(change(0.21), "+5.0 %"); // one seed: no spread is known
});

Deno.test("resultsTable() has no change where there is nothing to divide by or compare with", () => {
  const consistent = { mean: 1 };
  assertEquals(cellsOf(ERROR, { control: { mean: 0 }, consistent }).at(-1), "–");
  assertEquals(cellsOf(ERROR, { consistent }), ["1.000"]);
  assertEquals(cellsOf(ERROR, { baseline: { mean: 2 }, consistent }).at(-1), "−50 %");
});

Deno.test("resultsTable() writes unit, direction, sentence and as many digits as asked", () => {
  const column = { ...ERROR, unit: "pixels", digits: 1, about: "How far off", group: "Accuracy" };
  const html = resultsTable(tableOf(column, { baseline: { mean: -0.04 } })).toString();
  for (const text of ["pixels; lower is better", "How far off", "Accuracy", ">0.0<"]) {
    assertStringIncludes(html, text);
  }
});

Deno.test("resultsTable() speaks of the truth only where it is known", () => {
  const column: TableColumn = { ...ERROR, better: "truth" };
  const html = (results: Results) => resultsTable(tableOf(column, results)).toString();
  const hint = "nearest to the truth is best";
  assertStringIncludes(html({ baseline: { mean: 1 }, truth: { mean: 2 } }), hint);
  assert(!html({ baseline: { mean: 1 } }).includes(hint));
});

Deno.test("resultsTable() names rows and columns for screen readers", () => {
  const html = resultsTable(tableOf(ERROR, { baseline: { mean: 1 }, control: { mean: 2 } }))
    .toString();
  assertEquals(html.match(/<th scope="col">/g)?.length, 3);
  assertEquals(html.match(/<th scope="row">/g)?.length, 1);
  assertStringIncludes(html, '<span class="hidden"> (best)</span>');
});

Deno.test("referenceOf() is the control, else the baseline, of a consistent model", () => {
  const one = { mean: 1 };
  assertEquals(
    referenceOf(tableOf(ERROR, { baseline: one, control: one, consistent: one })),
    "control",
  );
  assertEquals(referenceOf(tableOf(ERROR, { baseline: one, consistent: one })), "baseline");
  assertEquals(referenceOf(tableOf(ERROR, { baseline: one, control: one })), undefined);
});

Deno.test("headlines() shows only marked measures that the consistent model has", () => {
  const column = { ...ERROR, headline: true };
  const both = { control: { mean: 2 }, consistent: { mean: 1.5 } };
  const text = String(headlines(tableOf(column, both)));
  assertStringIncludes(text, "1.500");
  assertStringIncludes(text, "control: 2.000 (−25 %)");
  assert(!headlines(tableOf(ERROR, both)));
  assert(!headlines(tableOf(column, { control: { mean: 2 } })));
});
