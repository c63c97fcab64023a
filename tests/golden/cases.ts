/**
 * Golden cases: an operation's inputs, outputs and gradients as computed by PyTorch, compared with
 * what the kernels give. Each case is a safetensors file whose metadata names the operation.
 *
 * @module
 */

import type { Device } from "../../kernels/device.ts";
import type { AnyOperation } from "../../kernels/operations.ts";
import { type Params, runForward } from "../../kernels/operation.ts";
import { binaryCrossEntropy } from "../../kernels/ops/binary_cross_entropy.ts";
import { concat } from "../../kernels/ops/concat.ts";
import { conv2d } from "../../kernels/ops/conv2d/mod.ts";
import { dense } from "../../kernels/ops/dense.ts";
import { dice } from "../../kernels/ops/dice.ts";
import { foregroundSum } from "../../kernels/ops/foreground_sum.ts";
import { generalisedDice } from "../../kernels/ops/generalised_dice.ts";
import { globalAveragePool } from "../../kernels/ops/global_average_pool.ts";
import { groupNorm } from "../../kernels/ops/group_norm.ts";
import { maxPool2d } from "../../kernels/ops/max_pool2d.ts";
import { meanSquaredError } from "../../kernels/ops/mean_squared_error.ts";
import { relu } from "../../kernels/ops/relu.ts";
import { sigmoid } from "../../kernels/ops/sigmoid.ts";
import { squaredDice } from "../../kernels/ops/squared_dice.ts";
import { stridedConv2d } from "../../kernels/ops/strided_conv2d.ts";
import { upsampleBilinear, upsampleNearest } from "../../kernels/ops/upsample.ts";
import type { NamedArray, SafeTensors } from "../../nn/safetensors.ts";
import { runSiameseTraining } from "./siamese_training.ts";
import { runStarDistLoss, runStarDistTargets } from "./stardist.ts";

/** What a case showed: the largest error of its results and of its gradients. */
export interface GoldenResult {
  /** Largest forward error, relative to the largest reference value. */
  readonly forward: number;
  /** Largest gradient error, relative likewise; 0 where there are none. */
  readonly gradient: number;
  /** The limits they are held against. */
  readonly limits: { forward: number; gradient: number };
}

interface Rule {
  readonly operation: AnyOperation;
  readonly params: Params;
}

const LIMITS = { forward: 1e-5, gradient: 1e-4 };

/** The operation that a case's metadata means, or null if there is none. */
function ruleFor(metadata: Readonly<Record<string, string>>): Rule | null {
  const { op = "" } = metadata;
  const smooth = Number(metadata.smooth ?? 1);
  const epsilon = Number(metadata.eps ?? 1e-6);
  const plain = (operation: AnyOperation): Rule => ({ operation, params: {} });
  if (op === "conv2d") {
    const [stride, padding] = [Number(metadata.stride ?? 1), Number(metadata.padding)];
    const isSame = stride === 1 && metadata.padding === "same";
    if (isSame) return { operation: conv2d, params: { relu: false } };
    return isNaN(padding) ? null : { operation: stridedConv2d, params: { stride, padding } };
  }
  if (op === "dense") return plain(dense);
  if (op === "global_avg_pool") {
    return { operation: globalAveragePool, params: { keepAxes: false } };
  }
  if (op === "group_norm") {
    const params = { groups: Number(metadata.groups), epsilon: Number(metadata.eps ?? 1e-5) };
    return { operation: groupNorm, params };
  }
  if (op === "maxpool2") return plain(maxPool2d);
  if (op === "upsample_nearest2") return plain(upsampleNearest);
  if (op === "upsample_bilinear2") return plain(upsampleBilinear);
  if (op === "concat_channels") return plain(concat);
  if (op === "relu") return plain(relu);
  if (op === "sigmoid") return plain(sigmoid);
  if (op.startsWith("squared-denominator dice")) {
    return { operation: squaredDice, params: { smooth } };
  }
  if (op.startsWith("dice")) return { operation: dice, params: { smooth } };
  if (op.startsWith("generalised dice")) return { operation: generalisedDice, params: { epsilon } };
  if (op.startsWith("binary cross-entropy")) return plain(binaryCrossEntropy);
  if (op.startsWith("mean squared difference")) return plain(meanSquaredError);
  if (op.startsWith("mean absolute difference of the foreground")) return plain(foregroundSum);
  return null;
}

/** Largest difference relative to the largest reference value; NaN anywhere gives NaN. */
export function largestRelativeError(actual: Float32Array, expected: NamedArray): number {
  let [largest, scale] = [0, 0];
  expected.data.forEach((reference, i) => {
    const difference = Math.abs(actual[i] - reference);
    largest = Math.max(largest, difference);
    scale = Math.max(scale, Math.abs(reference));
  });
  return scale === 0 ? largest : largest / scale;
}

/** Names under which a case may hold the inputs of an operation, in the operation's order. */
function inputNames(operation: AnyOperation, tensors: SafeTensors["tensors"]): string[] {
  const candidates = [operation.inputs, ["x"], ["a", "b"], ["p", "t"]];
  const names = candidates.find((list) =>
    list.length === operation.inputs.length && list.every((name) => tensors.has(name))
  );
  if (!names) throw new SyntaxError(`Cannot run ${operation.name}: the case lacks its inputs`);
  return [...names];
}

/**
 * Runs one case on the GPU.
 *
 * @throws {RangeError} If its operation is not known.
 */
export async function runGoldenCase(device: Device, golden: SafeTensors): Promise<GoldenResult> {
  const { op } = golden.metadata;
  if (op === "siamese training") return await runSiameseTraining(device, golden);
  if (op === "stardist targets") return await runStarDistTargets(device, golden);
  if (op === "stardist loss") return await runStarDistLoss(device, golden);
  const rule = ruleFor(golden.metadata);
  if (!rule) throw new RangeError(`unknown operation: ${JSON.stringify(golden.metadata)}`);
  return await runOperation(device, { golden, ...rule });
}

async function runOperation(
  device: Device,
  { golden: { tensors }, operation, params }: Rule & { golden: SafeTensors },
): Promise<GoldenResult> {
  const names = inputNames(operation, tensors);
  using _scope = device.scope();
  const upload = ({ shape, data }: NamedArray) => device.upload(shape, data);
  const inputs = names.map((name) => upload(tensors.get(name)!));
  const output = runForward(device, operation, { inputs, params });
  const upstream = tensors.get("dy");
  const dy = upstream ? upload(upstream) : device.upload([1], Float32Array.of(1));
  const gradients = operation.backward === "none" ? [] : operation.backward(device, {
    inputs,
    output,
    dy,
    needs: names.map((name) => tensors.has(`d${name}`)),
  }, params);
  const [result, ...read] = await Promise.all(
    [output, ...gradients].map((t) => t ? device.read(t) : null),
  );
  const expected = tensors.get("y") ?? tensors.get("loss");
  if (!expected) throw new SyntaxError(`the case has neither y nor loss`);
  const errors = names.flatMap((name, i) => {
    const reference = tensors.get(`d${name}`);
    if (!reference) return [];
    const gradient = read[i];
    return [gradient ? largestRelativeError(gradient, reference) : NaN];
  });
  const worst = errors.some(Number.isNaN) ? NaN : Math.max(0, ...errors);
  return { forward: largestRelativeError(result!, expected), gradient: worst, limits: LIMITS };
}
