/**
 * From another program's model folder to a run folder that predicts and that training goes on from.
 *
 * @module
 */

import { sizeOf } from "../../kernels/gpu/shape.ts";
import type { RayThresholds } from "../../nn/labels/stardist/thresholds.ts";
import type { StarDistOptions } from "../../nn/networks/stardist.ts";
import { configOf, defaultConfig, type TrainConfig } from "./train/config.ts";
import { encodeModel } from "../models/model_file.ts";
import { disk } from "./disk/files.ts";
import { claimEmptyFolder, refuseFilled } from "./disk/folders.ts";
import { RunFolder } from "./disk/run_folder.ts";
import { versions } from "./disk/version.ts";
import { starDist } from "../models/stardist/kind.ts";
import { importModel } from "../models/import/import_model.ts";
import { blame } from "../images/faults/input_fault.ts";

/**
 * What to import, and where to.
 *
 * @category Jobs
 */
export interface ImportOptions {
  /** A StarDist model folder. */
  readonly model: string;
  /** The run folder to make; it must be empty if it is there. */
  readonly out: string;
}

/**
 * A model has been imported.
 *
 * @category Jobs
 */
export interface ModelImported {
  /** What kind of event this is. */
  readonly type: "imported";
  /** The folder it came from. */
  readonly model: string;
  /** Its file of weights. */
  readonly file: string;
  /** The run folder. */
  readonly out: string;
  /** The weights to predict with. */
  readonly weights: string;
  /** Numbers in the network. */
  readonly parameters: number;
  /** The network's options. */
  readonly options: StarDistOptions;
  /** The thresholds it predicts with. */
  readonly thresholds: RayThresholds;
  /** Whether they are the model's own; otherwise they are StarDist's defaults. */
  readonly hasThresholds: boolean;
  /** What of it is left out or has been changed on the way, in a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Imports a model: writes `weights.safetensors`, and `config.json` with the settings of training from
 * it. Images will be normalised as StarDist does, by percentiles 1 and 99.8 without clipping; a video
 * by those of all its frames. Nothing is written if anything is wrong with the model.
 *
 * @throws {Error} If the run folder holds something, or cannot be written.
 * @throws {SyntaxError | TypeError | RangeError} As {@linkcode importModel}.
 * @category Jobs
 */
export async function importRun({ model, out }: ImportOptions): Promise<ModelImported> {
  const filling = {
    ...{ job: "import", task: `import into ${out}` },
    parts: ["config.json", "weights.safetensors"],
  };
  if (await Deno.stat(out).then(({ isDirectory }) => !isDirectory, () => false)) {
    throw new TypeError(`Cannot import into ${out}: it is a file; give another --out`);
  }
  await refuseFilled(out, filling);
  const { architecture, weights, thresholds, hasThresholds, file, notes } = await importModel(
    disk,
    model,
  )
    .catch(
      blame,
    );
  const { options } = architecture;
  const config = configOfNetwork(options);
  using claim = await claimEmptyFolder(out, filling);
  const folder = new RunFolder(out);
  const content = encodeModel({
    ...{ kind: starDist, architecture, weights, intensities: config },
    decode: { ...thresholds, border: "drop" }, // What is at the edges, its users know from StarDist.
    planes: null,
    channels: config.channels.length > 0 ? config.channels : null,
    exactRange: true,
    versions: versions(),
  });
  await folder.writeConfig(config, versions());
  await folder.write("weights.safetensors", content);
  claim.keep();
  return {
    type: "imported",
    model,
    file,
    out,
    weights: folder.file("weights.safetensors"),
    parameters: [...weights.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    options,
    thresholds,
    hasThresholds,
    notes,
  };
}

/** The settings with which training goes on from a network. */
function configOfNetwork(
  { rays, grid, features, depth, base, inChannels, kernel = 3 }: StarDistOptions,
): TrainConfig {
  const multiple = 2 ** depth * grid;
  const patch = Math.ceil(defaultConfig.patch / multiple) * multiple;
  const channels = inChannels === 1
    ? []
    : Array.from({ length: inChannels }, (_, channel) => `${channel + 1}`);
  const network = { depth, base, channels, stardist: { rays, grid, features, kernel } };
  return configOf({ model: starDist.name, patch, ...network }, { source: "the model" });
}
