/**
 * The `config.json` and `thresholds.json` of a StarDist model folder.
 *
 * What a file leaves out has the default of Config2D: older files do not say much.
 *
 * @module
 */

import type { RayThresholds } from "../../../nn/labels/stardist/thresholds.ts";
import { DEFAULT_STARDIST, type StarDistOptions } from "../../../nn/networks/stardist.ts";
import { unreadable } from "../../images/bytes.ts";

/** What `config.json` says about the network. */
export interface StarDistConfig {
  /** The network's options. */
  readonly options: StarDistOptions;
  /** What the names of the U-Net's layers start with. */
  readonly prefix: string;
  /** Whether each convolution of the U-Net is followed by a normalisation that goes by a batch. */
  readonly batchNorm: boolean;
  /** Whether it has no convolution between the U-Net and its heads. */
  readonly headsOnTrunk: boolean;
  /** Classes of objects, which it tells apart besides; 0 for none. */
  readonly classes: number;
}

type Json = Readonly<Record<string, unknown>>;

/** Settings that have to be as they are, with the only value that is understood. */
const FIXED: Readonly<Record<string, unknown>> = {
  unet_n_conv_per_depth: 2,
  unet_pool: [2, 2],
  unet_activation: "relu",
  unet_last_activation: "relu",
  unet_expansion: 2,
};

/** Other settings of the U-Net that are understood. */
const READ = [
  "unet_n_depth",
  "unet_kernel_size",
  "unet_n_filter_base",
  "unet_prefix",
  "unet_dropout",
  "unet_batch_norm",
];

const DEEPEST_UNET = 8;

const MEND = "give the config.json that belongs to the weights";
const REMEDY = "give a StarDist 2D model with a U-Net";

/**
 * Reads the text of a `config.json`.
 *
 * Dropout is accepted, since it does nothing in prediction, and so is whatever is said of training.
 * Settings of the U-Net that are not known are accepted where they are off.
 *
 * @param file The file's name, for errors.
 * @throws {SyntaxError} If the text is not what a StarDist model has.
 * @throws {TypeError} If it is another kind of model than a 2D U-Net.
 * @throws {RangeError} If a number makes no sense.
 */
export function parseStarDistConfig(text: string, file: string): StarDistConfig {
  const config = parseObject(text, file);
  if (config.n_rays === undefined) {
    throw unreadable(file, "it has no n_rays", "give the config.json of a StarDist model");
  }
  refuseOtherKinds(config, file);
  const base = whole(config, { name: "unet_n_filter_base", default: DEFAULT_STARDIST.base, file });
  const name = "net_conv_after_unet";
  const features = whole(config, { name, default: DEFAULT_STARDIST.features, least: 0, file });
  const kernel = kernelOf(config, file);
  const options = {
    rays: whole(config, { name: "n_rays", least: 3, file }),
    grid: gridOf(config, file),
    depth: whole(config, { name: "unet_n_depth", default: DEFAULT_STARDIST.depth, file }),
    base,
    // Heads on the U-Net itself read its channels.
    features: features === 0 ? base : features,
    inChannels: whole(config, { name: "n_channel_in", default: 1, file }),
    ...(kernel !== 3 && { kernel }),
  };
  if (options.depth > DEEPEST_UNET) {
    const what = `unet_n_depth is ${options.depth}, at most ${DEEPEST_UNET} make sense`;
    throw new RangeError(`Cannot import ${file}: ${what}; ${MEND}`);
  }
  const prefix = config.unet_prefix ?? "";
  if (typeof prefix !== "string") {
    throw new TypeError(
      `Cannot import ${file}: unet_prefix is ${prefix}, expected a text; ${MEND}`,
    );
  }
  return {
    ...{ options, prefix },
    batchNorm: isOn(config.unet_batch_norm),
    headsOnTrunk: features === 0,
    classes: whole(config, { name: "n_classes", default: 0, least: 0, file }),
  };
}

/**
 * Reads the text of a `thresholds.json`.
 *
 * @param file The file's name, for errors.
 * @throws {SyntaxError} If prob or nms is not a number from 0 to 1.
 */
export function parseThresholds(text: string, file: string): RayThresholds {
  const thresholds = parseObject(text, file);
  const read = (name: "prob" | "nms"): number => {
    const value = thresholds[name];
    if (typeof value === "number" && value >= 0 && value <= 1) return value;
    const what = `${name} is ${show(value)}, expected a number from 0 to 1`;
    throw unreadable(file, what, "correct it, or remove the file to use 0.5 and 0.4");
  };
  return { prob: read("prob"), nms: read("nms") };
}

/** Refuses a model that is not a 2D U-Net of the kind that {@linkcode StarDistOptions} describe. */
function refuseOtherKinds(config: Json, file: string): void {
  const refuse = (what: string): never => {
    throw new TypeError(`Cannot import ${file}: ${what}; ${REMEDY}`);
  };
  const { n_dim, axes, grid, backbone } = config;
  const threeDimensional = n_dim === 3 || (typeof axes === "string" && axes.includes("Z")) ||
    (Array.isArray(grid) && grid.length === 3);
  if (threeDimensional) refuse("it is a 3D model, only 2D models are understood");
  if (backbone !== undefined && backbone !== "unet") {
    refuse(`its backbone is ${show(backbone)}, only "unet" is understood`);
  }
  for (const [name, only] of Object.entries(FIXED)) {
    // CSBDeep takes no last activation (null) as the same as the others.
    const value = config[name] ?? only;
    if (show(value) !== show(only)) {
      refuse(`${name} is ${show(value)}, only ${show(only)} is understood`);
    }
  }
  for (const [name, value] of Object.entries(config)) {
    const known = name in FIXED || READ.includes(name) || !name.startsWith("unet_");
    if (!known && isOn(value)) {
      refuse(`${name} is ${show(value)}, a setting that is not understood`);
    }
  }
}

/** Whether a setting asks for anything. */
function isOn(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0;
}

/** The taps of convolutions: the same odd number for both axes. */
function kernelOf(config: Json, file: string): number {
  const size = config.unet_kernel_size ?? [3, 3];
  const [k, other] = Array.isArray(size) ? size : [];
  if (k === other && [1, 3, 5, 7].includes(k)) return k;
  throw new TypeError(
    `Cannot import ${file}: unet_kernel_size is ${
      show(size)
    }, only [1,1], [3,3], [5,5] and [7,7] are ` +
      `understood; ${REMEDY}`,
  );
}

/** The grid: the same for both axes, 1 where the file does not say. */
function gridOf(config: Json, file: string): number {
  const grid = config.grid ?? [1, 1];
  const [g, other] = Array.isArray(grid) ? grid : [];
  if (g !== other || ![1, 2, 4].includes(g)) {
    throw new RangeError(
      `Cannot import ${file}: grid is ${show(grid)}, only [1,1], [2,2] and [4,4] are understood; ` +
        "give a model with one of these",
    );
  }
  return g;
}

/** A whole number of at least 1, or of what is the least. */
function whole(
  config: Json,
  { name, default: otherwise, least = 1, file }: {
    name: string;
    default?: number;
    least?: number;
    file: string;
  },
): number {
  const value = config[name] ?? otherwise;
  if (Number.isInteger(value) && (value as number) >= least) return value as number;
  throw new RangeError(
    `Cannot import ${file}: ${name} is ${
      show(value)
    }, expected a whole number from ${least} on; ${MEND}`,
  );
}

function parseObject(text: string, file: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Falls through to the one message below.
  }
  throw unreadable(file, "it is no JSON object", "copy it again from its source");
}

/** A value as it stands in the file. */
function show(value: unknown): string {
  return JSON.stringify(value) ?? "missing";
}
