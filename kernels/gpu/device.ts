/**
 * The GPU device: tensors in and out, dispatches in batches, memory by scopes.
 *
 * The GPU is crossed at two places only: {@linkcode Device.upload} and {@linkcode Device.read}.
 *
 * @module
 */

import type { AdapterSummary } from "./adapter.ts";
import { KernelChoices, type Pins } from "./choices.ts";
import { CaptureSink } from "./commands/capture_sink.ts";
import { DispatchBinder } from "./commands/command.ts";
import type { Dispatch } from "./commands/dispatch.ts";
import { PipelineCache } from "./commands/pipelines.ts";
import { PlanSink } from "./commands/plan_sink.ts";
import { type KernelTime, Profiler } from "./commands/profiler.ts";
import { CommandQueue } from "./commands/queue.ts";
import { readBuffer } from "./commands/readback.ts";
import { Recording } from "./commands/recording.ts";
import { RunSink } from "./commands/run_sink.ts";
import type { CommandSink, TensorCopy } from "./commands/sink.ts";
import { UniformCache } from "./commands/uniforms.ts";
import { FailureWatch } from "./failures.ts";
import { Arena } from "./memory/arena.ts";
import { DeviceMemory } from "./memory/device_memory.ts";
import { type Lease, LifetimeTrace, type Memory, PooledMemory } from "./memory/memory_plan.ts";
import type { MemoryUse } from "./memory/pool.ts";
import { type Scope, ScopeStack } from "./memory/scopes.ts";
import { BYTES_PER_ROW, TextureRows } from "./memory/textures.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";
import { type DType, Tensor, type TypedArrayOf } from "./tensor.ts";

export type { AdapterSummary } from "./adapter.ts";
export { type Dispatch, linearWorkgroups } from "./commands/dispatch.ts";
export type { Uniforms } from "./commands/params.ts";
export type { TensorCopy } from "./commands/sink.ts";
export type { Scope } from "./memory/scopes.ts";

/** Options of a {@linkcode Device}. */
export interface DeviceOptions {
  /** The most GPU memory to use, in bytes; 4 GiB unless told. */
  memoryLimit?: number;
  /** Time every kernel by timestamp queries (slower); read with {@linkcode Device.kernelTimes}. */
  profile?: boolean;
  /** Variants to use instead of those the rules choose. */
  kernels?: Pins;
}

const DEFAULT_MEMORY_LIMIT = 4 * 1024 ** 3;

/** A WebGPU device with a buffer pool, a pipeline cache and a queue of batched dispatches. */
export class Device implements Disposable {
  /** The underlying WebGPU device. */
  readonly gpu: GPUDevice;
  /** What the adapter says of itself. */
  readonly adapter: AdapterSummary;
  /** Which kernels serve the operations. */
  readonly choices: KernelChoices;
  readonly #profiler: Profiler | null;
  readonly #failures: FailureWatch;
  readonly #binder: DispatchBinder;
  readonly #queue: CommandQueue;
  readonly #held: DeviceMemory;
  readonly #scopes = new ScopeStack((tensor) => this.free(tensor));
  readonly #leases = new WeakMap<Tensor, Lease>();
  #memory: Memory;
  #sink: CommandSink;

  /** Wraps an open WebGPU device; `openDevice()` is the usual way to get one. */
  constructor(gpu: GPUDevice, adapter: AdapterSummary, options: DeviceOptions = {}) {
    this.gpu = gpu;
    this.adapter = adapter;
    this.#profiler = options.profile ? new Profiler(gpu) : null;
    this.#failures = new FailureWatch(gpu);
    this.#queue = new CommandQueue(gpu, { failures: this.#failures, profiler: this.#profiler });
    this.choices = new KernelChoices(options.kernels);
    this.#held = new DeviceMemory(gpu, {
      totalBytes: options.memoryLimit ?? DEFAULT_MEMORY_LIMIT,
      // A buffer may only go once the commands that use it have been submitted.
      beforeDestroy: () => this.#queue.flush(),
    });
    this.#memory = new PooledMemory(this.#held.pool);
    this.#binder = new DispatchBinder(gpu, {
      failures: this.#failures,
      pipelines: new PipelineCache(gpu, (error) => this.#failures.explain(error)),
      textures: this.#held.textures,
    });
    const uniforms = new UniformCache(gpu);
    this.#sink = new RunSink(this.#queue, { binder: this.#binder, uniforms });
  }

  /** GPU memory held now and at most. */
  get memory(): MemoryUse {
    return this.#held.use;
  }

  /** How many dispatches have been sent to the GPU since the device was opened. */
  get dispatchCount(): number {
    return this.#queue.dispatchCount;
  }

  /** The most bytes of GPU memory that it uses. */
  get memoryLimit(): number {
    return this.#held.totalBytes;
  }

  /** The most bytes one tensor may take. */
  get maxTensorBytes(): number {
    return this.#held.bufferBytes;
  }

  /** Whether {@linkcode Device.plan} is under way: nothing is computed, so nothing may be counted. */
  get isPlanning(): boolean {
    return this.#sink.isPlan;
  }

  /** Opens a scope: `using scope = device.scope()`. Scopes nest and must close in order. */
  scope(): Scope {
    return this.#scopes.open();
  }

  /**
   * A tensor with undefined content, owned by the innermost scope.
   *
   * @throws {OutOfMemoryError} If it would exceed the limits.
   */
  empty<D extends DType = "f32">(shape: Shape, dtype?: D): Tensor<D> {
    this.#failures.throwAny();
    const bytes = sizeOf(shape) * 4;
    const lease = this.#memory.lease(bytes);
    const tensor = new Tensor(shape, (dtype ?? "f32") as D, lease.buffer);
    this.#leases.set(tensor, lease);
    this.#scopes.add(tensor);
    return tensor;
  }

  /**
   * Frees a tensor before its scope ends, or one that no scope owns.
   *
   * @throws {TypeError} If a plan or a capture is under way and the tensor was there before.
   */
  free(tensor: Tensor): void {
    if (tensor.freed) return;
    const lease = this.#leases.get(tensor);
    if (lease && lease.memory !== this.#memory) {
      throw new TypeError(
        "Cannot free a tensor now: it was made outside of what is being captured",
      );
    }
    this.#scopes.delete(tensor);
    tensor.release();
    lease?.release();
  }

  /** Whether a tensor's memory is of this device and its own, not a view of another tensor's. */
  owns(tensor: Tensor): boolean {
    return this.#leases.has(tensor);
  }

  /** Gives buffers that no tensor uses back to the driver. */
  trim(): void {
    this.#held.pool.trim();
  }

  /**
   * Makes a tensor from values on the CPU: one of the two crossings.
   *
   * @throws {RangeError} If the number of values does not fit the shape.
   */
  upload<D extends DType = "f32">(shape: Shape, values: TypedArrayOf<D>): Tensor<D> {
    const dtype = (values instanceof Float32Array ? "f32" : "u32") as D;
    const tensor = this.empty(shape, dtype);
    this.write(tensor, values);
    return tensor;
  }

  /**
   * Overwrites a tensor's values from the CPU, after everything dispatched so far.
   *
   * @throws {RangeError} If the number of values does not fit the shape.
   * @throws {TypeError} If a capture is under way: what is written is not part of a recording.
   */
  write<D extends DType>(tensor: Tensor<D>, values: TypedArrayOf<D>): void {
    if (values.length !== tensor.size) {
      throw new RangeError(
        `Cannot fill a tensor of shape ${formatShape(tensor.shape)}: ${values.length} values given`,
      );
    }
    if (this.isPlanning) return;
    this.#failures.throwAny();
    this.#sink.cross("write to a tensor", "write it before each replay");
    const { buffer } = tensor;
    this.flush();
    if (values.length > 0) this.gpu.queue.writeBuffer(buffer, 0, values);
  }

  /**
   * Reads a tensor's values: the other crossing. Waits for everything dispatched so far; the copy is
   * taken now, so the tensor may be freed or overwritten before the promise settles.
   *
   * @throws {ShaderError | DeviceLostError | OutOfMemoryError} If anything before it failed.
   */
  async read<D extends DType>(tensor: Tensor<D>): Promise<TypedArrayOf<D>> {
    this.#failures.throwAny();
    this.#sink.cross("read a tensor", "copy it to one that was there before, and read that");
    try {
      const bytes = await readBuffer(this.gpu, { tensor, queue: this.#queue });
      this.#failures.throwAny();
      const values = tensor.dtype === "f32" ? new Float32Array(bytes) : new Uint32Array(bytes);
      return values as TypedArrayOf<D>;
    } catch (error) {
      this.#failures.throwAny();
      throw error;
    }
  }

  /** Copies elements between tensors. */
  copy(copy: TensorCopy): void {
    if (copy.count > 0) this.#sink.copy(copy);
  }

  /** Sets every element of a tensor to 0. */
  clear(tensor: Tensor): void {
    this.#sink.clear(tensor);
  }

  /**
   * Records one dispatch; it runs with the next batch.
   *
   * @throws {TypeError} If the names of its uniforms are not those of its shader's `struct Params`.
   * @throws {ShaderError | DeviceLostError | OutOfMemoryError} If something before it is known to
   * have failed.
   */
  dispatch(dispatch: Dispatch): void {
    this.#sink.dispatch(dispatch);
  }

  /** The most bytes of a tensor that a kernel can read through a texture. */
  get maxTextureBytes(): number {
    return this.gpu.limits.maxTextureDimension2D * BYTES_PER_ROW;
  }

  /** Submits everything recorded so far; does not wait. */
  flush(): void {
    this.#queue.flush();
  }

  /**
   * Waits until all work is done.
   *
   * @throws {ShaderError | DeviceLostError | OutOfMemoryError} If any of it failed.
   */
  async finish(): Promise<void> {
    this.#failures.throwAny();
    this.flush();
    await this.gpu.queue.onSubmittedWorkDone();
    this.#failures.throwAny();
  }

  /** GPU time per kernel since the last call; empty unless opened with `profile`. */
  async kernelTimes(): Promise<KernelTime[]> {
    this.flush();
    return await this.#profiler?.report() ?? [];
  }

  /**
   * Runs a computation without touching the GPU and tells how much memory it would allocate. What it
   * computes must not depend on values it reads.
   *
   * @throws {OutOfMemoryError} If it would exceed the limits.
   */
  plan(compute: () => void): MemoryUse {
    return this.#held.imagine((pool, textures) =>
      this.#inside({ memory: new PooledMemory(pool), sink: new PlanSink(textures) }, compute)
    );
  }

  /** Memory that recordings use in turn; see {@linkcode Device.capture}. */
  arena(): Arena {
    const { pool, textures } = this.#held;
    return new Arena({
      pool,
      trace: (compute) => {
        const [memory, rows] = [new LifetimeTrace(), new TextureRows(textures.rows)];
        this.#inside({ memory, sink: new PlanSink(rows) }, compute);
        return { lifetimes: memory.lifetimes, textureRows: rows.rows };
      },
      growTextures: (rows) => rows.forEach((count, i) => textures.take(i, count * BYTES_PER_ROW)),
      plan: (need) =>
        this.#held.imagine(
          (imaginary) => need.sizes.forEach((size) => imaginary.acquire(size)),
          need,
        )
          .peak,
    });
  }

  /**
   * Captures a computation of fixed shapes for many runs: its pipelines, bindings, sizes and buffers.
   * Nothing runs until {@linkcode Recording.replay}. The computation is called twice, first for the
   * plan of its memory; every tensor that it makes is freed at its end, so inputs and results are
   * tensors from outside. It cannot write or read tensors.
   *
   * @param options.arena Memory shared with other recordings; one of its own unless given.
   * @throws {TypeError} If it writes or reads a tensor, or frees one from outside.
   * @throws {OutOfMemoryError} If its memory would exceed the limits.
   *
   * @example
   * ```ts ignore
   * using recording = device.capture(() => {
   *   device.copy({ from: relu.forward(device, [x], {}), to: y, count: y.size });
   * });
   * for (const values of inputs) {
   *   device.write(x, values);
   *   recording.replay();
   *   console.log(await device.read(y));
   * }
   * ```
   */
  capture(compute: () => void, { arena }: { arena?: Arena } = {}): Recording {
    this.#failures.throwAny();
    const place = arena ?? this.arena();
    const uniforms = new UniformCache(this.gpu);
    try {
      const memory = place.memoryFor(compute);
      const isOutside = (tensor: Tensor) => this.#leases.get(tensor)?.memory !== memory;
      const sink = new CaptureSink(this.#binder, { uniforms, isOutside });
      this.#inside({ memory, sink }, compute);
      return new Recording(sink, { arena: place, ownsArena: !arena, queue: this.#queue });
    } catch (error) {
      uniforms.clear();
      if (!arena) place[Symbol.dispose]();
      throw error;
    }
  }

  /** Releases the device and everything on it. */
  [Symbol.dispose](): void {
    this.#failures.close();
    this.#queue.abandon();
    this.gpu.destroy();
  }

  /** Calls a computation in a scope of its own, with other memory and another sink. */
  #inside(
    { memory, sink }: { memory: Memory; sink: CommandSink },
    compute: () => void,
  ): void {
    const outer = { memory: this.#memory, sink: this.#sink };
    this.#memory = memory;
    this.#sink = sink;
    try {
      using _scope = this.scope();
      compute();
    } finally {
      this.#memory = outer.memory;
      this.#sink = outer.sink;
    }
  }
}
