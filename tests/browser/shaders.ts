/**
 * Collects the WGSL of every shader that the kernels use, as it reaches the device.
 *
 * @module
 */

import { adamStep } from "../../kernels/parts/training/adam.ts";
import { Device, type Dispatch } from "../../kernels/gpu/device.ts";
import { classifyPixels, pickFeatures, pixelFeatures } from "../../kernels/features/mod.ts";
import { type AnyOperation, operations } from "../../kernels/operations.ts";
import { packWeights } from "../../kernels/ops/conv2d/pack.ts";
import { convolutionVariants, weightGradientVariants } from "../../kernels/ops/conv2d/variants.ts";
import {
  upConvolutionVariants,
  upWeightGradientVariants,
} from "../../kernels/ops/up_conv2d/variants.ts";
import type { PipelineSource } from "../../kernels/gpu/commands/pipelines.ts";
import {
  binaryOpening,
  connectedComponents,
  otsuThreshold,
  pasteTile,
  removeSmallObjects,
  threshold,
} from "../../kernels/masks/mod.ts";
import { sumJointly } from "../../kernels/parts/joint_sums.ts";
import { sgdStep } from "../../kernels/parts/training/sgd.ts";
import { DEFAULT_ADAM } from "../../nn/optimisers/adam.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { losses } from "../../nn/losses.ts";
import { UNet } from "../../nn/networks/unet.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import { Random } from "../../train/images/random.ts";
import { clipByNorm, clipByValue, GradientAccumulator } from "../../nn/optimisers/optimiser.ts";
import { starDistTargets } from "../../nn/labels/stardist/targets.ts";

/** A device that remembers every shader it is given. */
class ListeningDevice extends Device {
  readonly heard = new Map<string, PipelineSource>();

  override dispatch(dispatch: Dispatch): void {
    const { label, shader, constants } = dispatch;
    this.heard.set(JSON.stringify([shader, constants]), { label, shader, constants });
    super.dispatch(dispatch);
  }
}

/** Asks for all kernels of an operation at all its samples, without running any. */
function useOperation(device: Device, operation: AnyOperation): void {
  for (const { shapes, params } of operation.samples) {
    device.plan(() => {
      const inputs = shapes.map((shape) => device.empty(shape));
      const output = operation.forward(device, inputs, params);
      if (operation.backward === "none") return;
      const needs = inputs.map(() => true);
      const dy = device.empty(output.shape);
      operation.backward(device, { inputs, output, dy, needs }, params);
    });
  }
}

/** Asks for the kernels that a network's gradients take, which know of ReLUs and of each other. */
function useNetwork(device: Device): void {
  for (const side of [16, 12]) {
    device.plan(() => {
      const network = new UNet(device, {
        options: { depth: 1, base: 2, inChannels: 1 },
        random: new Random(1),
      });
      const [tape, x] = [new Tape(device), new Variable(device.empty([1, 1, side, side]))];
      tape.backward(losses.dice(tape, network.forward(tape, x).prob, x));
    });
  }
}

/** Asks for every kernel that can compute a convolution or a step up, not only for those chosen. */
function useVariants(device: Device): void {
  const sizes = [[6, 16, 3], [6, 7, 3], [6, 8, 1], [6, 12, 5], [2, 16, 3], [3, 7, 1]];
  for (const [channels, width, k] of sizes) {
    device.plan(() => {
      const x = device.empty([2, channels, 8, width]);
      const weight = device.empty([channels, channels, k, k]);
      const bias = device.empty([channels]);
      for (const variant of convolutionVariants) {
        const layer = { x, weight, bias, relu: true, transposed: false };
        const turned = { x, weight, bias: null, relu: false, transposed: true };
        for (const problem of [layer, turned, { ...turned, gate: x }]) {
          if (variant.supports(device, problem)) variant.run(device, problem);
        }
      }
      const sumBias = (partial: Tensor<"f32">) => partial;
      for (const variant of weightGradientVariants) {
        variant.run(device, { x, dz: x, k });
        variant.run(device, { x, dz: x, k, sumBias });
      }
    });
  }
  device.plan(() => {
    const [weight] = device.blocks.make([[5, 3, 3, 3], [6, 5, 1, 1]]).parts;
    for (const transposed of [false, true]) packWeights(device, { weight, transposed });
  });
  device.plan(() => {
    const [low, skip] = [device.empty([1, 2, 4, 8]), device.empty([1, 3, 8, 16])];
    const [weight, bias, dz] = [[4, 5, 3, 3], [4], [1, 4, 8, 16]].map((s) => device.empty(s));
    for (const variant of upConvolutionVariants) {
      variant.run(device, { low, skip, weight, bias, relu: true });
    }
    for (const variant of upWeightGradientVariants) variant.run(device, { low, skip, dz, weight });
  });
}

function useOptimisers(device: Device): void {
  device.plan(() => {
    const [weight, gradient, first, second] = [0, 1, 2, 3].map(() => device.empty([5]));
    const step = device.empty([4]);
    adamStep(device, { weight, gradient, first, second, step, settings: DEFAULT_ADAM });
    const rate = device.empty([1]);
    for (const velocity of [null, first]) {
      sgdStep(device, { weight, gradient, velocity, rate, settings: { momentum: 0.9 } });
    }
    const parameter = new Variable(weight);
    const gradients = new Map([[parameter, gradient]]);
    clipByValue(device, gradients, { limit: 1 });
    clipByNorm(device, gradients, { limit: 1 });
    new GradientAccumulator(device, { parameters: new Map([["w", parameter]]) }).add(gradients);
    const slabs = 40;
    const reductions = device.blocks.make([[5], [8]]).parts.map((total) => ({
      ...{ partial: device.empty([slabs, total.size]), slabs, total },
    }));
    sumJointly(device, reductions);
    sumJointly(device, reductions.map((reduction) => ({ ...reduction, slabs: 1 })));
  });
}

/** Asks for the kernels of StarDist's targets; the number of rays is part of one. */
function useTargets(device: Device): void {
  for (const rays of [3, 32, 4000]) {
    device.plan(() => {
      const labels = device.empty([2, 1, 9, 13], "u32");
      starDistTargets(device, labels, { rays, grid: 2 });
    });
  }
}

/** Computes features of pixels and asks a tree about them. */
async function useFeatures(device: Device): Promise<void> {
  using _scope = device.scope();
  const plane = device.upload([5, 7], Float32Array.from({ length: 35 }, (_, i) => i % 4));
  const features = pixelFeatures(device, plane, { sigmas: [1] });
  const places = Uint32Array.of(3, 1);
  pickFeatures(device, features, { places });
  const leaf = Uint32Array.of(1, 0, 0, 0);
  const forest = { trees: 1, classes: 2, features: features.shape[0], nodes: leaf };
  classifyPixels(device, features, { forest });
  await device.finish();
}

/** Runs the steps from a probability map to objects: they read values on the way. */
async function usePostprocess(device: Device): Promise<void> {
  using _scope = device.scope();
  const values = Float32Array.from({ length: 9 * 13 }, (_, i) => (i * 0.618) % 1);
  const x = device.upload([9, 13], values);
  const mask = threshold(device, x, { threshold: await otsuThreshold(device, x) });
  for (const footprint of ["cross", "square"] as const) binaryOpening(device, mask, { footprint });
  for (const connectivity of [4, 8] as const) {
    const components = await connectedComponents(device, mask, { connectivity });
    removeSmallObjects(device, components, { minSize: 2 });
    await connectedComponents(device, mask, { connectivity, minSize: 2 });
  }
  const area = { left: 0, top: 0, width: 13, height: 9 };
  const view = { width: 13, height: 9, origin: 0, stepX: 1, stepY: 13 };
  const tile = device.upload([1, 1, 9, 13], new Float32Array(9 * 13));
  pasteTile(device, { tile, plane: x }, { view, area, kept: area, share: 1 });
  await device.finish();
}

/** Every shader of the kernels, once. */
export async function collectShaders(): Promise<PipelineSource[]> {
  const adapter = await navigator.gpu.requestAdapter();
  const gpu = await adapter!.requestDevice();
  using device = new ListeningDevice(gpu, {
    name: "listening",
    vendor: "",
    isSoftware: false,
    features: [],
  });
  for (const operation of operations) useOperation(device, operation);
  useVariants(device);
  useNetwork(device);
  useOptimisers(device);
  useTargets(device);
  await usePostprocess(device);
  await useFeatures(device);
  return [...device.heard.values()];
}
