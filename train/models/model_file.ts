/**
 * A trained model on disk: weights with everything that prediction must repeat.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import type { Network } from "../../nn/module.ts";
import { defaultRayThresholds, type RayThresholds } from "../../nn/labels/stardist/thresholds.ts";
import {
  decodeSafeTensors,
  encodeSafeTensors,
  type NamedArray,
  type SafeTensors,
} from "../../nn/safetensors.ts";
import { loadNetwork, parseArchitecture } from "../../nn/weights.ts";
import type { ConfigChange, TrainConfig } from "../jobs/train/config.ts";
import type { NormalizationSettings } from "../images/normalize.ts";
import { checkPostprocess } from "./postprocess.ts";
import type { DecodeSettings } from "./segment.ts";
import { takesStacks } from "../jobs/train/stack_set.ts";
import { stillNormalization, videoNormalization } from "../jobs/train/training_set.ts";
import { versions } from "../jobs/disk/version.ts";

/** A model that can predict. */
export interface Model {
  /** The network with its weights on the GPU. */
  readonly network: Network;
  /** How single images are normalised. */
  readonly stills: NormalizationSettings;
  /** How videos are normalised. */
  readonly video: NormalizationSettings;
  /** How its answers become labels. */
  readonly decode: DecodeSettings;
  /** Planes on each side of the focus that are channels of its images; null if they are no z-stacks. */
  readonly planes: number | null;
}

/** What a weights file holds. */
export interface ModelFile extends Omit<Model, "network"> {
  /** The file. */
  readonly file: string;
  /** Weights and what describes the network. */
  readonly weights: SafeTensors;
}

/** What prediction must repeat, apart from the network. */
export interface EncodeModelOptions {
  /** Says how the network is built. */
  readonly network: Pick<Network, "architecture">;
  /** Its weights. */
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** Normalisation and post-processing. */
  readonly config: TrainConfig;
  /** Thresholds picked for a StarDist network; the defaults if left out. */
  readonly thresholds?: RayThresholds;
}

/** Encodes weights with all that is needed to predict with them, `config.json` not included. */
export function encodeModel(
  { network, weights, config, thresholds = defaultRayThresholds }: EncodeModelOptions,
): Uint8Array<ArrayBuffer> {
  const normalization = { stills: stillNormalization(config), video: videoNormalization(config) };
  return encodeSafeTensors({
    metadata: {
      format: "kymo",
      architecture: JSON.stringify(network.architecture),
      normalization: JSON.stringify(normalization),
      postprocess: JSON.stringify(config.postprocess),
      ...(takesStacks(config) && { planes: JSON.stringify(config.planes) }),
      ...(network.architecture.kind === "stardist" && { thresholds: JSON.stringify(thresholds) }),
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
  const { file, weights, ...settings } = await readModelFile(path);
  return { network: loadNetwork(device, { weights, from: file }), ...settings };
}

/**
 * What {@linkcode readModel} reads, without building the network.
 *
 * @throws {Error} If there is no such file.
 * @throws {SyntaxError} If it is damaged or not a Kymo model.
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const file = weightsFile(path);
  const weights = decodeSafeTensors(await readFile(file), file);
  return { file, weights, ...settingsOf(weights.metadata, file) };
}

/** What a model is for. */
export interface ModelPurpose {
  /** Kind of its network; null if the file cannot be read. */
  readonly kind: string | null;
  /** Planes on each side of the focus, if it takes z-stacks. */
  readonly planes: number | null;
}

/**
 * What a model is for, as far as can be seen without using it; a file that cannot be read is left to
 * whoever needs it.
 */
export async function purposeOf(path: string): Promise<ModelPurpose> {
  try {
    const file = weightsFile(path);
    const { metadata } = decodeSafeTensors(await readFile(file), file);
    const { kind } = parseArchitecture(metadata["architecture"] ?? "", file);
    return { kind, planes: metadata.planes === undefined ? null : JSON.parse(metadata.planes) };
  } catch {
    return { kind: null, planes: null };
  }
}

/** The weights of a model that is given as a run folder or as the file itself. */
export function weightsFile(path: string): string {
  return path.endsWith(".safetensors") ? path : `${path}/weights.safetensors`;
}

/**
 * The settings that a run must have to go on with a model's weights: those of its network, and how
 * images are normalised.
 *
 * @throws {Error} If there is no such file.
 * @throws {SyntaxError} If it is damaged or not a Kymo model.
 */
export async function settingsOfModel(path: string): Promise<ConfigChange> {
  const { file, weights, stills, video, planes } = await readModelFile(path);
  const { kind, options } = parseArchitecture(weights.metadata["architecture"] ?? "", file);
  const { depth, base, rays, grid, features } = options;
  return {
    model: kind,
    depth,
    base,
    ...(kind === "stardist" && { stardist: { rays, grid, features } }),
    planes: planes ?? 0,
    low: stills.low,
    high: stills.high,
    videoNormalization: video.mode,
  };
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
    // Only StarDist has any.
    const thresholds = JSON.parse(metadata.thresholds ?? JSON.stringify(defaultRayThresholds));
    for (const value of [thresholds.prob, thresholds.nms]) {
      if (!(value >= 0 && value <= 1)) throw new RangeError(`A threshold is ${value}`);
    }
    const planes = metadata.planes === undefined ? null : JSON.parse(metadata.planes);
    if (planes !== null && !(Number.isInteger(planes) && planes >= 0)) {
      throw new RangeError(`There are ${planes} planes on each side of the focus`);
    }
    return { stills, video, decode: { postprocess, thresholds }, planes };
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
