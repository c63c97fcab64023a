/**
 * Counts what a training step gives to the GPU: dispatches and copies, by its parts. Each is launched by
 * itself, and a copy ends a pass, so on a fast GPU they decide how long a small step takes. Nothing
 * runs: the counts are those of the plan.
 *
 * @module
 */

import type { CommandCounts, Device } from "../../kernels/gpu/device.ts";
import type { Shape } from "../../kernels/gpu/shape.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { losses } from "../../nn/losses.ts";
import type { Network } from "../../nn/module.ts";
import { StarDist } from "../../nn/networks/stardist.ts";
import { UNet } from "../../nn/networks/unet.ts";
import { Adam } from "../../nn/optimisers/adam.ts";
import { starDistLoss } from "../../nn/stardist_loss.ts";
import { Random } from "../../train/images/random.ts";

/** Dispatches and copies, the setting of tensors to 0 included. */
export type Launches = readonly [dispatches: number, copies: number];

/** The launches of a step, by its parts. */
export interface StepLaunches {
  /** The network's answer. */
  readonly forward: Launches;
  /** The loss of it. */
  readonly loss: Launches;
  /** Gradients of all weights. */
  readonly backward: Launches;
  /** The optimiser. */
  readonly update: Launches;
  /** All of these. */
  readonly step: Launches;
}

/** A network, and the loss of its answer to images. */
interface Learner {
  readonly network: Network;
  loss(tape: Tape, x: Variable): Variable;
}

/** A U-Net of the defaults with soft Dice. */
export function unetLearner(device: Device): Learner {
  const network = new UNet(device, { random: new Random(1) });
  return {
    network,
    loss: (tape, x) => losses.dice(tape, network.forward(tape, x).prob, x),
  };
}

/** A StarDist of the defaults with its own loss. */
export function starDistLearner(device: Device): Learner {
  const network = new StarDist(device, { random: new Random(1) });
  return {
    network,
    loss(tape, x) {
      const predicted = network.forward(tape, x);
      const dist = new Variable(device.empty(predicted.dist.value.shape));
      return starDistLoss(tape, { predicted, truth: { prob: x, dist } }).total;
    },
  };
}

/** What is counted, by name. */
export const learners: Readonly<Record<string, (device: Device) => Learner>> = {
  "U-Net": unetLearner,
  "StarDist": starDistLearner,
};

/** Counts the launches of a step on images of this shape. */
export function countLaunches(
  device: Device,
  { learner: { network, loss }, shape }: { learner: Learner; shape: Shape },
): StepLaunches {
  const adam = new Adam(device, { parameters: network.parameters });
  const parts = ["forward", "loss", "backward", "update"] as const;
  // The counts up to the end of each part, less those up to its start.
  const upTo = parts.map((last): CommandCounts =>
    device.plan(() => {
      const [tape, x] = [new Tape(device), new Variable(device.empty(shape))];
      if (last === "forward") return void network.forward(tape, x);
      const value = loss(tape, x);
      if (last === "loss") return;
      const gradients = tape.backward(value);
      if (last === "update") adam.update(gradients);
    }).commands
  );
  const launches = upTo.map(({ dispatches, copies, clears }) => [dispatches, copies + clears]);
  const counts = parts.map((part, i) => {
    const [dispatches, copies] = launches[i];
    const [before, copiesBefore] = launches[i - 1] ?? [0, 0];
    return [part, [dispatches - before, copies - copiesBefore]];
  });
  return Object.fromEntries([...counts, ["step", launches[3]]]) as unknown as StepLaunches;
}
