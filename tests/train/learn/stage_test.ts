import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { type Frames, pickFrames } from "../../../train/images/series/frames.ts";
import type { NamedArray } from "../../../nn/safetensors.ts";
import type { Channels } from "../../../train/images/image.ts";
import type { TrainEvent, ValidationEvent } from "../../../train/jobs/train/events.ts";
import type { Stage } from "../../../train/learn/stages.ts";
import { defaultKinds } from "../../../train/models/list.ts";
import { uNet } from "../../../train/models/unet/kind.ts";
import { scheduleOf, validationBatches } from "../../../train/learn/stage_data.ts";
import {
  runWholeStage,
  scoresWith,
  startStage,
  type ValidationScores,
  type WatchedStep,
  withWorkshop,
} from "../fixtures/stage_fixture.ts";

/** The validations among some events. */
function validations(events: readonly TrainEvent[]): ValidationEvent[] {
  return events.filter((event) => event.type === "validation");
}

/** The warnings among some events. */
function warnings(events: readonly TrainEvent[]): string[] {
  return events.flatMap((event) => event.type === "warning" ? [event.text] : []);
}

/** Only the steps on stills. */
function onStills(steps: readonly WatchedStep[]): WatchedStep[] {
  return steps.filter(({ kind }) => kind === "segmentation");
}

Deno.test("control and consistent model get the same stills at the same rates", async () => {
  await withWorkshop(async (workshop) => {
    const control = await runWholeStage("control", { workshop });
    const consistent = await runWholeStage("consistent", { workshop });
    assertEquals([control.learner.steps.length, consistent.learner.steps.length], [9, 15]);
    assertEquals(onStills(consistent.learner.steps), control.learner.steps);
    const baseline = await runWholeStage("baseline", { workshop });
    assertNotEquals(baseline.learner.steps[0].batch, control.learner.steps[0].batch);
  }, { change: { rounds: 3, segmentationShare: 3, consistencyShare: 2 } });
});

Deno.test("a stage makes further steps while it waits for losses, and tells all in their order", async () => {
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    const made: [told: number, made: number][] = [];
    for await (const event of startStage("baseline", { workshop, learner })) {
      if (event.type === "step") made.push([event.step, learner.steps.length]);
    }
    assertEquals(made.map(([told]) => told), Array.from({ length: 35 }, (_, i) => i + 1));
    assertEquals([0, 9, 10, 29, 34].map((i) => made[i]), [[1, 20], [10, 20], [11, 30], [30, 35], [
      35,
      35,
    ]]);
  }, { change: { warmup: 35, validateEvery: 35, saveEvery: 35 } });
});

Deno.test("the seed decides what a stage sees", async () => {
  const firstBatches = (seed: number) =>
    withWorkshop(async (workshop) => {
      const { learner: { steps } } = await runWholeStage("consistent", { workshop });
      return [steps[0].batch, steps[2].batch];
    }, { change: { seed, rounds: 1 } });
  const [stills, pairs] = await firstBatches(1);
  assertEquals(await firstBatches(1), [stills, pairs]);
  const [otherStills, otherPairs] = await firstBatches(2);
  assertNotEquals(otherStills, stills);
  assertNotEquals(otherPairs, pairs);
});

Deno.test("a stage's best weights are those of its best validation", async () => {
  const losses = [0.5, 0.3, 0.4, 0.2, 0.25];
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.scores = losses.map((segmentation) => scoresWith({ segmentation }));
    const { events, outcome } = await runWholeStage("baseline", { workshop, learner });
    assertEquals(outcome.reason, "done");
    assertEquals(validations(events).map(({ step, isBest }) => [step, isBest]), [
      [2, true],
      [4, true],
      [6, false],
      [8, true],
      [9, false],
    ]);
    assertEquals(outcome.best, learner.validated[3]);
    assertNotEquals(outcome.best, learner.validated[4]);
    assertEquals(await learner.weights(), learner.validated[4]);
  }, { change: { warmup: 9, validateEvery: 2 } });
});

Deno.test("the second stage is judged by both losses, its start included", async () => {
  const scores = [[0.2, 0.2], [0.15, 0.3], [0.25, 0.1], [0.1, 0.3]];
  for (const stage of ["control", "consistent"] as const) {
    await withWorkshop(async (workshop) => {
      const learner = workshop.learner();
      learner.scores = scores.map(([segmentation, consistency]) =>
        scoresWith({ segmentation, consistency })
      );
      const { events, outcome } = await runWholeStage(stage, { workshop, learner });
      assertEquals(validations(events)[0].step, 0);
      assertEquals(validations(events).map(({ isBest }) => isBest), [true, false, true, false]);
      assertEquals(outcome.best, learner.validated[2]);
    }, { change: { rounds: 3, validateEvery: stage === "control" ? 2 : 3 } });
  }
});

Deno.test("later weights replace the best while they are within the tolerance of it", async () => {
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.scores = [0.3, 0.309, 0.318, 0.4].map((segmentation) => scoresWith({ segmentation }));
    const { outcome } = await runWholeStage("baseline", { workshop, learner });
    assertEquals(outcome.best, learner.validated[1]);
  }, { change: { warmup: 8, validateEvery: 2, tolerance: 0.01 } });
});

Deno.test("the baseline stops early when its patience ends, and stays stopped", async () => {
  const losses = [0.5, 0.3, 0.4, 0.35, 0.2];
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.scores = losses.map((segmentation) => scoresWith({ segmentation }));
    const { events, outcome } = await runWholeStage("baseline", { workshop, learner });
    assertEquals([outcome.reason, learner.steps.length], ["early", 8]);
    assertEquals(validations(events).length, 4);
    assertEquals(outcome.best, learner.validated[1]);
    const resume = await workshop.folder.loadState();
    const again = await runWholeStage("baseline", { workshop, resume });
    assertEquals([again.events, again.outcome], [[], outcome]);
    assertEquals(again.learner.steps, []);
  }, { change: { warmup: 20, validateEvery: 2, patience: 2 } });
});

Deno.test("a resumed stage remembers its best, its patience, its rates and what it began with", async () => {
  const change = {
    ...{ warmup: 15, rounds: 5, validateEvery: 3, saveEvery: 3, patience: 3 },
    ...{ decay: "plateau", plateauPatience: 1 },
  };
  for (const stage of ["baseline", "consistent"] as const) {
    await withWorkshop(async (workshop) => {
      const first = workshop.learner();
      const start = stage === "baseline" ? [] : [scoresWith({ segmentation: 0.4 })];
      const scores = [0.2, 0.3].map((segmentation) => scoresWith({ segmentation }));
      first.scores = [...start, ...scores];
      first.losses = new Map([[8, NaN]]);
      await assertRejects(() => runWholeStage(stage, { workshop, learner: first }), RangeError);
      const best = first.validated[start.length];

      const second = workshop.learner();
      second.scores = [
        scoresWith({ segmentation: 0.25, foregroundFraction: 0.9 }),
        scoresWith({ segmentation: 0.24, foregroundFraction: 0.9 }),
        scoresWith({ segmentation: 0.3, foregroundFraction: 0.9 }),
      ];
      const resume = await workshop.folder.loadState();
      const { outcome, events } = await runWholeStage(stage, { workshop, learner: second, resume });
      assertEquals(outcome.best, best);
      // The baseline's patience of three ends after 0.3, 0.25 and 0.24.
      assertEquals(outcome.reason, stage === "baseline" ? "early" : "done");
      assertEquals(second.steps.length, stage === "baseline" ? 6 : 9);
      assertEquals(warnings(events).length, stage === "baseline" ? 0 : 1);
      const rates = onStills(second.steps).map(({ rate }) => rate);
      const full = onStills(first.steps)[0].rate;
      assertAlmostEquals(rates[0] / full, 2 / 3, 1e-9);
    }, { change });
  }
});

Deno.test("patience counts for the baseline only", async () => {
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.scores = Array.from({ length: 9 }, () => scoresWith({ consistency: 1 }));
    const { outcome } = await runWholeStage("control", { workshop, learner });
    assertEquals([outcome.reason, learner.steps.length], ["done", 4]);
  }, { change: { validateEvery: 1, patience: 1 } });
});

/** What a validation says of a network that finds this much. */
function found(amount: number, consistency: number): ValidationScores {
  return scoresWith({ consistency, meanProbability: amount, foregroundFraction: amount });
}

Deno.test("the collapse alarm keeps the best weights from before it, and rings once", async () => {
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.scores = [
      found(0.3, 0.5),
      found(0.35, 0.4),
      found(0.37, 0.1),
      found(0.9, 0.05),
      found(0.3, 0.01),
    ];
    const { events, outcome } = await runWholeStage("consistent", { workshop, learner });
    assertEquals([outcome.reason, learner.steps.length], ["done", 6]);
    assertEquals(warnings(events), [
      "Collapse alarm after step 4: the mean probability went from 30.0 % to 37.0 % and the " +
      "foreground from 30.0 % to 37.0 %; the best weights before that are kept; lower " +
      "--consistency-rate or --consistency-share",
    ]);
    assertEquals(validations(events).map(({ isBest }) => isBest), [true, true, false, false]);
    assertEquals(outcome.best, learner.validated[1]);
    const metrics = await workshop.folder.readMetrics();
    assertEquals(metrics.filter(({ type }) => type === "warning").length, 1);
  }, { change: { rounds: 2, validateEvery: 2 } });
});

Deno.test("the collapse alarm ends the stage if asked to, also after it was resumed", async () => {
  const change = { rounds: 9, validateEvery: 2, stopOnCollapse: true };
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.scores = [found(0.3, 0.5), found(0.3, 0.6), found(0.2, 0.1)];
    const { outcome } = await runWholeStage("consistent", { workshop, learner });
    assertEquals([outcome.reason, learner.steps.length], ["collapse", 4]);
    assertEquals(outcome.best, learner.validated[0]);
    const resume = await workshop.folder.loadState();
    const again = await runWholeStage("consistent", { workshop, resume });
    assertEquals([again.events, again.outcome, again.learner.steps], [[], outcome, []]);
  }, { change });
});

Deno.test("the collapse alarm looks at both measures, up and down, and only at the video", async () => {
  const cases: [Stage, Partial<ValidationScores>, alarms: number][] = [
    ["consistent", {}, 0],
    ["consistent", { meanProbability: 0.355 }, 0],
    ["consistent", { meanProbability: 0.365 }, 1],
    ["consistent", { meanProbability: 0.235 }, 1],
    ["consistent", { foregroundFraction: 0.235 }, 0],
    ["consistent", { foregroundFraction: 0.245 }, 1],
    ["consistent", { foregroundFraction: 0.155 }, 1],
    ["control", { foregroundFraction: 0.9, meanProbability: 0.9 }, 0],
    ["baseline", { foregroundFraction: 0.9, meanProbability: 0.9 }, 0],
  ];
  await withWorkshop(async (workshop) => {
    for (const [stage, later, alarms] of cases) {
      const learner = workshop.learner();
      learner.scores = [{}, later, later].map(scoresWith);
      const { events } = await runWholeStage(stage, { workshop, learner });
      assertEquals(warnings(events).length, alarms, `${stage} ${JSON.stringify(later)}`);
    }
  }, { change: { rounds: 1, warmup: 6 } });
});

Deno.test("consistency alone at an absurd rate collapses, at a small one it does not", async () => {
  const change = {
    ...{ rounds: 12, segmentationShare: 0, decay: "constant", validateEvery: 6, saveEvery: 6 },
    ...{ stopOnCollapse: true },
  };
  await withWorkshop(async (workshop) => {
    for (const [consistencyRate, reason] of [[1e-6, "done"], [0.3, "collapse"]] as const) {
      const other = { ...workshop, config: { ...workshop.config, consistencyRate } };
      const { events, outcome } = await runWholeStage("consistent", { workshop: other });
      assertEquals(outcome.reason, reason);
      assertEquals(warnings(events).length, reason === "done" ? 0 : 1);
    }
  }, { change });
});

Deno.test("a network that finds nothing is told of", async () => {
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.scores = [scoresWith({ foregroundFraction: 0 })];
    const { events } = await runWholeStage("baseline", { workshop, learner });
    assert(warnings(events)[0].startsWith("After step 3 the network finds no foreground"));
  });
});

/** Losses of so many steps, each as high as Dice gets. */
function lostSteps(count: number): Map<number, number> {
  return new Map(Array.from({ length: count }, (_, i) => [i + 1, 1]));
}

/** What is measured of a network that sees nothing anywhere. */
const DEAD = scoresWith({ meanProbability: 1e-9, foregroundFraction: 0 });

/** A stage that dies once, of which metrics then know nothing but a warning. */
const DYING = {
  ...{ warmup: 70, warmupRate: 0.01, ramp: 0, decay: "constant", validation: 0 },
} as const;

Deno.test("a network that dies begins again, with cross-entropy for a while", async () => {
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    const first = await learner.weights();
    learner.losses = lostSteps(60);
    learner.answers = (steps) => steps === 50 ? scoresWith({ meanProbability: 1 }) : null;
    let begun: ReadonlyMap<string, NamedArray> | null = null;
    const told: string[] = [];
    for await (const event of startStage("baseline", { workshop, learner })) {
      if (event.type !== "warning") continue;
      told.push(event.text);
      begun = await learner.weights();
    }
    assertEquals(told, [
      "After step 50 the network answers 1 whatever it sees, at a rate of 0.01: it begins " +
      "again, at 0.01, the first 17 batches by cross-entropy",
    ]);
    assertEquals(begun, first);
    const kinds = learner.steps.map(({ kind }) => kind);
    assertEquals(
      kinds,
      [50, 17, 53].flatMap((count, i) => Array(count).fill(i === 1 ? "priming" : "segmentation")),
    );
    assertNotEquals(learner.steps[50].batch, learner.steps[0].batch, "batches go on");
    const lines = (await Deno.readTextFile(workshop.folder.file("metrics.jsonl"))).trimEnd()
      .split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ type }) => type), ["warning", ...Array(70).fill("step")]);
    assertEquals(
      lines.slice(1).map(({ step }) => step),
      Array.from({ length: 70 }, (_, i) => i + 1),
    );
  }, { change: DYING });
});

Deno.test("a stage that began again goes on as it was, and gives up in the end", async () => {
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.losses = lostSteps(1000);
    learner.answers = () => DEAD;
    let steps = 0;
    for await (const event of startStage("baseline", { workshop, learner })) {
      if (event.type === "step" && ++steps === 60) break;
    }
    const resume = await workshop.folder.loadState();
    assertEquals(resume?.state.restarts, 1);
    const other = workshop.learner();
    other.losses = lostSteps(1000);
    other.answers = () => DEAD;
    await assertRejects(
      () => runWholeStage("baseline", { workshop, learner: other, resume }),
      RangeError,
      "Cannot go on training: after step 68 the network answers 0 whatever it sees, at a rate of 0.0025; " +
        "raise --ramp, take another --seed, or --segmentation-loss bce",
    );
    const rates = other.steps.map(({ rate }) => rate);
    assertEquals([...new Set(rates)], [0.01, 0.005, 0.0025]);
    assertEquals(rates.length, 3 * 68 - resume!.state.step);
  }, { change: DYING });
});

Deno.test("losses of before a stage began again do not count any more", async () => {
  const change = { ...DYING, warmup: 200, saveEvery: 1000, validateEvery: 1000 };
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.losses = lostSteps(1000);
    learner.answers = () => DEAD;
    const died: string[] = [];
    const run = async () => {
      for await (const event of startStage("baseline", { workshop, learner })) {
        if (event.type === "warning") died.push(event.text.slice(0, event.text.indexOf(" the")));
      }
    };
    await assertRejects(run, RangeError, "after step 110 the network answers 0");
    // Fifty batches, of which the last losses are read ten steps later, behind fifty of cross-entropy.
    assertEquals(died, ["After step 60", "After step 110", "After step 110"]);
    // The metrics forget the steps that led there, and keep what was said of them.
    const lines = (await workshop.folder.readMetrics()).filter(({ type }) => type === "warning");
    assertEquals(lines.map(({ text }) => String(text).split(" the")[0]), died);
  }, { change });
});

Deno.test("a network that only seems lost goes on", async () => {
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.losses = lostSteps(70);
    learner.answers = () => scoresWith({ meanProbability: 0.01 });
    const { events } = await runWholeStage("baseline", { workshop, learner });
    assertEquals([learner.steps.length, warnings(events)], [70, []]);
  }, { change: DYING });
});

Deno.test("without validation stills the last weights are taken", async () => {
  await withWorkshop(async (workshop) => {
    const baseline = await runWholeStage("baseline", { workshop });
    assertEquals(validations(baseline.events), []);
    assertEquals(baseline.outcome.best, await baseline.learner.weights());
    const consistent = await runWholeStage("consistent", { workshop });
    const scores = validations(consistent.events);
    assertEquals(scores.map(({ step, isBest }) => [step, isBest]), [[0, true], [3, true], [
      6,
      true,
    ]]);
    assert(scores.every(({ segmentation, consistency }) => segmentation === null && consistency));
    assertEquals(consistent.outcome.best, await consistent.learner.weights());
  }, { change: { validation: 0, patience: 1 } });
});

Deno.test("a stage of no steps ends with the weights it began with", async () => {
  await withWorkshop(async (workshop) => {
    for (const stage of ["baseline", "control"] as const) {
      const learner = workshop.learner();
      const before = await learner.weights();
      const { outcome } = await runWholeStage(stage, { workshop, learner });
      assertEquals(outcome, { reason: "done", best: before });
    }
  }, { change: { warmup: 0, segmentationShare: 0 } });
});

Deno.test("scheduleOf() counts epochs over stills and over pairs of all videos", async () => {
  const change = {
    ...{ unit: "epochs", rounds: 3, segmentationShare: 2, consistencyShare: 1 },
    ...{ gap: 2, batch: 3, pairs: 2 },
  };
  await withWorkshop(({ set, config }) => {
    const all = [...set.videos, {
      ...set.videos[0],
      frames: pickFrames(set.videos[0].frames, [0, 1, 2]),
    }];
    const two = { ...set, videos: all };
    // 4 stills in batches of 3 are 2 batches; 3 + 1 pairs of frames two apart in twos are 2.
    assertEquals(set.train.length, 4);
    const stepsOf = (stage: Stage) => scheduleOf(stage, { set: two, settings: config }).steps;
    assertEquals(stepsOf("baseline"), 6);
    assertEquals(stepsOf("control"), 3 * 2 * 2);
    assertEquals(stepsOf("consistent"), 3 * (2 * 2 + 2));
  }, { change });
});

Deno.test("validationBatches() are the same for every stage, and their pairs the gap apart", async () => {
  await withWorkshop(async ({ set, config }) => {
    const { frames } = set.videos[0];
    const planes = await framesIn(frames);
    const { encode } = uNet.objects!.objective(config, defaultKinds);
    const options = { settings: config, encode };
    const batches = await validationBatches(set, options);
    assertEquals(batches, await validationBatches(set, options));
    assertEquals(batches.stills.map(({ shape }) => shape), [[1, 1, 16, 16]]);
    assertEquals(batches.pairs.length, 4);
    for (const { shape, images, targets } of batches.pairs) {
      assertEquals([shape, targets], [[8, 1, 16, 16], null]);
      const halves = [images.subarray(0, 1024), images.subarray(1024)];
      for (let i = 0; i < 4; i++) {
        const [first, second] = halves.map((half) => half.subarray(256 * i, 256 * (i + 1)));
        const [t, u] = [first, second].map((patch) => frameWith(planes, patch));
        assertEquals(u - t, 2);
      }
    }
  }, { change: { gap: 2, pairs: 4 } });
});

async function framesIn(frames: Frames): Promise<Channels[]> {
  const list: Channels[] = [];
  for (let i = 0; i < frames.length; i++) list.push(await frames.frame(i));
  return list;
}

/** The frame that a patch of 16 × 16 pixels was cut from. */
function frameWith(
  frames: readonly { width: number; data: Float32Array }[],
  patch: Float32Array,
): number {
  return frames.findIndex(({ width, data }) =>
    data.some((_, at) =>
      patch.every((value, i) => data[at + Math.floor(i / 16) * width + i % 16] === value)
    )
  );
}
