/**
 * The GPU device: tensors in and out, dispatches in batches, memory by scopes.
 *
 * The GPU is crossed at two places only: {@linkcode Device.upload} and {@linkcode Device.read}.
 *
 * @module
 */

import type { AdapterSummary } from "./adapter.ts";
import { TensorBlocks } from "./blocks.ts";
import type { KernelChoices } from "./choices.ts";
import type { Dispatch } from "./commands/dispatch.ts";
import type { KernelTime } from "./commands/profiler.ts";
import { readBuffer } from "./commands/readback.ts";
import type { Recording } from "./commands/recording.ts";
import { checkCopy, type TensorCopy } from "./commands/sink.ts";
import { type DeviceOptions, DeviceParts, type Plan } from "./device_parts.ts";
import type { Arena } from "./memory/arena.ts";
import type { MemoryUse } from "./memory/pool.ts";
import type { Scope, ScopeStack } from "./memory/scopes.ts";
import { BYTES_PER_ROW } from "./memory/textures.ts";
import { checkShape, formatShape, type Shape, sizeOf } from "./shape.ts";
import { checkValues, type DType, Tensor, type TypedArrayOf } from "./tensor.ts";

export type { AdapterSummary, KernelStyle } from "./adapter.ts";
export { TensorBlocks } from "./blocks.ts";
export { type Dispatch, linearWorkgroups, WORKGROUP } from "./commands/dispatch.ts";
export { type DeviceOptions, DeviceParts, type Plan } from "./device_parts.ts";
export type { Uniforms } from "./commands/params.ts";
export type { CommandCounts } from "./commands/plan_sink.ts";
export type { TensorCopy } from "./commands/sink.ts";
export type { Scope } from "./memory/scopes.ts";

/**
 * A WebGPU device with a buffer pool, a pipeline cache and a queue of batched dispatches.
 *
 * @category Device
 */
export class Device implements Disposable {
  /** The underlying WebGPU device. */
  readonly gpu: GPUDevice;
  /** What the adapter says of itself. */
  readonly adapter: AdapterSummary;
  /** Makes tensors that lie side by side. */
  readonly blocks: TensorBlocks;
  readonly #parts: DeviceParts;
  readonly #scopes: ScopeStack;
  readonly #isTask: boolean;
  #stop: AbortSignal | undefined;

  /**
   * Wraps an open WebGPU device; `openDevice()` is the usual way to get one, and
   * {@linkcode Device.task} shares the parts of another.
   */
  constructor(gpu: GPUDevice, adapter: AdapterSummary, options: DeviceOptions | DeviceParts = {}) {
    this.gpu = gpu;
    this.adapter = adapter;
    this.#isTask = options instanceof DeviceParts;
    this.#parts = options instanceof DeviceParts ? options : new DeviceParts(gpu, options);
    this.#scopes = this.#parts.scopes();
    this.blocks = new TensorBlocks(this.#parts, { owner: this, scopes: () => this.#openScopes });
  }

  /** Which kernels serve the operations. */
  get choices(): KernelChoices {
    return this.#parts.choices;
  }

  /** GPU memory held now and at most. */
  get memory(): MemoryUse {
    return this.#parts.held.use;
  }

  /** How many dispatches have been sent to the GPU since the device was opened. */
  get dispatchCount(): number {
    return this.#parts.queue.dispatchCount;
  }

  /** The most bytes of GPU memory that it uses. */
  get memoryLimit(): number {
    return this.#parts.held.totalBytes;
  }

  /** The most bytes one tensor may take. */
  get maxTensorBytes(): number {
    return this.#parts.held.bufferBytes;
  }

  /** Whether {@linkcode Device.plan} is under way: nothing is computed, so nothing may be counted. */
  get isPlanning(): boolean {
    return this.#parts.sink.isPlan;
  }

  /**
   * The same device for a task that goes on beside others: it has scopes of its own and is told of its
   * own failures, and shares everything else. Tensors may be handed from one to the other.
   *
   * Scopes are a stack, so tasks that take turns while one waits inside a scope need one each. To
   * dispose of a task ends the scopes that are open in it, and nothing more.
   *
   * @param options.stop Ends waits for the GPU by its reason, and those of tasks of this task, too; what the
   * GPU was given before it still does.
   *
   * @example Two predictions in one page
   * ```ts ignore
   * async function predict(device: Device, values: Float32Array<ArrayBuffer>) {
   *   const task = device.task();
   *   using scope = task.scope();
   *   const x = new Variable(task.upload([1, 1, 64, 64], values));
   *   return await task.read(unet.forward(new Tape(task, { record: false }), x).prob.value);
   * }
   * await Promise.all([predict(device, a), predict(device, b)]);
   * ```
   */
  task({ stop = this.#stop }: { stop?: AbortSignal } = {}): Device {
    const task = new Device(this.gpu, this.adapter, this.#parts);
    task.#stop = stop;
    return task;
  }

  /**
   * Opens a scope: `using scope = device.scope()`. Scopes nest and must close in order.
   *
   * To wait inside a scope is safe while no other task uses this device; {@linkcode Device.task} gives
   * each task scopes of its own.
   *
   * @throws {TypeError} If another task waits for the GPU inside a scope of this device.
   */
  scope(): Scope {
    return this.#openScopes.open();
  }

  /**
   * A tensor with undefined content, owned by the innermost scope.
   *
   * @param options.isHalf Whether its floats are stored as halves: see {@linkcode Tensor.isHalf}.
   * @throws {RangeError} If an axis of the shape is not a whole number from 0.
   * @throws {OutOfMemoryError} If it would exceed the limits.
   * @throws {TypeError} If another task waits for the GPU inside a scope of this device.
   */
  empty<D extends DType = "f32">(
    shape: Shape,
    dtype?: D,
    { isHalf }: { isHalf?: boolean } = {},
  ): Tensor<D> {
    this.#parts.failures.throwIfLost();
    checkShape(shape);
    this.#openScopes.check();
    const lease = this.#parts.lease(sizeOf(shape) * (isHalf ? 2 : 4), this);
    const tensor = new Tensor(shape, (dtype ?? "f32") as D, lease.buffer, { isHalf });
    this.#parts.leases.set(tensor, lease);
    this.#openScopes.add(tensor);
    return tensor;
  }

  /** Takes a tensor out of its scope: it lives until it is freed, or out of reach. */
  detach(tensor: Tensor): void {
    this.#openScopes.detach(tensor);
  }

  /**
   * Frees a tensor before its scope ends, or one that no scope owns.
   *
   * @param options.why The end of the sentence that whoever uses it afterwards reads.
   * @throws {TypeError} If a plan or a capture is under way and the tensor was there before, or it
   * belongs to another device.
   */
  free(tensor: Tensor, { why = "it has been freed" }: { why?: string } = {}): void {
    if (tensor.freed) return;
    this.#parts.own(tensor, "free a tensor");
    this.#openScopes.delete(tensor);
    this.#parts.free(tensor, why);
  }

  /** Whether a tensor's memory is of this device and its own, not a view of another tensor's. */
  owns(tensor: Tensor): boolean {
    return this.#parts.leases.has(tensor);
  }

  /** Gives buffers that no tensor uses back to the driver. */
  trim(): void {
    this.#parts.held.pool.trim();
  }

  /**
   * Makes a tensor from values on the CPU: one of the two crossings.
   *
   * @param values A `Float32Array`, or for a tensor of `u32` a `Uint32Array`.
   * @throws {TypeError} If the values are another kind of array.
   * @throws {RangeError} If the number of values does not fit the shape.
   */
  upload<D extends DType = "f32">(shape: Shape, values: TypedArrayOf<D>): Tensor<D> {
    const dtype = checkValues(values) as D;
    const tensor = this.empty(shape, dtype);
    this.write(tensor, values);
    return tensor;
  }

  /**
   * Overwrites a tensor's values from the CPU, after everything dispatched so far.
   *
   * @throws {RangeError} If the number of values does not fit the shape.
   * @throws {TypeError} If the values are not of the tensor's type, it is stored as halves or belongs to
   * another device, or a capture is under way: what is written is not part of a recording.
   */
  write<D extends DType>(tensor: Tensor<D>, values: TypedArrayOf<D>): void {
    checkValues(values, tensor.dtype);
    this.#parts.ownFloats(tensor, "write to a tensor");
    if (values.length !== tensor.size) {
      throw new RangeError(
        `Cannot fill a tensor of shape ${formatShape(tensor.shape)}: ${values.length} values given`,
      );
    }
    if (this.isPlanning) return;
    this.#parts.failures.throwIfLost();
    this.#parts.sink.cross("write to a tensor", "write it before each replay");
    this.#parts.derived.noteWrite(tensor);
    const { buffer, offset } = tensor;
    this.flush();
    if (values.length > 0) this.gpu.queue.writeBuffer(buffer, offset, values);
  }

  /**
   * Reads a tensor's values: the other crossing. Waits for everything dispatched so far; the copy is
   * taken now, so the tensor may be freed or overwritten before the promise settles.
   *
   * @throws {ShaderError | OutOfMemoryError | Error} If something before it failed that was not told
   * yet; the device goes on.
   * @throws {DeviceLostError} If the device is gone.
   * @throws {TypeError} If it is stored as halves or belongs to another device.
   */
  async read<D extends DType>(tensor: Tensor<D>): Promise<TypedArrayOf<D>> {
    const { failures, queue, sink } = this.#parts;
    this.#parts.ownFloats(tensor, "read a tensor");
    this.#stop?.throwIfAborted();
    failures.throwAny(this);
    sink.cross("read a tensor", "copy it to one that was there before, and read that");
    const bytes = await this.#wait(readBuffer(this.gpu, { tensor, queue, owner: this }));
    const values = tensor.dtype === "f32" ? new Float32Array(bytes) : new Uint32Array(bytes);
    return values as TypedArrayOf<D>;
  }

  #wait<T>(promise: Promise<T>): Promise<T> {
    const stop = this.#stop;
    return this.#parts.wait(promise, { scopes: this.#openScopes, owner: this, stop });
  }

  /**
   * Copies elements between tensors.
   *
   * @throws {RangeError} If one of them would be outside of its tensor.
   * @throws {TypeError} If a tensor is stored as halves or belongs to another device, or both are the same.
   */
  copy(copy: TensorCopy): void {
    checkCopy(copy);
    for (const tensor of [copy.from, copy.to]) this.#parts.ownFloats(tensor, "copy");
    this.#parts.derived.noteWrite(copy.to);
    if (copy.count > 0) this.#parts.sink.copy(copy, this);
  }

  /** Sets every element of a tensor to 0. */
  clear(tensor: Tensor): void {
    this.#parts.own(tensor, "clear a tensor");
    this.#parts.derived.noteWrite(tensor);
    this.#parts.sink.clear(tensor, this);
  }

  /**
   * Records one dispatch; it runs with the next batch.
   *
   * @throws {TypeError} If the names of its uniforms are not those of its shader's `struct Params`, its
   * tensors are not those that the shader binds, or one belongs to another device.
   * @throws {RangeError} If a number of workgroups, a whole number of its uniforms or a constant is
   * none.
   * @throws {ShaderError} If the driver has refused its shader before; at first that is told by the
   * next {@linkcode Device.read} or {@linkcode Device.finish}.
   */
  dispatch(dispatch: Dispatch): void {
    this.#parts.failures.throwIfLost();
    for (const tensor of [...dispatch.tensors, ...dispatch.textures ?? []]) {
      this.#parts.own(tensor, `dispatch ${dispatch.label}`);
    }
    this.#parts.derived.noteDispatch(dispatch);
    this.#parts.sink.dispatch(dispatch, this);
  }

  /** The most bytes of a tensor that a kernel can read through a texture. */
  get maxTextureBytes(): number {
    return this.gpu.limits.maxTextureDimension2D * BYTES_PER_ROW;
  }

  /** Submits everything recorded so far; does not wait. */
  flush(): void {
    this.#parts.queue.flush();
  }

  /**
   * Waits until all work is done.
   *
   * @throws {ShaderError | OutOfMemoryError | Error} If any of it failed that was not told yet; the
   * device goes on.
   * @throws {DeviceLostError} If the device is gone.
   */
  async finish(): Promise<void> {
    this.#parts.failures.throwAny(this);
    const isDone = this.#parts.queue.flushTimed();
    await this.#wait(this.gpu.queue.onSubmittedWorkDone().then(isDone));
  }

  /** GPU time per kernel since the last call; empty unless opened with `profile`. */
  async kernelTimes(): Promise<KernelTime[]> {
    this.flush();
    return await this.#parts.profiler?.report() ?? [];
  }

  /**
   * Runs a computation without touching the GPU and tells how much memory it would allocate, and how
   * many commands the GPU would be given. What it computes must not depend on values it reads.
   *
   * @throws {OutOfMemoryError} If it would exceed the limits.
   */
  plan(compute: () => void): Plan {
    return this.#parts.plan(compute);
  }

  /**
   * Compiles all that a computation needs before it runs, without holding the thread up where the
   * runtime can (in browsers). What it computes must not depend on values it reads.
   *
   * @param options.progress Is told how many shaders are done, of how many.
   * @throws {ShaderError} If the driver refuses one.
   *
   * @example
   * ```ts ignore
   * await device.prepare(() => void network.forward(new Tape(device, { record: false }), x), {
   *   progress: (done, total) => bar.value = done / total,
   * });
   * ```
   */
  async prepare(
    compute: () => void,
    { progress = () => {} }: { progress?: (done: number, total: number) => void } = {},
  ): Promise<void> {
    this.#parts.failures.throwIfLost();
    await this.#parts.prepare(compute, progress);
  }

  /** Memory that recordings use in turn; see {@linkcode Device.capture}. */
  arena(): Arena {
    return this.#parts.arena();
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
    this.#parts.failures.throwIfLost();
    return this.#parts.capture(compute, { gpu: this.gpu, arena, owner: this });
  }

  /** Releases the device and everything on it; of a task, only the scopes that are open in it. */
  [Symbol.dispose](): void {
    this.#scopes.closeAll();
    if (this.#isTask) return;
    this.#parts.failures.close();
    this.#parts.queue.abandon();
    this.gpu.destroy();
  }

  /** The scopes that tensors go to: those of what is planned or captured, or else its own. */
  get #openScopes(): ScopeStack {
    return this.#parts.inner ?? this.#scopes;
  }
}
