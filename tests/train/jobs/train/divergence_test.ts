// A run that breaks says so, stops, and leaves its last good state to go on from.
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { NamedArray } from "../../../../nn/safetensors.ts";
import {
  device,
  runWholeStage,
  scoresWith,
  type WatchedLearner,
  withWorkshop,
  type Workshop,
  workshopOf,
} from "../../fixtures/stage_fixture.ts";

const CHANGE = { warmup: 12, validateEvery: 6, saveEvery: 2 };

/** Whether all numbers of some arrays are finite. */
function isFinite(arrays: ReadonlyMap<string, NamedArray>): boolean {
  return [...arrays.values()].every(({ data }) => data.every(Number.isFinite));
}

/** Checks the one error of a broken stage, and what it leaves behind. */
async function assertBreaks(
  workshop: Workshop,
  { learner, what, savedSteps, toldSteps }: {
    learner: WatchedLearner;
    what: string;
    savedSteps: number;
    toldSteps: number;
  },
): Promise<void> {
  const { folder } = workshop;
  const error = await assertRejects(
    () => runWholeStage("baseline", { workshop, learner }),
    RangeError,
  );
  assertEquals(
    error.message,
    `Cannot go on training: ${what}; the last good state is in ${folder.path}: lower the ` +
      "learning rate and use --resume",
  );
  const saved = await folder.loadState();
  assert(saved);
  assertEquals(saved.state.step, savedSteps);
  assert(isFinite(saved.weights) && isFinite(saved.moments) && isFinite(saved.best));
  const told = (await folder.readMetrics()).filter(({ type }) => type === "step");
  assertEquals(told.map(({ step }) => step), Array.from({ length: toldSteps }, (_, i) => i + 1));
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name).toSorted();
  assertEquals(names, ["metrics.jsonl", "state.safetensors"]);
}

Deno.test("a loss that is not a number stops the stage, and its step is not told", async () => {
  for (const loss of [NaN, Infinity]) {
    await withWorkshop(async (workshop) => {
      const learner = workshop.learner();
      learner.losses = new Map([[5, loss]]);
      const what = `the segmentation loss of step 5 is ${loss}`;
      await assertBreaks(workshop, { learner, what, savedSteps: 4, toldSteps: 4 });
    }, { change: CHANGE });
  }
});

Deno.test("a validation that is not a number stops the stage", async () => {
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.scores = [scoresWith({ segmentation: NaN })];
    const what = "the validation loss after step 6 is not finite (segmentation NaN, consistency " +
      "null, depth null)";
    await assertBreaks(workshop, { learner, what, savedSteps: 4, toldSteps: 6 });
  }, { change: CHANGE });
});

Deno.test("weights that a step has broken are not saved, though its loss was fine", async () => {
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    learner.afterStep = (step) => {
      if (step !== 8) return;
      device.write(learner.network.parameters.get("head.bias")!.value, Float32Array.of(Infinity));
    };
    const what = "head.bias is not finite after step 8";
    await assertBreaks(workshop, { learner, what, savedSteps: 6, toldSteps: 8 });
  }, { change: CHANGE });
});

Deno.test("an exploding learning rate stops the stage, and again after it was resumed", async () => {
  const broken = { ...CHANGE, warmupRate: 0.01 };
  await withWorkshop(async (workshop) => {
    const { config, folder } = workshop;
    const wild = workshopOf({ ...workshop, config: { ...config, warmupRate: 1e38 } });
    const first = await assertRejects(
      () => runWholeStage("baseline", { workshop: wild }),
      RangeError,
    );
    const state = await folder.loadState();
    assert(state && isFinite(state.weights));
    const again = await assertRejects(
      () => runWholeStage("baseline", { workshop: wild, resume: state }),
      RangeError,
    );
    assertEquals(again.message, first.message);
    const mended = await runWholeStage("baseline", {
      workshop,
      resume: await folder.loadState(),
    });
    assertEquals(mended.outcome.reason, "done");
    assert(isFinite(mended.outcome.best));
  }, { change: broken });
});

// On many adapters ReLU turns NaN into 0: the loss looks fine, and only the weights tell.
Deno.test("an image of NaN stops the stage, and again after it was resumed", async () => {
  await withWorkshop(async (workshop) => {
    const [first, ...others] = workshop.set.train;
    const image = new Float32Array(first.image.length).fill(NaN);
    const set = { ...workshop.set, train: [{ ...first, image }, ...others] };
    const broken = workshopOf({ ...workshop, set });
    const error = await assertRejects(
      () => runWholeStage("baseline", { workshop: broken }),
      RangeError,
      "Cannot go on training: ",
    );
    const resume = await workshop.folder.loadState();
    assert(resume && isFinite(resume.weights));
    const again = await assertRejects(
      () => runWholeStage("baseline", { workshop: broken, resume }),
      RangeError,
    );
    assertEquals(again.message, error.message);
  }, { change: CHANGE });
});
