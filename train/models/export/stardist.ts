/**
 * Models as the folder that Python's StarDist loads: `config.json`, `thresholds.json` and
 * `weights_best.h5`, the inverse of {@linkcode importModel}.
 *
 * @module
 */

import type { RayThresholds } from "../../../nn/labels/stardist/thresholds.ts";
import type { StarDistOptions } from "../../../nn/networks/stardist.ts";
import { writeHdf5 } from "../../images/formats/hdf5/write.ts";
import { kernelOf } from "../import/kernels.ts";
import { kerasLayers } from "../import/keras_layers.ts";
import type { ExportFormat } from "./export_format.ts";

/** The model folder of StarDist. */
export const starDistFolder: ExportFormat = {
  name: "stardist",
  sentence: "the model folder (or .zip of it) of StarDist for Python",
  kinds: ["stardist"],
  async write({ architecture, weights, reading }) {
    const options = architecture.options as unknown as StarDistOptions;
    const { prob, nms } = reading.decode as RayThresholds;
    return new Map([
      ["config.json", json(configOf(options))],
      ["thresholds.json", json({ prob, nms })],
      ["weights_best.h5", await kerasWeights(options, weights)],
    ]);
  },
};

/** Layers and arrays as Keras 2 saves them, which Keras 3 reads, too. */
async function kerasWeights(
  options: StarDistOptions,
  weights: Parameters<ExportFormat["write"]>[0]["weights"],
): Promise<Uint8Array<ArrayBuffer>> {
  const pairs = 2 * Math.log2(options.grid);
  const grid = Array.from({ length: pairs }, (_, i) => i === 0 ? "conv2d" : `conv2d_${i}`);
  const layers = kerasLayers({ options, prefix: "" }, grid);
  return await writeHdf5({
    attributes: {
      layer_names: layers.map(({ keras }) => keras),
      backend: "tensorflow",
      keras_version: "2.11.0",
    },
    groups: new Map(layers.map(({ name, keras }) => {
      const arrays = new Map([
        [`${keras}/kernel:0`, kernelOf(weights.get(`${name}.weight`)!)],
        [`${keras}/bias:0`, weights.get(`${name}.bias`)!],
      ]);
      return [keras, { attributes: { weight_names: [...arrays.keys()] }, arrays }];
    })),
  });
}

/** The settings of Config2D that describe the network; the others have its defaults. */
export function configOf(
  { rays, grid, depth, base, features, inChannels, kernel = 3 }: StarDistOptions,
): Readonly<Record<string, unknown>> {
  return {
    n_dim: 2,
    axes: "YXC",
    n_channel_in: inChannels,
    n_channel_out: 1 + rays,
    train_checkpoint: "weights_best.h5",
    train_checkpoint_last: "weights_last.h5",
    train_checkpoint_epoch: "weights_now.h5",
    n_rays: rays,
    grid: [grid, grid],
    backbone: "unet",
    unet_n_depth: depth,
    unet_kernel_size: [kernel, kernel],
    unet_n_filter_base: base,
    unet_n_conv_per_depth: 2,
    unet_pool: [2, 2],
    unet_activation: "relu",
    unet_last_activation: "relu",
    unet_batch_norm: false,
    unet_dropout: 0,
    unet_prefix: "",
    net_conv_after_unet: features,
    net_input_shape: [null, null, inChannels],
    net_mask_shape: [null, null, 1],
  };
}

function json(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value, null, 2) + "\n");
}
