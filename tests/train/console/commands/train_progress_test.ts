import { assertEquals } from "@std/assert";
import { resolve } from "node:path";
import { formatTable, TrainProgress } from "../../../../train/console/commands/train_progress.ts";
import { formatDuration } from "../../../../train/console/text.ts";
import type { PlanEvent, StepEvent } from "../../../../train/jobs/train/events.ts";
import { testClock } from "../fixtures/clock.ts";

const STEP: StepEvent = {
  type: "step",
  seed: 1,
  stage: "baseline",
  step: 1,
  steps: 100,
  kind: "segmentation",
  loss: 0.5,
  rate: 0.001,
};

Deno.test("TrainProgress tells rate and remaining time, also when steps come in bursts", () => {
  const clock = testClock();
  const progress = new TrainProgress(clock.read);
  const statuses: (string | null)[] = [];
  for (let step = 1; step <= 40; step++) {
    clock.seconds = 10 * Math.ceil(step / 10);
    statuses.push(progress.show({ ...STEP, step }).status);
  }
  assertEquals(statuses[0], "baseline 1/100  loss 0.500");
  assertEquals(statuses[9], "baseline 10/100  loss 0.500");
  assertEquals(statuses[19], "baseline 20/100  loss 0.500");
  // Also the first step of a burst, whose others are still to come.
  for (const step of [31, 35, 40]) {
    const left = formatDuration(100 - step);
    const expected = `baseline ${step}/100  loss 0.500  1.0 steps/s  ${left} left`;
    assertEquals(statuses[step - 1], expected);
  }
});

Deno.test("TrainProgress forgets the rate of another stage, and of another seed", () => {
  const clock = testClock();
  const progress = new TrainProgress(clock.read);
  const at = (seconds: number, event: Partial<StepEvent>) => {
    clock.seconds = seconds;
    return progress.show({ ...STEP, ...event }).status;
  };
  at(0, { step: 1 });
  // Kernels are compiled meanwhile.
  assertEquals(at(90, { step: 11 }), "baseline 11/100  loss 0.500");
  at(91, { step: 21 });
  assertEquals(at(92, { step: 22 }), "baseline 22/100  loss 0.500  10.0 steps/s  8 s left");
  const stage = "control";
  assertEquals(at(100, { stage, step: 41 }), "control 41/100  loss 0.500");
  assertEquals(at(110, { stage, step: 51 }), "control 51/100  loss 0.500");
  at(112, { stage, step: 55 });
  assertEquals(at(115, { stage, step: 56 }), "control 56/100  loss 0.500  2.0 steps/s  22 s left");
  assertEquals(at(120, { stage, step: 56, seed: 2 }), "control 56/100  loss 0.500");
});

Deno.test("TrainProgress forgets the rate of a stage that begins again", () => {
  const clock = testClock();
  const progress = new TrainProgress(clock.read);
  const at = (seconds: number, step: number) => {
    clock.seconds = seconds;
    return progress.show({ ...STEP, step }).status;
  };
  for (const step of [1, 20, 40, 60]) at(step, step);
  assertEquals(at(62, 1), "baseline 1/100  loss 0.500");
  for (const step of [2, 12, 22]) at(62 + step / 2, step);
  assertEquals(at(74, 24), "baseline 24/100  loss 0.500  2.0 steps/s  38 s left");
});

Deno.test("TrainProgress follows a rate that changes", () => {
  const clock = testClock();
  const progress = new TrainProgress(clock.read);
  let status: string | null = null;
  for (let step = 1; step <= 90; step++) {
    clock.seconds += step < 50 ? 1 : 4;
    status = progress.show({ ...STEP, step }).status;
  }
  assertEquals(status, "baseline 90/100  loss 0.500  0.3 steps/s  40 s left");
});

Deno.test("TrainProgress tells the time that is left of the whole run, stages and seeds", () => {
  const clock = testClock();
  const progress = new TrainProgress(clock.read, { seeds: 2 });
  const plan: PlanEvent = {
    type: "plan",
    ...{ seed: 1, parameters: 1, plannedBytes: 0, frames: 1 },
    stills: [1, 1, 1],
    stages: [{ stage: "baseline", steps: 100 }, { stage: "control", steps: 60 }],
  };
  const at = (seconds: number, event: Partial<StepEvent>) => {
    clock.seconds = seconds;
    return progress.show({ ...STEP, ...event }).status;
  };
  progress.show(plan);
  for (const step of [-1, 0, 9]) at(step + 1, { step });
  // 90 steps and 60 of this seed, and 160 of the next.
  assertEquals(
    at(11, { step: 10 }),
    "baseline 10/100  loss 0.500  1.0 steps/s  1 min 30 s left, 5 min 10 s of the whole run",
  );
  const control = { stage: "control", steps: 60 };
  for (const step of [-1, 0, 1]) at(100 + step / 2, { ...control, step });
  // 58 steps at 2 a second; of the next seed 100 at 1 a second and 60 at 2.
  assertEquals(
    at(101, { ...control, step: 2 }),
    "control 2/60  loss 0.500  2.0 steps/s  29 s left, 2 min 39 s of the whole run",
  );
  progress.show({ ...plan, seed: 2 });
  for (const step of [-1, 0, 1]) at(200 + step, { seed: 2, ...control, step });
  assertEquals(
    at(202, { seed: 2, ...control, step: 2 }),
    "control 2/60  loss 0.500  1.0 steps/s  58 s left",
  );
});

Deno.test("TrainProgress tells how long work will take that says nothing else", () => {
  const clock = testClock();
  const progress = new TrainProgress(clock.read);
  const at = (seconds: number, done: number, total: number | null) => {
    clock.seconds = seconds;
    return progress.show({ type: "progress", what: "measuring control", done, total }).status;
  };
  assertEquals(at(0, 0, null), "Measuring control");
  assertEquals(at(1, 3, null), "Measuring control: 3");
  assertEquals(at(3, 9, 18), "Measuring control: 9/18  3 s left");
  // What says nothing is not said.
  assertEquals(at(4, 0, 1), "Measuring control");
  assertEquals(at(5, 0, 18), "Measuring control");
});

Deno.test("TrainProgress shows what a video was taken for", () => {
  const progress = new TrainProgress(() => 0);
  const input = { type: "input", path: "v.tif", frames: 12, width: 30, height: 20 } as const;
  const lines = [
    progress.show({ ...input, bits: 16, sampleFormat: "uint", axes: { t: 12, z: 5, c: 1 } }),
    progress.show({ ...input, frames: 1, bits: 32, sampleFormat: "float" }),
    progress.show({ type: "range", path: "v.tif", low: 100, high: 2345.678 }),
    progress.show({ type: "range", path: "v.tif", low: 0.00251, high: 13506.25 }),
  ].flatMap((shown) => shown.lines);
  assertEquals(lines, [
    "v.tif: 12 frames of 30x20 pixels, 16 bits, axes T 12, Z 5",
    "v.tif: 1 frame of 30x20 pixels, 32 bits floats",
    "v.tif: intensities 100 and 2346 become 0 and 1",
    "v.tif: intensities 0.00251 and 13510 become 0 and 1",
  ]);
});

Deno.test("TrainProgress shows plan, notes, validations, stages and results as lines", () => {
  const progress = new TrainProgress(() => 0);
  const plan = progress.show({
    type: "plan",
    seed: 7,
    parameters: 1234567,
    plannedBytes: 3 * 2 ** 20,
    stills: [10, 2, 3],
    frames: 24,
    stages: [{ stage: "baseline", steps: 5 }, { stage: "consistent", steps: 6 }],
  });
  assertEquals(plan.lines, [
    "Seed 7: 1,234,567 parameters; 10 stills to learn from, 2 to validate, 3 to test; " +
    "24 video frames",
    "Steps: baseline 5, consistent 6; planned GPU memory 3 MiB",
  ]);
  assertEquals(progress.show({ type: "note", text: "A." }).lines, ["A."]);
  assertEquals(progress.show({ type: "warning", text: "B." }).lines, ["Warning: B."]);
  const validation = progress.show({
    type: "validation",
    ...{ seed: 7, stage: "consistent", step: 5, isBest: true },
    ...{ segmentation: 0.12346, consistency: -1e-8, depth: 0.5 },
    ...{ meanProbability: 0.2, foregroundFraction: 0.2 },
  });
  assertEquals(validation.lines, [
    "consistent step 5: validation loss 0.1235, consistency 0.0000, consistency in depth 0.5000 (best)",
  ]);
  const taken = progress.show({
    type: "validation",
    ...{ seed: 7, stage: "baseline", step: 9, isBest: true, isLowest: false, segmentation: 0.2 },
  });
  assertEquals(taken.lines, [
    "baseline step 9: validation loss 0.2000 (taken: within the tolerance of the best)",
  ]);
  const stage = progress.show({
    type: "stage",
    seed: 7,
    stage: "baseline",
    reason: "early",
    weights: "w",
  });
  assertEquals(stage, { lines: [`baseline early: ${resolve("w")}`], status: null });
  const picked = progress.show({
    type: "stage",
    ...{ seed: 7, stage: "consistent", reason: "done", weights: "c" },
    thresholds: { prob: 0.4781, nms: 0.3 },
  });
  assertEquals(picked.lines, [
    `consistent done: ${resolve("c")}; thresholds: probability 0.478, overlap 0.300`,
  ]);
  const result = progress.show({
    type: "result",
    table: { columns: [], rows: [{ source: "baseline", values: {} }] },
    report: "r.html",
    weights: "w",
  });
  assertEquals(result.lines.slice(-2), [
    `Report:  ${resolve("r.html")}`,
    `Weights: ${resolve("w")}`,
  ]);
});

Deno.test("TrainProgress shows the training of a focus classifier in the same way", () => {
  const progress = new TrainProgress(() => 0);
  const common = { seed: 7, stage: "focus" };
  const plan = progress.show({
    type: "plan",
    ...{ seed: 7, parameters: 12345, plannedBytes: 3 * 2 ** 20, stacks: [8, 2], patch: 64 },
    stages: [{ stage: "focus", steps: 5 }],
  });
  assertEquals(plan.lines, [
    "Focus: 12,345 parameters; 8 stacks to learn from, 2 to validate; patches of 64 pixels; " +
    "planned GPU memory 3 MiB",
  ]);
  const step = progress.show({ ...STEP, ...common, kind: "focus" });
  assertEquals(step, { lines: [], status: "focus 1/100  loss 0.500" });
  const validation = progress.show({
    type: "validation",
    ...common,
    ...{ step: 5, isBest: false, within: 0.5, distance: 1.25 },
  });
  assertEquals(validation.lines, [
    "focus step 5: validation 50 % of the planes found to within one, mean distance 1.3",
  ]);
  const stage = progress.show({ type: "stage", ...common, reason: "done", weights: "w" });
  assertEquals(stage.lines, [`focus done: ${resolve("w")}`]);
});

Deno.test("formatTable() lines up its columns and shows what was not measured as a dash", () => {
  const lines = formatTable({
    columns: [
      { key: "ap", label: "AP", better: "higher", group: "Accuracy" },
      { key: "area", label: "Area change", better: "truth", digits: 1, group: "Flicker" },
      { key: "excess", label: "Births", better: "lower", group: "Flicker above the truth" },
    ],
    rows: [
      {
        source: "baseline",
        values: { ap: { mean: 0.5, sd: 0.01 }, area: { mean: 2.25 }, excess: { mean: -0.0062 } },
      },
      { source: "truth", values: { area: { mean: 10 } } },
    ],
  });
  assertEquals(lines, [
    "                              baseline  truth",
    "AP (higher is better)    0.500 ± 0.010      –",
    "Area change                        2.3   10.0",
    "Births, above the truth         −0.006      –",
  ]);
  const notes = ["No control was trained"];
  assertEquals(formatTable({ columns: [], rows: [], notes }).slice(1), ["", ...notes]);
});
