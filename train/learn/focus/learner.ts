/**
 * A focus classifier in training: binary cross-entropy, one Adam, and a step that is captured once.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { binaryCrossEntropy } from "../../../kernels/ops/binary_cross_entropy.ts";
import type { Recording } from "../../../kernels/gpu/commands/recording.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { Adam } from "../../../nn/adam.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import type { Network } from "../../../nn/module.ts";
import type { NamedArray } from "../../../nn/safetensors.ts";
import { parameterTensors, readTensors } from "../../../nn/weights.ts";
import type { FocusBatch } from "./batches.ts";

/** Losses kept on the GPU between two readings. */
const LOSS_SLOTS = 64;

/** Shape of the batches of a {@linkcode FocusLearner}. */
export interface FocusBatchShape {
  /** Planes of a batch. */
  readonly count: number;
  /** Side of the patches in pixels. */
  readonly side: number;
}

/** A classifier with its optimiser. Steps are queued; nothing waits until losses are read. */
export class FocusLearner implements Disposable {
  /** GPU memory in use once a step is captured, in bytes. */
  readonly plannedBytes: number;
  readonly #device: Device;
  readonly #network: Network;
  readonly #adam: Adam;
  readonly #images: Tensor<"f32">;
  readonly #targets: Tensor<"f32">;
  readonly #losses: Tensor<"f32">;
  readonly #loss: Tensor<"f32">;
  readonly #recording: Recording;
  #logged = 0;

  /**
   * Starts with zero moments. Must not be made inside a tensor scope.
   *
   * @throws {OutOfMemoryError} If a step does not fit into the memory limit.
   */
  constructor(
    device: Device,
    { network, count, side }: FocusBatchShape & { network: Network },
  ) {
    this.#device = device;
    this.#network = network;
    this.#adam = new Adam(device, { parameters: network.parameters });
    this.#images = device.empty([count, network.inChannels, side, side]);
    this.#targets = device.empty([count, 1, 1, 1]);
    this.#losses = device.empty([LOSS_SLOTS]);
    this.#loss = device.empty([1]);
    const compute = () => this.#compute();
    this.plannedBytes = device.memory.inUse + device.plan(compute).peak;
    this.#recording = device.capture(compute);
  }

  #compute(): void {
    const tape = new Tape(this.#device);
    const { prob } = this.#network.forward(tape, new Variable(this.#images));
    const loss = tape.apply(binaryCrossEntropy, [prob, new Variable(this.#targets)], {});
    this.#adam.update(tape.backward(loss));
    this.#device.copy({ from: loss.value, to: this.#loss, count: 1 });
  }

  /**
   * Queues one step.
   *
   * @throws {RangeError} If losses of 64 steps have not been read, or the batch has another shape.
   */
  step({ images, targets }: FocusBatch, learningRate: number): void {
    if (this.#logged === LOSS_SLOTS) {
      throw new RangeError(`Cannot make a step: the losses of ${LOSS_SLOTS} steps wait to be read`);
    }
    this.#device.write(this.#images, images);
    this.#device.write(this.#targets, targets);
    this.#adam.advance(learningRate);
    this.#recording.replay();
    this.#device.copy({ from: this.#loss, to: this.#losses, toOffset: this.#logged++, count: 1 });
    // The GPU starts now, while the next batch is read.
    this.#device.flush();
  }

  /** Waits for the steps queued so far and gives their losses, in order. */
  async readLosses(): Promise<number[]> {
    const count = this.#logged;
    this.#logged = 0;
    return [...(await this.#device.read(this.#losses)).subarray(0, count)];
  }

  /** The weights as they are now. */
  async weights(): Promise<Map<string, NamedArray>> {
    return await readTensors(this.#device, parameterTensors(this.#network));
  }

  /** Gives its memory back, but for the network's. */
  [Symbol.dispose](): void {
    this.#recording[Symbol.dispose]();
    const own = [this.#images, this.#targets, this.#losses, this.#loss];
    for (const tensor of [...own, ...this.#adam.tensors.values()]) this.#device.free(tensor);
  }
}
