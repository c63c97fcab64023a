/**
 * A network's weights as a safetensors file that says by itself how to build the network again.
 *
 * @module
 */

import type { Device } from "../kernels/gpu/device.ts";
import { formatShape, sameShape, type Shape } from "../kernels/gpu/shape.ts";
import type { Tensor } from "../kernels/gpu/tensor.ts";
import type { Architecture, Network, UniformSource } from "./module.ts";
import { type NetworkKind, networkKinds } from "./networks/list.ts";
import type { NamedArray, SafeTensors } from "./safetensors.ts";

/**
 * Reads tensors back from the GPU by name.
 *
 * @category Weights
 */
export async function readTensors(
  device: Device,
  tensors: ReadonlyMap<string, Tensor<"f32">>,
): Promise<Map<string, NamedArray>> {
  const names = [...tensors];
  const values = await Promise.all(names.map(([, tensor]) => device.read(tensor)));
  return new Map(
    names.map(([name, { shape }], i) => [name, { shape, data: values[i] }]),
  );
}

/**
 * Writes saved arrays into tensors of the same names and shapes: all of them, or none.
 *
 * @param from What the arrays come from, for errors.
 * @throws {RangeError} If a name is missing, unknown, or has another shape.
 * @category Weights
 */
export function writeTensors(
  device: Device,
  { tensors, arrays, from }: {
    tensors: ReadonlyMap<string, Tensor<"f32">>;
    arrays: ReadonlyMap<string, NamedArray>;
    from: string;
  },
): void {
  for (const name of arrays.keys()) if (!tensors.has(name)) throw misfit(from, `it holds ${name}`);
  const pairs = [...tensors].map(([name, tensor]) => ({
    tensor,
    array: arrayFor(name, { shape: tensor.shape, arrays, from }),
  }));
  for (const { tensor, array } of pairs) device.write(tensor, array.data);
}

/** The array of a parameter, which must have its shape. */
function arrayFor(
  name: string,
  { shape, arrays, from }: {
    shape: Shape;
    arrays: ReadonlyMap<string, NamedArray>;
    from: string;
  },
): NamedArray {
  const array = arrays.get(name);
  if (array === undefined) throw misfit(from, `${name} is missing`);
  if (sameShape(array.shape, shape)) return array;
  throw misfit(from, `${name} is ${formatShape(array.shape)}, expected ${formatShape(shape)}`);
}

function misfit(from: string, what: string): MisfitError {
  return new MisfitError(
    `Cannot use ${from}: ${what}; it is of another architecture`,
  );
}

/** Weights that do not fit a network. */
class MisfitError extends RangeError {}

/**
 * A network's parameters as tensors by name.
 *
 * @category Weights
 */
export function parameterTensors(network: Network): Map<string, Tensor<"f32">> {
  return new Map([...network.parameters].map(([name, { value }]) => [name, value]));
}

/**
 * A network's weights, with its architecture and what else must be known to use it.
 *
 * @category Weights
 */
export async function saveWeights(
  device: Device,
  { network, metadata = {} }: { network: Network; metadata?: Readonly<Record<string, string>> },
): Promise<SafeTensors> {
  return {
    metadata: { ...metadata, architecture: JSON.stringify(network.architecture) },
    tensors: await readTensors(device, parameterTensors(network)),
  };
}

/**
 * Builds the network that a weights file describes.
 *
 * @param parts.from The file's name, for errors.
 * @param parts.kinds The kinds that can be built; {@linkcode networkKinds} unless told.
 * @throws {SyntaxError} If the file does not say what network it is for.
 * @throws {RangeError} If its arrays do not fit that network.
 * @category Weights
 */
export function loadNetwork(
  device: Device,
  { weights, from, kinds = networkKinds }: {
    weights: SafeTensors;
    from: string;
    kinds?: readonly NetworkKind[];
  },
): Network {
  const architecture = architectureOf(weights, from);
  const network = buildDescribed(device, { architecture, kinds, from, arrays: weights.tensors });
  writeTensors(device, { tensors: parameterTensors(network), arrays: weights.tensors, from });
  return network;
}

/**
 * Builds a network with fresh weights.
 *
 * @param parts.kinds The kinds that can be built; {@linkcode networkKinds} unless told.
 * @throws {RangeError} If the kind is not known.
 * @category Weights
 */
export function buildNetwork(
  device: Device,
  { architecture: { kind: name, options }, random, kinds = networkKinds }: {
    architecture: Architecture;
    random: UniformSource;
    kinds?: readonly NetworkKind[];
  },
): Network {
  const kind = kinds.find((kind) => kind.name === name);
  if (kind) return kind.build(device, { options, random });
  const names = kinds.map(({ name }) => name);
  throw new RangeError(
    `Cannot build a network of kind ${name}: known kinds are ${
      names.slice(0, -1).join(", ")
    } and ` +
      names.at(-1),
  );
}

/**
 * The network that a weights file describes.
 *
 * @param from The file's name, for errors.
 * @throws {SyntaxError} If its metadata describe none.
 * @category Weights
 */
export function architectureOf({ metadata }: SafeTensors, from: string): Architecture {
  const text = metadata["architecture"];
  if (!text) {
    throw new SyntaxError(
      `Cannot use ${from}: its metadata has no architecture; give the weights of a Kymo run`,
    );
  }
  return parseArchitecture(text, from);
}

function parseArchitecture(text: string, from: string): Architecture {
  try {
    const { kind, options } = JSON.parse(text);
    const hasOptions = typeof options === "object" && options !== null;
    if (typeof kind === "string" && hasOptions) return { kind, options };
  } catch {
    // Falls through to the one message below.
  }
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  throw new SyntaxError(`Cannot use ${from}: its architecture is not readable: ${shown}`);
}

/** Options count layers and channels, and each of these has at least one value. */
function checkOptions(
  { kind, options }: Architecture,
  { from, arrays }: { from: string; arrays: ReadonlyMap<string, NamedArray> },
): void {
  const values = [...arrays.values()].reduce((sum, { data }) => sum + data.length, 0);
  for (const [name, value] of Object.entries(options)) {
    if (!(value > values)) continue;
    throw misfit(
      from,
      `a ${kind} with ${name} ${value} has more than the ${values} values it holds`,
    );
  }
}

function buildDescribed(
  device: Device,
  { architecture, kinds, from, arrays }: {
    architecture: Architecture;
    kinds: readonly NetworkKind[];
    from: string;
    arrays: ReadonlyMap<string, NamedArray>;
  },
): Network {
  checkOptions(architecture, { from, arrays });
  // Nothing is allocated that the file has no array for.
  const random = {
    next: () => 0.5,
    expect: (name: string, shape: Shape) => void arrayFor(name, { shape, arrays, from }),
  };
  try {
    return buildNetwork(device, { architecture, random, kinds });
  } catch (error) {
    if (error instanceof MisfitError) throw error;
    const reason = (error as Error).message.replace(/^Cannot/, "cannot");
    throw new RangeError(`Cannot use ${from}: ${reason}`, { cause: error });
  }
}
