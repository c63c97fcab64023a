// Tensors side by side in one buffer: each is used as one of its own, and the buffer lives as long as any.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { elementwise } from "../../../kernels/parts/elementwise.ts";
import { declareOperand } from "../../../kernels/parts/operand.ts";
import type { Device } from "../../../kernels/gpu/device.ts";
import type { Tensor, TensorBlock } from "../../../kernels/gpu/tensor.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { device } from "../fixtures/check_operation.ts";

const SHAPES = [[3], [2, 40], [65]];

function counting(size: number, from: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: size }, (_, i) => from + i);
}

function double(x: Tensor<"f32">): Tensor<"f32"> {
  return elementwise(device, { label: "double", inputs: [x], expression: "2.0 * a" });
}

Deno.test("parts of a block are written, read, copied, cleared and computed with by themselves", async () => {
  using _scope = device.scope();
  const { whole, parts } = device.blocks.make(SHAPES);
  const [a, b, c] = parts;
  assertEquals(parts.map(({ shape, offset }) => [shape, offset]), [
    [[3], 0],
    [[2, 40], 256],
    [[65], 768],
  ]);
  assertEquals([whole.size, b.block?.whole, whole.block?.parts[1]], [(768 + 512) / 4, whole, b]);
  device.clear(whole);
  device.write(a, counting(3, 1));
  device.write(b, counting(80, 10));
  device.write(c, counting(65, 100));
  assertEquals(await device.read(a), counting(3, 1));
  assertEquals(await device.read(b), counting(80, 10));
  assertEquals(await device.read(c), counting(65, 100));
  assertEquals((await device.read(whole)).slice(64, 64 + 80), counting(80, 10));
  assertEquals(await device.read(double(b)), counting(80, 10).map((value) => 2 * value));
  const target = device.upload([4], new Float32Array(4));
  device.copy({ from: b, fromOffset: 2, to: target, toOffset: 1, count: 3 });
  assertEquals(await device.read(target), Float32Array.of(0, 12, 13, 14));
  device.copy({ from: target, to: c, toOffset: 60, count: 2 });
  assertEquals((await device.read(c)).slice(59, 63), Float32Array.of(159, 0, 12, 162));
  device.clear(b);
  assertEquals(await device.read(b), new Float32Array(80));
  assertEquals(await device.read(a), counting(3, 1));
  assertEquals((await device.read(c))[0], 100);
});

Deno.test("a part of a block is read through a texture, also where another was before it", async () => {
  using _scope = device.scope();
  const [a, b] = device.blocks.make([[8], [8]]).parts;
  device.write(a, counting(8, 1));
  device.write(b, counting(8, 50));
  const [first, second] = [device.empty([8]), device.empty([8])];
  const shader = /* wgsl */ `
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
${declareOperand("x", { binding: 2, source: "texture" })}
@compute @workgroup_size(2) fn main(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = x_at(i32(id.x));
}`;
  const compute = () => {
    for (const [x, y] of [[a, first], [b, second]]) {
      const [tensors, textures] = [[y], [x]];
      device.dispatch({ label: "copy", shader, uniforms: {}, tensors, textures, workgroups: [1] });
    }
  };
  using recording = device.capture(compute);
  recording.replay();
  assertEquals(await device.read(first), counting(8, 1));
  assertEquals(await device.read(second), counting(8, 50));
});

Deno.test("a dispatch that writes a part of a block and reads another is refused by name", () => {
  using _scope = device.scope();
  const [a, b] = device.blocks.make([[4], [4]]).parts;
  const shader = /* wgsl */ `
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] = x[0]; }`;
  assertThrows(
    () =>
      device.dispatch({ label: "copy", shader, uniforms: {}, tensors: [a, b], workgroups: [1] }),
    TypeError,
    "Cannot dispatch copy: one block is given as y, which is written, and as x",
  );
});

Deno.test("the buffer of a block goes back with the last of its parts", async () => {
  using own = await openDevice();
  const before = own.memory.inUse;
  let kept: Tensor<"f32">;
  {
    using scope = own.scope();
    const { parts, whole } = own.blocks.make(SHAPES);
    assertEquals(own.memory.inUse - before, whole.byteLength);
    own.write(parts[1], counting(80, 5));
    kept = scope.keep(parts[1]);
  }
  assert(!kept.freed && !kept.block!.whole.freed && kept.block!.parts[0].freed);
  assertEquals(await own.read(kept), counting(80, 5));
  own.free(kept);
  assertEquals(own.memory.inUse, before);
  assertThrows(() => kept.block!.whole.buffer, TypeError, "that lie in it have been freed");
});

Deno.test("TensorBlocks.gather() moves tensors side by side with what they hold, in their scopes", async () => {
  using own = await openDevice();
  const outside = own.upload([3], counting(3, 1));
  const before = own.memory.inUse;
  {
    using _scope = own.scope();
    const inside = own.upload([70], counting(70, 4));
    own.blocks.gather([outside, inside]);
    assert(outside.block !== null && outside.block === inside.block);
    assertEquals([outside.offset, inside.offset], [0, 256]);
    assertEquals(await own.read(outside), counting(3, 1));
    assertEquals(await own.read(inside), counting(70, 4));
    assertThrows(() => own.blocks.gather([inside]), TypeError, "it lies beside others already");
  }
  assert(!outside.freed);
  assertEquals(await own.read(outside), counting(3, 1));
  own.free(outside);
  assertEquals(own.memory.inUse, before - 256);
});

Deno.test("TensorBlocks.gather() takes several buffers where one would be too large", async () => {
  using own = await openDevice();
  using _scope = own.scope();
  const size = own.maxTensorBytes / 4 / 2;
  own.plan(() => {
    const tensors = [own.empty([1]), own.empty([size]), own.empty([size])];
    own.blocks.gather(tensors);
    assertEquals(tensors.map(({ offset }) => offset), [0, 256, 0]);
    assertEquals(tensors[0].block === tensors[1].block, true);
    assertEquals(tensors[1].block === tensors[2].block, false);
  });
});

Deno.test("TensorBlocks.gather() refuses to move what a recording does not own", () => {
  using _scope = device.scope();
  const x = device.empty([4]);
  assertThrows(
    () => device.capture(() => device.blocks.gather([x])),
    TypeError,
    "Cannot move a tensor now: it was made outside of what is captured",
  );
  assertEquals([x.block, x.freed], [null, false]);
});

Deno.test("Device.detach() lets a tensor outlive every scope", () => {
  let x: Tensor<"f32">;
  {
    using _outer = device.scope();
    using _inner = device.scope();
    x = device.empty([4]);
    device.detach(x);
  }
  assert(!x.freed);
  device.free(x);
  assert(x.freed);
});

/** Makes twice a block of it, and counts how often. */
function doubling(on: Device) {
  let count = 0;
  const of = (block: TensorBlock) =>
    on.blocks.derive(block, {
      name: "doubled",
      make() {
        count++;
        const made = on.blocks.make(block.parts.map(({ shape }) => shape));
        on.dispatch({
          label: "double",
          shader: /* wgsl */ `
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = 2.0 * x[id.x];
}`,
          uniforms: {},
          tensors: [made.whole, block.whole],
          workgroups: [block.whole.size / 64],
        });
        return made;
      },
    }).parts;
  return { of, count: () => count };
}

const ADD_ONE = /* wgsl */ `
@group(0) @binding(1) var<storage, read> unused: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] += 1.0 + 0.0 * unused[0]; }`;

Deno.test("TensorBlocks.derive() makes something anew after each way to write to a block", async () => {
  using own = await openDevice();
  using _scope = own.scope();
  const { parts, whole } = own.blocks.make([[4], [4]]);
  const block = whole.block!;
  const doubled = doubling(own);
  const one = own.upload([4], counting(4, 1));
  own.write(parts[0], counting(4, 1));
  own.write(parts[1], counting(4, 10));
  const check = async (expected: number[], times: number) => {
    assertEquals([...await own.read(doubled.of(block)[0])], expected);
    assertEquals([...await own.read(doubled.of(block)[1])], [20, 22, 24, 26]);
    assertEquals(doubled.count(), times);
  };
  await check([2, 4, 6, 8], 1);
  own.write(parts[0], counting(4, 2));
  await check([4, 6, 8, 10], 2);
  own.copy({ from: one, to: parts[0], count: 4 });
  await check([2, 4, 6, 8], 3);
  own.clear(parts[0]);
  await check([0, 0, 0, 0], 4);
  const add = (read: Tensor, written: Tensor) =>
    own.dispatch({
      label: "add one",
      shader: ADD_ONE,
      uniforms: {},
      tensors: [read, written],
      workgroups: [1],
    });
  add(one, parts[0]);
  await check([2, 0, 0, 0], 5);
  add(one, whole);
  await check([4, 0, 0, 0], 6);
  // What only reads changes nothing.
  add(parts[0], own.empty([4]));
  own.copy({ from: parts[0], to: one, count: 4 });
  await check([4, 0, 0, 0], 6);
  using recording = own.capture(() => add(one, parts[0]));
  await check([4, 0, 0, 0], 6);
  recording.replay();
  await check([6, 0, 0, 0], 7);
  own.plan(() => own.clear(parts[0]));
  await check([6, 0, 0, 0], 7);
});

Deno.test("what a recording derives is made in each run, and lives in its memory", async () => {
  using own = await openDevice();
  using _scope = own.scope();
  const { parts, whole } = own.blocks.make([[4]]);
  const doubled = doubling(own);
  own.write(parts[0], counting(4, 1));
  await own.read(doubled.of(whole.block!)[0]);
  const y = own.empty([4]);
  const compute = () => {
    own.copy({ from: doubled.of(whole.block!)[0], to: y, count: 4 });
    own.copy({ from: doubled.of(whole.block!)[0], to: y, count: 4 });
  };
  assertEquals(own.plan(compute).commands.dispatches, 1);
  using recording = own.capture(compute);
  for (const from of [5, 9]) {
    own.write(parts[0], counting(4, from));
    recording.replay();
    assertEquals(await own.read(y), counting(4, from).map((value) => 2 * value));
  }
});

Deno.test("what was derived ends with the outermost scope, and is made again", async () => {
  using own = await openDevice();
  const block = own.blocks.make([[4]]);
  own.write(block.parts[0], counting(4, 1));
  const doubled = doubling(own);
  const before = own.memory.inUse;
  for (let times = 1; times <= 2; times++) {
    using _outer = own.scope();
    for (let i = 0; i < 3; i++) {
      using _inner = own.scope();
      assertEquals([...await own.read(doubled.of(block)[0])], [2, 4, 6, 8]);
    }
    assertEquals(doubled.count(), times);
  }
  assertEquals(own.memory.inUse, before);
});
