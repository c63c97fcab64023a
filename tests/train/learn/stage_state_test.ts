import { assertEquals, assertThrows } from "@std/assert";
import { parseStageState } from "../../../train/learn/stage_state.ts";

const COMMON = {
  stage: "consistent",
  step: 7,
  counts: { segmentation: 5, consistency: 2 },
  bestScore: 0.25,
  waited: 1,
  plateaus: { segmentation: { drops: 1, best: 0.5, waited: 2 } },
  collapsed: true,
  metricsBytes: 123,
};
const stream = (position: number) => ({
  sampler: { order: [2, 0, 1], position, random: [1, 2, 3, 4] },
  augmentation: [5, 6, 7, 8],
});
const REFERENCE = { meanProbability: 0.5, foregroundFraction: 0.25 };

Deno.test("parseStageState() gives back what was saved", () => {
  const state = { ...COMMON, streams: { segmentation: stream(1) }, examiner: null };
  assertEquals(parseStageState(JSON.stringify(state)), state);
});

Deno.test("parseStageState() reads what earlier versions saved: named streams and the alarm", () => {
  const saved = { ...COMMON, stills: stream(1), pairs: stream(2), depth: stream(3) };
  const state = {
    ...COMMON,
    streams: { segmentation: stream(1), consistency: stream(2), depth: stream(3) },
    examiner: { reference: REFERENCE, collapsed: true },
  };
  assertEquals(parseStageState(JSON.stringify({ ...saved, reference: REFERENCE })), state);
});

Deno.test("parseStageState() leaves out the streams that an earlier stage had not", () => {
  const saved = { ...COMMON, stage: "baseline", stills: stream(1), pairs: null, reference: null };
  const { streams, examiner } = parseStageState(JSON.stringify(saved));
  assertEquals(streams, { segmentation: stream(1) });
  assertEquals(examiner, { reference: null, collapsed: true });
});

Deno.test("parseStageState() refuses what is no state", () => {
  const wrong = ["", "null", "{}", '{"stage":"control"}', JSON.stringify(COMMON)];
  for (const text of wrong) assertThrows(() => parseStageState(text), SyntaxError);
});
