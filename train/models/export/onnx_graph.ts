/**
 * ONNX graphs that grow node by node. Field numbers are those of `onnx.proto3`.
 *
 * @module
 */

import type { NamedArray } from "../../../nn/safetensors.ts";
import { encodeMessage, type Field } from "./protobuf.ts";

/** Values of a node's attributes. */
export type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

/** An input or output: its name and extents, named where they may vary. */
export interface GraphPort {
  /** Its name. */
  readonly name: string;
  /** Its extents; a name stands for any number. */
  readonly shape: readonly (number | string)[];
}

const FLOAT = 1;
const ATTRIBUTE = { string: 3, int: 2, ints: 7 };

/** A graph of float32 values. */
export class OnnxGraph {
  readonly #nodes: Field[] = [];
  readonly #initializers: Field[] = [];

  /** Adds a constant and gives its name. */
  constant(name: string, { shape, data }: NamedArray): string {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const dims = shape.map((size): Field => [1, size]);
    this.#initializers.push([5, [...dims, [2, FLOAT], [8, name], [9, bytes]]]);
    return name;
  }

  /** Adds a node and gives the name of its one output, which is made up unless told. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    { output = `${type}.${this.#nodes.length}` }: { output?: string } = {},
  ): string {
    const names = inputs.map((name): Field => [1, name]);
    const settings = Object.entries(attributes).map(([name, value]): Field => [
      5,
      encodeAttribute(name, value),
    ]);
    this.#nodes.push([1, [...names, [2, output], [3, output], [4, type], ...settings]]);
    return output;
  }

  /**
   * The fields of the graph.
   *
   * @param ports.name What it is called.
   */
  fields(
    { name, inputs, outputs }: {
      name: string;
      inputs: readonly GraphPort[];
      outputs: readonly GraphPort[];
    },
  ): Field[] {
    return [
      ...this.#nodes,
      [2, name],
      ...this.#initializers,
      ...inputs.map((port): Field => [11, describe(port)]),
      ...outputs.map((port): Field => [12, describe(port)]),
    ];
  }
}

/** Attributes of a convolution with k × k taps that keeps the size. */
export function keepingSize(k: number): Attributes {
  return { kernel_shape: [k, k], pads: Array(4).fill((k - 1) / 2) };
}

/** Attributes of a maximum over 2 × 2 pixels. */
export const HALVING: Attributes = { kernel_shape: [2, 2], strides: [2, 2] };

/** Attributes of a `Resize` that repeats pixels. */
export const REPEATING: Attributes = {
  mode: "nearest",
  coordinate_transformation_mode: "asymmetric",
  nearest_mode: "floor",
};

/** The scales of a `Resize` that doubles height and width. */
export const TWICE: NamedArray = { shape: [4], data: Float32Array.of(1, 1, 2, 2) };

/** A whole model of a graph. */
export function encodeOnnx(
  graph: Field[],
  { irVersion, opset, fields = [] }: { irVersion: number; opset: number; fields?: Field[] },
): Uint8Array<ArrayBuffer> {
  return encodeMessage([[1, irVersion], [8, [[1, ""], [2, opset]]], ...fields, [7, graph]]);
}

function encodeAttribute(name: string, value: Attributes[string]): Field[] {
  if (typeof value === "number") return [[1, name], [3, value], [20, ATTRIBUTE.int]];
  if (typeof value === "string") return [[1, name], [4, value], [20, ATTRIBUTE.string]];
  return [[1, name], ...value.map((each): Field => [8, each]), [20, ATTRIBUTE.ints]];
}

/** Name and type of an input or output. */
function describe({ name, shape }: GraphPort): Field[] {
  const dims = shape.map((size): Field => [1, [typeof size === "number" ? [1, size] : [2, size]]]);
  return [[1, name], [2, [[1, [[1, FLOAT], [2, dims]]]]]];
}
