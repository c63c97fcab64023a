/**
 * A WebGPU that computes nothing: it takes every command, counts it, checks what a driver would check at
 * once, and answers what is read with numbers that were given to it. What a job then takes is the work of
 * the processor alone.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { openDevice } from "../../kernels/open_device.ts";

/** What was asked of the device. */
export interface GpuCounts {
  /** Kernels started. */
  dispatches: number;
  /** Copies between buffers, and into textures. */
  copies: number;
  /** Batches of commands. */
  submits: number;
  /** Bytes that went to the device. */
  uploaded: number;
  /** Bytes that came back. */
  read: number;
  /** Buffers made. */
  buffers: number;
}

/** What is read of a buffer of so many bytes; null for zeros. */
export type Answers = (bytes: number) => ArrayBuffer | null;

/** The most workgroups along an axis. */
const MOST_WORKGROUPS = 65535;
const LIMITS = {
  maxBufferSize: 2 ** 31,
  maxStorageBufferBindingSize: 2 ** 31,
  maxTextureDimension2D: 16384,
  maxComputeWorkgroupStorageSize: 32768,
  maxComputeInvocationsPerWorkgroup: 1024,
};

/** A `GPU` whose devices only count, and what it was asked for. */
export interface NullGpu {
  /** In the place of `navigator.gpu`. */
  readonly webgpu: GPU;
  /** What was asked of its devices so far. */
  readonly counts: GpuCounts;
  /** What is read from now on. */
  answers: Answers;
}

class NullBuffer {
  readonly size: number;
  readonly usage: number;
  isDestroyed = false;
  readonly #gpu: NullGpu;

  constructor(gpu: NullGpu, { size, usage }: GPUBufferDescriptor) {
    if (!(Number.isInteger(size) && size > 0 && size <= LIMITS.maxBufferSize)) {
      throw new RangeError(`A buffer of ${size} bytes was asked for`);
    }
    gpu.counts.buffers++;
    [this.size, this.usage, this.#gpu] = [size, usage, gpu];
  }

  mapAsync(): Promise<void> {
    this.require();
    return Promise.resolve();
  }

  getMappedRange(): ArrayBuffer {
    this.require();
    const { counts, answers } = this.#gpu;
    counts.read += this.size;
    return answers(this.size) ?? new ArrayBuffer(this.size);
  }

  unmap(): void {}

  destroy(): void {
    this.isDestroyed = true;
  }

  /** Throws where the buffer is gone. */
  require(): void {
    if (this.isDestroyed) throw new TypeError("A buffer was used after it was destroyed");
  }

  /** Throws where bytes do not lie in the buffer. */
  requireRange(offset: number, bytes: number): void {
    this.require();
    const isAligned = offset % 4 === 0 && bytes % 4 === 0;
    if (isAligned && offset >= 0 && bytes >= 0 && offset + bytes <= this.size) return;
    throw new RangeError(
      `Bytes ${offset} to ${offset + bytes} are not in a buffer of ${this.size}`,
    );
  }
}

/** A pass or an encoder, which is used until its end. */
class NullEncoder {
  #isOpen = true;
  #pass: NullEncoder | null = null;
  readonly #gpu: NullGpu;

  constructor(gpu: NullGpu) {
    this.#gpu = gpu;
  }

  beginComputePass(): NullEncoder {
    this.#use();
    return this.#pass = new NullEncoder(this.#gpu);
  }

  setPipeline(): void {
    this.#use();
  }

  setBindGroup(): void {
    this.#use();
  }

  dispatchWorkgroups(...counts: number[]): void {
    this.#use();
    if (!counts.every((count) => count >= 0 && count <= MOST_WORKGROUPS)) {
      throw new RangeError(`${counts.join(" x ")} workgroups were asked for`);
    }
    this.#gpu.counts.dispatches++;
  }

  copyBufferToBuffer(
    from: NullBuffer,
    fromOffset: number,
    to: NullBuffer,
    toOffset: number,
    bytes: number,
  ): void {
    this.#use();
    from.requireRange(fromOffset, bytes);
    to.requireRange(toOffset, bytes);
    this.#gpu.counts.copies++;
  }

  copyBufferToTexture(): void {
    this.#use();
    this.#gpu.counts.copies++;
  }

  clearBuffer(buffer: NullBuffer, offset: number, bytes: number): void {
    this.#use();
    buffer.requireRange(offset, bytes);
  }

  end(): void {
    this.#use();
    this.#isOpen = false;
  }

  finish(): object {
    this.end();
    return {};
  }

  #use(): void {
    if (!this.#isOpen) throw new TypeError("A command was given after the end of its encoder");
    if (this.#pass !== null && !this.#pass.#isOpen) this.#pass = null;
    if (this.#pass !== null) throw new TypeError("A command was given while a pass was open");
  }
}

/** Makes a WebGPU that computes nothing. */
export function nullGpu(): NullGpu {
  const gpu: NullGpu = {
    webgpu: { requestAdapter: () => Promise.resolve(adapter) } as unknown as GPU,
    counts: { dispatches: 0, copies: 0, submits: 0, uploaded: 0, read: 0, buffers: 0 },
    answers: () => null,
  };
  const adapter = {
    info: { vendor: "none", device: "counting device", isFallbackAdapter: false },
    features: new Set<string>(),
    limits: LIMITS,
    requestDevice: () => Promise.resolve(nullDevice(gpu)),
  };
  return gpu;
}

function nullDevice(gpu: NullGpu): object {
  const { counts } = gpu;
  return {
    limits: LIMITS,
    features: new Set<string>(),
    lost: new Promise(() => {}),
    queue: {
      submit() {
        counts.submits++;
      },
      writeBuffer(buffer: NullBuffer, offset: number, values: ArrayBufferView) {
        buffer.requireRange(offset, values.byteLength);
        counts.uploaded += values.byteLength;
      },
      onSubmittedWorkDone: () => Promise.resolve(),
    },
    addEventListener() {},
    createBuffer: (descriptor: GPUBufferDescriptor) => new NullBuffer(gpu, descriptor),
    createTexture: () => ({ createView: () => ({}), destroy() {} }),
    createBindGroup: ({ entries }: { entries: { resource: { buffer?: NullBuffer } }[] }) => {
      for (const { resource: { buffer } } of entries) buffer?.require();
      return {};
    },
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({ getCompilationInfo: () => Promise.resolve({ messages: [] }) }),
    createComputePipeline: () => ({}),
    createComputePipelineAsync: () => Promise.resolve({}),
    createCommandEncoder: () => new NullEncoder(gpu),
    pushErrorScope() {},
    popErrorScope: () => Promise.resolve(null),
    destroy() {},
  };
}

/** A device of it, which has nothing to be tested. */
export async function openNull(gpu: NullGpu = nullGpu()): Promise<Device> {
  const tested = { has: () => Promise.resolve(true), add: () => Promise.resolve() };
  return await openDevice({ webgpu: gpu.webgpu, tested });
}
