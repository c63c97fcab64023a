// Two processes that are told to write into one folder: the second is refused, and a dead one is no hindrance.
import { assertEquals } from "@std/assert";
import { thresholdModel, tiffOf } from "../../train/fixtures/models/threshold_model.ts";
import { filesIn, withFolder } from "../../train/fixtures/temporary.ts";
import { command, fails, runs } from "../fixtures/command.ts";

const FRAMES = Array.from({ length: 60 }, (_, t) => [{ x: t % 8, y: 2, width: 4, height: 3 }]);
const FILES = {
  "model/weights.safetensors": thresholdModel(),
  ...Object.fromEntries(FRAMES.map((frame, t) => [`video/t${t}.tif`, tiffOf(frame)])),
};
/** What jobs need before they can begin. */
const BEFORE = [
  ["predict", "--model=model", "--out=part", "--frames=0:30", "video"],
  ["predict", "--model=model", "--out=rest", "--frames=30:", "video"],
];
const JOBS: [words: string[], begun: RegExp][] = [
  [["predict", "--model=model", "video"], /"type":"frame"/],
  [["merge", "part", "rest"], /"type":"file"/],
  [["track", "--labels=predict", "--images=video"], /"type":"frame"/],
];

/** Starts a job and stops its process in the middle, while it writes. */
async function held(args: readonly string[], { cwd, begun }: { cwd: string; begun: RegExp }) {
  const child = command([...args, "--json"], { cwd }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; !begun.test(text);) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`${args.join(" ")} ended after ${text}`);
    text += value;
  }
  child.kill("SIGSTOP");
  const end = async (signal: Deno.Signal) => {
    if (signal !== "SIGCONT") child.kill(signal);
    child.kill("SIGCONT");
    while (!(await reader.read()).done);
    const error = await new Response(child.stderr).text();
    return { code: (await child.status).code, error };
  };
  return { end };
}

Deno.test("of two processes in one folder the second is refused, and a killed one leaves room for the next", async () => {
  await withFolder(FILES, async (cwd) => {
    for (const args of BEFORE) await runs(args, { cwd });
    for (const [words, begun] of JOBS) {
      const [name] = words;
      const job = [...words, `--out=${name}`];
      const says = [`Cannot ${name} into ${name}: another process writes into it; wait until it`];
      const alone = [...words, `--out=${name}-alone`];
      await runs(alone, { cwd });
      const first = await held(job, { cwd, begun });
      await fails(job, { code: 1, says, cwd });
      await first.end("SIGKILL");
      const second = await held(job, { cwd, begun });
      assertEquals(await second.end("SIGCONT"), { code: 0, error: "" }, name);
      assertEquals(await filesIn(`${cwd}/${name}`), await filesIn(`${cwd}/${name}-alone`), name);
    }
  });
});
