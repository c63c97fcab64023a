/**
 * Golden cases of StarDist: targets from labels, and the loss with its gradients.
 *
 * @module
 */

import type { Device } from "../../kernels/device.ts";
import type { StarDistanceError } from "../../kernels/ops/star_distance_loss.ts";
import type { Tensor } from "../../kernels/tensor.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { numberLabels, starDistTargets } from "../../nn/labels/stardist/targets.ts";
import type { NamedArray, SafeTensors } from "../../nn/safetensors.ts";
import { starDistLoss } from "../../nn/stardist_loss.ts";
import { type GoldenResult, largestRelativeError } from "./cases.ts";

const TARGET_LIMIT = 1e-4;

function arrayOf({ tensors }: SafeTensors, name: string): NamedArray {
  const array = tensors.get(name);
  if (!array) throw new SyntaxError(`the case lacks ${name}`);
  return array;
}

/** The larger of some errors; NaN if any is. */
function worst(errors: readonly number[]): number {
  return errors.some(Number.isNaN) ? NaN : Math.max(...errors);
}

/** Computes targets; what counts is the absolute error, in probability and in pixels. */
export async function runStarDistTargets(
  device: Device,
  golden: SafeTensors,
): Promise<GoldenResult> {
  const labels = arrayOf(golden, "labels");
  const [height, width] = labels.shape.slice(-2);
  const pixels = height * width;
  const shape = [labels.data.length / pixels, 1, height, width];
  using _scope = device.scope();
  const numbers = numberLabels(Int32Array.from(labels.data), { pixels });
  const made = starDistTargets(device, device.upload<"u32">(shape, numbers), {
    rays: Number(golden.metadata.rays),
    grid: Number(golden.metadata.grid),
  });
  const errors: number[] = [];
  for (const name of ["prob", "dist"] as const) {
    const expected = arrayOf(golden, name);
    const found = await device.read(made[name]);
    if (found.length !== expected.data.length) {
      throw new RangeError(`${name} has ${found.length} values, not ${expected.data.length}`);
    }
    errors.push(worst(Array.from(found, (value, i) => Math.abs(value - expected.data[i]))));
  }
  const limits = { forward: TARGET_LIMIT, gradient: TARGET_LIMIT };
  return { forward: worst(errors), gradient: 0, limits };
}

/** The weights in a text like `prob 1, dist 0.2`. */
function weightsOf(text: string): { prob: number; dist: number } {
  const weight = (name: string) => Number(text.match(new RegExp(`${name} ([\\d.e-]+)`))?.[1]);
  return { prob: weight("prob"), dist: weight("dist") };
}

/** Computes the loss, its two parts, and the gradients to both predictions. */
export async function runStarDistLoss(device: Device, golden: SafeTensors): Promise<GoldenResult> {
  const { metadata } = golden;
  using _scope = device.scope();
  const variable = (name: string, options: { needsGradient: boolean }) => {
    const { shape, data } = arrayOf(golden, name);
    return new Variable(device.upload(shape, data), options);
  };
  const learnt = { needsGradient: true };
  const predicted = { prob: variable("p", learnt), dist: variable("d", learnt) };
  const fixed = { needsGradient: false };
  const truth = { prob: variable("t_prob", fixed), dist: variable("t_dist", fixed) };
  const tape = new Tape(device);
  const { prob, dist, total } = starDistLoss(tape, {
    predicted,
    truth,
    options: {
      error: metadata.dist_loss as StarDistanceError,
      background: Number(metadata.background_reg),
      weights: weightsOf(metadata.weights),
    },
  });
  const gradients = tape.backward(total, { keep: [prob, dist] });
  const error = async (name: string, tensor: Tensor<"f32">) =>
    largestRelativeError(await device.read(tensor), arrayOf(golden, name));
  return {
    forward: worst([
      await error("loss_prob", prob.value),
      await error("loss_dist", dist.value),
      await error("loss", total.value),
    ]),
    gradient: worst([
      await error("dp", gradients.get(predicted.prob)!),
      await error("dd", gradients.get(predicted.dist)!),
    ]),
    limits: { forward: 1e-5, gradient: 1e-4 },
  };
}
