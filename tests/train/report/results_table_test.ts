import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import type { LabelImage } from "../../../train/images/image.ts";
import { evaluateFrames, type Evaluation } from "../../../train/objects/scores/evaluate.ts";
import type { ModelResults, SeedResults } from "../../../train/report/results.ts";
import { measured, resultsTable } from "../../../train/report/results_table.ts";
import type { LabelSource, ResultsTable } from "../../../train/report/data.ts";

/** A square of some width on an empty frame. */
function square(width: number): LabelImage {
  const data = Uint32Array.from(
    { length: 400 },
    (_, i) => Math.max(i % 20, Math.floor(i / 20)) <= width && i % 20 > 0 && i > 19 ? 1 : 0,
  );
  return { width: 20, height: 20, data };
}

/** The measures of a video of squares, with their truth where it is given. */
function video(widths: readonly number[], truth: readonly number[] = []): Promise<Evaluation> {
  return evaluateFrames(widths.map((width, number) => ({
    number,
    labels: square(width),
    truth: truth[number] === undefined ? undefined : square(truth[number]),
  })));
}

/** What a model achieved on stills, and perhaps on a video. */
function results(
  ap50: number | null,
  evaluation: Evaluation | null = null,
  filtered: Evaluation | null = null,
): ModelResults {
  const stills = ap50 === null ? null : { ap50, meanAp: ap50 / 2, accuracies: [] };
  return { stills, video: evaluation, filtered, tuned: null, shown: new Map(), judged: null };
}

/** The keys of the columns. */
function keys({ columns }: ResultsTable): string[] {
  return columns.map(({ key }) => key);
}

/** A value of the table. */
function value({ rows }: ResultsTable, source: LabelSource, key: string) {
  return rows.find((row) => row.source === source)?.values[key];
}

Deno.test("measured() gives mean and standard deviation with n − 1", () => {
  assertEquals(measured([]), undefined);
  assertEquals(measured([undefined]), undefined);
  assertEquals(measured([0.5, undefined]), { mean: 0.5 });
  assertEquals(measured([1, 3]), { mean: 2, sd: Math.SQRT2 });
  const { mean, sd } = measured([2, 4, 4, 4, undefined, 5, 5, 7, 9])!;
  assertEquals(mean, 5);
  assertAlmostEquals(sd!, Math.sqrt(32 / 7), 1e-12);
});

Deno.test("resultsTable() has mean and deviation over seeds for every model that was trained", () => {
  const table = resultsTable([
    { baseline: results(0.5), consistent: results(0.7) },
    { baseline: results(0.7), consistent: results(0.7) },
  ]);
  assertEquals(table.rows.map(({ source }) => source), ["baseline", "consistent"]);
  assertEquals(keys(table), ["ap50_stills", "mean_ap_stills"]);
  const { mean, sd } = value(table, "baseline", "ap50_stills")!;
  assertAlmostEquals(mean, 0.6, 1e-12);
  assertAlmostEquals(sd!, 0.1 * Math.SQRT2, 1e-12);
  assertEquals(value(table, "consistent", "ap50_stills"), { mean: 0.7, sd: 0 });
});

Deno.test("resultsTable() takes the video's measures from the evaluation, with and without truth", async () => {
  const widths = [8, 9, 5, 8];
  const with4 = await video(widths, [8, 8, 8, 8]);
  const table = resultsTable([{ baseline: results(0.5, with4), control: results(0.6) }]);
  assertEquals(table.rows.map(({ source }) => source), ["baseline", "control", "truth"]);
  const expected: [key: string, value: number | null | undefined][] = [
    ["ap50_stills", 0.5],
    ["mean_ap_stills", 0.25],
    ["ap50_video", with4.matching?.["0.5"].accuracy],
    ["mean_ap_video", with4.mean_ap],
    ["seg", with4.ctc?.SEG],
    ["det", with4.ctc?.DET],
    ["area_change", with4.flicker.area_change],
    ["dice_instability", with4.flicker.dice_instability],
    ["death_rate", with4.flicker.death_rate],
    ["birth_rate", with4.flicker.birth_rate],
    ["blink_rate", with4.flicker.blink_rate],
    ["excess_area_change", with4.flicker_excess?.area_change],
    ["excess_dice_instability", with4.flicker_excess?.dice_instability],
    ["excess_death_rate", with4.flicker_excess?.death_rate],
    ["excess_birth_rate", with4.flicker_excess?.birth_rate],
    ["excess_blink_rate", with4.flicker_excess?.blink_rate],
    ["frames_with_truth", 4],
    ["true_objects", 4],
    ["pairs", 3],
    ["truth_pairs", 3],
    ["death_objects", 3],
    ["birth_objects", 3],
    ["blink_objects", 2],
  ];
  assertEquals(keys(table), expected.map(([key]) => key));
  for (const [key, mean] of expected) {
    assert(typeof mean === "number");
    assertEquals(value(table, "baseline", key), { mean }, key);
  }
  assertEquals(value(table, "truth", "area_change"), { mean: 0 });
  assertEquals(value(table, "truth", "ap50_video"), undefined);
  assertEquals(value(table, "control", "area_change"), undefined);

  const without = resultsTable([{ baseline: results(null, await video(widths)) }]);
  assertEquals(without.rows.map(({ source }) => source), ["baseline"]);
  assertEquals(keys(without), [
    ...["area_change", "dice_instability", "death_rate", "birth_rate", "blink_rate"],
    ...["pairs", "death_objects", "birth_objects", "blink_objects"],
  ]);
});

Deno.test("resultsTable() shows no flicker where no two frames are neighbours, and on what it rests", async () => {
  const one = await video([8], [9]);
  const table = resultsTable([{ baseline: results(0.5, one), consistent: results(0.5, one) }]);
  for (const source of ["baseline", "consistent", "truth"] as const) {
    for (const key of ["area_change", "dice_instability", "blink_rate"]) {
      assert(keys(table).includes(key));
      assertEquals(value(table, source, key), undefined, `${source} ${key}`);
    }
    assertEquals(value(table, source, "pairs"), { mean: 0 });
  }
  // A model that finds nothing is not the steadiest.
  const empty = await video([0, 0, 0]);
  const { rows } = resultsTable([{ baseline: results(0.5, empty) }]);
  assertEquals(rows[0].values.area_change, undefined);
  assertEquals(rows[0].values.dice_instability, undefined);
});

Deno.test("resultsTable() says so where the consistent model has no control", () => {
  const [a, b] = [results(0.5), results(0.6)];
  const without = resultsTable([{ baseline: a, consistent: b }]);
  assertEquals(without.notes?.length, 1);
  assert(without.notes![0].startsWith("No control was trained (--no-control)"));
  assertEquals(resultsTable([{ baseline: a, control: a, consistent: b }]).notes, undefined);
  assertEquals(resultsTable([{ baseline: a }]).notes, undefined, "nothing to compare");
});

Deno.test("resultsTable() says so where the consistent model loses more objects than the control", async () => {
  const steady = results(0.5, await video([8, 8, 8, 8]));
  const losing = results(0.5, await video([8, 0, 8, 8]));
  const [note, ...others] = resultsTable([{
    baseline: steady,
    control: steady,
    consistent: losing,
  }]).notes!;
  assertStringIncludes(note, "loses 50.0 % of its objects from frame to frame, the control 0.0 %");
  assertStringIncludes(note, "take control.safetensors");
  assertEquals(others, []);
  const notesOf = (seeds: SeedResults[]) => resultsTable(seeds).notes;
  assertEquals(notesOf([{ baseline: losing, control: losing, consistent: steady }]), undefined);
  assertEquals(notesOf([{ baseline: steady, control: losing, consistent: losing }]), undefined);
  const without = notesOf([{ baseline: steady, consistent: losing }])!;
  assertStringIncludes(without[1], "take baseline.safetensors");
});

Deno.test("resultsTable() says nothing of lost objects where about as many are lost, or truth speaks for the consistent model", async () => {
  const notesOf = (control: Evaluation, consistent: Evaluation) =>
    resultsTable([{
      baseline: results(0.5),
      control: results(0.5, control),
      consistent: results(0.5, consistent),
    }]).notes;
  const steady = await video([8, 8, 8, 8]);
  const lost = (rate: number) => ({ ...steady, flicker: { ...steady.flicker, death_rate: rate } });
  assertEquals(notesOf(lost(0.0121), lost(0.0132)), undefined, "not a tenth more");
  assertEquals(
    notesOf(lost(0.0001), lost(0.0002)),
    undefined,
    "equal in the digits that are shown",
  );
  assertStringIncludes(notesOf(lost(0.0121), lost(0.0134))![0], "1.3 % of its objects");

  const truth = [8, 0, 8, 8];
  const right = await video([8, 0, 8, 8], truth);
  const wrong = await video([8, 8, 8, 8], truth);
  assertEquals(notesOf(wrong, right), undefined);
  const worse = await video([4, 0, 4, 4], truth);
  assertStringIncludes(notesOf(wrong, worse)![0], "take control.safetensors");
});

Deno.test("resultsTable() has the field's figures beside the plain ones, for all rows", async () => {
  // The truth has one object at the edge that nobody finds, and one inside.
  const inside = square(8);
  const data = inside.data.map((id, i) => i < 2 ? 2 : id);
  const frames = [{ number: 0, labels: inside, truth: { ...inside, data } }];
  const measured = await evaluateFrames(frames, { field: 1 });
  const table = resultsTable([{
    baseline: results(0.5, measured),
    control: results(0.5, measured, measured),
  }]);
  for (const source of ["baseline", "control", "filtered"] as const) {
    const of = (key: string) => value(table, source, key)?.mean;
    assertEquals([of("ap50_video"), of("seg"), of("det"), of("true_objects")], [0.5, 0.5, 0.5, 2]);
    assertEquals([of("field_ap50"), of("field_seg"), of("field_det")], [1, 1, 1]);
    assertEquals([of("field_mean_ap"), of("field_objects")], [1, 1]);
  }
});

Deno.test("resultsTable() leaves out flicker above the truth's where no two frames have truth", async () => {
  const table = resultsTable([{ baseline: results(0.5, await video([8, 9, 8], [8])) }]);
  assertEquals(keys(table).filter((key) => key.startsWith("excess")), []);
  assert(keys(table).includes("seg"));
});

Deno.test("resultsTable() lists what the temporal filter makes of a model after the models", async () => {
  const evaluation = await video([4, 9, 4], [4, 5, 4]);
  const filtered = await video([4, 5, 4], [4, 5, 4]);
  const { rows } = resultsTable([{
    baseline: results(0.5, evaluation),
    control: results(0.5, evaluation, filtered),
    consistent: results(0.5, evaluation),
  }]);
  assertEquals(rows.map(({ source }) => source), [
    ...["baseline", "control", "consistent", "filtered", "truth"],
  ]);
  const row = rows.find(({ source }) => source === "filtered")!;
  assertEquals(row.values.seg?.mean, filtered.ctc?.SEG);
  assertEquals(row.values.area_change?.mean, filtered.flicker.area_change);
  assertEquals(row.values.ap50_stills, undefined);
});

Deno.test("resultsTable() says at which exposure the video was seen, unless it was seen as it is", () => {
  const [plain, other] = [{ ...results(0.5), exposure: 1 }, { ...results(0.5), exposure: 1.6 }];
  const exposed = resultsTable([{ baseline: plain, control: other, consistent: other }]);
  assertEquals(keys(exposed), ["ap50_stills", "mean_ap_stills", "exposure"]);
  assertEquals(value(exposed, "baseline", "exposure"), { mean: 1 });
  assertEquals(value(exposed, "control", "exposure"), { mean: 1.6 });
  const twice = resultsTable([{ baseline: plain }, { baseline: other }]);
  assertAlmostEquals(value(twice, "baseline", "exposure")!.mean, 1.3, 1e-12);
  assertEquals(keys(resultsTable([{ baseline: plain }])), ["ap50_stills", "mean_ap_stills"]);
});
