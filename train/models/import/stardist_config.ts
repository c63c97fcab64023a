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
}

type Json = Readonly<Record<string, unknown>>;

/** Settings of the U-Net that have to be as they are, with the only value that is understood. */
const FIXED: Readonly<Record<string, unknown>> = {
  n_channel_in: 1,
  unet_kernel_size: [3, 3],
  unet_n_conv_per_depth: 2,
  unet_pool: [2, 2],
  unet_activation: "relu",
  unet_last_activation: "relu",
  unet_batch_norm: false,
};

/** Other settings of the U-Net that are understood. */
const READ = ["unet_n_depth", "unet_n_filter_base", "unet_prefix", "unet_dropout"];

const DEEPEST_UNET = 8;

const MEND = "give the config.json that belongs to the weights";
const REMEDY = "give a StarDist 2D model with a U-Net, one channel and no classes";

/**
 * Reads the text of a `config.json`.
 *
 * Dropout is accepted, since it does nothing in prediction.
 *
 * @param file The file's name, for errors.
 * @throws {SyntaxError} If the text is not what a StarDist model has.
 * @throws {TypeError} If it is another kind of model than a 2D U-Net with one channel and one class.
 * @throws {RangeError} If a number makes no sense.
 */
export function parseStarDistConfig(text: string, file: string): StarDistConfig {
  const config = parseObject(text, file);
  if (config.n_rays === undefined) {
    throw unreadable(file, "it has no n_rays", "give the config.json of a StarDist model");
  }
  refuseOtherKinds(config, file);
  const options = {
    rays: whole(config, { name: "n_rays", least: 3, file }),
    grid: gridOf(config, file),
    depth: whole(config, { name: "unet_n_depth", default: DEFAULT_STARDIST.depth, file }),
    base: whole(config, { name: "unet_n_filter_base", default: DEFAULT_STARDIST.base, file }),
    features: whole(config, {
      name: "net_conv_after_unet",
      default: DEFAULT_STARDIST.features,
      file,
    }),
    inChannels: 1,
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
  return { options, prefix };
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
  const { n_dim, axes, grid, backbone, n_classes } = config;
  const threeDimensional = n_dim === 3 || (typeof axes === "string" && axes.includes("Z")) ||
    (Array.isArray(grid) && grid.length === 3);
  if (threeDimensional) refuse("it is a 3D model, only 2D models are understood");
  if (backbone !== undefined && backbone !== "unet") {
    refuse(`its backbone is ${show(backbone)}, only "unet" is understood`);
  }
  if (n_classes !== undefined && n_classes !== null) {
    refuse(`n_classes is ${show(n_classes)}, only models without classes are understood`);
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
    if (!known) refuse(`${name} is ${show(value)}, a setting that is not understood`);
  }
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
