/**
 * A trained model on disk: weights with everything that prediction must repeat.
 *
 * @module
 */

import type { Device } from "../kernels/device.ts";
import type { Network } from "../nn/module.ts";
import { decodeSafeTensors, encodeSafeTensors, type NamedArray } from "../nn/safetensors.ts";
import { loadNetwork } from "../nn/weights.ts";
import type { TrainConfig } from "./config.ts";
import type { NormalizationSettings } from "./data/normalize.ts";
import type { PostprocessSettings } from "./postprocess.ts";
import { stillNormalization, videoNormalization } from "./training_set.ts";
import { versions } from "./version.ts";

/** A model that can predict. */
export interface Model {
  /** The network with its weights on the GPU. */
  readonly network: Network;
  /** How single images are normalised. */
  readonly stills: NormalizationSettings;
  /** How videos are normalised. */
  readonly video: NormalizationSettings;
  /** How probabilities become labels. */
  readonly postprocess: PostprocessSettings;
}

/** Encodes weights with all that is needed to predict with them, `config.json` not included. */
export function encodeModel(
  { network, weights, config }: {
    network: Network;
    weights: ReadonlyMap<string, NamedArray>;
    config: TrainConfig;
  },
): Uint8Array<ArrayBuffer> {
  const normalization = { stills: stillNormalization(config), video: videoNormalization(config) };
  return encodeSafeTensors({
    metadata: {
      format: "kymo",
      architecture: JSON.stringify(network.architecture),
      normalization: JSON.stringify(normalization),
      postprocess: JSON.stringify(config.postprocess),
      versions: JSON.stringify(versions()),
    },
    tensors: weights,
  });
}

/**
 * Reads a model from a run folder (its `weights.safetensors`) or from a weights file.
 *
 * @throws {Error} If there is no such file.
 * @throws {SyntaxError | RangeError} If it is damaged or not a Kymo model.
 */
export async function readModel(device: Device, path: string): Promise<Model> {
  const file = path.endsWith(".safetensors") ? path : `${path}/weights.safetensors`;
  const weights = decodeSafeTensors(await readFile(file), file);
  const network = loadNetwork(device, { weights, from: file });
  const { normalization, postprocess } = weights.metadata;
  try {
    return {
      network,
      ...JSON.parse(normalization) as Pick<Model, "stills" | "video">,
      postprocess: JSON.parse(postprocess) as PostprocessSettings,
    };
  } catch {
    throw new SyntaxError(
      `Cannot use ${file}: its metadata lacks normalization and postprocess; give the weights of a ` +
        "Kymo run",
    );
  }
}

async function readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw new Error(
      `Cannot read ${path}: ${
        error instanceof Error ? error.message : error
      }; give the folder of a ` +
        "training run or a weights file",
    );
  }
}
