/**
 * The problems as ONNX models, which is all that onnxruntime takes: input `x`, output `y`.
 *
 * @module
 */

import type { Shape } from "../../../kernels/gpu/shape.ts";
import {
  encodeOnnx,
  HALVING,
  keepingSize,
  OnnxGraph,
  REPEATING,
  TWICE,
} from "../../../train/models/export/onnx_graph.ts";
import type { Arrays } from "../serve.ts";

const IR_VERSION = 8;
const OPSET = 13;
const DEPTH = 3;

/** A 3 × 3 convolution of `x` with `w`, without bias. */
export function convolutionModel(inputs: Arrays): Uint8Array<ArrayBuffer> {
  const graph = new OnnxGraph();
  const w = inputs.get("w")!;
  const output = graph.node("Conv", ["x", graph.constant("w", w)], keepingSize(w.shape[2]));
  return encode(graph, { output, x: inputs.get("x")!.shape, y: inputs.get("dy")!.shape });
}

/** The U-Net of `nn/networks/unet.ts`. */
export function unetModel(inputs: Arrays): Uint8Array<ArrayBuffer> {
  const graph = new OnnxGraph();
  const layer = (name: string, x: string) => {
    const weight = inputs.get(`${name}.weight`)!;
    const constants = ["weight", "bias"].map((part) =>
      graph.constant(`${name}.${part}`, inputs.get(`${name}.${part}`)!)
    );
    return graph.node("Conv", [x, ...constants], keepingSize(weight.shape[2]));
  };
  const pair = (name: string, x: string) =>
    [0, 1].reduce((y, index) => graph.node("Relu", [layer(`${name}.${index}`, y)]), x);
  const twice = graph.constant("twice", TWICE);
  const skips: string[] = [];
  let y = "x";
  for (let level = 0; level < DEPTH; level++) {
    skips.push(pair(`down.${level}`, y));
    y = graph.node("MaxPool", [skips[level]], HALVING);
  }
  y = pair("middle", y);
  for (let level = DEPTH - 1; level >= 0; level--) {
    const doubled = graph.node("Resize", [y, "", twice], REPEATING);
    y = pair(`up.${level}`, graph.node("Concat", [doubled, skips[level]], { axis: 1 }));
  }
  const output = graph.node("Sigmoid", [layer("head", y)]);
  const { shape } = inputs.get("x")!;
  return encode(graph, { output, x: shape, y: shape });
}

/** The whole model. */
function encode(
  graph: OnnxGraph,
  { output, x, y }: { output: string; x: Shape; y: Shape },
): Uint8Array<ArrayBuffer> {
  graph.node("Identity", [output], {}, { output: "y" });
  const ports = { inputs: [{ name: "x", shape: x }], outputs: [{ name: "y", shape: y }] };
  const fields = graph.fields({ name: "bench", ...ports });
  return encodeOnnx(fields, { irVersion: IR_VERSION, opset: OPSET });
}
