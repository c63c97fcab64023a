// However often a run is killed, it ends with the same bits as one that was left alone.
import { assert, assertEquals } from "@std/assert";
import type { TrainEvent } from "../../../../../train/jobs/train/events.ts";
import type { Stage } from "../../../../../train/learn/stages.ts";
import type { TrainOptions } from "../../../../../train/jobs/train/run.ts";
import { train } from "../../../../../train/jobs/train/train.ts";
import type { SettingChange } from "../../../../../train/models/model_kind.ts";
import { runContent, tinyConfig, trainToEnd, withTinyData } from "../../../fixtures/tiny_run.ts";
import { typesOf } from "../../../fixtures/told.ts";

/** A very small run, which saves a state in the middle of both stages. */
const SMALL = {
  ...{ control: false, warmup: 3, rounds: 2, segmentationShare: 1 },
  ...{ validateEvery: 3, saveEvery: 2 },
};

/** Runs until `stop` says so, and lets go; whether it said so before the end. */
async function trainUntil(
  options: TrainOptions,
  stop: (event: TrainEvent) => boolean,
): Promise<boolean> {
  for await (const event of train(options)) if (stop(event)) return true;
  return false;
}

/** Runs until all weights are written; what follows only measures them. */
async function trainUntilMeasured(options: TrainOptions): Promise<void> {
  assert(await trainUntil(options, ({ type }) => type === "note"));
}

/** Resumes a run in a process of its own, and kills it after some events of a stage. */
async function killDuring(
  stage: Stage,
  { data, out, change, events }: {
    data: string;
    out: string;
    change: SettingChange;
    events: number;
  },
): Promise<void> {
  const script = new URL("../../../fixtures/train_child.ts", import.meta.url).pathname;
  const child = new Deno.Command("deno", {
    args: [
      ...["run", "--no-prompt", "--allow-read", "--allow-write"],
      ...[script, data, out, JSON.stringify(change)],
    ],
    cwd: new URL("../../../..", import.meta.url),
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  let text = "";
  for await (const chunk of lines) {
    text += chunk;
    const told = text.split("\n").filter((line) => line.includes(`"stage":"${stage}"`));
    // The plan names all stages; it is not one of their events.
    if (told.filter((line) => !line.includes('"plan"')).length >= events) break;
  }
  child.kill("SIGKILL");
  assertEquals((await child.status).signal, "SIGKILL", text);
}

Deno.test("a run killed with SIGKILL twice in each stage ends with the same bits", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data);
    const events = await trainToEnd({ config, out: `${runs}/whole` });
    const whole = await runContent(`${runs}/whole`);
    assertEquals(Object.keys(whole).toSorted(), [
      "baseline.safetensors",
      "consistent.safetensors",
      "control.safetensors",
      "last.safetensors",
      "metrics.jsonl",
      "state.safetensors",
      "weights.safetensors",
    ]);
    const out = `${runs}/killed`;
    const kills: string[] = [];
    for (const stage of ["baseline", "control", "consistent"] as const) {
      for (let i = 0; i < 2; i++) {
        const count = 1 + Math.floor(5 * Math.random());
        kills.push(`${stage} ${count}`);
        await killDuring(stage, { data, out, change: {}, events: count });
      }
    }
    const last = await trainToEnd({ config, out, resume: true });
    assertEquals(await runContent(out), whole, `killed at ${kills}`);
    assertEquals(tableOf(last), tableOf(events));
  });
});

/** The table at the end of a run. */
function tableOf(events: readonly TrainEvent[]) {
  const last = events.at(-1);
  assert(last?.type === "result");
  return last.table;
}

Deno.test("a run abandoned after any of its events ends with the same bits", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, SMALL);
    await trainUntilMeasured({ config, out: `${runs}/whole` });
    const whole = await runContent(`${runs}/whole`);
    const isSeen = new Set<string>();
    for (let k = 1, isOver = false; !isOver; k++) {
      const out = `${runs}/${k}`;
      let left = k;
      await trainUntil({ config, out }, (event) => {
        if ("stage" in event) isSeen.add(event.stage);
        isOver = event.type === "note";
        return --left === 0 || isOver;
      });
      await trainUntilMeasured({ config, out, resume: true });
      assertEquals(await runContent(out), whole, `abandoned after ${k} events`);
    }
    assertEquals([...isSeen], ["baseline", "consistent"]);
  }, { videos: [3], stills: 4 });
});

Deno.test("resuming in an empty folder starts afresh, and a finished run is only measured", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, SMALL);
    const out = `${runs}/new`;
    const events = await trainToEnd({ config, out, resume: true });
    const content = await runContent(out);
    const again = await trainToEnd({ config, out, resume: true });
    assertEquals(typesOf(again), ["plan", "input", "range", "note", "result"]);
    assertEquals(tableOf(again), tableOf(events));
    assertEquals(await runContent(out), content);
  }, { videos: [3], stills: 4 });
});

Deno.test("a run from given weights that is left after its first validation tells no line twice", async () => {
  await withTinyData(async ({ data, runs }) => {
    await trainToEnd({ config: tinyConfig(data, SMALL), out: `${runs}/given` });
    const config = tinyConfig(data, { ...SMALL, resumeFrom: `${runs}/given`, control: true });
    await trainUntilMeasured({ config, out: `${runs}/whole` });
    const whole = await runContent(`${runs}/whole`);
    const [plan] = await Array.fromAsync(train({ config, out: `${runs}/whole`, resume: true }))
      .then((events) => events.filter((event) => event.type === "plan"));
    assertEquals(plan.stages.map(({ stage }) => stage), ["control", "consistent"]);
    for (const type of ["validation", "step"]) {
      const out = `${runs}/${type}`;
      await trainUntil({ config, out }, (event) => event.type === type);
      await trainUntilMeasured({ config, out, resume: true });
      assertEquals(await runContent(out), whole, `left after its first ${type}`);
    }
  }, { videos: [3], stills: 4 });
});

Deno.test("a run that is left knows all kernels that its states were made with", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, SMALL);
    const kernels = async (out: string) =>
      Object.keys(JSON.parse(await Deno.readTextFile(`${out}/kernels.json`)).kernels).toSorted();
    await trainUntil({ config, out: `${runs}/left` }, ({ type }) => type === "stage");
    await trainUntil({ config, out: `${runs}/planned` }, ({ type }) => type === "step");
    const [left, planned] = await Promise.all(
      ["left", "planned"].map((run) => kernels(`${runs}/${run}`)),
    );
    // Planning asks for the kernels of steps; validating takes images of other sizes.
    assert(planned.every((key) => left.includes(key)));
    assert(left.length > planned.length, `${left.length} of ${planned.length}`);
  }, { videos: [3], stills: 4 });
});
