/**
 * The GPU device: tensors in and out, dispatches in batches, memory by scopes.
 *
 * The GPU is crossed at two places only: {@linkcode Device.upload} and {@linkcode Device.read}.
 *
 * @module
 */

import { DeviceLostError, OutOfMemoryError, ShaderError } from "./errors.ts";
import { PipelineCache, type PipelineSource } from "./pipelines.ts";
import { BufferPool, type MemoryUse, paddedBytes } from "./pool.ts";
import { type KernelTime, Profiler } from "./profiler.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";
import { type DType, Tensor, type TypedArrayOf } from "./tensor.ts";

/** What the adapter says of itself. */
export interface AdapterSummary {
  /** Human-readable name, for example `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  readonly name: string;
  /** Vendor name or number, as the driver gives it. */
  readonly vendor: string;
  /** Whether the adapter runs on the CPU. */
  readonly isSoftware: boolean;
  /** Names of the WebGPU features it offers. */
  readonly features: readonly string[];
}

/** Options of a {@linkcode Device}. */
export interface DeviceOptions {
  /** The most GPU memory to use, in bytes; 4 GiB unless told. */
  memoryLimit?: number;
  /** Time every kernel by timestamp queries (slower); read with {@linkcode Device.kernelTimes}. */
  profile?: boolean;
}

/** One dispatch: a shader, what it reads and writes, and how many workgroups run. */
export interface Dispatch extends PipelineSource {
  /** Values of the uniform struct at binding 0, all `u32`. */
  readonly uniforms: readonly number[];
  /** Tensors at bindings 1, 2, … */
  readonly tensors: readonly Tensor[];
  /** Workgroups along x, y and z. */
  readonly workgroups: readonly [number, number?, number?];
}

/** Tensors made while a scope is open are freed when it is disposed. */
export interface Scope extends Disposable {
  /** Lets a tensor outlive this scope: it then belongs to the scope around it, or to nobody. */
  keep<T extends Tensor>(tensor: T): T;
}

const MAX_DISPATCHES_PER_SUBMIT = 256;
const MAX_WORKGROUPS_PER_AXIS = 65535;
const MAX_CACHED_UNIFORMS = 4096;
const DEFAULT_MEMORY_LIMIT = 4 * 1024 ** 3;
const STORAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/**
 * Workgroup counts that cover `count` invocations in one line, folded into y where x is full. The
 * shader's index is `id.x + id.y * groups.x * workgroup_size`.
 */
export function linearWorkgroups(count: number, workgroupSize: number): [number, number] {
  const groups = Math.ceil(count / workgroupSize);
  const rows = Math.max(1, Math.ceil(groups / MAX_WORKGROUPS_PER_AXIS));
  return [Math.ceil(groups / rows), rows];
}

/** A WebGPU device with a buffer pool, a pipeline cache and a queue of batched dispatches. */
export class Device implements Disposable {
  /** The underlying WebGPU device. */
  readonly gpu: GPUDevice;
  /** What the adapter says of itself. */
  readonly adapter: AdapterSummary;
  readonly #profiler: Profiler | null;
  readonly #limits: { bufferBytes: number; totalBytes: number };
  readonly #pipelines: PipelineCache;
  readonly #uniforms = new Map<string, GPUBuffer>();
  readonly #scopes: Set<Tensor>[] = [];
  #pool: BufferPool<GPUBuffer | null>;
  #planning = false;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #pending = 0;
  #dispatches = 0;
  #failure: Error | null = null;

  /** Wraps an open WebGPU device; `openDevice()` is the usual way to get one. */
  constructor(gpu: GPUDevice, adapter: AdapterSummary, options: DeviceOptions = {}) {
    this.gpu = gpu;
    this.adapter = adapter;
    this.#profiler = options.profile ? new Profiler(gpu) : null;
    this.#pipelines = new PipelineCache(gpu, (error) => {
      // The broken pipeline has caused validation errors already; this one says why.
      const isKnown = [ShaderError, DeviceLostError].some((kind) => this.#failure instanceof kind);
      if (!isKnown) this.#failure = error;
    });
    this.#limits = {
      bufferBytes: Math.min(gpu.limits.maxBufferSize, gpu.limits.maxStorageBufferBindingSize),
      totalBytes: options.memoryLimit ?? DEFAULT_MEMORY_LIMIT,
    };
    this.#pool = new BufferPool<GPUBuffer | null>({
      create: (size) => gpu.createBuffer({ size, usage: STORAGE }),
      destroy: (buffer) => this.#destroy(buffer),
      limits: this.#limits,
    });
    gpu.lost.then(({ reason, message }) => {
      this.#failure ??= new DeviceLostError(
        `Cannot go on: the GPU was lost (${reason}) ${message}`,
      );
    });
    gpu.addEventListener("uncapturederror", (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      event.preventDefault();
      this.#failure ??= error.constructor.name === "GPUOutOfMemoryError"
        ? new OutOfMemoryError(`Cannot allocate on the GPU: ${error.message}`)
        : new Error(`Cannot run on the GPU: ${error.message}`);
    });
  }

  /** GPU memory held now and at most. */
  get memory(): MemoryUse {
    return this.#pool.memory;
  }

  /** How many dispatches have been recorded since the device was opened. */
  get dispatchCount(): number {
    return this.#dispatches;
  }

  /** The most bytes one tensor may take. */
  get maxTensorBytes(): number {
    return this.#limits.bufferBytes;
  }

  /** Whether {@linkcode Device.plan} is under way: nothing is computed, so nothing may be counted. */
  get isPlanning(): boolean {
    return this.#planning;
  }

  /** Opens a scope: `using scope = device.scope()`. Scopes nest and must close in order. */
  scope(): Scope {
    const owned = new Set<Tensor>();
    const depth = this.#scopes.push(owned) - 1;
    return {
      keep: (tensor) => {
        if (owned.delete(tensor)) this.#scopes[depth - 1]?.add(tensor);
        return tensor;
      },
      [Symbol.dispose]: () => {
        if (this.#scopes.length - 1 !== depth) {
          throw new Error("Cannot end a tensor scope: a scope inside it is still open");
        }
        this.#scopes.pop();
        for (const tensor of owned) this.free(tensor);
      },
    };
  }

  /**
   * A tensor with undefined content, owned by the innermost scope.
   *
   * @throws {OutOfMemoryError} If it would exceed the limits.
   */
  empty<D extends DType = "f32">(shape: Shape, dtype?: D): Tensor<D> {
    this.#throwFailure();
    const bytes = sizeOf(shape) * 4;
    const tensor = new Tensor(shape, (dtype ?? "f32") as D, this.#pool.acquire(bytes));
    this.#scopes.at(-1)?.add(tensor);
    return tensor;
  }

  /** Frees a tensor before its scope ends, or one that no scope owns. */
  free(tensor: Tensor): void {
    if (tensor.freed) return;
    for (const scope of this.#scopes) scope.delete(tensor);
    this.#pool.release(tensor.release(), tensor.byteLength);
  }

  /** Gives buffers that no tensor uses back to the driver. */
  trim(): void {
    this.#pool.trim();
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
   */
  write<D extends DType>(tensor: Tensor<D>, values: TypedArrayOf<D>): void {
    if (values.length !== tensor.size) {
      throw new RangeError(
        `Cannot fill a tensor of shape ${formatShape(tensor.shape)}: ${values.length} values given`,
      );
    }
    if (this.#planning) return;
    this.#throwFailure();
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
    this.#throwFailure();
    const { buffer, dtype, byteLength } = tensor;
    const bytes = Math.max(4, byteLength);
    const staging = this.gpu.createBuffer({
      size: bytes,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    this.#recordingEncoder().copyBufferToBuffer(buffer, 0, staging, 0, bytes);
    this.flush();
    try {
      await staging.mapAsync(GPUMapMode.READ);
      const values = staging.getMappedRange().slice(0, byteLength);
      this.#throwFailure();
      return (dtype === "f32" ? new Float32Array(values) : new Uint32Array(values)) as TypedArrayOf<
        D
      >;
    } catch (error) {
      this.#throwFailure();
      throw error;
    } finally {
      staging.destroy();
    }
  }

  /** Copies elements between tensors: `count` elements, offsets in elements. */
  copy(
    { from, fromOffset = 0, to, toOffset = 0, count }: {
      from: Tensor;
      fromOffset?: number;
      to: Tensor;
      toOffset?: number;
      count: number;
    },
  ): void {
    if (this.#planning || count === 0) return;
    this.#recordingEncoder()
      .copyBufferToBuffer(from.buffer, fromOffset * 4, to.buffer, toOffset * 4, count * 4);
  }

  /** Sets every element of a tensor to 0. */
  clear(tensor: Tensor): void {
    if (this.#planning) return;
    this.#recordingEncoder().clearBuffer(tensor.buffer, 0, paddedBytes(tensor.byteLength));
  }

  /**
   * Records one dispatch; it runs with the next batch.
   *
   * @throws {ShaderError | DeviceLostError | OutOfMemoryError} If something before it is known to
   * have failed.
   */
  dispatch(dispatch: Dispatch): void {
    const { label, tensors, workgroups: [x, y = 1, z = 1] } = dispatch;
    if (this.#planning) return;
    this.#throwFailure();
    if (Math.max(x, y, z) > MAX_WORKGROUPS_PER_AXIS) {
      throw new RangeError(
        `Cannot dispatch ${label}: ${x}×${y}×${z} workgroups, at most 65535 a side`,
      );
    }
    const pipeline = this.#pipelines.get(dispatch);
    const entries = [this.#uniformBuffer(dispatch.uniforms), ...tensors.map((t) => t.buffer)]
      .map((buffer, binding) => ({ binding, resource: { buffer } }));
    const group = this.gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    const pass = this.#computePass(label);
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y, z);
    this.#dispatches++;
    if (this.#profiler) this.#endPass();
    if (++this.#pending >= MAX_DISPATCHES_PER_SUBMIT) this.flush();
  }

  /** Submits everything recorded so far; does not wait. */
  flush(): void {
    if (!this.#encoder) return;
    this.#endPass();
    this.gpu.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.#pending = 0;
  }

  /**
   * Waits until all work is done.
   *
   * @throws {ShaderError | DeviceLostError | OutOfMemoryError} If any of it failed.
   */
  async finish(): Promise<void> {
    this.#throwFailure();
    this.flush();
    await this.gpu.queue.onSubmittedWorkDone();
    this.#throwFailure();
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
    const pool = this.#pool;
    const planned = new BufferPool<GPUBuffer | null>({
      create: () => null,
      destroy: () => {},
      limits: { ...this.#limits, reservedBytes: pool.memory.inUse },
    });
    this.#pool = planned;
    this.#planning = true;
    try {
      using _scope = this.scope();
      compute();
    } finally {
      this.#pool = pool;
      this.#planning = false;
    }
    return planned.memory;
  }

  /** Releases the device and everything on it. */
  [Symbol.dispose](): void {
    this.#failure = new DeviceLostError("Cannot use the GPU: its device has been closed");
    this.#pass = null;
    this.#encoder = null;
    this.gpu.destroy();
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure;
  }

  /** A buffer may only go once the commands that use it have been submitted. */
  #destroy(buffer: GPUBuffer | null): void {
    this.flush();
    buffer?.destroy();
  }

  #recordingEncoder(): GPUCommandEncoder {
    this.#throwFailure();
    this.#endPass();
    return this.#encoder ??= this.gpu.createCommandEncoder();
  }

  #computePass(label: string): GPUComputePassEncoder {
    this.#encoder ??= this.gpu.createCommandEncoder();
    return this.#pass ??= this.#encoder.beginComputePass(this.#profiler?.next(label) ?? {});
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }

  #uniformBuffer(values: readonly number[]): GPUBuffer {
    const key = values.join();
    const cached = this.#uniforms.get(key);
    if (cached) return cached;
    if (this.#uniforms.size >= MAX_CACHED_UNIFORMS) this.#dropUniforms();
    const size = Math.max(16, Math.ceil(values.length / 4) * 16);
    const buffer = this.gpu.createBuffer({
      size,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.gpu.queue.writeBuffer(buffer, 0, Uint32Array.from(values));
    this.#uniforms.set(key, buffer);
    return buffer;
  }

  #dropUniforms(): void {
    this.flush();
    for (const buffer of this.#uniforms.values()) buffer.destroy();
    this.#uniforms.clear();
  }
}
