// What a queue sends to its jobs: they end with 75, leave whole files only, and go on when called again.
import { assertEquals } from "@std/assert";
import { encodeGreyTiff } from "../../../train/images/formats/encode.ts";
import { thresholdModel, tiffOf } from "../../train/fixtures/models/threshold_model.ts";
import { filesIn, withFolder } from "../../train/fixtures/temporary.ts";
import { command, each, runs } from "../fixtures/command.ts";

const FRAMES = Array.from({ length: 60 }, (_, t) => [{ x: t % 8, y: 2, width: 4, height: 3 }]);
const [WIDTH, HEIGHT] = [100, 1200];
const SLIDE = Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i * i) % 977);
const FILES = {
  "model/weights.safetensors": thresholdModel(),
  "slide.tif": encodeGreyTiff([{ width: WIDTH, height: HEIGHT, data: SLIDE }]),
  ...Object.fromEntries(FRAMES.map((frame, t) => [`video/t${t}.tif`, tiffOf(frame)])),
};
const BEFORE = [
  ["predict", "--model=model", "--out=part", "--frames=0:30", "video"],
  ["predict", "--model=model", "--out=rest", "--frames=30:", "video"],
];
/** Jobs, when they are stopped, and with what. */
const JOBS: [words: string[], begun: RegExp, signal: Deno.Signal, code: number][] = [
  [["predict", "--model=model", "video"], /"type":"frame"/, "SIGTERM", 75],
  [["predict", "--model=model", "--block-rows=2", "slide.tif"], /"type":"progress"/, "SIGTERM", 75],
  [["merge", "--track", "part", "rest"], /"type":"tracked"/, "SIGINT", 130],
  [["merge", "part", "rest"], /"type":"file"/, "SIGTERM", 75],
];

Deno.test("jobs that are stopped end with 75 or 130, with whole files and without locks, and go on", async () => {
  await withFolder(FILES, async (cwd) => {
    for (const args of BEFORE) await runs(args, { cwd });
    await each([...JOBS.entries()], async ([at, [words, begun, signal, code]]) => {
      const what = words.join(" ");
      const out = `${cwd}/out-${at}`;
      const job = [...words, `--out=${out}`, "--json"];
      const child = command(job, { cwd }).spawn();
      const error = new Response(child.stderr).text();
      let text = "";
      let isSent = false;
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += part;
        if (!isSent && begun.test(text)) {
          child.kill(signal);
          isSent = true;
        }
      }
      const ended = await child.status;
      assertEquals([isSent, ended.code], [true, code], `${what}: ${await error}`);
      const left = Object.keys(await filesIn(out).catch(() => ({})));
      assertEquals(left.filter((name) => /(^|\/)\./.test(name)), [], what);
      await runs(job, { cwd });
      const again = await filesIn(out);
      await Deno.remove(out, { recursive: true });
      // In one piece: to the same bytes.
      await runs(job.filter((word) => !word.startsWith("--block-rows")), { cwd });
      assertEquals(again, await filesIn(out), what);
    });
  });
});
