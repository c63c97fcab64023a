// Ctrl-C and what ends a job on a cluster: work is saved, and the program says how to go on.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { synthFiles } from "../../train/jobs/synth_files.ts";
import { runContent } from "../train/fixtures/tiny_run.ts";
import { command, kymo, runs, TINY, tree } from "./fixtures/command.ts";

const folder = await Deno.makeTempDir();
const cwd = folder;
const DATA = ["--stills=data/stills", "--video=data/video"];
// Nothing but the signal saves before the end of a stage.
const SETTINGS = [
  ...DATA,
  ...TINY,
  "--warmup=60",
  "--rounds=40",
  "--validate-every=1000",
  "--save-every=1000",
];

Deno.test.beforeAll(async () => {
  await synthFiles({ out: `${folder}/data`, stills: 5, frames: 12 });
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** Runs the program, sends a signal when it has said some words, and waits for its end. */
async function interrupted(
  args: readonly string[],
  { words, signal, times = 1 }: { words: RegExp; signal: Deno.Signal; times?: number },
): Promise<{ code: number; out: string; error: string }> {
  const child = command(args, { cwd }).spawn();
  const error = new Response(child.stderr).text();
  let out = "";
  let left = times;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += part;
    if (left > 0 && words.test(out)) {
      for (; left > 0; left--) child.kill(signal);
    }
  }
  const { code } = await child.status;
  return { code, out, error: await error };
}

Deno.test("a training that is interrupted saves at the next step, and goes on to the same bits", async () => {
  const train = ["train", ...SETTINGS, "--json"];
  await runs([...train, "--out=whole"], { cwd });
  const stops: [signal: Deno.Signal, code: number, stage: string][] = [
    ["SIGINT", 130, "baseline"],
    ["SIGTERM", 75, "consistent"],
  ];
  for (const [signal, code, stage] of stops) {
    const resume = code === 130 ? [] : ["--resume"];
    const words = new RegExp(`"type":"step","seed":1,"stage":"${stage}"`);
    const outcome = await interrupted([...train, "--out=cut", ...resume], { words, signal });
    assertEquals(outcome.code, code, outcome.error);
    const [stopping, stopped, next, line] = outcome.error.split("\n");
    assertStringIncludes(stopping, "Ctrl-C again stops at once");
    assertMatch(stopped, new RegExp(`^Stopped after step \\d+ of ${stage}; everything .* saved$`));
    assertEquals(next, "Next, to go on with it:");
    assertMatch(line, / train --resume --out \/\S+\/cut$/);
  }
  await runs([...train, "--out=cut", "--resume"], { cwd });
  assertEquals(await runContent(`${folder}/cut`), await runContent(`${folder}/whole`));
});

Deno.test("a prediction that is interrupted keeps whole files alone, and goes on when called again", async () => {
  const predict = ["predict", "--model=whole", "--out=labels", "--views=8", "data/video"];
  const outcome = await interrupted([...predict, "--json"], { words: /"frame"/, signal: "SIGINT" });
  assertEquals(outcome.code, 130, outcome.error);
  assertStringIncludes(outcome.error, "Stopped as asked; call it again to go on");
  const [record, ...written] = await tree(`${folder}/labels`);
  assertEquals(record, "predict.json");
  assert(written.length > 0 && written.length < 12, written.join());
  assert(written.every((name) => /^t\d+\.tif$/.test(name)), written.join());
  const again = await kymo(predict, { cwd });
  assertEquals(again.code, 0, again.error);
  assertStringIncludes(again.lines.join("\n"), `${written.length} that existed kept`);
});

Deno.test("--time-limit ends a training as a queue would, but with everything saved", async () => {
  const train = ["train", ...SETTINGS, "--warmup=100000", "--out=limited", "--quiet"];
  const { code, error, lines } = await kymo([...train, "--time-limit=0.2"], { cwd });
  assertEquals(code, 75, error);
  assertMatch(error, /Stopped after step \d+ of baseline; everything up to there is saved/);
  assertEquals(lines.filter((line) => line.includes("steps/s")), []);
  const wrong = await kymo([...train, "--time-limit=0"], { cwd });
  assertEquals(wrong.code, 2, wrong.error);
});

Deno.test("a second signal stops at once", async () => {
  const { code } = await interrupted(["train", ...SETTINGS, "--out=twice", "--json"], {
    ...{ words: /"step"/, signal: "SIGINT", times: 2 },
  });
  assertEquals(code, 130);
});
