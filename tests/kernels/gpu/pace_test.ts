// How many dispatches are submitted together, with a clock and a GPU made up for it.
import { assert, assertEquals } from "@std/assert";
import type { Command } from "../../../kernels/gpu/commands/command.ts";
import { CommandQueue } from "../../../kernels/gpu/commands/queue.ts";
import type { FailureWatch } from "../../../kernels/gpu/failures.ts";
import { Pace } from "../../../kernels/gpu/pace.ts";

/** A clock that is set by hand. */
function clock() {
  let time = 1000;
  return { now: () => time, pass: (milliseconds: number) => void (time += milliseconds) };
}

/** Submits work and waits until it is done. */
function work(pace: Pace, time: ReturnType<typeof clock>, [count, ms]: [number, number]): void {
  const submitted = pace.submit(count);
  time.pass(ms);
  pace.finish(submitted);
}

Deno.test("Pace lets as many dispatches go together as the GPU does in 100 ms", () => {
  const time = clock();
  const pace = new Pace(time.now);
  assertEquals(pace.most, 32);
  work(pace, time, [100, 400]);
  assertEquals(pace.most, 25);
  // A slower GPU is believed at once, a faster one by half.
  work(pace, time, [100, 800]);
  assertEquals(pace.most, 12);
  work(pace, time, [100, 400]);
  assertEquals(pace.most, 16);
});

Deno.test("Pace keeps between 8 and 256", () => {
  const time = clock();
  const pace = new Pace(time.now);
  work(pace, time, [1, 5000]);
  assertEquals(pace.most, 8);
  for (let i = 0; i < 30; i++) work(pace, time, [1000, 60]);
  assertEquals(pace.most, 256);
});

Deno.test("Pace learns of short waits only that the GPU is not slower", () => {
  const time = clock();
  const pace = new Pace(time.now);
  // One dispatch and the 11 ms that a wait takes in any case.
  work(pace, time, [1, 11]);
  assertEquals(pace.most, 9);
  work(pace, time, [40, 12]);
  assertEquals(pace.most, 256);
  work(pace, time, [1, 11]);
  assertEquals(pace.most, 256);
});

Deno.test("Pace counts the time in which the GPU had work, and what is found done once", () => {
  const time = clock();
  const pace = new Pace(time.now);
  time.pass(10_000);
  const first = pace.submit(20);
  time.pass(5);
  const second = pace.submit(30);
  time.pass(95);
  pace.finish(first);
  assertEquals(pace.most, 20);
  // 30 dispatches since the first 20 were done; finding out again tells nothing.
  time.pass(300);
  pace.finish(second);
  pace.finish(second);
  pace.finish(first);
  assertEquals(pace.most, 10);
  time.pass(60_000);
  work(pace, time, [30, 300]);
  assertEquals(pace.most, 10);
});

/** A GPU that takes so long for each dispatch, and remembers how many came together. */
function madeUpGpu(time: ReturnType<typeof clock>, milliseconds: number) {
  const submits: number[] = [];
  const gpu = {
    createCommandEncoder() {
      let count = 0;
      const pass = {
        setPipeline() {},
        setBindGroup() {},
        dispatchWorkgroups: () => void count++,
        end() {},
      };
      return { beginComputePass: () => pass, finish: () => count };
    },
    pushErrorScope() {},
    popErrorScope: () => Promise.resolve(null),
    queue: {
      submit([count]: number[]) {
        submits.push(count);
        time.pass(count * milliseconds);
      },
    },
  };
  return { gpu: gpu as unknown as GPUDevice, submits };
}

Deno.test("CommandQueue submits small batches to a slow GPU and large ones to a fast one, in order", () => {
  const failures = { throwIfLost() {}, watch() {} } as unknown as FailureWatch;
  const command = {
    kind: "dispatch",
    label: "work",
    shader: { pipeline: null, verdict: { isKnown: true, error: null } },
    group: null,
    workgroups: [1, 1, 1],
  } as unknown as Command;
  const submitsAt = (milliseconds: number) => {
    const time = clock();
    const { gpu, submits } = madeUpGpu(time, milliseconds);
    const queue = new CommandQueue(gpu, { failures, profiler: null, pace: new Pace(time.now) });
    for (let wait = 0; wait < 3; wait++) {
      for (let i = 0; i < 300; i++) queue.add(command, {});
      queue.flushTimed()();
    }
    assertEquals(submits.reduce((sum, count) => sum + count, 0), 900);
    return submits;
  };
  const slow = submitsAt(10);
  assertEquals(slow.slice(0, 10), [32, 32, 32, 32, 32, 32, 32, 32, 32, 12]);
  assert(slow.slice(10).every((count) => count <= 10), `${slow}`);
  const fast = submitsAt(0.05);
  assertEquals(fast.slice(10), [256, 44, 256, 44]);
});
