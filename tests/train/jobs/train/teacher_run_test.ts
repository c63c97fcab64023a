// A second stage with a teacher: what it tells, what it writes, and that it resumes to the same bits.
import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { train } from "../../../../train/jobs/train/train.ts";
import type { SettingChange } from "../../../../train/models/model_kind.ts";
import { runContent, tinyConfig, trainToEnd, withTinyData } from "../../fixtures/tiny_run.ts";

const UNET: SettingChange = { consistency: "teacher", teacherBatch: 2, teacherViews: 2 };
const STAR: SettingChange = {
  ...UNET,
  ...{ model: "stardist", segmentationLoss: "stardist", consistencyLoss: "squared-dice" },
  stardist: { rays: 8, grid: 2, features: 4 },
};

Deno.test("a student learns from stills and from what its teacher found, one batch each", async () => {
  for (const change of [UNET, STAR]) {
    await withTinyData(async ({ data, runs }) => {
      const config = tinyConfig(data, { ...change, rounds: 3 });
      const events = await trainToEnd({ config, out: runs });
      const steps = events.filter((event) => event.type === "step");
      const kinds = (stage: string) =>
        steps.filter((step) => step.stage === stage).map(({ kind }) => kind);
      assertEquals(kinds("control"), Array(3).fill("segmentation"));
      assertEquals(kinds("consistent"), Array(3).fill(["segmentation", "pupil"]).flat());
      const rates = (stage: string) =>
        steps.filter(({ stage: its, kind }) => its === stage && kind === "segmentation")
          .map(({ rate }) => rate);
      assertEquals(rates("consistent"), rates("control"));
      assertAlmostEquals(rates("control")[0], 3e-4, 1e-9);
      const notes = events.flatMap((event) => event.type === "note" ? [event.text] : []);
      assertMatch(
        notes.find((text) => text.startsWith("Teacher")) ?? "",
        /^Teacher on video-0: exposure \d+\.\d\d; \d+ objects in 5 frames, \d+ rescued and \d+ dropped/,
      );
      assert(steps.every(({ loss }) => Number.isFinite(loss)));
      assertEquals(events.at(-1)?.type, "result");
    });
  }
});

Deno.test("a run with a teacher ends with the same bits however often it is interrupted, and labels once", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, {
      ...STAR,
      ...{ rounds: 3, validateEvery: 2, saveEvery: 1, averaging: 0.9 },
    });
    await trainToEnd({ config, out: `${runs}/whole` });
    const whole = await runContent(`${runs}/whole`);
    const out = `${runs}/cut`;
    const labels = `${out}/teacher-0.labels`;
    const isKept = () => Deno.stat(labels).then(() => true, () => false);
    /** Runs until so many steps of the student are told; how often its teacher labelled the video. */
    const labelledUntil = async (steps: number) => {
      let [labelled, told] = [0, 0];
      for await (const event of train({ config, out, resume: true })) {
        if (event.type === "note" && event.text.startsWith("Teacher on")) labelled++;
        if (event.type === "step" && event.stage === "consistent" && ++told >= steps) break;
      }
      return labelled;
    };
    for (const stop of [9, 15]) {
      let told = 0;
      for await (const _event of train({ config, out, resume: true })) if (++told >= stop) break;
    }
    assertEquals([await isKept(), await labelledUntil(1)], [false, 1]);
    assertEquals([await isKept(), await labelledUntil(2)], [true, 0]);
    // Labels that were damaged are made again.
    const file = await Deno.readFile(labels);
    file[file.length >> 1] ^= 1;
    await Deno.writeFile(labels, file);
    assertEquals(await labelledUntil(1), 1);
    assertEquals([await isKept(), await labelledUntil(Infinity)], [true, 0]);
    assertEquals(await isKept(), false);
    assertEquals(await runContent(out), whole);
  });
});

Deno.test("a teacher that finds nothing says what its student will learn from that", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, { ...UNET, voteObject: 1, rounds: 1 });
    const events = await trainToEnd({ config, out: runs });
    const warnings = events.flatMap((event) => event.type === "warning" ? [event.text] : []);
    const found = warnings.filter((text) => text.startsWith("The teacher found no object in"));
    assertEquals(found.length, 1);
    assertMatch(found[0], /found no object in video-0.*nothing is there.*--warmup/);
  });
});

Deno.test("without a video there is nothing to teach: a baseline is all", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, { ...UNET, video: [], truth: "" });
    const events = await trainToEnd({ config, out: `${runs}/none` });
    const stages = events.flatMap((event) => event.type === "stage" ? [event.stage] : []);
    assertEquals(stages, ["baseline"]);
  });
});
