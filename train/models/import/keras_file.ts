/**
 * The layers of a Keras weights file.
 *
 * Keras 2, and Keras 3 where it writes files called `.h5`, keep an array at `LAYER/…/kernel:0`. Files of
 * Keras 3 called `.weights.h5` keep it at `layers/NAME/vars/0`, where the name is the layer's own or, in most
 * versions, that of its class with a number, in the order of the model's layers.
 *
 * @module
 */

import type { Hdf5Array } from "./hdf5.ts";

/** Arrays of a convolution. */
const OF_CONVOLUTION = ["kernel", "bias"] as const;
/** Arrays of a normalisation. */
const OF_NORM = ["gamma", "beta", "moving_mean", "moving_variance"] as const;
const OF_KERAS_3 = /^(?:layers|_layer_checkpoint_dependencies)\//;

type Part = (typeof OF_CONVOLUTION)[number] | (typeof OF_NORM)[number];

/** The arrays of a layer. */
export type KerasLayer = { [part in Part]?: Hdf5Array };

/** How a file is read. */
export interface LayerOptions {
  /** Its name, for errors. */
  readonly file: string;
  /** What to do where it does not fit. */
  readonly mend: string;
  /** Whether it may have normalisations. */
  readonly batchNorm: boolean;
  /** All convolutions of the model by their own names, in its order. */
  readonly names: readonly string[];
}

/**
 * Arrays by the layer that they belong to.
 *
 * @throws {TypeError} If there are other arrays than those of convolutions and normalisations.
 */
export function groupByLayer(
  arrays: ReadonlyMap<string, Hdf5Array>,
  options: LayerOptions,
): Map<string, KerasLayer> {
  const paths = [...arrays.keys()];
  const isWholeModel = paths.some((path) => path.startsWith("model_weights/"));
  if (!isWholeModel && paths.some((path) => OF_KERAS_3.test(path))) {
    return groupOfKeras3(arrays, options);
  }
  const { file, mend, batchNorm } = options;
  const layers = new Map<string, KerasLayer>();
  for (const [path, array] of arrays) {
    const names = path.split("/");
    if (isWholeModel && names.shift() !== "model_weights") continue;
    const [layer] = names;
    const last = names.at(-1)?.replace(/:\d+$/, "");
    const part = [...OF_CONVOLUTION, ...batchNorm ? OF_NORM : []].find((part) => part === last);
    if (names.length < 2 || part === undefined) {
      throw new TypeError(
        `Cannot import ${file}: it holds ${path}, expected only kernels and biases of layers; ${mend}`,
      );
    }
    layers.set(layer, { ...layers.get(layer), [part]: array });
  }
  return layers;
}

/** A layer of two arrays is a convolution, one of four a normalisation; others have none to predict with. */
function groupOfKeras3(
  arrays: ReadonlyMap<string, Hdf5Array>,
  { file, mend, names }: LayerOptions,
): Map<string, KerasLayer> {
  const variables = new Map<string, Hdf5Array[]>();
  for (const [path, array] of arrays) {
    const [, layer, index] = path.replace(OF_KERAS_3, "/").match(/^\/([^/]+)\/vars\/(\d+)$/) ?? [];
    if (layer === undefined || !OF_KERAS_3.test(path)) continue;
    const list = variables.get(layer) ?? [];
    list[Number(index)] = array;
    variables.set(layer, list);
  }
  const layers = new Map<string, KerasLayer>();
  for (const [layer, list] of variables) {
    const parts = [OF_CONVOLUTION, OF_NORM].find(({ length }) => length === list.length);
    if (parts === undefined) {
      throw new TypeError(
        `Cannot import ${file}: its layer ${layer} has ${list.length} arrays, expected kernel and bias; ` +
          mend,
      );
    }
    layers.set(layer, Object.fromEntries(parts.map((part, i) => [part, list[i]])));
  }
  return named(layers, names);
}

/** Layers under their own names, where they are only numbered. */
function named(
  layers: ReadonlyMap<string, KerasLayer>,
  names: readonly string[],
): Map<string, KerasLayer> {
  const convolutions = [...layers].filter(([, { kernel }]) => kernel).map(([name]) => name);
  const numbered = inOrder(convolutions, "conv2d");
  const areNumbered = numbered.length === convolutions.length && numbered.length === names.length;
  const own = new Map(areNumbered ? numbered.map((name, i) => [name, names[i]]) : []);
  return new Map([...layers].map(([name, layer]) => [own.get(name) ?? name, layer]));
}

/** Names that Keras gave by class, `CLASS`, `CLASS_1` and so on, by their number. */
export function inOrder(names: Iterable<string>, layer: string): string[] {
  const pattern = new RegExp(`^${layer}(?:_(\\d+))?$`);
  const order = (name: string) => Number(name.match(pattern)?.[1] ?? 0);
  return [...names].filter((name) => pattern.test(name)).toSorted((a, b) => order(a) - order(b));
}
