import { assertRejects } from "@std/assert";
import { InvalidArgumentError } from "../../../../train/invalid_argument.ts";
import { findRanges } from "../../../../train/jobs/predict/find_ranges.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import { predictTracks } from "../../../../train/jobs/predict_tracks.ts";

Deno.test("jobs that predict refuse options that do not go together, before they read anything", async () => {
  const cases: [change: Partial<PredictOptions>, message: string][] = [
    [{ subpixel: true }, "Cannot use --subpixel without --stabilise"],
    [{ subpixel: true, stabilise: false }, "Cannot use --subpixel without --stabilise"],
    [{ tta: true, views: 2 }, "Cannot use --views with --tta"],
  ];
  const jobs = [predict, findRanges, (options: PredictOptions) => predictTracks(options, {})];
  for (const [change, message] of cases) {
    for (const job of jobs) {
      const options = { model: "nowhere", inputs: ["nothing"], out: "nowhere/out", ...change };
      const run = () => Array.fromAsync<unknown>(job(options));
      await assertRejects(run, InvalidArgumentError, message);
    }
  }
});
