/**
 * GPU time per kernel, by timestamp queries around every dispatch.
 *
 * @module
 */

import { BufferUse, MAP_FOR_READING } from "../usage.ts";

/**
 * Time spent in one kernel.
 *
 * @category Device
 */
export interface KernelTime {
  /** The kernel's label. */
  readonly label: string;
  /** How often it ran. */
  readonly count: number;
  /** Milliseconds of all runs together. */
  readonly milliseconds: number;
}

const CAPACITY = 2048;

/** Collects begin and end timestamps of up to 2048 dispatches between two reports. */
export class Profiler {
  readonly #device: GPUDevice;
  readonly #queries: GPUQuerySet;
  readonly #labels: string[] = [];

  /** Makes a profiler; the device needs the feature `timestamp-query`. */
  constructor(device: GPUDevice) {
    this.#device = device;
    this.#queries = device.createQuerySet({ type: "timestamp", count: 2 * CAPACITY });
  }

  /** The pass options that time one dispatch, or nothing once the profiler is full. */
  next(label: string): GPUComputePassDescriptor {
    const index = this.#labels.length;
    if (index === CAPACITY) return {};
    this.#labels.push(label);
    return {
      timestampWrites: {
        querySet: this.#queries,
        beginningOfPassWriteIndex: 2 * index,
        endOfPassWriteIndex: 2 * index + 1,
      },
    };
  }

  /** Reads the times of all dispatches since the last report, longest first. */
  async report(): Promise<KernelTime[]> {
    const labels = this.#labels.splice(0);
    if (labels.length === 0) return [];
    const bytes = labels.length * 16;
    const resolved = this.#device.createBuffer({
      size: bytes,
      usage: BufferUse.queryResults | BufferUse.copyFrom,
    });
    const staging = this.#device.createBuffer({
      size: bytes,
      usage: BufferUse.copyTo | BufferUse.mapRead,
    });
    const encoder = this.#device.createCommandEncoder();
    encoder.resolveQuerySet(this.#queries, 0, labels.length * 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_FOR_READING);
    const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
    resolved.destroy();
    staging.destroy();
    const times = new Map<string, { count: number; milliseconds: number }>();
    labels.forEach((label, i) => {
      const entry = times.get(label) ?? { count: 0, milliseconds: 0 };
      entry.count++;
      entry.milliseconds += Number(stamps[2 * i + 1] - stamps[2 * i]) / 1e6;
      times.set(label, entry);
    });
    return [...times]
      .map(([label, entry]) => ({ label, ...entry }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
  }
}
