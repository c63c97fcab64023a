import { assertEquals, assertStringIncludes } from "@std/assert";
import { formatEvaluation } from "../../../../train/console/commands/evaluate.ts";

const FLICKER = { pairs: 2, area_change: 0.5, blink_rate: 0, area_per_frame: [1, 2, 3] };

Deno.test("formatEvaluation() shows flicker alone where there is no truth", () => {
  assertEquals(formatEvaluation({ frames: 3, flicker: FLICKER }), [
    "3 frames",
    "area_change        0.5000",
    "blink_rate         0.0000",
  ]);
  assertEquals(formatEvaluation({ frames: 1, flicker: {} }), ["1 frame"]);
});

Deno.test("formatEvaluation() shows accuracy and the truth's own flicker beside it", () => {
  const scores = (accuracy: number) => ({ accuracy, f1: 1 });
  const lines = formatEvaluation({
    frames: 3,
    frames_without_truth: 1,
    matching: { "0.5": scores(0.75), "0.75": scores(0.25) },
    mean_ap: 0.4,
    ctc: { DET: 0.9 },
    flicker: FLICKER,
    flicker_truth: { ...FLICKER, area_change: 0.125 },
  });
  assertEquals(lines.slice(0, 4), [
    "3 frames, 1 without truth",
    "AP 0.5 0.7500  AP 0.75 0.2500  mean AP 0.4000",
    "SEG –  DET 0.9000",
    "area_change        0.5000  (truth 0.1250)",
  ]);
  assertStringIncludes(lines[4], "blink_rate");
});
