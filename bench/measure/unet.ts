/**
 * Times the U-Net as a whole: one prediction, and one training step.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { type Shape, sizeOf } from "../../kernels/gpu/shape.ts";
import { timeQueued, type Timing } from "../../kernels/choice/timing.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import type { Network } from "../../nn/module.ts";
import { DEFAULT_UNET, UNet } from "../../nn/networks/unet.ts";
import { Random } from "../../train/images/random.ts";
import { CountingTape } from "./flops.ts";
import type { UNetTimes } from "./times.ts";
import { captureTraining } from "./training.ts";

/** Images of the timed prediction. */
export const FORWARD_SHAPE: Shape = [1, 1, 256, 256];
/** Images of the timed step. */
export const STEP_SHAPE: Shape = [4, 1, 128, 128];

const LEARNING_RATE = 1e-3;
const TIMING = { atLeast: 200 };

/** The times of the U-Net, and how far their measurements lie apart. */
export interface MeasuredUNet {
  /** The times, as they stand in the report. */
  readonly times: UNetTimes;
  /** Of the prediction: longest less shortest measurement, relative to the median. */
  readonly forwardSpread: number;
  /** The same of the step. */
  readonly stepSpread: number;
}

/**
 * Times the U-Net on a device that has run nothing before, so that the first step compiles its
 * kernels and the peak is that of training. (A driver may keep compiled kernels from an earlier run.)
 *
 * @throws {RangeError} If the loss does not fall.
 */
export async function timeUNet(device: Device): Promise<MeasuredUNet> {
  const random = new Random(1);
  const network = new UNet(device, { options: DEFAULT_UNET, random });
  const training = await timeTraining(device, { network, random });
  const { peak } = device.memory;
  const forward = await timeForward(device, { network, random });
  const speed = ({ milliseconds: ms }: Timing, flops: number) => ({ ms, gflops: flops / ms / 1e6 });
  return {
    times: {
      forward: speed(forward, forwardFlops(device, { network, shape: FORWARD_SHAPE })),
      step: speed(training.step, 3 * forwardFlops(device, { network, shape: STEP_SHAPE })),
      first_step_ms: training.firstStep,
      peak_bytes: peak,
    },
    forwardSpread: forward.spread,
    stepSpread: training.step.spread,
  };
}

/** Floating point operations of the convolutions of one forward pass; nothing runs on the GPU. */
export function forwardFlops(
  device: Device,
  { network, shape }: { network: Network; shape: Shape },
): number {
  const tape = new CountingTape(device);
  device.plan(() => network.forward(tape, new Variable(device.empty(shape))));
  return tape.flops;
}

/** Steps on one batch whose bright pixels are to be found, which a network learns at once. */
async function timeTraining(
  device: Device,
  { network, random }: { network: Network; random: Random },
): Promise<{ firstStep: number; step: Timing }> {
  const images = Float32Array.from({ length: sizeOf(STEP_SHAPE) }, () => random.next());
  const targets = images.map((value) => value > 0.7 ? 1 : 0);
  const x = device.upload(STEP_SHAPE, images);
  const target = device.upload(STEP_SHAPE, targets);
  const start = performance.now();
  const { loss, step } = captureTraining(device, {
    network,
    x,
    target,
    learningRate: LEARNING_RATE,
  });
  step();
  const [first] = await device.read(loss);
  const firstStep = performance.now() - start;
  const time = await timeQueued(device, (count) => {
    for (let i = 0; i < count; i++) step();
  }, TIMING);
  step();
  const [last] = await device.read(loss);
  if (!(last < first)) {
    throw new RangeError(`Cannot time the U-Net: its loss went from ${first} to ${last}`);
  }
  return { firstStep, step: time };
}

async function timeForward(
  device: Device,
  { network, random }: { network: Network; random: Random },
): Promise<Timing> {
  const image = Float32Array.from({ length: sizeOf(FORWARD_SHAPE) }, () => random.next());
  const x = new Variable(device.upload(FORWARD_SHAPE, image));
  return await timeQueued(device, (count) => {
    for (let i = 0; i < count; i++) {
      using _scope = device.scope();
      network.forward(new Tape(device, { record: false }), x);
    }
  }, TIMING);
}
