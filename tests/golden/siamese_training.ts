/**
 * A golden case that is a whole run: a small U-Net trained for a few steps, some on labelled images
 * and some for consistency between pairs of frames, each kind with its own Adam.
 *
 * @module
 */

import type { Device } from "../../kernels/device.ts";
import { Adam } from "../../nn/adam.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { losses } from "../../nn/losses.ts";
import type { NamedArray, SafeTensors } from "../../nn/safetensors.ts";
import { siameseForward } from "../../nn/siamese.ts";
import { UNet } from "../../nn/unet.ts";
import { parameterTensors, writeTensors } from "../../nn/weights.ts";
import { type GoldenResult, largestRelativeError } from "./cases.ts";

const LIMIT = 1e-3;

/** The arrays whose names start with a prefix, without it. */
function withPrefix(tensors: SafeTensors["tensors"], prefix: string): Map<string, NamedArray> {
  return new Map(
    [...tensors]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, array]) => [name.slice(prefix.length), array]),
  );
}

/** Step `step` of an array stacked over the steps. */
function atStep({ shape, data }: NamedArray, step: number): NamedArray {
  const size = data.length / shape[0];
  return { shape: shape.slice(1), data: data.slice(step * size, (step + 1) * size) };
}

/** Two batches, one after the other. */
function stacked(a: NamedArray, b: NamedArray): NamedArray {
  const data = new Float32Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return { shape: [a.shape[0] + b.shape[0], ...a.shape.slice(1)], data };
}

/** Follows the run and compares the first output and gradients, every loss and the last weights. */
export async function runSiameseTraining(
  device: Device,
  { metadata, tensors }: SafeTensors,
): Promise<GoldenResult> {
  const network = new UNet(device, {
    options: {
      depth: Number(metadata.depth),
      base: Number(metadata.base),
      inChannels: Number(metadata.in_channels),
    },
    random: { next: () => 0.5 },
  });
  const weights = parameterTensors(network);
  writeTensors(device, { tensors: weights, arrays: withPrefix(tensors, "init."), from: "init" });
  const { parameters } = network;
  const optimisers = [new Adam(device, { parameters }), new Adam(device, { parameters })];
  const rates = [Number(metadata.lr_segmentation), Number(metadata.lr_consistency)];
  const array = (name: string) => {
    const found = tensors.get(name);
    if (!found) throw new SyntaxError(`the case lacks ${name}`);
    return found;
  };
  const upload = ({ shape, data }: NamedArray) => new Variable(device.upload(shape, data));
  const isConsistency = array("is_consistency").data;
  const errors: Record<"forward" | "gradient", number[]> = { forward: [], gradient: [] };
  const lossValues = new Float32Array(isConsistency.length);
  for (const [step, flag] of isConsistency.entries()) {
    using _scope = device.scope();
    const tape = new Tape(device);
    let [a, b]: (Variable | null)[] = [null, null];
    if (flag) {
      const frames = stacked(atStep(array("frames_a"), step), atStep(array("frames_b"), step));
      const answers = siameseForward(tape, { network, frames: upload(frames) });
      [a, b] = [answers.first.prob, answers.second.prob];
    } else {
      a = network.forward(tape, upload(atStep(array("images"), step))).prob;
      b = upload(atStep(array("labels"), step));
    }
    const loss = losses.dice(tape, a, b);
    const gradients = tape.backward(loss, { keep: [a] });
    if (step === 0) {
      errors.forward.push(largestRelativeError(await device.read(a.value), array("y0")));
      for (const [name, reference] of withPrefix(tensors, "grad0.")) {
        const gradient = gradients.get(parameters.get(name)!)!;
        errors.gradient.push(largestRelativeError(await device.read(gradient), reference));
      }
    }
    optimisers[flag].step(gradients, rates[flag]);
    lossValues[step] = (await device.read(loss.value))[0];
  }
  errors.forward.push(largestRelativeError(lossValues, array("losses")));
  for (const [name, reference] of withPrefix(tensors, "final.")) {
    errors.gradient.push(largestRelativeError(await device.read(weights.get(name)!), reference));
  }
  const worst = (list: number[]) => list.some(Number.isNaN) ? NaN : Math.max(...list);
  return {
    forward: worst(errors.forward),
    gradient: worst(errors.gradient),
    limits: { forward: LIMIT, gradient: LIMIT },
  };
}
