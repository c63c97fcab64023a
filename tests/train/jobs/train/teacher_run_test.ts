// A second stage with a teacher: what it tells, what it writes, and that it resumes to the same bits.
import { gunzipSync } from "node:zlib";
import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { train } from "../../../../train/jobs/train/train.ts";
import { unpackProposals } from "../../../../train/learn/teacher/kept_labels.ts";
import type { SettingChange } from "../../../../train/models/model_kind.ts";
import { runContent, tinyConfig, trainToEnd, withTinyData } from "../../fixtures/tiny_run.ts";

/** Frames of a video that takes its teacher some seconds on any machine. */
const FRAMES = 150;

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

/** Frames that are kept in the pieces of a folder. */
async function keptFrames(folder: string): Promise<number> {
  let frames = 0;
  for await (const { name } of Deno.readDir(folder)) {
    if (!/^teacher-0-\d+\.proposals$/.test(name)) continue;
    const file = await Deno.readFile(`${folder}/${name}`);
    const { of } = JSON.parse(gunzipSync(file).toString("latin1").split("\n", 1)[0]);
    frames += (await unpackProposals(file, of))!.frames.length;
  }
  return frames;
}

/** Goes on with a run in a process of its own, and kills it once frames are kept. */
async function killWhileLabelling(
  { data, out, change }: { data: string; out: string; change: SettingChange },
): Promise<void> {
  const script = new URL("../../fixtures/train_child.ts", import.meta.url).pathname;
  const child = new Deno.Command("deno", {
    args: [
      ...["run", "--no-prompt", "--allow-read", "--allow-write"],
      ...[script, data, out, JSON.stringify(change)],
    ],
    cwd: new URL("../../../", import.meta.url),
    stdout: "null",
    stderr: "null",
  }).spawn();
  let isOver = false;
  child.status.then(() => isOver = true);
  const pieces = async () => {
    const entries = await Array.fromAsync(Deno.readDir(out)).catch(() => []);
    return entries.filter(({ name }) => name.endsWith(".proposals")).length;
  };
  while (!isOver && await pieces() === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill("SIGKILL");
  assertEquals((await child.status).signal, "SIGKILL");
}

Deno.test("a run that is killed while its teacher labels goes on with the frames that are missing, to the same bits", async () => {
  await withTinyData(async ({ data, runs }) => {
    const change = { ...STAR, teacherViews: 8, exposure: 1, control: false, rounds: 1 };
    const config = tinyConfig(data, change);
    /** Goes on until all weights are there; what was told of the teacher, and its labels. */
    const goOn = async (out: string) => {
      const teacher = { note: "", labels: new Uint8Array() };
      for await (const event of train({ config, out, resume: true })) {
        if (event.type === "note" && event.text.startsWith("Measuring")) break;
        if (event.type === "note" && event.text.startsWith("Teacher on")) teacher.note = event.text;
        if (event.type !== "step" || event.stage !== "consistent") continue;
        teacher.labels = await Deno.readFile(`${out}/teacher-0.labels`);
        assertEquals(await keptFrames(out), 0, "the labels are enough");
      }
      return teacher;
    };
    const whole = await goOn(`${runs}/whole`);
    assertMatch(whole.note, new RegExp(`in ${FRAMES} frames, \\d+ rescued`));

    const out = `${runs}/killed`;
    await killWhileLabelling({ data, out, change });
    const before = await keptFrames(out);
    assert(before > 0 && before < FRAMES, `${before} frames are kept`);
    const killed = await goOn(out);
    const told = `in ${FRAMES} frames, ${before} of them labelled before it was stopped`;
    assertMatch(killed.note, new RegExp(told));
    assertEquals(killed.labels, whole.labels);
    assertEquals(await runContent(out), await runContent(`${runs}/whole`));
  }, { videos: [FRAMES] });
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
