import { assert, assertEquals, assertMatch } from "@std/assert";
import { changeConfig, defaultConfig, syntheticConfig } from "../../../train/jobs/train/config.ts";
import { command, events, fails, firstLines, runs, TINY, tree } from "../fixtures/command.ts";
import { readRunConfig, RUN_FILES, SETTINGS, writeTrainFiles } from "../fixtures/train_files.ts";

const folder = await Deno.makeTempDir();
const COMMAND = ["train", "--config", "settings.json", ...TINY, "--out", "run", "--no-control"];

Deno.test.beforeAll(() => writeTrainFiles(folder));
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const readConfig = (run: string) => readRunConfig(`${folder}/${run}`);

Deno.test("train writes a run folder from a file of settings and flags, which win", async () => {
  const told = await events(COMMAND, { cwd: folder });
  const types = told.map(({ type }) => type);
  assertEquals([types[0], types.at(-1)], ["plan", "result"]);
  assert(["step", "validation", "stage"].every((type) => types.includes(type)));
  const [{ stills, frames, stages }] = told;
  assertEquals({ stills, frames, stages }, {
    stills: [3, 1, 1],
    frames: 3,
    stages: [{ stage: "baseline", steps: 4 }, { stage: "consistent", steps: 3 }],
  });
  const { report, weights } = told.at(-1)!;
  assertEquals([report, weights], ["run/report.html", "run/weights.safetensors"]);
  assertEquals(await tree(`${folder}/run`), RUN_FILES);
  const { versions, ...config } = await readConfig("run");
  assertEquals(Object.keys(versions as object), ["kymo", "deno", "adapter"]);
  const fromFile = changeConfig(defaultConfig, { change: SETTINGS, source: "the test" });
  const tiny = {
    ...{ depth: 1, base: 2, patch: 16, batch: 2, pairs: 1, warmup: 4, rounds: 1, ramp: 0 },
    ...{ warmupRate: 0.01, validateEvery: 2, saveEvery: 2, control: false },
    // Who sets pairs wants frames compared.
    consistency: "siamese",
  };
  assertEquals(config, { ...fromFile, ...tiny });
});

Deno.test("train goes on with a run only by --resume, and only with its settings", async () => {
  const cwd = folder;
  const says = ["run", "already holds a run", "--resume"];
  await Promise.all([
    fails(COMMAND, { code: 1, says, cwd }),
    fails([...COMMAND, "--resume", "--depth=2", "--control"], {
      code: 2,
      says: ["Cannot resume run", "--depth is 1, not 2", "--control is false, not true"],
      cwd,
    }),
    fails([...COMMAND, "--resume", "--seeds=2"], { code: 2, says: ["--seeds 2"], cwd }),
  ]);
  const before = await Deno.readFile(`${folder}/run/weights.safetensors`);
  await Deno.remove(`${folder}/run/report.html`);
  const told = await events([...COMMAND, "--resume"], { cwd });
  assertEquals(told.filter(({ type }) => type === "step"), []);
  assertEquals(await tree(`${folder}/run`), RUN_FILES);
  assertEquals(await Deno.readFile(`${folder}/run/weights.safetensors`), before);
});

Deno.test("a trained run predicts, and its prediction can be evaluated", async () => {
  const cwd = folder;
  await runs(["predict", "--model", "run", "--out", "predicted", "data/video"], { cwd });
  assertEquals(await tree(`${folder}/predicted`), [
    ...["predict.json", "t000.tif", "t001.tif", "t002.tif"],
  ]);
  const paths = ["--labels", "predicted", "--truth", "data/truth"];
  const [evaluation] = await events(["evaluate", ...paths], { cwd });
  assertEquals(evaluation.frames, 3);
});

Deno.test("train without arguments is about to train on the synthetic set", async () => {
  const child = command(["train", "--json"], { cwd: folder }).spawn();
  const [line] = await firstLines(child, 1);
  child.kill("SIGKILL");
  await Promise.all([child.status, child.stderr.cancel()]);
  const { type, stills, frames, stages } = JSON.parse(line);
  assertEquals({ type, stills, frames }, { type: "plan", stills: [36, 5, 7], frames: 24 });
  assertEquals(stages.map(({ stage }: { stage: string }) => stage), [
    ...["baseline", "control", "consistent"],
  ]);
  const [run, ...others] = await Array.fromAsync(Deno.readDir(`${folder}/runs`));
  assertEquals(others, []);
  assertMatch(run.name, /^\d{8}-\d{6}$/);
  const { versions: _, ...config } = await readConfig(`runs/${run.name}`);
  assertEquals(config, { ...defaultConfig, ...syntheticConfig });
});
