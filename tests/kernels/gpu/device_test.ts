// Memory and order: what scopes free, what a read sees, and who is allowed to reuse a buffer when.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Device, DeviceOptions } from "../../../kernels/gpu/device.ts";
import { elementwise } from "../../../kernels/parts/elementwise.ts";
import { DeviceLostError, OutOfMemoryError } from "../../../kernels/gpu/errors.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";

const device: Device = await openDevice();

function values(size: number, value: number): Float32Array<ArrayBuffer> {
  return new Float32Array(size).fill(value);
}

function plusOne(on: Device, x: Tensor<"f32">): Tensor<"f32"> {
  return elementwise(on, { label: "plus one", inputs: [x], expression: "a + 1.0" });
}

/** Runs a test on a device of its own. */
async function withDevice(
  options: DeviceOptions,
  test: (own: Device) => Promise<void> | void,
): Promise<void> {
  using own = await openDevice(options);
  await test(own);
}

Deno.test("Device.scope() frees what was made in it, and nothing else", () => {
  using outer = device.scope();
  const before = device.empty([3]);
  let inside: Tensor;
  {
    using _scope = device.scope();
    inside = device.empty([3]);
    assert(!inside.freed);
  }
  assert(inside.freed);
  assert(!before.freed);
  outer.keep(before);
  device.free(before);
  assert(before.freed);
});

Deno.test("Scope.keep() hands a tensor to the scope around it, and to nobody at the top", () => {
  let kept: Tensor, dropped: Tensor;
  {
    using outer = device.scope();
    {
      using inner = device.scope();
      dropped = inner.keep(device.empty([3]));
      kept = inner.keep(device.empty([3]));
    }
    assert(!dropped.freed);
    outer.keep(kept);
  }
  assert(dropped.freed);
  assert(!kept.freed);
  device.free(kept);
});

Deno.test("Device.scope() must close in order", () => {
  const outer = device.scope();
  const inner = device.scope();
  assertThrows(() => outer[Symbol.dispose](), Error, "a scope inside it is still open");
  inner[Symbol.dispose]();
  outer[Symbol.dispose]();
});

Deno.test("Device.free() twice gives the buffer back once", () => {
  using _scope = device.scope();
  const x = device.empty([5]);
  const before = device.memory.inUse;
  device.free(x);
  device.free(x);
  assertEquals(device.memory.inUse, before - 256);
});

Deno.test("a tensor cannot be used after its scope has ended", async () => {
  let x: Tensor<"f32">;
  {
    using _scope = device.scope();
    x = device.upload([2], values(2, 1));
  }
  const message = "Cannot use a tensor: its scope has ended";
  assertThrows(() => plusOne(device, x), TypeError, message);
  assertThrows(() => device.write(x, values(2, 1)), TypeError, message);
  assertThrows(() => device.clear(x), TypeError, message);
  await assertRejects(() => device.read(x), TypeError, message);
});

Deno.test("Device.upload() refuses a number of values that does not fit, naming both", () => {
  using _scope = device.scope();
  assertThrows(
    () => device.upload([2, 3], values(5, 0)),
    RangeError,
    "Cannot fill a tensor of shape [2,3]: 5 values given",
  );
});

Deno.test("Device.upload() and write() refuse arrays of another type, whose values would be garbage", () => {
  using _scope = device.scope();
  const kinds: [string, unknown][] = [
    ["Float64Array", new Float64Array(2)],
    ["Int32Array", new Int32Array(2)],
    ["Uint8Array", new Uint8Array(2)],
    ["Array", [1, 2]],
    ["ArrayBuffer", new ArrayBuffer(8)],
    ["Undefined", undefined],
  ];
  const [floats, integers] = [device.empty([2]), device.empty([2], "u32")];
  for (const [kind, wrong] of kinds) {
    const message = `Cannot fill a tensor with a value of kind ${kind}: give a `;
    assertThrows(() => device.upload([2], wrong as Float32Array<ArrayBuffer>), TypeError, message);
    assertThrows(
      () => device.write(floats, wrong as Float32Array<ArrayBuffer>),
      TypeError,
      `${message}Float32Array`,
    );
  }
  assertThrows(
    () => device.write(integers, values(2, 1) as unknown as Uint32Array<ArrayBuffer>),
    TypeError,
    "kind Float32Array: give a Uint32Array",
  );
});

Deno.test("Device.empty() refuses shapes that no tensor has, and allocates nothing", () => {
  using _scope = device.scope();
  const { inUse } = device.memory;
  for (const shape of [[-1], [2, -3], [-2, -3], [1.5], [NaN], [Infinity]]) {
    assertThrows(
      () => device.empty(shape),
      RangeError,
      `Cannot make a tensor of shape [${shape}]: an axis is a whole number from 0`,
    );
    assertThrows(() => device.plan(() => void device.empty(shape)), RangeError, `[${shape}]`);
  }
  assertThrows(() => device.upload([-2, -3], values(6, 1)), RangeError, "[-2,-3]");
  assertEquals(device.memory.inUse, inUse);
});

Deno.test("a tensor that was freed says so", () => {
  const x = device.empty([2]);
  device.free(x);
  assertThrows(() => device.clear(x), TypeError, "Cannot use a tensor: it has been freed");
});

Deno.test("Device out of memory says how many tensors are in no scope, where they are many", async () => {
  await withDevice({ memoryLimit: 1024 ** 2 }, (own) => {
    const lost = Array.from({ length: 300 }, () => own.empty([64]));
    const over = () => void own.empty([1024 * 1024]);
    assertThrows(over, OutOfMemoryError, "; 300 tensors belong to no scope: open one around each");
    lost.splice(0, 100).forEach((tensor) => own.free(tensor));
    const messageOf = () =>
      (assertThrows(over, OutOfMemoryError, "the memory limit") as Error).message;
    assert(!messageOf().includes("no scope"));
    using _scope = own.scope();
    for (let i = 0; i < 300; i++) own.empty([64]);
    assert(!messageOf().includes("no scope"));
  });
});

Deno.test("tensors in no scope that the program has lost give their memory back, once it is worth it", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const findLost = async () => {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await withDevice({ memoryLimit: 128 * 1024 ** 2 }, async (own) => {
    const kept = own.upload([1000], values(1000, 3));
    const before = own.memory.inUse;
    const mebibyte = [256, 1024];
    for (let i = 0; i < 60; i++) own.empty(mebibyte);
    await findLost();
    // Little is lost: what the device holds does not change by itself …
    assertEquals(own.memory.inUse, before + 60 * 1024 ** 2);
    // … but is there for who needs it.
    const isThere = () => {
      try {
        own.free(own.empty([100, ...mebibyte]));
        return true;
      } catch {
        return false;
      }
    };
    for (let i = 0; i < 10 && !isThere(); i++) await findLost();
    assert(isThere() && own.memory.inUse < before + 30 * 1024 ** 2, `${own.memory.inUse}`);
    for (let i = 0; i < 70; i++) own.empty(mebibyte);
    for (let i = 0; i < 10 && own.memory.inUse > before + 64 * 1024 ** 2; i++) await findLost();
    assert(own.memory.inUse <= before + 64 * 1024 ** 2, `${own.memory.inUse}`);
    assertEquals((await own.read(kept))[999], 3);
  });
});

Deno.test("Device.upload() and read() give back the same bits, of floats and of integers", async () => {
  using _scope = device.scope();
  const floats = Float32Array.of(0, -0, 1e-45, 3.4e38, -Infinity, Math.PI);
  assertEquals(await device.read(device.upload([2, 3], floats)), floats);
  const integers = Uint32Array.of(0, 1, 0xffffffff);
  const read = await device.read(device.upload<"u32">([3], integers));
  assert(read instanceof Uint32Array);
  assertEquals(read, integers);
});

Deno.test("Device.upload() takes the part of a buffer that a view shows", async () => {
  using _scope = device.scope();
  const view = Float32Array.of(1, 2, 3, 4, 5).subarray(1, 4);
  assertEquals(await device.read(device.upload([3], view)), Float32Array.of(2, 3, 4));
});

Deno.test("a tensor without elements can be uploaded, computed with and read", async () => {
  using _scope = device.scope();
  const x = device.upload([0, 3], new Float32Array(0));
  assertEquals(await device.read(plusOne(device, x)), new Float32Array(0));
});

Deno.test("Device.read() is a snapshot: the tensor may be overwritten or freed at once", async () => {
  const x = device.upload([4], values(4, 1));
  const first = device.read(x);
  device.write(x, values(4, 2));
  const second = device.read(x);
  device.free(x);
  const other = device.upload([4], values(4, 3));
  assertEquals(await first, values(4, 1));
  assertEquals(await second, values(4, 2));
  device.free(other);
});

Deno.test("Device.write() comes after everything dispatched before it", async () => {
  using _scope = device.scope();
  const x = device.upload([4], values(4, 1));
  const results = Array.from({ length: 5 }, (_, step) => {
    const y = plusOne(device, x);
    device.write(x, values(4, 10 * (step + 1)));
    return y;
  });
  const read = await Promise.all(results.map((y) => device.read(y)));
  assertEquals(read.map(([value]) => value), [2, 11, 21, 31, 41]);
});

Deno.test("an upload into a recycled buffer leaves earlier dispatches their values", async () => {
  using _scope = device.scope();
  const size = 12_345;
  const x = device.upload([size], values(size, 1));
  const buffer = x.buffer;
  const y = plusOne(device, x);
  device.free(x);
  const next = device.upload([size], values(size, 7));
  assertEquals(next.buffer, buffer, "the buffer was meant to be recycled");
  assertEquals((await device.read(y)).every((value) => value === 2), true);
});

Deno.test("a result in a recycled buffer comes after its earlier readers", async () => {
  using _scope = device.scope();
  let x = device.upload([1000], values(1000, 0));
  for (let step = 0; step < 600; step++) {
    const y = plusOne(device, x);
    device.free(x);
    x = y;
  }
  assertEquals((await device.read(x)).every((value) => value === 600), true);
});

Deno.test("Device.copy() and clear() keep the order of the dispatches around them", async () => {
  using _scope = device.scope();
  const x = device.upload([6], Float32Array.of(1, 2, 3, 4, 5, 6));
  const y = plusOne(device, x);
  device.copy({ from: y, fromOffset: 1, to: x, toOffset: 3, count: 2 });
  const z = plusOne(device, x);
  device.clear(x);
  const cleared = plusOne(device, x);
  assertEquals(await device.read(z), Float32Array.of(2, 3, 4, 4, 5, 7));
  assertEquals(await device.read(cleared), values(6, 1));
});

Deno.test("Device goes on after more uniform values than it keeps", async () => {
  await withDevice({}, async (own) => {
    const shader = `struct Params { at: u32, value: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(1) fn main() { y[p.at] = p.value; }`;
    const count = 4200;
    const y = own.empty([count], "u32");
    for (let i = 0; i < count; i++) {
      own.dispatch({
        label: "set",
        shader,
        uniforms: { at: i, value: count - i },
        tensors: [y],
        workgroups: [1],
      });
    }
    const read = await own.read(y);
    assertEquals(read.findIndex((value, i) => value !== count - i), -1);
    assertEquals(own.dispatchCount >= count, true);
  });
});

Deno.test("Device refuses more than its memory limit, naming it and the remedy", async () => {
  await withDevice({ memoryLimit: 8 * 1024 ** 2 }, (own) => {
    using _scope = own.scope();
    own.empty([1024, 1024]);
    assertThrows(
      () => own.empty([2, 1024, 1024]),
      OutOfMemoryError,
      "Cannot allocate 8.0 MiB on the GPU: the memory limit is 8 MiB; lower the patch or tile size",
    );
    own.empty([1024, 1000]);
  });
});

Deno.test("Device refuses a tensor over the adapter's limit before asking the driver", () => {
  using _scope = device.scope();
  const elements = device.maxTensorBytes / 4;
  assertThrows(
    () => device.empty([elements + 1]),
    OutOfMemoryError,
    "the adapter's limit for one buffer is",
  );
});

Deno.test("Device at its memory limit reuses buffers that recorded work still needs", async () => {
  await withDevice({ memoryLimit: 9 * 1024 ** 2 }, async (own) => {
    using _scope = own.scope();
    const x = own.upload([1024, 1024], values(1024 * 1024, 1));
    const y = own.empty([1024]);
    const large = plusOne(own, x);
    own.copy({ from: large, to: y, count: 1024 });
    own.free(large);
    // Only fits once the freed buffer has been given back, while the copy from it is still recorded.
    own.empty([1000, 1000]);
    assertEquals(await own.read(y), values(1024, 2));
    await own.finish();
  });
});

Deno.test("Device.trim() gives free buffers back and leaves recorded work whole", async () => {
  await withDevice({}, async (own) => {
    using _scope = own.scope();
    const x = own.upload([1000], values(1000, 1));
    const y = plusOne(own, x);
    own.free(x);
    const before = own.memory.allocated;
    own.trim();
    assert(own.memory.allocated <= before - 4096, `${own.memory.allocated} of ${before}`);
    assertEquals(own.memory.allocated, own.memory.inUse);
    assertEquals(await own.read(y), values(1000, 2));
  });
});

Deno.test("Device.plan() allocates nothing and tells what a run then allocates", async () => {
  await withDevice({}, async (own) => {
    const run = () => {
      using _scope = own.scope();
      let x = own.upload([3, 1000], values(3000, 1));
      for (let step = 0; step < 3; step++) {
        const y = plusOne(own, x);
        if (step === 1) own.free(x);
        x = y;
      }
      own.upload([77], values(77, 1));
    };
    own.trim();
    const before = own.memory;
    const dispatches = own.dispatchCount;
    const planned = own.plan(run);
    assertEquals(own.memory, before);
    assertEquals(own.dispatchCount, dispatches);
    run();
    assertEquals(own.memory.allocated - before.allocated, planned.peak);
    await own.finish();
  });
});

Deno.test("Device.plan() counts what is already in use against the limit", async () => {
  await withDevice({ memoryLimit: 8 * 1024 ** 2 }, (own) => {
    const held = own.empty([1024, 1024]);
    const needed = () => void own.empty([1024, 1025]);
    assertThrows(() => own.plan(needed), OutOfMemoryError, "the memory limit is 8 MiB");
    own.free(held);
    own.plan(needed);
    own.empty([16]);
  });
});

Deno.test("a planned tensor cannot be read", async () => {
  let planned: Tensor | null = null;
  let reading: Promise<unknown> | null = null;
  device.plan(() => {
    planned = device.empty([2]);
    reading = device.read(planned);
    reading.catch(() => {});
  });
  await assertRejects(() => reading!, TypeError, "Cannot use a tensor: it was only planned");
  await device.finish();
});

Deno.test("Device.plan() counts the commands of each kind, and dispatches by label", () => {
  using _scope = device.scope();
  const [x, y] = [device.empty([8]), device.empty([8])];
  const { commands } = device.plan(() => {
    const inputs = [x];
    for (const label of ["square", "double", "square"]) {
      elementwise(device, { label, inputs, expression: "a * a" });
    }
    device.copy({ from: x, to: y, count: 4 });
    device.copy({ from: x, to: y, count: 0 });
    device.clear(y);
  });
  assertEquals(commands, {
    dispatches: 3,
    copies: 1,
    clears: 1,
    textures: 0,
    labels: new Map([["square", 2], ["double", 1]]),
  });
});

Deno.test("Device.plan() ends also when the plan fails", async () => {
  assertThrows(
    () =>
      device.plan(() => {
        throw new RangeError("stop");
      }),
    RangeError,
    "stop",
  );
  using _scope = device.scope();
  assertEquals(await device.read(device.upload([1], values(1, 4))), values(1, 4));
});

Deno.test("Device says that it was closed, whatever is asked of it", async () => {
  const own = await openDevice();
  const x = own.upload([1], values(1, 1));
  plusOne(own, x);
  own[Symbol.dispose]();
  const message = "Cannot use the GPU: its device has been closed";
  assertThrows(() => own.empty([1]), DeviceLostError, message);
  assertThrows(() => own.upload([1], values(1, 1)), DeviceLostError, message);
  assertThrows(() => own.write(x, values(1, 1)), DeviceLostError, message);
  assertThrows(() => own.clear(x), DeviceLostError, message);
  assertThrows(() => plusOne(own, x), DeviceLostError, message);
  await assertRejects(() => own.read(x), DeviceLostError, message);
  await assertRejects(() => own.finish(), DeviceLostError, message);
  own.free(x);
  own[Symbol.dispose]();
});

Deno.test("Device.kernelTimes() counts and times every kernel, then starts again", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter?.features.has("timestamp-query")) return;
  await withDevice({ profile: true }, async (own) => {
    using _scope = own.scope();
    await own.kernelTimes();
    const x = own.upload([100], values(100, 1));
    for (let i = 0; i < 3; i++) plusOne(own, x);
    const [time, ...others] = await own.kernelTimes();
    assertEquals(others, []);
    assertEquals([time.label, time.count], ["plus one", 3]);
    assert(time.milliseconds >= 0 && time.milliseconds < 10_000);
    assertEquals(await own.kernelTimes(), []);
  });
});

Deno.test("Device.kernelTimes() is empty unless asked for", async () => {
  assertEquals(await device.kernelTimes(), []);
});
