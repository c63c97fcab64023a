/**
 * Models as TensorFlow's SavedModel: a graph of operations that TensorFlow 1.12 has, with constant
 * weights, so that the old TensorFlow of ImageJ reads it. Images are `[n, h, w, c]`. Field numbers are
 * those of `saved_model.proto`, `meta_graph.proto`, `graph.proto` and `tensor.proto`.
 *
 * A StarDist network has one output of 1 + rays channels, which is what the StarDist plug-in of ImageJ
 * expects, with the names that CSBDeep gives.
 *
 * @module
 */

import type { NamedArray } from "../../../nn/safetensors.ts";
import { kernelOf } from "../import/kernels.ts";
import type { ExportFormat, ModelToExport } from "./export_format.ts";
import { channelsOf, writeProgram } from "./program.ts";
import { encodeMessage, type Field, type FieldValue } from "./protobuf.ts";

/** SavedModel. */
export const savedModel: ExportFormat = {
  name: "savedmodel",
  sentence:
    "a folder (or .zip) of a TensorFlow graph, for TensorFlow and the StarDist and CSBDeep plug-ins of ImageJ",
  write: (model) => new Map([["saved_model.pb", encodeSavedModel(model)]]),
};

const TENSORFLOW_VERSION = "1.12.0";
/** The version of graphs that TensorFlow 1.12 writes. */
const PRODUCER = 27;
const [FLOAT, INT32] = [1, 3];
/** What a slice may leave out or add: nothing. */
const MASKS = ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"];

type Attribute = readonly [name: string, value: Field];

const type = (name: string, value: number): Attribute => [name, [6, value]];
const text = (name: string, value: string): Attribute => [name, [2, value]];
const list = (name: string, values: readonly number[]): Attribute => [
  name,
  [1, values.map((value): Field => [3, value])],
];
const flag = (name: string, value: boolean): Attribute => [name, [5, value ? 1 : 0]];

/** The whole file `saved_model.pb`. */
function encodeSavedModel(model: ModelToExport): Uint8Array<ArrayBuffer> {
  const { fields, output, channels } = graphOf(model);
  const port = (name: string, channels: number): FieldValue => [
    [1, `${name}:0`],
    [2, FLOAT],
    [3, shapeOf([-1, -1, -1, channels])],
  ];
  const signature: Field[] = [
    [1, [[1, "input"], [2, port("input", model.architecture.options.inChannels)]]],
    [2, [[1, "output"], [2, port(output, channels)]]],
    [3, "tensorflow/serving/predict"],
  ];
  return encodeMessage([
    [1, 1],
    [2, [
      [1, [[4, "serve"], [5, TENSORFLOW_VERSION]]],
      [2, fields],
      [5, [[1, "serving_default"], [2, signature]]],
    ]],
  ]);
}

/** The graph alone (a `GraphDef`), as programs read it that know no SavedModel. */
export function encodeGraph(model: ModelToExport): Uint8Array<ArrayBuffer> {
  return encodeMessage(graphOf(model).fields);
}

function graphOf(
  { architecture, weights }: ModelToExport,
): { fields: Field[]; output: string; channels: number } {
  const nodes: Field[] = [];
  const node = (
    op: string,
    inputs: readonly string[],
    { attributes, name = `${op}_${nodes.length}` }: {
      attributes: readonly Attribute[];
      name?: string;
    },
  ): string => {
    nodes.push([1, [
      [1, name],
      [2, op],
      ...inputs.map((input): Field => [3, input]),
      ...attributes.map(([key, value]): Field => [5, [[1, key], [2, [value]]]]),
    ]]);
    return name;
  };
  const constant = (name: string, { dtype, tensor }: { dtype: number; tensor: Field[] }) => {
    const value: Attribute = ["value", [8, [[1, dtype], ...tensor]]];
    return node("Const", [], { name, attributes: [type("dtype", dtype), value] });
  };
  const floats = (name: string, { shape, data }: NamedArray) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return constant(name, { dtype: FLOAT, tensor: [[2, shapeOf(shape)], [4, bytes]] });
  };
  const wholes = (name: string, values: readonly number[]) =>
    constant(name, {
      dtype: INT32,
      tensor: [[2, shapeOf([values.length])], ...values.map((value): Field => [7, value])],
    });
  const axis = () => constant(`axis_${nodes.length}`, { dtype: INT32, tensor: [[2, []], [7, 3]] });
  const T = type("T", FLOAT);
  const window = [1, 2, 2, 1];
  const input = node("Placeholder", [], {
    name: "input",
    attributes: [
      type("dtype", FLOAT),
      ["shape", [7, shapeOf([-1, -1, -1, architecture.options.inChannels])]],
    ],
  });
  const outputs = writeProgram(architecture, {
    joined: true,
    x: input,
    writer: {
      conv(x, { layer, relu }) {
        const weight = floats(`${layer}.weight`, kernelOf(weights.get(`${layer}.weight`)!));
        const bias = floats(`${layer}.bias`, weights.get(`${layer}.bias`)!);
        const sums = node("Conv2D", [x, weight], {
          attributes: [
            T,
            text("padding", "SAME"),
            list("strides", [1, 1, 1, 1]),
            list("dilations", [1, 1, 1, 1]),
            text("data_format", "NHWC"),
            flag("use_cudnn_on_gpu", true),
          ],
        });
        const format = [T, text("data_format", "NHWC")];
        const y = node("BiasAdd", [sums, bias], { attributes: format });
        return relu ? node("Relu", [y], { attributes: [T] }) : y;
      },
      maxPool: (x) =>
        node("MaxPool", [x], {
          attributes: [
            T,
            text("padding", "VALID"),
            list("ksize", window),
            list("strides", window),
            text("data_format", "NHWC"),
          ],
        }),
      enlarge(x) {
        // Height and width are known only when it runs: elements 1 and 2 of the shape, doubled.
        const at = nodes.length;
        const shape = node("Shape", [x], { attributes: [T, type("out_type", INT32)] });
        const parts = ([["begin", [1]], ["end", [3]], ["step", [1]]] as const)
          .map(([name, values]) => wholes(`${name}_${at}`, values));
        const size = node("StridedSlice", [shape, ...parts], {
          attributes: [
            type("T", INT32),
            type("Index", INT32),
            ...MASKS.map((name): Attribute => [name, [3, 0]]),
          ],
        });
        const twice = wholes(`twice_${at}`, [2, 2]);
        const doubled = node("Mul", [size, twice], { attributes: [type("T", INT32)] });
        return node("ResizeNearestNeighbor", [x, doubled], {
          attributes: [T, flag("align_corners", false)],
        });
      },
      concat(a, b) {
        const attributes: Attribute[] = [T, type("Tidx", INT32), ["N", [3, 2]]];
        return node("ConcatV2", [a, b, axis()], { attributes });
      },
      sigmoid: (x) => node("Sigmoid", [x], { attributes: [T] }),
    },
  });
  const [[name, value]] = outputs;
  const output = node("Identity", [value], { name: "output", attributes: [T] });
  const fields: Field[] = [...nodes, [4, [[1, PRODUCER]]]];
  return { fields, output, channels: channelsOf(name, architecture) };
}

/** A shape; −1 is an extent that may vary. */
function shapeOf(shape: readonly number[]): Field[] {
  return shape.map((size): Field => [2, [[1, BigInt(size)]]]);
}
