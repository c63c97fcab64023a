/**
 * What a focus classifier says about the planes of whole stacks. One plane at a time is read and
 * judged, so memory does not grow with the depth of a stack.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Recording } from "../../../kernels/gpu/commands/recording.ts";
import type { Tensor } from "../../../kernels/gpu/tensor.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import type { Network } from "../../../nn/module.ts";
import { normalize } from "../../images/normalize.ts";
import type { StackPlace, ZSequence } from "../../images/series/z_stack.ts";
import type { FocusReading } from "./reading.ts";
import { stackRange } from "./stacks.ts";

/** Applies a classifier to all planes of stacks of one size. */
export class FocusReader implements Disposable {
  readonly #device: Device;
  readonly #reading: FocusReading;
  readonly #image: Tensor<"f32">;
  readonly #answer: Tensor<"f32">;
  readonly #answers: Tensor<"f32">;
  readonly #recording: Recording;

  /**
   * Captures the classifier for planes of this size. It is a task of its own on the device.
   *
   * @throws {OutOfMemoryError} If a plane does not fit into the memory limit.
   */
  constructor(
    device: Device,
    { network, reading, size: { width, height, depth } }: {
      network: Network;
      reading: FocusReading;
      size: Pick<ZSequence, "width" | "height" | "depth">;
    },
  ) {
    const task = device.task();
    this.#device = task;
    this.#reading = reading;
    this.#image = task.empty([1, network.inChannels, height, width]);
    this.#answer = task.empty([1]);
    this.#answers = task.empty([depth]);
    this.#recording = task.capture(() => {
      const tape = new Tape(task, { record: false });
      const { prob } = network.forward(tape, new Variable(this.#image));
      task.copy({ from: prob.value, to: this.#answer, count: 1 });
    });
  }

  /**
   * The probability of every plane of a stack to be in focus, not yet smoothed.
   *
   * @throws {SyntaxError | RangeError} If a plane cannot be read or has another size.
   */
  async probabilities({ sequence, t }: StackPlace): Promise<Float32Array<ArrayBuffer>> {
    const range = await stackRange({ sequence, t }, this.#reading);
    for (let z = 0; z < sequence.depth; z++) {
      const plane = normalize(await sequence.plane(t, z), range);
      this.#device.write(this.#image, plane.data);
      this.#recording.replay();
      this.#device.copy({ from: this.#answer, to: this.#answers, toOffset: z, count: 1 });
      // The GPU starts now, while the next plane is read.
      this.#device.flush();
    }
    return await this.#device.read(this.#answers);
  }

  /** Gives its memory back, but for the network's. */
  [Symbol.dispose](): void {
    this.#recording[Symbol.dispose]();
    for (const tensor of [this.#image, this.#answer, this.#answers]) this.#device.free(tensor);
  }
}

/**
 * Calls back with the probabilities of one stack after the other. Stacks of one size that follow one
 * another share a {@linkcode FocusReader}.
 *
 * @throws {OutOfMemoryError} If a plane does not fit into the memory limit.
 * @throws {SyntaxError | RangeError} If a plane cannot be read.
 */
export async function* readStacks<T extends StackPlace>(
  device: Device,
  { network, reading, stacks }: {
    network: Network;
    reading: FocusReading;
    stacks: Iterable<T>;
  },
): AsyncGenerator<{ stack: T; probabilities: Float32Array<ArrayBuffer> }> {
  let reader: FocusReader | null = null;
  let known = "";
  try {
    for (const stack of stacks) {
      const { width, height, depth } = stack.sequence;
      const size = `${width}x${height}x${depth}`;
      if (size !== known) {
        reader?.[Symbol.dispose]();
        reader = new FocusReader(device, { network, reading, size: stack.sequence });
        known = size;
      }
      yield { stack, probabilities: await reader!.probabilities(stack) };
    }
  } finally {
    reader?.[Symbol.dispose]();
  }
}
