/**
 * Collects the WGSL of every shader that the kernels use, as it reaches the device.
 *
 * @module
 */

import { adamStep } from "../../kernels/adam.ts";
import { Device, type Dispatch } from "../../kernels/device.ts";
import { type AnyOperation, operations } from "../../kernels/operations.ts";
import type { PipelineSource } from "../../kernels/pipelines.ts";
import {
  binaryOpening,
  connectedComponents,
  cutTile,
  otsuThreshold,
  pasteTile,
  removeSmallObjects,
  threshold,
} from "../../kernels/postprocess/mod.ts";
import { DEFAULT_ADAM } from "../../nn/adam.ts";

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

function useAdam(device: Device): void {
  device.plan(() => {
    const [weight, gradient, first, second] = [0, 1, 2, 3].map(() => device.empty([5]));
    const step = device.empty([3]);
    adamStep(device, { weight, gradient, first, second, step, settings: DEFAULT_ADAM });
  });
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
  const tile = cutTile(device, x, { view, area });
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
  useAdam(device);
  await usePostprocess(device);
  return [...device.heard.values()];
}
