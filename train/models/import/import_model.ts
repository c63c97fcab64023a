/**
 * Models published for StarDist and CSBDeep, as folders of `config.json`, `thresholds.json` and
 * `weights_best.h5`, or other weights where there are no best ones.
 *
 * @module
 */

import {
  defaultRayThresholds,
  type RayThresholds,
} from "../../../nn/labels/stardist/thresholds.ts";
import type { Architecture } from "../../../nn/module.ts";
import type { NamedArray } from "../../../nn/safetensors.ts";
import type { StarDistOptions } from "../../../nn/networks/stardist.ts";
import { join } from "../../images/names.ts";
import type { Source } from "../../images/source.ts";
import { readHdf5 } from "./hdf5.ts";
import { weightsFromKeras } from "./keras_layers.ts";
import { parseStarDistConfig, parseThresholds, type StarDistConfig } from "./stardist_config.ts";

/** A model that was read from another program's files. */
export interface ImportedModel {
  /** Kind `stardist` and its options: what `buildNetwork` needs. */
  readonly architecture: Architecture & { readonly options: StarDistOptions };
  /** Weights by the network's names, `[c_out, c_in, k, k]`. */
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** Its thresholds, or StarDist's defaults. */
  readonly thresholds: RayThresholds;
  /** Whether the folder has thresholds. */
  readonly hasThresholds: boolean;
  /** The file of the weights. */
  readonly file: string;
  /** What of it is left out or has been changed on the way, in a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads a StarDist 2D model folder: a U-Net of convolutions with ReLU, grid 1, 2 or 4. Classes of objects are
 * left out; normalisations by batch become part of their convolutions. Such models expect images normalised by
 * percentiles, mostly 1 and 99.8, without clipping: the folder does not say.
 *
 * @throws {Error} If `config.json` or a file of weights is missing.
 * @throws {SyntaxError} If a file is damaged.
 * @throws {TypeError} If it is another kind of model.
 * @throws {RangeError} If a number or shape does not fit.
 *
 * @example
 * ```ts ignore
 * const { architecture, weights, thresholds } = await importModel(disk, "models/2D_dsb2018");
 * ```
 */
export async function importModel(source: Source, folder: string): Promise<ImportedModel> {
  const configFile = join(folder, "config.json");
  const config = parseStarDistConfig(await readText(source, configFile), configFile);
  const thresholds = await readThresholds(source, folder);
  const file = join(folder, await weightsOf(source, folder));
  const arrays = await readHdf5(await readBytes(source, file), file);
  return {
    architecture: { kind: "stardist", options: { ...config.options } },
    weights: weightsFromKeras(arrays, { config, file }),
    thresholds: thresholds ?? defaultRayThresholds,
    hasThresholds: thresholds !== null,
    file,
    notes: notesOf(config),
  };
}

/** What is not as it was. */
function notesOf(
  { classes, batchNorm, options: { inChannels } }: StarDistConfig,
): string[] {
  return [
    ...(inChannels > 1
      ? [
        `It takes ${inChannels} channels: those that come first in files, or red, green and blue, each ` +
        "scaled by percentiles of its own; --channels chooses others",
      ]
      : []),
    ...(classes > 0
      ? [
        `It also tells ${classes} classes of objects apart: they are left out, objects are found alike`,
      ]
      : []),
    ...(batchNorm
      ? [
        "Its normalisations by batch became part of the convolutions before them: the answers are the same",
      ]
      : []),
  ];
}

/**
 * The name of the weights in a folder: the best ones, as CSBDeep prefers them, or else those that there
 * are. Keras 3 leaves `weights_last.h5` alone.
 *
 * @throws {RangeError} If there are several, and none is called the best.
 */
async function weightsOf(source: Source, folder: string): Promise<string> {
  const usual = "weights_best.h5";
  const found = (await source.list(folder)).files.filter((name) => /\.(h5|hdf5)$/.test(name));
  if (found.includes(usual) || found.length === 0) return usual;
  if (found.length === 1) return found[0];
  throw new RangeError(
    `Cannot import ${folder}: it has the weights ${
      found.sort().join(", ")
    } and no ${usual}; give the ` +
      "one to import that name",
  );
}

async function readThresholds(source: Source, folder: string): Promise<RayThresholds | null> {
  const name = "thresholds.json";
  if (!(await source.list(folder)).files.includes(name)) return null;
  const file = join(folder, name);
  return parseThresholds(await readText(source, file), file);
}

async function readText(source: Source, path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(source, path));
}

async function readBytes(source: Source, path: string): Promise<Uint8Array<ArrayBuffer>> {
  using file = await source.open(path);
  return await file.read(0, file.size);
}
