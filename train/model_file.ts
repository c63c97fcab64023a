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
import { checkPostprocess, type PostprocessSettings } from "./postprocess.ts";
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
  return { network, ...settingsOf(weights.metadata, file) };
}

/** What a weights file says about prediction, apart from the network. */
function settingsOf(
  metadata: Readonly<Record<string, string>>,
  file: string,
): Omit<Model, "network"> {
  try {
    const { stills, video } = JSON.parse(metadata.normalization);
    for (const { low, high } of [stills, video]) {
      if (!(low < high)) throw new RangeError(`Percentile ${low} is not below ${high}`);
    }
    const postprocess = JSON.parse(metadata.postprocess);
    checkPostprocess(postprocess);
    return { stills, video, postprocess };
  } catch (error) {
    throw new SyntaxError(
      `Cannot use ${file}: its metadata lacks normalization and postprocess that make sense; ` +
        "give the weights of a Kymo run",
      { cause: error },
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
