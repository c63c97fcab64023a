import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { readValues, type Steps } from "../../../kernels/masks/mod.ts";
import { finishedInTurns, inTurns, MOST_UNDERWAY } from "../../../train/models/turns.ts";

const device: Device = await openDevice();

/** Counts how often somebody began to wait for the GPU while nobody did. */
function countWaits(): { readonly count: number } & Disposable {
  const original = device.read;
  let [count, waiting] = [0, 0];
  device.read = async function (this: Device, tensor) {
    if (waiting++ === 0) count++;
    try {
      return await original.call(this, tensor) as never;
    } finally {
      waiting--;
    }
  };
  return {
    get count() {
      return count;
    },
    [Symbol.dispose]: () => {
      device.read = original;
    },
  };
}

/** Sends a number to the GPU and back several times, one more each time. */
function* countUp(value: number, steps: number): Steps<number> {
  for (let step = 0; step < steps; step++) {
    const tensor = device.upload([1], Float32Array.of(value));
    try {
      value = (yield* readValues(tensor))[0] + 1;
    } finally {
      device.free(tensor);
    }
  }
  return value;
}

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield await Promise.resolve(i);
}

Deno.test("inTurns() gives results in the order of inputs, however many steps each takes", async () => {
  for (const stepsOf of [() => 0, () => 1, () => 3, (i: number) => (i * 7) % 9]) {
    const results = inTurns(device, numbers(25), (i) => countUp(100 * i, stepsOf(i)));
    const expected = Array.from({ length: 25 }, (_, i) => 100 * i + stepsOf(i));
    assertEquals(await Array.fromAsync(results), expected);
  }
  const none = inTurns(device, numbers(0), (i) => countUp(i, 1));
  assertEquals(await Array.fromAsync(none), []);
});

Deno.test("inTurns() waits once for each computation, not once for each of its steps", async () => {
  for (const steps of [1, 2, 3]) {
    using waits = countWaits();
    const results = await Array.fromAsync(inTurns(device, numbers(20), (i) => countUp(i, steps)));
    assertEquals(results.length, 20);
    assertEquals(waits.count, 20 + steps - 1, `${steps} steps`);
  }
});

Deno.test("inTurns() starts the next computation before it looks at the answers", async () => {
  const told: string[] = [];
  const results = inTurns(device, numbers(3), function* (i): Steps<number> {
    told.push(`start ${i}`);
    const value = yield* countUp(i, 1);
    told.push(`answer ${i}`);
    return value;
  });
  for await (const value of results) told.push(`result ${value - 1}`);
  assertEquals(told, [
    ...["start 0", "start 1", "answer 0", "result 0", "start 2", "answer 1", "result 1"],
    ...["answer 2", "result 2"],
  ]);
});

Deno.test("inTurns() has few computations underway and one input ahead, however many there are", async () => {
  for (const steps of [1, 3, 12]) {
    let [read, started, ended, given] = [0, 0, 0, 0];
    const inputs = async function* () {
      for (; read < 40;) {
        // What was read, started or is a result that nobody has taken yet.
        assertLessOrEqual(read - given, MOST_UNDERWAY + 1);
        yield await Promise.resolve(read++);
      }
    };
    const results = inTurns(device, inputs(), function* (i): Steps<number> {
      started++;
      try {
        assertLessOrEqual(started - ended, MOST_UNDERWAY);
        return yield* countUp(i, steps);
      } finally {
        ended++;
      }
    });
    for await (const _ of results) {
      given++;
      assertLessOrEqual(started - given, MOST_UNDERWAY);
    }
    assertEquals([read, started, ended, given], [40, 40, 40, 40]);
  }
});

Deno.test("inTurns() throws an error when it is its turn, after the results before it", async () => {
  const before = device.memory.inUse;
  const broken = async function* () {
    yield* numbers(4);
    throw new Error("Cannot read the fifth input: it is broken");
  };
  const cases: [string, () => AsyncGenerator<number>][] = [
    ["the fifth input", () => inTurns(device, broken(), (i) => countUp(i, 3))],
    [
      "the fifth start",
      () =>
        inTurns(device, numbers(9), (i) => {
          if (i === 4) throw new Error("Cannot begin the fifth start: it is broken");
          return countUp(i, 3);
        }),
    ],
    [
      "the fifth answer",
      () =>
        inTurns(device, numbers(9), function* (i) {
          const value = yield* countUp(i, 2);
          if (i === 4) throw new Error("Cannot use the fifth answer: it is broken");
          return value + (yield* countUp(0, 1));
        }),
    ],
  ];
  for (const [what, run] of cases) {
    const results: number[] = [];
    await assertRejects(
      async () => {
        for await (const value of run()) results.push(value);
      },
      Error,
      what,
    );
    assertEquals(results, [3, 4, 5, 6], what);
    assertEquals(device.memory.inUse, before, `${what} leaves tensors`);
  }
});

Deno.test("inTurns() ends its inputs and frees all tensors when nobody wants more", async () => {
  const before = device.memory.inUse;
  let ended = false;
  const inputs = async function* () {
    try {
      yield* numbers(100);
    } finally {
      ended = true;
    }
  };
  for await (const value of inTurns(device, inputs(), (i) => countUp(i, 3))) {
    if (value === 5) break;
  }
  assert(ended);
  assertEquals(device.memory.inUse, before);
});

Deno.test("inTurns() passes on that the GPU failed, and closes what was underway", async () => {
  const failing: Device = await openDevice();
  let closed = 0;
  const run = inTurns(failing, numbers(9), function* (i): Steps<number> {
    const tensor = failing.upload([1], Float32Array.of(i));
    try {
      if (i === 3) failing.gpu.destroy();
      return (yield* readValues(tensor))[0];
    } finally {
      closed++;
      failing.free(tensor);
    }
  });
  await assertRejects(() => Array.fromAsync(run), Error);
  assertEquals(closed, 4);
});

Deno.test("finishedInTurns() gives results in the order of items, some of them unfinished meanwhile", async () => {
  for (const most of [0, 1, 3]) {
    const ends = Array.from({ length: 8 }, () => Promise.withResolvers<number>());
    let begun = 0;
    const items = async function* () {
      for (const { promise } of ends) {
        begun++;
        yield await Promise.resolve({ result: promise });
      }
    };
    const results = finishedInTurns(items(), { most: () => most });
    const found: number[] = [];
    for (const [i, { resolve }] of ends.entries()) {
      const next = results.next();
      await new Promise((end) => setTimeout(end));
      assertEquals(begun, Math.min(8, i + most + 1));
      resolve(i);
      found.push((await next).value!);
    }
    assertEquals(found, [0, 1, 2, 3, 4, 5, 6, 7]);
    assertEquals((await results.next()).done, true);
  }
});

Deno.test("finishedInTurns() throws when it is an error's turn", async () => {
  const failed = Promise.reject(new RangeError("second"));
  failed.catch(() => {});
  const cases: [items: () => AsyncGenerator<{ result: Promise<number> }>, says: string][] = [
    [async function* () {
      yield { result: Promise.resolve(1) };
      yield { result: failed };
      yield await Promise.resolve({ result: Promise.resolve(3) });
    }, "second"],
    [async function* () {
      yield await Promise.resolve({ result: Promise.resolve(1) });
      throw new RangeError("input");
    }, "input"],
  ];
  for (const [items, says] of cases) {
    for (const most of [0, 1, 2]) {
      const results = finishedInTurns(items(), { most: () => most });
      assertEquals((await results.next()).value, 1);
      await assertRejects(() => results.next(), RangeError, says);
      assertEquals((await results.next()).done, true);
    }
  }
});

Deno.test("finishedInTurns() has more begun as soon as more may be unfinished", async () => {
  const end = Promise.withResolvers<number>();
  let [begun, most] = [0, 0];
  const items = async function* () {
    for (; begun < 6;) {
      begun++;
      yield await Promise.resolve({ result: begun === 1 ? Promise.resolve(1) : end.promise });
    }
  };
  const results = finishedInTurns(items(), { most: () => most });
  assertEquals((await results.next()).value, 1);
  most = 3;
  const next = results.next();
  await new Promise((end) => setTimeout(end));
  assertEquals(begun, 5);
  end.resolve(2);
  assertEquals((await next).value, 2);
  assertEquals(await Array.fromAsync(results), [2, 2, 2, 2]);
});
