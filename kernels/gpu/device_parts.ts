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
import { DerivedBlocks, WrittenTensors } from "./derived.ts";
import { OutOfMemoryError } from "./errors.ts";
import { FailureWatch, type Owner } from "./failures.ts";
import { Arena } from "./memory/arena.ts";
import { DeviceMemory } from "./memory/device_memory.ts";
import { type Lease, LifetimeTrace, type Memory, PooledMemory } from "./memory/memory_plan.ts";
import type { MemoryUse } from "./memory/pool.ts";
import { Orphans } from "./memory/orphans.ts";
import { ScopeStack } from "./memory/scopes.ts";
import { BYTES_PER_ROW, TextureRows } from "./memory/textures.ts";
import { formatShape } from "./shape.ts";
import { unlessStopped } from "./stopped.ts";
import { IS_HALF, type Tensor } from "./tensor.ts";

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
  /** What its kernels have made of weights. */
  readonly derived: DerivedBlocks;
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
  readonly #written = new WrittenTensors();
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
      derived: this.#newDerived(),
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

  /** What the kernels have made of weights, where commands go at the moment. */
  get derived(): DerivedBlocks {
    return this.#place.derived;
  }

  /** The scopes of the computation that is planned or captured at the moment, if there is one. */
  get inner(): ScopeStack | null {
    return this.#inner;
  }

  /** Scopes of a device or task. */
  scopes(): ScopeStack {
    return new ScopeStack({
      free: (tensor, why) => this.free(tensor, why),
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
        "Cannot free a tensor now: it was made outside of what is captured",
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

  /**
   * Checks the same, and that its elements are as the CPU has them.
   *
   * @throws {TypeError} If it is stored as halves, too.
   */
  ownFloats(tensor: Tensor, what: string): void {
    this.own(tensor, what);
    if (tensor.isHalf) throw new TypeError(`Cannot ${what}: it ${IS_HALF}`);
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
      const noteWrite = (tensor: Tensor) => this.derived.noteWrite(tensor);
      return new Recording(sink, { arena: place, ownsArena: !arena, queue, owner, noteWrite });
    } catch (error) {
      uniforms.clear();
      if (!arena) place[Symbol.dispose]();
      throw error;
    }
  }

  /** What a wait for the GPU inside of scopes gives, or what has gone wrong before, unless it is to stop. */
  async wait<T>(
    promise: Promise<T>,
    { scopes, owner, stop }: { scopes: ScopeStack; owner: Owner; stop?: AbortSignal },
  ): Promise<T> {
    const end = scopes.wait();
    const answered = promise.finally(async () => {
      await this.failures.settled();
      this.failures.throwAny(owner);
    });
    try {
      return await unlessStopped(answered, stop);
    } catch (error) {
      scopes.endWaits();
      throw error;
    } finally {
      end();
    }
  }

  #newDerived(): DerivedBlocks {
    return new DerivedBlocks({
      written: this.#written,
      free: (tensor) => this.free(tensor, "what it was made of has changed"),
    });
  }

  /** Calls a computation in scopes of its own, with other memory and another sink. */
  inside(place: Omit<Place, "derived">, compute: () => void): void {
    const [outer, scopes] = [this.#place, this.#inner];
    this.#place = { ...place, derived: this.#newDerived() };
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
