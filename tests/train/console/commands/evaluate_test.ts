import { assertEquals, assertStringIncludes } from "@std/assert";
import { formatEvaluation } from "../../../../train/console/commands/evaluate.ts";

const NOTHING = { frames: 0, pairs: 0, objects: 0 };
const FLICKER = {
  pairs: 2,
  area_change: 0.5,
  blink_rate: null,
  rests_on: {
    area_change: { frames: 3, pairs: 2, objects: 9 },
    dice_instability: { frames: 3, pairs: 2, objects: 9 },
    birth_rate: { frames: 2, pairs: 2, objects: 5 },
    death_rate: { frames: 2, pairs: 2, objects: 1 },
    blink_rate: NOTHING,
  },
  area_per_frame: [1, 2, 3],
};

Deno.test("formatEvaluation() shows flicker alone where there is no truth", () => {
  assertEquals(formatEvaluation({ frames: 3, flicker: FLICKER }), [
    "3 frames",
    "area_change        0.5000  on 2 pairs, 9 objects",
    "dice_instability   –  on 2 pairs, 9 objects",
    "birth_rate         –  on 2 pairs, 5 objects",
    "death_rate         –  on 2 pairs, 1 object",
    "blink_rate         –  on 0 pairs, 0 objects",
  ]);
  assertEquals(formatEvaluation({ frames: 1, flicker: {} }), ["1 frame"]);
});

Deno.test("formatEvaluation() shows accuracy and the truth's own flicker beside it", () => {
  const scores = (accuracy: number) => ({ accuracy, n_true: 7 });
  const lines = formatEvaluation({
    frames: 3,
    frames_without_truth: 1,
    frames_with_truth: 2,
    matching: { "0.5": scores(0.75), "0.75": scores(0.25) },
    mean_ap: 0.4,
    ctc: { DET: 0.9 },
    flicker: FLICKER,
    flicker_truth: { ...FLICKER, area_change: 0.125 },
  });
  assertEquals(lines.slice(0, 4), [
    "3 frames, 1 without truth",
    "AP 0.5 0.7500  AP 0.75 0.2500  mean AP 0.4000  on 2 frames, 7 objects",
    "SEG –  DET 0.9000",
    "area_change        0.5000  on 2 pairs, 9 objects  (truth 0.1250 on 2 pairs, 9 objects)",
  ]);
  assertStringIncludes(lines[7], "blink_rate");
});

Deno.test("formatEvaluation() shows figures under zero with a minus sign", () => {
  const flicker = { ...FLICKER, area_change: -0.0062 };
  const lines = formatEvaluation({ frames: 3, flicker });
  assertStringIncludes(lines.join("\n"), "area_change        −0.0062");
});

Deno.test("formatEvaluation() says which frames were not segmented, and on what DET and the field rest", () => {
  const scores = { accuracy: 0.5, n_true: 4 };
  const lines = formatEvaluation({
    ...{ frames: 3, frames_without_labels: 2, frames_with_markers: 5 },
    ctc: { DET: 0.5 },
    dots: { tp: 2, fn: 1, mean_accuracy: 0.25 },
    field: { border: 9, matching: { "0.5": scores }, mean_ap: 0.25 },
    flicker: {},
  });
  assertEquals(lines, [
    "3 frames",
    "2 frames with truth or markers and without labels: all objects there count as missed",
    "SEG –  DET 0.5000  dots 0.2500  DET and dots on 5 frames, 3 markers",
    "Field of interest, 9 pixels from the edge: AP 0.5 0.5000  mean AP 0.2500  SEG –  DET –  on 4 objects",
  ]);
});
