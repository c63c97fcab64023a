import { assertEquals } from "@std/assert";
import { resolve } from "node:path";
import { PredictProgress } from "../../../../../train/console/commands/progress/predict_progress.ts";
import { testClock } from "../../fixtures/clock.ts";

Deno.test("PredictProgress counts frames, and what was kept", () => {
  const clock = testClock();
  const progress = new PredictProgress(clock.read);
  const frame = {
    type: "frame",
    name: "a.tif",
    path: "v/a.tif",
    total: 5,
    objects: 7,
    seconds: 0.5,
  } as const;
  const first = progress.show({ ...frame, done: 1 });
  assertEquals(first, { lines: [], status: "1/5  a.tif: 7 objects in 0.50 s" });
  clock.seconds = 2;
  const second = progress.show({ ...frame, done: 2 });
  assertEquals(second.status, "2/5  a.tif: 7 objects in 0.50 s  6 s left");
  const done = (written: number, kept: number) =>
    progress.show({ type: "done", out: "p", written, kept }).lines;
  assertEquals(done(5, 0), [`5 files written to ${resolve("p")}`]);
  assertEquals(done(1, 4), [
    `1 file written to ${resolve("p")}, 4 that existed kept (--overwrite replaces them)`,
  ]);
});
