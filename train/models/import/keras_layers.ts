/**
 * From the layers of a Keras weights file to the parameters of a {@linkcode StarDist} network.
 *
 * The U-Net's layers are named by CSBDeep, the last ones by StarDist. The grid's convolutions and
 * normalisations have no name, so Keras numbers them: `conv2d_1`, `conv2d_2` … on from any number, since it
 * counts all layers made in one session. Their order is that of the numbers. Keras stores kernels as
 * `[kh, kw, c_in, c_out]`.
 *
 * @module
 */

import { formatShape, sameShape } from "../../../kernels/gpu/shape.ts";
import type { NamedArray } from "../../../nn/safetensors.ts";
import { type BatchNorm, foldBatchNorm } from "./batch_norm.ts";
import type { Hdf5Array } from "./hdf5.ts";
import { groupByLayer, inOrder, type KerasLayer } from "./keras_file.ts";
import { weightOf } from "./kernels.ts";
import type { StarDistConfig } from "./stardist_config.ts";

const MEND = "give the weights that belong to config.json";

/** One convolution: its name here and in Keras, and its shape. */
export interface Layer {
  /** Its name here. */
  readonly name: string;
  /** Its name in Keras. */
  readonly keras: string;
  /** Channels that it reads. */
  readonly cIn: number;
  /** Channels that it gives. */
  readonly cOut: number;
  /** Taps along each axis. */
  readonly k: number;
}

/** Layers that tell classes apart. */
const OF_CLASSES = ["features_class", "prob_class"];

/** What a weights file is read with. */
interface Reading {
  readonly config: StarDistConfig;
  /** The file's name, for errors. */
  readonly file: string;
}

/**
 * Takes the weights of a network out of the arrays of a Keras weights file, as Keras 2 or 3 lays them out.
 * Normalisations become part of their convolutions, layers of classes are left out.
 *
 * @param arrays Arrays by path; a file of a whole model keeps them under `model_weights`.
 * @param file The file's name, for errors.
 * @returns Arrays `[c_out, c_in, k, k]` and `[c_out]` by the names of {@linkcode StarDist}.
 * @throws {TypeError} If the layers are not those of a StarDist U-Net.
 * @throws {RangeError} If an array has another shape than the configuration asks for.
 * @throws {SyntaxError} If values cannot be read.
 */
export function weightsFromKeras(
  arrays: ReadonlyMap<string, Hdf5Array>,
  { config, file }: Reading,
): Map<string, NamedArray> {
  const found = groupByLayer(arrays, {
    ...{ file, mend: MEND, batchNorm: config.batchNorm },
    names: namesOf(config),
  });
  const layers = kerasLayers(config, gridNames(found, { config, file }));
  const norms = normsOf(found, layers, { config, file });
  const expected = new Set([...layers.map(({ keras }) => keras), ...norms.values()]);
  if (config.classes > 0) OF_CLASSES.forEach((name) => expected.add(name));
  for (const name of found.keys()) {
    if (!expected.has(name)) {
      throw new TypeError(
        `Cannot import ${file}: it holds a layer ${name}, which config.json does not ask for; ${MEND}`,
      );
    }
  }
  const weights = new Map<string, NamedArray>();
  for (const layer of layers) {
    const read = readConvolution(found, layer, file);
    const norm = norms.get(layer.name);
    const { weight, bias } = norm === undefined
      ? read
      : foldBatchNorm(read, readNorm(found, { keras: norm, channels: layer.cOut }, file));
    weights.set(`${layer.name}.weight`, weight);
    weights.set(`${layer.name}.bias`, bias);
  }
  if (config.headsOnTrunk) {
    const { base, kernel = 3 } = config.options;
    weights.set("features.weight", identity(base, kernel));
    weights.set("features.bias", { shape: [base], data: new Float32Array(base) });
  }
  return weights;
}

/** A convolution's weight and bias; shapes are checked before values are read. */
function readConvolution(
  found: ReadonlyMap<string, KerasLayer>,
  { keras, cIn, cOut, k }: Layer,
  file: string,
): { weight: NamedArray; bias: NamedArray } {
  const { kernel, bias } = found.get(keras) ?? {};
  if (!kernel || !bias) {
    const part = found.has(keras) ? (kernel ? "the bias of " : "the kernel of ") : "";
    throw new TypeError(`Cannot import ${file}: ${part}layer ${keras} is missing; ${MEND}`);
  }
  requireShape(kernel, { shape: [k, k, cIn, cOut], array: `${keras}/kernel`, file });
  requireShape(bias, { shape: [cOut], array: `${keras}/bias`, file });
  return {
    weight: weightOf({ shape: [k, k, cIn, cOut], data: kernel.values() }),
    bias: { shape: [cOut], data: bias.values() },
  };
}

function readNorm(
  found: ReadonlyMap<string, KerasLayer>,
  { keras, channels }: { keras: string; channels: number },
  file: string,
): BatchNorm {
  const layer = found.get(keras)!;
  const read = (part: "gamma" | "beta" | "moving_mean" | "moving_variance") => {
    const array = layer[part];
    if (!array) {
      throw new TypeError(
        `Cannot import ${file}: the ${part} of layer ${keras} is missing; ${MEND}`,
      );
    }
    requireShape(array, { shape: [channels], array: `${keras}/${part}`, file });
    return array.values();
  };
  return {
    ...{ gamma: read("gamma"), beta: read("beta") },
    ...{ mean: read("moving_mean"), variance: read("moving_variance") },
  };
}

/** A convolution that changes nothing of what is not negative. */
function identity(channels: number, k: number): NamedArray {
  const data = new Float32Array(channels * channels * k * k);
  for (let i = 0; i < channels; i++) data[(i * channels + i) * k * k + (k * k - 1) / 2] = 1;
  return { shape: [channels, channels, k, k], data };
}

/** The normalisation behind each convolution of the U-Net, by the convolution's name here. */
function normsOf(
  found: ReadonlyMap<string, KerasLayer>,
  layers: readonly Layer[],
  { config: { batchNorm }, file }: Reading,
): Map<string, string> {
  if (!batchNorm) return new Map();
  const trunk = layers.filter(({ name }) => /^(down|middle|up)\./.test(name));
  const norms = inOrder(found.keys(), "batch_normalization");
  if (norms.length !== trunk.length) {
    throw new TypeError(
      `Cannot import ${file}: it holds ${norms.length} normalisations, but config.json asks for ` +
        `${trunk.length}; ${MEND}`,
    );
  }
  return new Map(trunk.map(({ name }, i) => [name, norms[i]]));
}

/** All convolutions of the model, as Keras names them in a new session, in its order. */
function namesOf(config: StarDistConfig): string[] {
  const count = 2 * Math.log2(config.options.grid);
  const grid = Array.from({ length: count }, (_, i) => i === 0 ? "conv2d" : `conv2d_${i}`);
  const names = kerasLayers(config, grid).map(({ keras }) => keras);
  if (config.classes === 0) return names;
  const ofHeads = config.headsOnTrunk ? [] : ["features", "features_class"];
  return [...names.filter((name) => !["features", "prob", "dist"].includes(name)), ...ofHeads]
    .concat(["prob", "dist", "prob_class"]);
}

/** The grid's convolutions as Keras named them, first to last. */
function gridNames(
  found: ReadonlyMap<string, KerasLayer>,
  { config, file }: Reading,
): string[] {
  const names = inOrder(found.keys(), "conv2d");
  const { grid } = config.options;
  const expected = 2 * Math.log2(grid);
  if (names.length !== expected) {
    throw new TypeError(
      `Cannot import ${file}: it holds ${names.length} unnamed convolutions, but config.json says ` +
        `grid [${grid},${grid}], which has ${expected}; ${MEND}`,
    );
  }
  return names;
}

/**
 * All convolutions of the network that Keras knows, in the order of the image's way through it.
 *
 * @param grid What Keras calls those of the grid.
 */
export function kerasLayers(
  { options, prefix, headsOnTrunk = false }:
    & Pick<StarDistConfig, "options" | "prefix">
    & Partial<StarDistConfig>,
  grid: readonly string[],
): Layer[] {
  const { rays, depth, base, features, inChannels, kernel = 3 } = options;
  const layers: Layer[] = [];
  let channels = inChannels;
  const add = (name: string, { keras, cOut }: { keras: string; cOut: number }) => {
    layers.push({ name, keras, cIn: channels, cOut, k: kernel });
    channels = cOut;
  };
  grid.forEach((keras, i) => add(`grid.${Math.floor(i / 2)}.${i % 2}`, { keras, cOut: base }));
  for (let level = 0; level < depth; level++) {
    for (const i of [0, 1]) {
      const keras = `${prefix}down_level_${level}_no_${i}`;
      add(`down.${level}.${i}`, { keras, cOut: base * 2 ** level });
    }
  }
  // CSBDeep numbers the last convolution of a block by how many there are: 0 and 2.
  add("middle.0", { keras: `${prefix}middle_0`, cOut: base * 2 ** depth });
  add("middle.1", { keras: `${prefix}middle_2`, cOut: base * 2 ** (depth - 1) });
  for (let level = depth - 1; level >= 0; level--) {
    channels += base * 2 ** level;
    const keras = `${prefix}up_level_${level}_no_`;
    add(`up.${level}.0`, { keras: `${keras}0`, cOut: base * 2 ** level });
    add(`up.${level}.1`, { keras: `${keras}2`, cOut: base * 2 ** Math.max(0, level - 1) });
  }
  if (!headsOnTrunk) add("features", { keras: "features", cOut: features });
  layers.push({ name: "prob", keras: "prob", cIn: features, cOut: 1, k: 1 });
  layers.push({ name: "dist", keras: "dist", cIn: features, cOut: rays, k: 1 });
  return layers;
}

function requireShape(
  array: Hdf5Array,
  { shape, array: name, file }: { shape: readonly number[]; array: string; file: string },
): void {
  if (sameShape(array.shape, shape)) return;
  throw new RangeError(
    `Cannot import ${file}: ${name} is ${formatShape(array.shape)}, but config.json asks for ${
      formatShape(shape)
    }; ${MEND}`,
  );
}
