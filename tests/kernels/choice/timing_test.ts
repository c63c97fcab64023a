import { assert, assertEquals, assertRejects } from "@std/assert";
import { openDevice } from "../../../kernels/open_device.ts";
import { runForward } from "../../../kernels/operation.ts";
import { relu } from "../../../kernels/ops/relu.ts";
import { timeQueued } from "../../../kernels/choice/timing.ts";

const device = await openDevice();

/** Keeps the processor busy. */
function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

Deno.test("timeQueued() gives the time of one run, without the wait", async () => {
  const options = { measurements: 3, atLeast: 20 };
  const { milliseconds, spread } = await timeQueued(device, (count) => spin(2 * count), options);
  assert(milliseconds > 0.5 && milliseconds < 10, `${milliseconds} ms for a run of 2 ms`);
  assert(spread >= 0 && Number.isFinite(spread), `spread ${spread}`);
});

Deno.test("timeQueued() runs more until a short kernel takes long enough", async () => {
  using _scope = device.scope();
  const x = device.upload([64], new Float32Array(64));
  const counts: number[] = [];
  const { milliseconds } = await timeQueued(device, (count) => {
    counts.push(count);
    for (let i = 0; i < count; i++) {
      using _scope = device.scope();
      runForward(device, relu, { inputs: [x], params: {} });
    }
  }, { measurements: 3, atLeast: 10 });
  assert(milliseconds > 0 && milliseconds < 10, `${milliseconds} ms for 64 numbers`);
  assertEquals(counts[0], 1, "the first run is the warm-up");
  assert(counts.at(-2)! > 2, `${counts.at(-2)} runs were measured`);
});

Deno.test("timeQueued() does not run for ever where there is nothing to time", async () => {
  await assertRejects(
    () => timeQueued(device, () => {}, { atLeast: 1e9 }),
    RangeError,
    "Cannot time the queued work: 1048576 runs take less than 1000000000 ms",
  );
});
