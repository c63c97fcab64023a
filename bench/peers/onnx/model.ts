/**
 * The problems as ONNX models, which is all that onnxruntime takes: input `x`, output `y`.
 *
 * Field numbers are those of `onnx.proto3`.
 *
 * @module
 */

import type { Shape } from "../../../kernels/gpu/shape.ts";
import type { NamedArray } from "../../../nn/safetensors.ts";
import { encodeMessage, type Field } from "./protobuf.ts";
import type { Arrays } from "../serve.ts";

const IR_VERSION = 8;
const OPSET = 13;
const FLOAT = 1;
const ATTRIBUTE = { string: 3, int: 2, ints: 7 };
const DEPTH = 3;

type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

/** A model that grows node by node. */
class Graph {
  readonly #nodes: Field[] = [];
  readonly #initializers: Field[] = [];

  /** Adds a constant. */
  constant(name: string, { shape, data }: NamedArray): string {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const dims = shape.map((size): Field => [1, size]);
    this.#initializers.push([5, [...dims, [2, FLOAT], [8, name], [9, bytes]]]);
    return name;
  }

  /** Adds a node and gives the name of its one output. */
  node(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = `${type}.${this.#nodes.length}`;
    const names = inputs.map((name): Field => [1, name]);
    const settings = Object.entries(attributes).map(([name, value]): Field => [
      5,
      encodeAttribute(name, value),
    ]);
    this.#nodes.push([1, [...names, [2, output], [3, output], [4, type], ...settings]]);
    return output;
  }

  /** The whole model. */
  encode({ output, x, y }: { output: string; x: Shape; y: Shape }): Uint8Array<ArrayBuffer> {
    const last: Field = [1, [[1, output], [2, "y"], [3, "y"], [4, "Identity"]]];
    return encodeMessage([
      [1, IR_VERSION],
      [8, [[1, ""], [2, OPSET]]],
      [7, [
        ...this.#nodes,
        last,
        [2, "bench"],
        ...this.#initializers,
        [11, describe("x", x)],
        [12, describe("y", y)],
      ]],
    ]);
  }
}

/** A 3 × 3 convolution of `x` with `w`, without bias. */
export function convolutionModel(inputs: Arrays): Uint8Array<ArrayBuffer> {
  const graph = new Graph();
  const w = inputs.get("w")!;
  const output = graph.node("Conv", ["x", graph.constant("w", w)], convolution(w.shape));
  return graph.encode({ output, x: inputs.get("x")!.shape, y: inputs.get("dy")!.shape });
}

/** The U-Net of `nn/networks/unet.ts`. */
export function unetModel(inputs: Arrays): Uint8Array<ArrayBuffer> {
  const graph = new Graph();
  const layer = (name: string, x: string) => {
    const weight = inputs.get(`${name}.weight`)!;
    const constants = ["weight", "bias"].map((part) =>
      graph.constant(`${name}.${part}`, inputs.get(`${name}.${part}`)!)
    );
    return graph.node("Conv", [x, ...constants], convolution(weight.shape));
  };
  const pair = (name: string, x: string) =>
    [0, 1].reduce((y, index) => graph.node("Relu", [layer(`${name}.${index}`, y)]), x);
  const twice = graph.constant("twice", { shape: [4], data: Float32Array.of(1, 1, 2, 2) });
  const skips: string[] = [];
  let y = "x";
  for (let level = 0; level < DEPTH; level++) {
    skips.push(pair(`down.${level}`, y));
    y = graph.node("MaxPool", [skips[level]], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  y = pair("middle", y);
  for (let level = DEPTH - 1; level >= 0; level--) {
    const doubled = graph.node("Resize", [y, "", twice], {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    });
    y = pair(`up.${level}`, graph.node("Concat", [doubled, skips[level]], { axis: 1 }));
  }
  const output = graph.node("Sigmoid", [layer("head", y)]);
  const { shape } = inputs.get("x")!;
  return graph.encode({ output, x: shape, y: shape });
}

/** Attributes that keep the size. */
function convolution([, , k]: Shape): Attributes {
  return { kernel_shape: [k, k], pads: Array(4).fill((k - 1) / 2) };
}

function encodeAttribute(name: string, value: Attributes[string]): Field[] {
  if (typeof value === "number") return [[1, name], [3, value], [20, ATTRIBUTE.int]];
  if (typeof value === "string") return [[1, name], [4, value], [20, ATTRIBUTE.string]];
  return [[1, name], ...value.map((each): Field => [8, each]), [20, ATTRIBUTE.ints]];
}

/** Name and type of an input or output. */
function describe(name: string, shape: Shape): Field[] {
  const dims = shape.map((size): Field => [1, [[1, size]]]);
  return [[1, name], [2, [[1, [[1, FLOAT], [2, dims]]]]]];
}
