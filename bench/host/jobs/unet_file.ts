/**
 * A U-Net as a file, with weights of zeros.
 *
 * @module
 */

import { parameterTensors, readTensors } from "../../../nn/weights.ts";
import { defaultConfig } from "../../../train/jobs/train/config.ts";
import { freshNetwork, modelKind, objectModelOf } from "../../../train/models/list.ts";
import { encodeModel } from "../../../train/models/model_file.ts";
import { openNull } from "../null_gpu.ts";

/** The bytes of the weights of a U-Net as `train` makes it, which nobody has trained. */
export async function adaptedWeights(): Promise<Uint8Array<ArrayBuffer>> {
  using device = await openNull();
  const kind = modelKind("unet");
  const network = freshNetwork(device, { kind, settings: defaultConfig });
  return encodeModel({
    ...{ kind, planes: null, versions: {} },
    architecture: network.architecture,
    weights: await readTensors(device, parameterTensors(network)),
    intensities: defaultConfig,
    decode: objectModelOf(kind).decoding(defaultConfig),
  });
}
