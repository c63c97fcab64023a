import { assert, assertEquals, assertRejects } from "@std/assert";
import { heldFrames } from "../../../../train/images/series/frames.ts";
import {
  begin,
  countedFrames,
  goOn,
  type Progress,
  type ProgressEvent,
  StoppedError,
  waitingFor,
} from "../../../../train/jobs/progress/progress.ts";

/** All that is told until work ends, and what it gives. */
async function told<T>(
  work: Promise<T>,
  options: { progress: Progress; stop?: AbortSignal },
): Promise<{ events: ProgressEvent[]; value: T }> {
  const waiting = waitingFor(work, options);
  const events: ProgressEvent[] = [];
  for (;;) {
    const next = await waiting.next();
    if (next.done) return { events, value: next.value };
    events.push(next.value);
  }
}

Deno.test("waitingFor() gives what work gives, at once and without a word where it is short", async () => {
  const start = performance.now();
  const progress = begin("counting");
  assertEquals(await told(Promise.resolve(7), { progress }), { events: [], value: 7 });
  await assertRejects(() => told(Promise.reject(new RangeError("No")), { progress }), RangeError);
  assert(performance.now() - start < 1000, "it does not wait for its own timer");
});

Deno.test("waitingFor() tells how far long work is", async () => {
  const progress = begin("reading", 4);
  const plane = { width: 1, height: 1, data: Float32Array.of(1) };
  const frames = countedFrames(heldFrames([plane, plane]), progress);
  const work = async () => {
    for (const i of [0, 1]) await frames.frame(i);
    await new Promise((end) => setTimeout(end, 3200));
    goOn(progress, "measuring");
    await new Promise((end) => setTimeout(end, 1000));
    return "done";
  };
  const { events, value } = await told(work(), { progress });
  assertEquals(value, "done");
  assertEquals(events, [
    { type: "progress", what: "reading", done: 2, total: 4 },
    { type: "progress", what: "measuring", done: 0, total: null },
  ]);
});

Deno.test("waitingFor() ends when it is to stop, whatever the work does", async () => {
  const stop = new AbortController();
  const never = new Promise<never>(() => {});
  const waiting = told(never, { progress: begin("waiting for Godot"), stop: stop.signal });
  stop.abort();
  await assertRejects(() => waiting, StoppedError, "Stopped while waiting for Godot");
});

Deno.test("countedFrames() counts no more frames than there are, where some are read again", async () => {
  const progress = begin("measuring", 2);
  const plane = { width: 1, height: 1, data: Float32Array.of(1) };
  const frames = countedFrames(heldFrames([plane, plane]), progress);
  for (const i of [0, 1, 1, 0]) await frames.frame(i);
  assertEquals(progress.done, 2);
});
