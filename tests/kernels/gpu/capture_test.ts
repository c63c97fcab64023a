// Recordings: the same bits as the plain way, memory that is held and given back, and what is refused.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { elementwise } from "../../../kernels/parts/elementwise.ts";
import { DeviceLostError, OutOfMemoryError, ShaderError } from "../../../kernels/gpu/errors.ts";
import { declareOperand } from "../../../kernels/parts/operand.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";

const device: Device = await openDevice();

function values(size: number, value: number): Float32Array<ArrayBuffer> {
  return new Float32Array(size).fill(value);
}

function apply(x: Tensor<"f32">, expression: string, on = device): Tensor<"f32"> {
  return elementwise(on, { label: expression, inputs: [x], expression });
}

/** (x + 1)² in y, by way of tensors that come and go. */
function squareInto(y: Tensor<"f32">, x: Tensor<"f32">, on = device): void {
  const sum = apply(x, "a + 1.0", on);
  const square = apply(sum, "a * a", on);
  on.free(sum);
  const copy = on.empty(y.shape);
  on.clear(copy);
  on.copy({ from: square, to: copy, count: y.size });
  on.copy({ from: copy, to: y, count: y.size });
}

Deno.test("Device.capture() runs nothing; Recording.replay() runs it on what its inputs hold then", async () => {
  using _scope = device.scope();
  const [x, y] = [device.upload([1000], values(1000, 2)), device.upload([1000], values(1000, -1))];
  const before = device.dispatchCount;
  using recording = device.capture(() => squareInto(y, x));
  assertEquals(device.dispatchCount, before);
  assertEquals(await device.read(y), values(1000, -1));
  for (const value of [2, 3, -4]) {
    device.write(x, values(1000, value));
    recording.replay();
    assertEquals(await device.read(y), values(1000, (value + 1) ** 2));
  }
  assertEquals(recording.dispatchCount, 2);
  assertEquals(device.dispatchCount, before + 3 * 2);
});

Deno.test("Recording.replay() many times without a wait keeps the order of writes, runs and copies", async () => {
  using _scope = device.scope();
  const [x, y] = [device.empty([64]), device.empty([64])];
  const log = device.empty([600]);
  using recording = device.capture(() => squareInto(y, x));
  for (let i = 0; i < 600; i++) {
    device.write(x, values(64, i % 50));
    recording.replay();
    device.copy({ from: y, to: log, toOffset: i, count: 1 });
  }
  const expected = Float32Array.from({ length: 600 }, (_, i) => (i % 50 + 1) ** 2);
  assertEquals(await device.read(log), expected);
});

Deno.test("a recording works on a weight in place, again and again", async () => {
  using _scope = device.scope();
  const w = device.upload([5], values(5, 1));
  using recording = device.capture(() => {
    const twice = apply(w, "a + a");
    device.copy({ from: twice, to: w, count: 5 });
  });
  for (let i = 0; i < 10; i++) recording.replay();
  assertEquals(await device.read(w), values(5, 1024));
});

Deno.test("Recording.replay() allocates nothing, and plain work between does not disturb it", async () => {
  using _scope = device.scope();
  const [x, y] = [device.upload([3000], values(3000, 1)), device.empty([3000])];
  using recording = device.capture(() => squareInto(y, x));
  for (let i = 0; i < 3; i++) {
    const held = device.memory;
    recording.replay();
    assertEquals(device.memory, held);
    using _inner = device.scope();
    const other = device.upload([3000], values(3000, NaN));
    recording.replay();
    assert((await device.read(apply(other, "a + 1.0"))).every(Number.isNaN));
    assertEquals(await device.read(y), values(3000, 4));
  }
});

Deno.test("a recording holds its memory until it is disposed of", async () => {
  using own = await openDevice();
  const [x, y] = [own.upload([3000], values(3000, 1)), own.empty([3000])];
  own.trim();
  const before = own.memory.inUse;
  const recording = own.capture(() => squareInto(y, x, own));
  // sum and copy never live at the same time as each other.
  assertEquals(own.memory.inUse - before, 2 * 12_032);
  recording.replay();
  recording[Symbol.dispose]();
  recording[Symbol.dispose]();
  assertEquals(own.memory.inUse, before);
  assertThrows(() => recording.replay(), TypeError, "Cannot replay: the recording or its arena");
  assertEquals(await own.read(y), values(3000, 4));
  own.trim();
  assertEquals(own.memory.allocated, before);
});

Deno.test("recordings of one arena take turns in its memory", async () => {
  using own = await openDevice();
  const [x, y, z] = [1, 2, 3].map((value) => own.upload([3000], values(3000, value)));
  const before = own.memory.inUse;
  const arena = own.arena();
  const small = () => void apply(apply(x, "a + 1.0", own), "a + 2.0", own);
  const large = () => {
    const big = own.empty([50_000]);
    own.clear(big);
    own.copy({ from: apply(y, "a * 2.0", own), to: z, count: 3000 });
  };
  const planned = arena.plan([small, large]);
  assertEquals(own.memory.inUse, before, "planning allocates nothing");
  arena.reserve([small, large]);
  assertEquals([arena.bytes, own.memory.inUse - before], [planned, planned]);
  assertEquals(planned, 200_192 + 12_032);
  assert(arena.holds(large) && arena.holds(small));
  assert(!arena.holds(() => void [own.empty([4]), own.empty([4]), own.empty([4])]));
  const recordings = [
    own.capture(small, { arena }),
    own.capture(large, { arena }),
    own.capture(() => squareInto(y, x, own), { arena }),
  ];
  assertEquals(arena.bytes, planned);
  assertEquals(arena.plan([small, large]), planned);
  // y = (1 + 1)² and z = 2y, whatever the others leave in between.
  for (const which of [0, 2, 0, 1]) recordings[which].replay();
  assertEquals(await own.read(z), values(3000, 8));
  recordings.forEach((recording) => recording[Symbol.dispose]());
  assertEquals(arena.bytes, planned);
  arena[Symbol.dispose]();
  assertEquals(own.memory.inUse, before);
  assertThrows(() => own.capture(small, { arena }), TypeError, "the arena has been disposed of");
});

Deno.test("an arena grows for a larger capture when it was not reserved", async () => {
  using own = await openDevice();
  const x = own.upload([100], values(100, 1));
  using arena = own.arena();
  using first = own.capture(() => void apply(x, "a + 1.0", own), { arena });
  const before = arena.bytes;
  using second = own.capture(() => squareInto(x, x, own), { arena });
  assertEquals([before, arena.bytes], [512, 2 * 512]);
  first.replay();
  second.replay();
  assertEquals(await own.read(x), values(100, 4));
});

Deno.test("a recording does not run once its arena or a tensor that it uses is gone", () => {
  using _scope = device.scope();
  const [x, y] = [device.empty([3]), device.empty([3])];
  const arena = device.arena();
  using inArena = device.capture(() => squareInto(y, x), { arena });
  using ofItsOwn = device.capture(() => squareInto(y, x));
  arena[Symbol.dispose]();
  assertThrows(() => inArena.replay(), TypeError, "its arena has been disposed of");
  device.free(x);
  assertThrows(
    () => ofItsOwn.replay(),
    TypeError,
    "a tensor that the recording uses has been freed",
  );
});

Deno.test("Device.capture() refuses what could not be replayed, and leaves nothing behind", async () => {
  using _scope = device.scope();
  const x = device.upload([3], values(3, 1));
  const { inUse } = device.memory;
  const refused = (compute: () => void, message: string) =>
    assertThrows(() => device.capture(compute), TypeError, message);
  refused(() => device.write(x, values(3, 2)), "Cannot write to a tensor during a capture");
  refused(() => void device.upload([3], values(3, 2)), "write it before each replay");
  refused(() => device.free(x), "Cannot free a tensor now: it was made outside");
  let reading: Promise<unknown> = Promise.resolve();
  using _recording = device.capture(() => {
    reading.catch(() => {});
    reading = device.read(apply(x, "a + 1.0"));
  });
  await assertRejects(() => reading, TypeError, "Cannot read a tensor during a capture");
  let made: Tensor | null = null;
  using _other = device.capture(() => void (made = apply(x, "a + 1.0")));
  assertThrows(() => device.clear(made!), TypeError, "Cannot use a tensor: its scope has ended");
  _recording[Symbol.dispose]();
  _other[Symbol.dispose]();
  assertEquals(device.memory.inUse, inUse);
  assertEquals(await device.read(x), values(3, 1));
});

Deno.test("Device.capture() notices a computation that differs from its plan", () => {
  using _scope = device.scope();
  let size = 100;
  assertThrows(
    () => device.capture(() => void device.empty([size += 100])),
    RangeError,
    "Cannot capture: tensor 0 takes 1280 bytes, 1024 were planned",
  );
  let count = 0;
  assertThrows(
    () =>
      device.capture(() => {
        for (let i = 0; i <= count; i++) device.empty([1]);
        count++;
      }),
    RangeError,
    "tensor 1 takes 256 bytes, 0 were planned",
  );
});

Deno.test("Arena.plan() and capture() keep the memory limit", async () => {
  using own = await openDevice({ memoryLimit: 8 * 1024 ** 2 });
  const held = own.empty([1024, 1024]);
  const needed = () => void own.empty([1024, 1025]);
  using arena = own.arena();
  assertThrows(() => arena.plan([needed]), OutOfMemoryError, "the memory limit is 8 MiB");
  assertThrows(() => own.capture(needed), OutOfMemoryError, "the memory limit is 8 MiB");
  own.free(held);
  using recording = own.capture(needed, { arena });
  recording.replay();
  assertEquals(arena.plan([needed]), 1024 * 1025 * 4);
});

Deno.test("Device.plan() within a capture plans only", () => {
  using _scope = device.scope();
  const x = device.empty([100]);
  let peak = 0;
  using recording = device.capture(() => {
    peak = device.plan(() => squareInto(x, x)).peak;
    apply(x, "a + 1.0");
  });
  assertEquals([peak, recording.dispatchCount], [3 * 512 - 512, 1]);
});

Deno.test("a refused shader in a recording is a ShaderError", async () => {
  using own = await openDevice();
  const x = own.empty([4]);
  using recording = own.capture(() => void apply(x, "a + nonsense", own));
  await assertRejects(
    async () => {
      recording.replay();
      await own.finish();
      recording.replay();
    },
    ShaderError,
    "nonsense",
  );
});

Deno.test("Recording.replay() says that the device was closed", async () => {
  const own = await openDevice();
  const x = own.empty([4]);
  const recording = own.capture(() => void apply(x, "a + 1.0", own));
  own[Symbol.dispose]();
  assertThrows(() => recording.replay(), DeviceLostError, "its device has been closed");
  recording[Symbol.dispose]();
});

Deno.test("Device.capture() copies an operand into a texture again only when it may have changed", async () => {
  using _scope = device.scope();
  const [x, y] = [device.upload([2000], values(2000, 1)), device.empty([2000])];
  const shader = /* wgsl */ `
${declareOperand("x", { binding: 2, source: "texture" })}
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < p.count) { y[id.x] += x_at(i32(id.x)); }
}
`;
  const addX = (from = x) =>
    device.dispatch({
      label: "add x",
      shader,
      uniforms: { count: 500 },
      tensors: [y],
      textures: [from],
      workgroups: [8],
    });
  const double = (tensor: Tensor<"f32">) =>
    device.copy({ from: apply(tensor, "2.0 * a"), to: tensor, count: tensor.size });
  using recording = device.capture(() => {
    addX();
    addX();
    double(x);
    addX();
    // Another tensor takes the place of one that is gone, in the same memory.
    const first = apply(x, "a + 1.0");
    addX(first);
    device.free(first);
    addX(apply(x, "a + 2.0"));
    device.clear(x);
    addX();
  });
  device.clear(y);
  recording.replay();
  // 1 + 1, then x is 2: 2 + 3 + 4, then 0.
  assertEquals(await device.read(y), values(2000, 11));
  device.write(x, values(2000, 5));
  recording.replay();
  assertEquals(await device.read(y), values(2000, 11 + 5 + 5 + 10 + 11 + 12));
});
