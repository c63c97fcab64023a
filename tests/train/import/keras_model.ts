/** Networks as Keras saves them, for tests. */

import type { NamedArray } from "../../../nn/safetensors.ts";
import { StarDist, type StarDistOptions } from "../../../nn/stardist.ts";
import { parameterTensors, readTensors } from "../../../nn/weights.ts";
import type { Device } from "../../../kernels/device.ts";
import { Random } from "../../../train/data/random.ts";
import type { ArrayToWrite } from "./hdf5_file.ts";

/** A small network, quick to write and to read. */
export const SMALL: StarDistOptions = {
  rays: 4,
  grid: 2,
  depth: 1,
  base: 2,
  features: 3,
  inChannels: 1,
};

/** The `config.json` of a network, as newer versions of StarDist write it. */
export function configOf(
  { rays, grid, depth, base, features }: StarDistOptions,
  change: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    n_dim: 2,
    axes: "YXC",
    n_channel_in: 1,
    n_channel_out: 1 + rays,
    train_checkpoint: "weights_best.h5",
    n_rays: rays,
    grid: [grid, grid],
    backbone: "unet",
    unet_n_depth: depth,
    unet_kernel_size: [3, 3],
    unet_n_filter_base: base,
    unet_n_conv_per_depth: 2,
    unet_pool: [2, 2],
    unet_activation: "relu",
    unet_last_activation: "relu",
    unet_batch_norm: false,
    unet_dropout: 0,
    unet_prefix: "",
    net_conv_after_unet: features,
    net_input_shape: [null, null, 1],
    train_dist_loss: "mae",
    train_reduce_lr: { factor: 0.5, patience: 80, min_delta: 0 },
    use_gpu: false,
    ...change,
  });
}

/** A network of ours with random weights, biases too, by our names. */
export async function randomWeights(
  device: Device,
  options: StarDistOptions,
): Promise<Map<string, NamedArray>> {
  using _scope = device.scope();
  const random = new Random(3);
  const weights = await readTensors(
    device,
    parameterTensors(new StarDist(device, { options, random })),
  );
  for (const { data } of weights.values()) data.forEach((_, i) => data[i] += 0.1 * random.normal());
  return weights;
}

/** The layer of Keras that holds a parameter of ours, written out from CSBDeep's and StarDist's rules. */
function kerasName(name: string): string {
  const [kind, a, b] = name.split(".");
  if (kind === "grid") return `conv2d_${5 + 2 * Number(a) + Number(b)}`;
  if (kind === "down") return `down_level_${a}_no_${b}`;
  if (kind === "middle") return `middle_${2 * Number(a)}`;
  if (kind === "up") return `up_level_${a}_no_${2 * Number(b)}`;
  return kind;
}

/** Weights of ours as the arrays of a Keras file: kernels `[kh, kw, c_in, c_out]`. */
export function kerasArrays(
  weights: ReadonlyMap<string, NamedArray>,
): Record<string, ArrayToWrite> {
  const arrays: Record<string, ArrayToWrite> = {};
  for (const [name, { shape, data }] of weights) {
    const layer = kerasName(name.replace(/\.(weight|bias)$/, ""));
    if (name.endsWith(".bias")) {
      arrays[`${layer}/${layer}/bias:0`] = { shape, values: data };
      continue;
    }
    const [cOut, cIn, k] = shape;
    const values: number[] = [];
    for (let row = 0; row < k; row++) {
      for (let column = 0; column < k; column++) {
        for (let i = 0; i < cIn; i++) {
          for (let o = 0; o < cOut; o++) {
            values.push(data[((o * cIn + i) * k + row) * k + column]);
          }
        }
      }
    }
    arrays[`${layer}/${layer}/kernel:0`] = { shape: [k, k, cIn, cOut], values };
  }
  return arrays;
}
