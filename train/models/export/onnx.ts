/**
 * Models as ONNX files.
 *
 * Operator set 13 and format version 7, since readers in Java and OpenCV know no later ones. Batch,
 * height and width are left open; what the sides must be multiples of stands in the description.
 *
 * @module
 */

import {
  encodeOnnx,
  type GraphPort,
  HALVING,
  keepingSize,
  OnnxGraph,
  REPEATING,
  TWICE,
} from "./onnx_graph.ts";
import type { ExportFormat, ExportWishes, ModelToExport } from "./export_format.ts";
import { channelsOf, writeProgram } from "./program.ts";
import type { Field } from "./protobuf.ts";

const [IR_VERSION, OPSET] = [7, 13];

/** ONNX. */
export const onnx: ExportFormat = {
  name: "onnx",
  extension: "onnx",
  sentence: "an ONNX file, for onnxruntime, OpenCV, ilastik, QuPath and others",
  write: (model, wishes) => new Map([["", onnxModel(model, wishes)]]),
};

/** The operator set of {@linkcode onnxModel}. */
export const ONNX_OPSET: number = OPSET;

/** A network as an ONNX model: input `image`, outputs `prob` and `dist`, or joined as `output`. */
export function onnxModel(
  model: ModelToExport,
  { joined = false }: ExportWishes = {},
): Uint8Array<ArrayBuffer> {
  const { architecture, weights, grid } = model;
  const graph = new OnnxGraph();
  const parameter = (name: string) => graph.constant(name, weights.get(name)!);
  const twice = graph.constant("twice", TWICE);
  const outputs = writeProgram(architecture, {
    joined,
    x: "image",
    writer: {
      conv(x, { layer, relu }) {
        const k = weights.get(`${layer}.weight`)!.shape[2];
        const inputs = [x, parameter(`${layer}.weight`), parameter(`${layer}.bias`)];
        const y = graph.node("Conv", inputs, keepingSize(k));
        return relu ? graph.node("Relu", [y]) : y;
      },
      maxPool: (x) => graph.node("MaxPool", [x], HALVING),
      enlarge: (x) => graph.node("Resize", [x, "", twice], REPEATING),
      concat: (a, b) => graph.node("Concat", [a, b], { axis: 1 }),
      sigmoid: (x) => graph.node("Sigmoid", [x]),
    },
  });
  const [rows, columns] = grid === 1 ? ["h", "w"] : [`h/${grid}`, `w/${grid}`];
  const ports = [...outputs].map(([name, value]): GraphPort => {
    graph.node("Identity", [value], {}, { output: name });
    return { name, shape: ["n", channelsOf(name, architecture), rows, columns] };
  });
  const input = { name: "image", shape: ["n", architecture.options.inChannels, "h", "w"] };
  return encodeOnnx(graph.fields({ name: "kymo", inputs: [input], outputs: ports }), {
    irVersion: IR_VERSION,
    opset: OPSET,
    fields: descriptionOf(model),
  });
}

/** Who made it, and what a program must know besides the graph. */
function descriptionOf(
  { architecture, reading, sizeMultiple, grid, version }: ModelToExport,
): Field[] {
  const { stills, decode, channels } = reading;
  const each = channels ? `channels ${channels.join(", ")}, each` : "images";
  const text =
    `Give ${each} scaled so that percentile ${stills.low} is 0 and percentile ${stills.high} is 1, ` +
    `not clipped; both sides must be multiples of ${sizeMultiple}. Output pixel (i, j) is at ` +
    `image pixel (${grid} i, ${grid} j)`;
  const properties = {
    architecture: JSON.stringify(architecture),
    normalization: JSON.stringify(stills),
    decoding: JSON.stringify(decode),
    ...channels && { channels: JSON.stringify(channels) },
    sizeMultiple: `${sizeMultiple}`,
  };
  return [
    [2, "kymo"],
    [3, version],
    [6, text],
    ...Object.entries(properties).map(([key, value]): Field => [14, [[1, key], [2, value]]]),
  ];
}
