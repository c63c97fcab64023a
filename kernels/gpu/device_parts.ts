/**
 * What a device and its tasks share: everything but the scopes.
 *
 * @module
 */

import { KernelChoices, type Pins } from "./choices.ts";
import { CaptureSink } from "./commands/capture_sink.ts";
import { DispatchBinder } from "./commands/command.ts";
import { PipelineCache, pipelineKey, type PipelineSource } from "./commands/pipelines.ts";
import { type CommandCounts, PlanSink } from "./commands/plan_sink.ts";
import { Profiler } from "./commands/profiler.ts";
import { CommandQueue } from "./commands/queue.ts";
import { Recording } from "./commands/recording.ts";
import { RunSink } from "./commands/run_sink.ts";
import type { CommandSink } from "./commands/sink.ts";
import { UniformCache } from "./commands/uniforms.ts";
import { OutOfMemoryError } from "./errors.ts";
import { FailureWatch, type Owner } from "./failures.ts";
import { Arena } from "./memory/arena.ts";
import { DeviceMemory } from "./memory/device_memory.ts";
import {
  type Lease,
  LifetimeTrace,
  type Memory,
  PooledMemory,
  shareLease,
} from "./memory/memory_plan.ts";
import { type MemoryUse, paddedBytes } from "./memory/pool.ts";
import { Orphans } from "./memory/orphans.ts";
import { ScopeStack } from "./memory/scopes.ts";
import { BYTES_PER_ROW, TextureRows } from "./memory/textures.ts";
import { formatShape } from "./shape.ts";
import { Tensor, type TensorBlock } from "./tensor.ts";

/**
 * Options of a {@linkcode Device}.
 *
 * @category Device
 */
export interface DeviceOptions {
  /** The most GPU memory to use, in bytes; 4 GiB unless told. */
  memoryLimit?: number;
  /** Time every kernel by timestamp queries (slower); read with {@linkcode Device.kernelTimes}. */
  profile?: boolean;
  /** Variants to use instead of those the rules choose. */
  kernels?: Pins;
}

/**
 * What a computation would need; {@linkcode Device.plan} tells it.
 *
 * @category Device
 */
export interface Plan extends MemoryUse {
  /** What it would give to the GPU. */
  readonly commands: CommandCounts;
}

const DEFAULT_MEMORY_LIMIT = 4 * 1024 ** 3;

/** Where tensors lie and where commands go, for the time of a computation. */
export interface Place {
  /** Where its tensors lie. */
  readonly memory: Memory;
  /** Where its commands go. */
  readonly sink: CommandSink;
}

/** The parts of a device; its tasks share them. */
export class DeviceParts {
  /** Which kernels serve the operations. */
  readonly choices: KernelChoices;
  /** Times kernels, where that was asked for. */
  readonly profiler: Profiler | null;
  /** What went wrong. */
  readonly failures: FailureWatch;
  /** Makes commands of dispatches. */
  readonly binder: DispatchBinder;
  /** Compiled shaders. */
  readonly pipelines: PipelineCache;
  /** Commands on their way. */
  readonly queue: CommandQueue;
  /** Buffers and textures. */
  readonly held: DeviceMemory;
  /** Tensors that belong to no scope. */
  readonly orphans: Orphans = new Orphans();
  /** The buffer of each tensor. */
  readonly leases: WeakMap<Tensor, Lease> = new WeakMap();
  readonly #buffers = new WeakSet<GPUBuffer>();
  #place: Place;
  #inner: ScopeStack | null = null;

  /** Makes the parts for an open WebGPU device. */
  constructor(gpu: GPUDevice, options: DeviceOptions) {
    this.profiler = options.profile ? new Profiler(gpu) : null;
    this.failures = new FailureWatch(gpu);
    this.queue = new CommandQueue(gpu, { failures: this.failures, profiler: this.profiler });
    this.choices = new KernelChoices(options.kernels);
    this.held = new DeviceMemory(gpu, {
      totalBytes: options.memoryLimit ?? DEFAULT_MEMORY_LIMIT,
      failures: this.failures,
      // A buffer may only go once the commands that use it have been submitted.
      beforeDestroy: () => this.queue.flush(),
    });
    this.pipelines = new PipelineCache(gpu);
    const { textures } = this.held;
    this.binder = new DispatchBinder(gpu, { pipelines: this.pipelines, textures });
    const uniforms = new UniformCache(gpu);
    this.#place = {
      memory: new PooledMemory(this.held.pool),
      sink: new RunSink(this.queue, { binder: this.binder, uniforms }),
    };
  }

  /** Where tensors lie at the moment. */
  get memory(): Memory {
    return this.#place.memory;
  }

  /** Where commands go at the moment. */
  get sink(): CommandSink {
    return this.#place.sink;
  }

  /** The scopes of the computation that is planned or captured at the moment, if there is one. */
  get inner(): ScopeStack | null {
    return this.#inner;
  }

  /** Scopes of a device or task. */
  scopes(): ScopeStack {
    return new ScopeStack({
      free: (tensor) => this.free(tensor, "its scope has ended"),
      leave: (tensor) => this.orphans.add(tensor, this.leases.get(tensor)!),
    });
  }

  /**
   * A buffer for somebody.
   *
   * @throws {OutOfMemoryError} If it would exceed the limits.
   */
  lease(bytes: number, owner: Owner): Lease {
    this.failures.owner = owner;
    try {
      const lease = this.memory.lease(bytes);
      if (lease.buffer) this.#buffers.add(lease.buffer);
      return lease;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      if (this.orphans.reclaim()) return this.lease(bytes, owner);
      error.message += this.orphans.advice;
      throw error;
    } finally {
      this.failures.owner = null;
    }
  }

  /** Puts tensors that have no memory yet side by side into one buffer. */
  placeInBlock(tensors: readonly Tensor<"f32">[], owner: Owner): TensorBlock {
    const offsets: number[] = [];
    let bytes = 0;
    for (const { byteLength } of tensors) {
      offsets.push(bytes);
      bytes += paddedBytes(byteLength);
    }
    const lease = this.lease(bytes, owner);
    const whole = new Tensor([bytes / 4], "f32", lease.buffer);
    this.leases.set(whole, { ...lease, release: () => {} });
    const shared = shareLease(
      lease,
      tensors.length,
      () => whole.release("the tensors that lie in it have been freed"),
    );
    const block = { whole, parts: tensors };
    tensors.forEach((tensor, i) => {
      tensor.moveTo(lease.buffer, { block, offset: offsets[i] });
      this.leases.set(tensor, shared);
    });
    return block;
  }

  /** Neighbours that fit into one buffer together. */
  #divide(tensors: readonly Tensor<"f32">[]): Tensor<"f32">[][] {
    const groups: Tensor<"f32">[][] = [];
    let left = 0;
    for (const tensor of tensors) {
      const bytes = paddedBytes(tensor.byteLength);
      if (bytes > left) {
        groups.push([]);
        left = this.held.bufferBytes;
      }
      groups.at(-1)!.push(tensor);
      left -= bytes;
    }
    return groups;
  }

  /**
   * Moves tensors into as few buffers as hold them, side by side.
   *
   * @throws {TypeError} If a plan or a capture is under way and one was there before.
   */
  gather(tensors: readonly Tensor<"f32">[], owner: Owner): void {
    const moved = tensors.map((tensor) => {
      const lease = this.leases.get(tensor);
      if (lease?.memory !== this.memory) {
        throw new TypeError("Cannot move a tensor now: it was made outside of what is captured");
      }
      const before = new Tensor(tensor.shape, "f32", lease.buffer);
      this.leases.set(before, lease);
      return { tensor, before, isOrphan: this.orphans.has(tensor) };
    });
    for (const { tensor } of moved) this.orphans.delete(tensor);
    for (const some of this.#divide(tensors)) this.placeInBlock(some, owner);
    for (const { tensor, before, isOrphan } of moved) {
      if (isOrphan) this.orphans.add(tensor, this.leases.get(tensor)!);
      this.sink.copy({ from: before, to: tensor, count: tensor.size }, owner);
      this.free(before, "it has been moved");
    }
    // Nobody asks for buffers of just these sizes again.
    if (!this.sink.isPlan) this.held.pool.trim();
  }

  /**
   * Gives the buffer of a tensor back.
   *
   * @throws {TypeError} If a plan or a capture is under way and the tensor was there before.
   */
  free(tensor: Tensor, why: string): void {
    if (tensor.freed) return;
    const lease = this.leases.get(tensor);
    if (lease && lease.memory !== this.memory) {
      throw new TypeError(
        "Cannot free a tensor now: it was made outside of what is being captured",
      );
    }
    this.orphans.delete(tensor);
    tensor.release(why);
    lease?.release();
  }

  /**
   * Checks that a tensor was made here, or is a view of one that was.
   *
   * @throws {TypeError} If it belongs to another device.
   */
  own(tensor: Tensor, what: string): void {
    if (this.leases.has(tensor) || this.#buffers.has(tensor.buffer)) return;
    throw new TypeError(
      `Cannot ${what}: a tensor of shape ${formatShape(tensor.shape)} belongs to another device`,
    );
  }

  /** Memory that recordings use in turn. */
  arena(): Arena {
    const { pool, textures } = this.held;
    return new Arena({
      pool,
      trace: (compute) => {
        const [memory, rows] = [new LifetimeTrace(), new TextureRows(textures.rows)];
        this.inside({ memory, sink: new PlanSink(rows) }, compute);
        return { lifetimes: memory.lifetimes, textureRows: rows.rows };
      },
      growTextures: (rows) => rows.forEach((count, i) => textures.take(i, count * BYTES_PER_ROW)),
      plan: (need) =>
        this.held.imagine(
          (imaginary) => need.sizes.forEach((size) => imaginary.acquire(size)),
          need,
        ).peak,
    });
  }

  /** Hears a computation out and tells what it would allocate and give to the GPU. */
  plan(compute: () => void): Plan {
    let sink: PlanSink | null = null;
    const use = this.held.imagine((pool, textures) => {
      sink = new PlanSink(textures);
      this.inside({ memory: new PooledMemory(pool), sink }, compute);
    });
    return { ...use, commands: sink!.counts };
  }

  /**
   * Compiles what a computation needs, which is called to be heard out and does nothing.
   *
   * @throws {ShaderError} If the driver refuses a shader.
   */
  async prepare(compute: () => void, progress: (done: number, total: number) => void) {
    const sources = new Map<string, PipelineSource>();
    this.held.imagine((pool, textures) => {
      const sink = new PlanSink(textures, (source) => sources.set(pipelineKey(source), source));
      this.inside({ memory: new PooledMemory(pool), sink }, compute);
    });
    let done = 0;
    progress(done, sources.size);
    await Promise.all(
      Array.from(sources.values(), async (source) => {
        await this.pipelines.prepare(source);
        progress(++done, sources.size);
      }),
    );
  }

  /**
   * Captures a computation.
   *
   * @throws {OutOfMemoryError} If its memory would exceed the limits.
   */
  capture(
    compute: () => void,
    { gpu, arena, owner }: { gpu: GPUDevice; arena?: Arena; owner: Owner },
  ): Recording {
    const { binder, leases, queue } = this;
    const place = arena ?? this.arena();
    const uniforms = new UniformCache(gpu);
    try {
      const memory = place.memoryFor(compute);
      const isOutside = (tensor: Tensor) => leases.get(tensor)?.memory !== memory;
      const sink = new CaptureSink(binder, { uniforms, isOutside });
      this.inside({ memory, sink }, compute);
      return new Recording(sink, { arena: place, ownsArena: !arena, queue, owner });
    } catch (error) {
      uniforms.clear();
      if (!arena) place[Symbol.dispose]();
      throw error;
    }
  }

  /** What a wait for the GPU inside of scopes gives, or what has gone wrong before. */
  async wait<T>(
    promise: Promise<T>,
    { scopes, owner }: { scopes: ScopeStack; owner: Owner },
  ): Promise<T> {
    const end = scopes.wait();
    try {
      return await promise.finally(async () => {
        await this.failures.settled();
        this.failures.throwAny(owner);
      });
    } catch (error) {
      scopes.endWaits();
      throw error;
    } finally {
      end();
    }
  }

  /** Calls a computation in scopes of its own, with other memory and another sink. */
  inside(place: Place, compute: () => void): void {
    const [outer, scopes] = [this.#place, this.#inner];
    this.#place = place;
    this.#inner = this.scopes();
    try {
      using _scope = this.#inner.open();
      compute();
    } finally {
      this.#place = outer;
      this.#inner = scopes;
    }
  }
}
