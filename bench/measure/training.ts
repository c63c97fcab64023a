/**
 * Training steps as a training makes them: captured once, replayed after.
 *
 * @module
 */

import type { Arena } from "../../kernels/gpu/memory/arena.ts";
import type { Device } from "../../kernels/gpu/device.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import { Adam } from "../../nn/optimisers/adam.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { losses } from "../../nn/losses.ts";
import type { Network } from "../../nn/module.ts";

/** A training on one batch. */
export interface Training {
  /** Its optimiser. */
  readonly adam: Adam;
  /** Soft Dice of the last step, from before its update, `[1]`. */
  readonly loss: Tensor<"f32">;
  /** Queues a step. */
  step(): void;
}

/** Captures a step of soft Dice and Adam on images x and targets of the same shape. */
export function captureTraining(
  device: Device,
  { network, x, target, learningRate, arena }: {
    network: Network;
    x: Tensor<"f32">;
    target: Tensor<"f32">;
    learningRate: number;
    /** Memory to share with steps that run at other times; its own unless told. */
    arena?: Arena;
  },
): Training {
  const adam = new Adam(device, { parameters: network.parameters });
  const loss = device.empty([1]);
  const compute = () => {
    const tape = new Tape(device);
    const { prob } = network.forward(tape, new Variable(x));
    const dice = losses.dice(tape, prob, new Variable(target));
    adam.update(tape.backward(dice));
    device.copy({ from: dice.value, to: loss, count: 1 });
  };
  if (arena && !arena.holds(compute)) arena.reserve([compute]);
  const recording = device.capture(compute, { arena });
  const step = () => {
    adam.advance(learningRate);
    recording.replay();
  };
  return { adam, loss, step };
}
