// Tasks that take turns: each has scopes of its own, and errors of its own.
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { ShaderError } from "../../../kernels/gpu/errors.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { elementwise } from "../../../kernels/parts/elementwise.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";

const device: Device = await openDevice();

function values(value: number): Float32Array<ArrayBuffer> {
  return new Float32Array(100).fill(value);
}

function plusOne(on: Device, x: Tensor<"f32">): Tensor<"f32"> {
  return elementwise(on, { label: "plus one", inputs: [x], expression: "a + 1.0" });
}

/** Something else that the program waits for: a file, a click. */
function elsewhere(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Adds 1 a number of times, waiting between, in scopes that are open meanwhile. */
async function count(on: Device, { from, steps }: { from: number; steps: number }) {
  using _scope = on.scope();
  let x = on.upload([100], values(from));
  for (let step = 0; step < steps; step++) {
    using inner = on.scope();
    const y = inner.keep(plusOne(on, x));
    await elsewhere();
    assertEquals((await on.read(y))[99], from + step + 1);
    x = y;
  }
  return (await on.read(x))[0];
}

Deno.test("tasks wait inside scopes side by side, each with its own tensors", async () => {
  const { inUse } = device.memory;
  const results = await Promise.all(
    [0, 100, 200].map((from, i) => count(device.task(), { from, steps: 3 + i })),
  );
  assertEquals(results, [3, 104, 205]);
  assertEquals(device.memory.inUse, inUse);
});

Deno.test("a task waits inside a scope while the device itself makes and frees tensors", async () => {
  const counting = count(device.task(), { from: 5, steps: 3 });
  using _scope = device.scope();
  const x = device.upload([100], values(1));
  for (let step = 0; step < 3; step++) {
    using _inner = device.scope();
    assertEquals((await device.read(plusOne(device, x)))[0], 2);
  }
  assertEquals(await counting, 8);
  assert(!x.freed);
});

Deno.test("a task that is to stop ends its wait for the GPU, and the device goes on", async () => {
  const { inUse } = device.memory;
  const control = new AbortController();
  const task = device.task({ stop: control.signal });
  assertEquals(await count(task, { from: 1, steps: 2 }), 3);
  const reason = new Error("enough");
  const wait = async (on: Device) => {
    using _scope = on.scope();
    const reading = on.read(plusOne(on, on.upload([100], values(1))));
    control.abort(reason);
    await reading;
  };
  // A task of a task stops with it.
  assertEquals(await assertRejects(() => wait(task.task())), reason);
  assertEquals(await assertRejects(() => wait(task)), reason);
  assertEquals(await assertRejects(() => task.finish()), reason);
  assertEquals(await count(device, { from: 20, steps: 2 }), 22);
  assertEquals(device.memory.inUse, inUse);
});

Deno.test("a device whose task waits for the GPU inside a scope refuses another one at once, with the remedy", async () => {
  const { inUse } = device.memory;
  const outcomes = await Promise.allSettled(
    [0, 10].map((from) => count(device, { from, steps: 2 })),
  );
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  assert(refused.length > 0, "nobody was refused");
  for (const { reason } of refused) {
    assertStringIncludes(
      reason.message,
      "give each task that waits inside a scope scopes of its own: " +
        "const task = device.task(); using scope = task.scope()",
    );
  }
  assertEquals(device.memory.inUse, inUse);
  assertEquals(await count(device, { from: 20, steps: 2 }), 22);
});

Deno.test("neither a scope nor a tensor can be made while another task waits for the GPU inside a scope", async () => {
  const inside = async () => {
    using _scope = device.scope();
    const x = device.upload([100], values(1));
    const read = await device.read(x);
    assert(!x.freed);
    return read;
  };
  const reading = inside();
  await Promise.resolve();
  const message = "Cannot use the scopes of a device while another task waits inside one of them";
  assertThrows(() => device.scope(), TypeError, message);
  assertThrows(() => device.empty([1]), TypeError, message);
  const planned = device.plan(() => void device.empty([64])).peak;
  assertEquals(planned, 256);
  using other = device.task().scope();
  other.keep(device.task().empty([1]));
  assertEquals(await reading, values(1));
  device.free(device.empty([1]));
});

Deno.test("a tensor that went with the scope of a task that waited elsewhere says so, and what to do", async () => {
  using own = await openDevice();
  const made: Tensor<"f32">[] = [];
  const waiting = async () => {
    using _scope = own.scope();
    const first = own.upload([100], values(1));
    await elsewhere();
    made.push(first);
  };
  const done = waiting();
  await Promise.resolve();
  made.push(own.upload([100], values(2)));
  await done;
  const [others, lost] = [1, 0].map((i) => made[i]);
  const why = (tensor: Tensor) => assertThrows(() => tensor.buffer, TypeError).message;
  assertEquals(why(others), "Cannot use a tensor: its scope has ended");
  assertStringIncludes(
    why(lost),
    "if another task had opened that and waited inside it, give each",
  );
  assertStringIncludes(why(lost), "const task = device.task(); using scope = task.scope()");
});

Deno.test("who reads several tensors goes on when one has failed, also inside a scope", async () => {
  using own = await openDevice();
  using _scope = own.scope();
  const xs = [1, 2, 3, 4].map((value) => own.upload([100], values(value)));
  elementwise(own, { label: "typo", inputs: [xs[0]], expression: "a + nonsense" });
  await assertRejects(() => Promise.all(xs.map((x) => own.read(x))), ShaderError, "typo");
  assertEquals(await own.read(plusOne(own, xs[3])), values(5));
});

Deno.test("scopes that end in another order free their own tensors and say what to do", async () => {
  const own = await openDevice();
  const [outer, x] = [own.scope(), own.empty([3])];
  const [inner, y] = [own.scope(), own.empty([3])];
  assertThrows(() => outer[Symbol.dispose](), Error, "give each task that waits inside a scope");
  assert(x.freed && !y.freed);
  inner[Symbol.dispose]();
  assert(y.freed);
  own[Symbol.dispose]();
});

Deno.test("a task hands tensors on, and its end frees what is in its scopes alone", async () => {
  const task = device.task();
  const scope = task.scope();
  const [x, y] = [task.upload([100], values(1)), task.upload([100], values(2))];
  scope.keep(y);
  task[Symbol.dispose]();
  assert(x.freed && !y.freed);
  assertEquals((await device.read(plusOne(device, y)))[0], 3);
  device.free(y);
  assertThrows(() => device.task().free(x, { why: "" }) ?? x.buffer, TypeError, "scope has ended");
});

Deno.test("a failure is told to the task whose it is", async () => {
  using own = await openDevice();
  const [good, bad] = [own.task(), own.task()];
  const x = good.upload([100], values(1));
  elementwise(bad, { label: "typo", inputs: [x], expression: "a + nonsense" });
  assertEquals((await good.read(plusOne(good, x)))[0], 2);
  await own.finish();
  await assertRejects(() => bad.read(x), ShaderError, "Cannot compile shader typo");
  assertEquals(await bad.read(x), values(1));
});

Deno.test("a recording tells the task that captured it", async () => {
  using own = await openDevice();
  const task = own.task();
  const x = own.upload([100], values(1));
  using recording = task.capture(() =>
    void elementwise(task, { label: "typo", inputs: [x], expression: "a + nonsense" })
  );
  recording.replay();
  await own.finish();
  await assertRejects(() => task.finish(), ShaderError, "Cannot compile shader typo");
  assertThrows(() => recording.replay(), ShaderError, "Cannot compile shader typo");
});
