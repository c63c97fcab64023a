/**
 * From the layers of a Keras weights file to the parameters of a {@linkcode StarDist} network.
 *
 * The U-Net's layers are named by CSBDeep, the last three by StarDist. The grid's convolutions have no
 * name, so Keras numbers them: `conv2d_1`, `conv2d_2` … on from any number, since it counts all layers
 * made in one session. Their order is that of the numbers. Keras stores kernels as
 * `[kh, kw, c_in, c_out]`.
 *
 * @module
 */

import { formatShape, sameShape } from "../../../kernels/gpu/shape.ts";
import type { NamedArray } from "../../../nn/safetensors.ts";
import { unreadable } from "../../images/bytes.ts";
import type { Hdf5Array } from "./hdf5.ts";
import { weightOf } from "./kernels.ts";
import type { StarDistConfig } from "./stardist_config.ts";

const MEND = "give the weights that belong to config.json, as saved by Keras 2";

/** One convolution: its name here and in Keras, and its shape. */
export interface Layer {
  readonly name: string;
  readonly keras: string;
  readonly cIn: number;
  readonly cOut: number;
  readonly k: number;
}

/** The two arrays of a convolution. */
interface KerasLayer {
  kernel?: Hdf5Array;
  bias?: Hdf5Array;
}

/**
 * Takes the weights of a network out of the arrays of a Keras weights file.
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
  { config, file }: { config: StarDistConfig; file: string },
): Map<string, NamedArray> {
  const found = groupByLayer(arrays, file);
  const layers = kerasLayers(config, gridNames(found, { config, file }));
  const expected = new Set(layers.map(({ keras }) => keras));
  for (const name of found.keys()) {
    if (!expected.has(name)) {
      throw new TypeError(
        `Cannot import ${file}: it holds a layer ${name}, which config.json does not ask for; ${MEND}`,
      );
    }
  }
  const weights = new Map<string, NamedArray>();
  for (const layer of layers) {
    const { kernel, bias } = found.get(layer.keras) ?? {};
    if (!kernel || !bias) {
      const part = found.has(layer.keras) ? (kernel ? "the bias of " : "the kernel of ") : "";
      throw new TypeError(
        `Cannot import ${file}: ${part}layer ${layer.keras} is missing; ${MEND}`,
      );
    }
    const { name, keras, cIn, cOut, k } = layer;
    requireShape(kernel, { shape: [k, k, cIn, cOut], array: `${keras}/kernel`, file });
    requireShape(bias, { shape: [cOut], array: `${keras}/bias`, file });
    const data = kernel.values();
    weights.set(`${name}.weight`, weightOf({ shape: [k, k, cIn, cOut], data }));
    weights.set(`${name}.bias`, { shape: [cOut], data: bias.values() });
  }
  return weights;
}

/** Kernels and biases by layer: the first name of a path, whatever scopes follow. */
function groupByLayer(
  arrays: ReadonlyMap<string, Hdf5Array>,
  file: string,
): Map<string, KerasLayer> {
  const paths = [...arrays.keys()].map((path) => path.split("/"));
  const isWholeModel = paths.some(([first]) => first === "model_weights");
  if (
    !isWholeModel &&
    paths.some(([first]) => first === "layers" || first === "_layer_checkpoint_dependencies")
  ) {
    throw unreadable(file, "it is laid out as Keras 3 does", "save the weights with Keras 2");
  }
  const layers = new Map<string, KerasLayer>();
  for (const [path, array] of arrays) {
    const names = path.split("/");
    if (isWholeModel && names.shift() !== "model_weights") continue;
    const [layer] = names;
    const part = names.at(-1)?.replace(/:\d+$/, "");
    if (names.length < 2 || (part !== "kernel" && part !== "bias")) {
      throw new TypeError(
        `Cannot import ${file}: it holds ${path}, expected only kernels and biases of layers; ${MEND}`,
      );
    }
    const entry = layers.get(layer) ?? {};
    entry[part] = array;
    layers.set(layer, entry);
  }
  return layers;
}

/** The grid's convolutions as Keras named them, first to last. */
function gridNames(
  found: ReadonlyMap<string, KerasLayer>,
  { config, file }: { config: StarDistConfig; file: string },
): string[] {
  const order = (name: string) => Number(name.match(/^conv2d(?:_(\d+))?$/)?.[1] ?? 0);
  const names = [...found.keys()].filter((name) => /^conv2d(_\d+)?$/.test(name))
    .toSorted((a, b) => order(a) - order(b));
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

/** All convolutions of the network, in the order of the image's way through it. */
export function kerasLayers({ options, prefix }: StarDistConfig, grid: readonly string[]): Layer[] {
  const { rays, depth, base, features, inChannels } = options;
  const layers: Layer[] = [];
  let channels = inChannels;
  const add = (name: string, { keras, cOut }: { keras: string; cOut: number }) => {
    layers.push({ name, keras, cIn: channels, cOut, k: 3 });
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
  add("features", { keras: "features", cOut: features });
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
