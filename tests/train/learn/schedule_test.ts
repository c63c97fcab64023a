import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { changeConfig, defaultConfig } from "../../../train/jobs/train/config.ts";
import type { Stage } from "../../../train/learn/stages.ts";
import { type Schedule, stageSchedule } from "../../../train/learn/schedule.ts";
import type { SettingChange } from "../../../train/models/model_kind.ts";

const EPOCHS = { segmentation: 5, consistency: 3, depth: 0 };

/** A schedule with some settings changed. */
function schedule(stage: Stage, change: SettingChange = {}): Schedule {
  const config = changeConfig(defaultConfig, { change, source: "the test" });
  return stageSchedule(stage, { settings: config, epochs: EPOCHS });
}

/** The kinds of all steps, S for segmentation and C for consistency. */
function kinds(plan: Schedule): string {
  return Array.from(
    { length: plan.steps },
    (_, step) => plan.task(step) === "segmentation" ? "S" : "C",
  ).join("");
}

/** The rates of all steps of one kind. */
function rates(plan: Schedule, kind: string): number[] {
  const steps = Array.from({ length: plan.steps }, (_, step) => step);
  return steps.filter((step) => plan.task(step) === kind).map((step) => plan.rate(step));
}

Deno.test("Schedule lays out rounds of segmentation, then consistency", () => {
  const cases: [SettingChange, consistent: string, control: string][] = [
    [{ segmentationShare: 2, consistencyShare: 1 }, "SSCSSCSSC", "SSSSSS"],
    [
      { segmentationShare: 7, consistencyShare: 5 },
      "SSSSSSSCCCCC".repeat(3),
      "S".repeat(21),
    ],
    [
      { segmentationShare: 2, consistencyShare: 1, unit: "epochs" },
      "SSSSSSSSSSCCC".repeat(3),
      "S".repeat(30),
    ],
    [{ consistencyShare: 0 }, "SSSSSS", "SSSSSS"],
    [{ segmentationShare: 0 }, "CCC", ""],
    [{ segmentationShare: 0, consistencyShare: 0 }, "", ""],
    [{ rounds: 0 }, "", ""],
  ];
  for (const [change, consistent, control] of cases) {
    assertEquals(kinds(schedule("consistent", { rounds: 3, ...change })), consistent);
    assertEquals(kinds(schedule("control", { rounds: 3, ...change })), control);
  }
});

Deno.test("Schedule gives the baseline its number of batches, whatever the unit", () => {
  for (const unit of ["batches", "epochs"]) {
    assertEquals(kinds(schedule("baseline", { warmup: 4, unit })), "SSSS");
  }
  assertEquals(schedule("baseline", { warmup: 0 }).steps, 0);
});

Deno.test("Schedule.rate() gives control and consistent model the same segmentation rates", () => {
  for (const decay of ["cosine", "plateau", "constant"]) {
    for (const unit of ["batches", "epochs"]) {
      for (const [segmentationShare, consistencyShare] of [[2, 1], [7, 5], [1, 0]]) {
        const change = { decay, unit, segmentationShare, consistencyShare, rounds: 4 };
        const control = rates(schedule("control", change), "segmentation");
        assertEquals(rates(schedule("consistent", change), "segmentation"), control);
        assertLess(0, control.length);
      }
    }
  }
});

Deno.test("Schedule.rate() takes each stage's and each loss's own rate", () => {
  const change = {
    decay: "constant",
    ramp: 0,
    rounds: 2,
    warmup: 3,
    warmupRate: 0.5,
    segmentationRate: 0.25,
    consistencyRate: 0.125,
  };
  assertEquals(rates(schedule("baseline", change), "segmentation"), [0.5, 0.5, 0.5]);
  assertEquals(rates(schedule("consistent", change), "segmentation"), [0.25, 0.25, 0.25, 0.25]);
  assertEquals(rates(schedule("consistent", change), "consistency"), [0.125, 0.125]);
});

Deno.test("Schedule.rate() follows half a cosine to a tenth over the steps of each loss", () => {
  const change = { ramp: 0, warmup: 50, rounds: 20, segmentationShare: 3, consistencyShare: 2 };
  const consistent = schedule("consistent", change);
  const lines: [number[], start: number][] = [
    [rates(schedule("baseline", change), "segmentation"), defaultConfig.warmupRate],
    [rates(consistent, "segmentation"), defaultConfig.segmentationRate],
    [rates(consistent, "consistency"), defaultConfig.consistencyRate],
  ];
  assertEquals(lines.map(([line]) => line.length), [50, 60, 40]);
  for (const [line, start] of lines) {
    line.forEach((rate, i) => {
      const wave = Math.cos(Math.PI * i / line.length);
      assertAlmostEquals(rate / start, 0.1 + 0.9 * (1 + wave) / 2, 1e-12);
      if (i > 0) assertLess(rate, line[i - 1]);
    });
    assertLess(line.at(-1)! / start, 0.102);
  }
});

Deno.test("Schedule.rate() rises over the ramp of the baseline, and only there", () => {
  const change = { decay: "constant", ramp: 4, warmup: 6, warmupRate: 0.8, rounds: 3 };
  const rising = rates(schedule("baseline", change), "segmentation");
  [0.2, 0.4, 0.6, 0.8, 0.8, 0.8].forEach((rate, i) => assertAlmostEquals(rising[i], rate, 1e-12));
  const steady = rates(schedule("control", change), "segmentation");
  assert(steady.every((rate) => rate === defaultConfig.segmentationRate));
  const cosine = schedule("baseline", { ramp: 10, warmup: 100 });
  const without = schedule("baseline", { ramp: 0, warmup: 100 });
  assertAlmostEquals(cosine.rate(4), 0.5 * without.rate(4), 1e-12);
  assertEquals(cosine.rate(10), without.rate(10));
});

Deno.test("Schedule.rate() lowers on a plateau the rate of its own loss only", () => {
  const change = { decay: "plateau", plateauPatience: 2, rounds: 5 };
  const plan = schedule("consistent", change);
  const segmentation = () => plan.rate(0) / defaultConfig.segmentationRate;
  const consistency = () => plan.rate(2) / defaultConfig.consistencyRate;
  const observe = (kind: string, values: number[]) =>
    values.forEach((value) => plan.plateaus.get(kind)!.observe(value));
  observe("segmentation", [0.5, 0.6]);
  assertEquals([segmentation(), consistency()], [1, 1]);
  observe("segmentation", [0.5]);
  assertAlmostEquals(segmentation(), 2 / 3, 1e-12);
  assertEquals(consistency(), 1);
  observe("consistency", [0.2, 0.1, 0.1, 0.1, 0.1, 0.1]);
  assertAlmostEquals(segmentation(), 2 / 3, 1e-12);
  assertAlmostEquals(consistency(), 1 / 4, 1e-12);
  observe("segmentation", [0.4, 0.41, 0.3]);
  assertAlmostEquals(segmentation(), 2 / 3, 1e-12);
  const other = schedule("consistent", change);
  other.plateaus.get("segmentation")!.restore(plan.plateaus.get("segmentation")!.state);
  assertEquals(other.rate(0), plan.rate(0));
});

Deno.test("Schedule.rate() does not look at plateaus with another decay", () => {
  for (const decay of ["cosine", "constant"]) {
    const plan = schedule("consistent", { decay, plateauPatience: 1 });
    const before = plan.rate(7);
    for (let i = 0; i < 5; i++) plan.plateaus.get("segmentation")!.observe(1);
    assertEquals(plan.rate(7), before);
  }
});
