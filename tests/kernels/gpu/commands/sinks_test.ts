// The three ways with commands, behind one interface.
import { assertEquals, assertThrows } from "@std/assert";
import { CaptureSink } from "../../../../kernels/gpu/commands/capture_sink.ts";
import { DispatchBinder } from "../../../../kernels/gpu/commands/command.ts";
import type { Dispatch } from "../../../../kernels/gpu/commands/dispatch.ts";
import { PipelineCache } from "../../../../kernels/gpu/commands/pipelines.ts";
import { PlanSink } from "../../../../kernels/gpu/commands/plan_sink.ts";
import { CommandQueue } from "../../../../kernels/gpu/commands/queue.ts";
import { RunSink } from "../../../../kernels/gpu/commands/run_sink.ts";
import type { CommandSink } from "../../../../kernels/gpu/commands/sink.ts";
import { UniformCache } from "../../../../kernels/gpu/commands/uniforms.ts";
import { FailureWatch } from "../../../../kernels/gpu/failures.ts";
import { TextureRows, TextureSlots } from "../../../../kernels/gpu/memory/textures.ts";
import type { Tensor } from "../../../../kernels/gpu/tensor.ts";
import { device } from "../../fixtures/check_operation.ts";

const { gpu } = device;
const failures = new FailureWatch(gpu);
const queue = new CommandQueue(gpu, { failures, profiler: null });
const uniforms = new UniformCache(gpu);

function binder(): DispatchBinder {
  const pipelines = new PipelineCache(gpu);
  return new DispatchBinder(gpu, { pipelines, textures: new TextureSlots(gpu) });
}

/** A kernel that adds x, which it reads through a texture, to y. */
function adding(x: Tensor, y: Tensor): Dispatch {
  const shader = /* wgsl */ `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(2) var x: texture_storage_2d<rgba32float, read>;
@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < p.count) { y[id.x] += textureLoad(x, vec2u(id.x, 0u)); }
}`;
  return {
    label: "add",
    shader,
    uniforms: { count: 1 },
    tensors: [y],
    textures: [x],
    workgroups: [1],
  };
}

/** Clears y, adds x to it, and copies two elements of it into z. */
function work(sink: CommandSink, [x, y, z]: readonly Tensor[]): void {
  sink.clear(y, device);
  sink.dispatch(adding(x, y), device);
  sink.copy({ from: y, fromOffset: 1, to: z, count: 2 }, device);
}

function tensors(): [Tensor<"f32">, Tensor<"f32">, Tensor<"f32">] {
  const upload = (...values: number[]) => device.upload([4], Float32Array.from(values));
  const made = [upload(1, 2, 3, 4), upload(9, 9, 9, 9), upload(0, 0, 0, 0)] as const;
  device.flush();
  return [...made];
}

Deno.test("RunSink runs everything in its order", async () => {
  using _scope = device.scope();
  const all = tensors();
  const sink = new RunSink(queue, { binder: binder(), uniforms });
  work(sink, all);
  queue.flush();
  assertEquals(sink.isPlan, false);
  assertEquals(await device.read(all[1]), Float32Array.of(1, 2, 3, 4));
  assertEquals(await device.read(all[2]), Float32Array.of(2, 3, 0, 0));
});

Deno.test("PlanSink runs nothing and notes the textures that a run would take", async () => {
  using _scope = device.scope();
  const all = tensors();
  const rows = new TextureRows();
  const sink = new PlanSink(rows);
  const before = queue.dispatchCount;
  work(sink, all);
  assertEquals([sink.isPlan, queue.dispatchCount], [true, before]);
  assertEquals(rows.rows, [1]);
  assertEquals(await device.read(all[1]), Float32Array.of(9, 9, 9, 9));
});

Deno.test("CaptureSink runs nothing, keeps the commands and refuses what crosses", async () => {
  using _scope = device.scope();
  const all = tensors();
  const [x, y, z] = all;
  const isOutside = (tensor: Tensor) => tensor !== y;
  const sink = new CaptureSink(binder(), { uniforms, isOutside });
  work(sink, all);
  sink.dispatch(adding(x, y));
  assertEquals(sink.commands.map(({ kind }) => kind), [
    "clear",
    "texture",
    "dispatch",
    "copy",
    // Nothing has changed x since it was copied.
    "dispatch",
  ]);
  assertEquals([...sink.outside], [x, z]);
  assertThrows(
    () => sink.cross("read a tensor", "copy it"),
    TypeError,
    "Cannot read a tensor during a capture: it would not be recorded; copy it",
  );
  assertEquals(await device.read(y), Float32Array.of(9, 9, 9, 9));
  sink.commands.forEach((command) => queue.add(command, device));
  queue.flush();
  assertEquals(await device.read(y), Float32Array.of(2, 4, 6, 8));
  assertEquals(await device.read(z), Float32Array.of(2, 3, 0, 0));
});
