/**
 * Models as TorchScript archives: a zip without compression that holds the code of one module and its
 * weights, pickled. PyTorch from 1.6 on reads it; 1.13 was tried.
 *
 * @module
 */

import { zipSync } from "fflate";
import type { NamedArray } from "../../../nn/safetensors.ts";
import type { ExportFormat, ExportWishes, ModelToExport } from "./export_format.ts";
import {
  called,
  encodePickle,
  named,
  object,
  persistent,
  type Pickled,
  text,
  truth,
  tuple,
  whole,
} from "./pickle.ts";
import { writeProgram } from "./program.ts";

/** TorchScript. */
export const torchScript: ExportFormat = {
  name: "torchscript",
  extension: "pt",
  sentence: "a TorchScript file, for PyTorch (torch.jit.load), DeepImageJ, napari and others",
  write: (model, wishes) => new Map([["", torchScriptModel(model, wishes)]]),
};

/** The version of PyTorch that {@linkcode torchScriptModel} was tried with. */
export const PYTORCH_VERSION = "1.13.1";

/** The folder of the archive that all its files lie in. */
const FOLDER = "kymo";
/** Equal models give equal files; zip archives know no earlier date. */
const DATE = new Date(1980, 0, 1);

/**
 * A network as a TorchScript archive: one module that takes `[n, c, h, w]` and gives `prob`, a tuple of
 * `prob` and `dist`, or the joined output.
 */
export function torchScriptModel(
  { architecture, weights }: ModelToExport,
  { joined = false }: ExportWishes = {},
): Uint8Array<ArrayBuffer> {
  const parameters = [...weights].map(([name, array], at) => ({
    ...{ name: attributeOf(name), array, key: `${at}` },
  }));
  const lines: string[] = [];
  const assign = (expression: string): string => {
    const name = `v${lines.length}`;
    lines.push(`    ${name} = ${expression}`);
    return name;
  };
  const outputs = writeProgram(architecture, {
    joined,
    x: "x",
    writer: {
      conv(x, { layer, relu }) {
        const pad = (weights.get(`${layer}.weight`)!.shape[2] - 1) / 2;
        const [weight, bias] = [attributeOf(`${layer}.weight`), attributeOf(`${layer}.bias`)];
        const window = `[1, 1], [${pad}, ${pad}], [1, 1], 1`;
        const y = assign(`torch.conv2d(${x}, self.${weight}, self.${bias}, ${window})`);
        return relu ? assign(`torch.relu(${y})`) : y;
      },
      maxPool: (x) => assign(`torch.max_pool2d(${x}, [2, 2], [2, 2], [0, 0], [1, 1], False)`),
      enlarge: (x) => assign(`torch.upsample_nearest2d(${x}, None, [2., 2.])`),
      concat: (a, b) => assign(`torch.cat([${a}, ${b}], 1)`),
      sigmoid: (x) => assign(`torch.sigmoid(${x})`),
    },
  });
  const results = [...outputs.values()];
  const type = results.length === 1 ? "Tensor" : `Tuple[${results.map(() => "Tensor").join(", ")}]`;
  const source = [
    "class Network(Module):",
    `  __parameters__ = [${parameters.map(({ name }) => `"${name}", `).join("")}]`,
    "  __buffers__ = []",
    ...parameters.map(({ name }) => `  ${name} : Tensor`),
    "  training : bool",
    "  def forward(self: __torch__.Network,",
    `    x: Tensor) -> ${type}:`,
    ...lines,
    `    return ${results.length === 1 ? results[0] : `(${results.join(", ")})`}`,
    "",
  ].join("\n");
  const attributes = [
    ...parameters.map(({ name, array, key }) => [name, tensor(array, key)] as const),
    ["training", truth(false)] as const,
  ];
  const utf8 = new TextEncoder();
  const files = {
    "data.pkl": encodePickle(object(named("__torch__", "Network"), attributes)),
    "code/__torch__.py": utf8.encode(source),
    ...Object.fromEntries(parameters.map(({ array, key }) => [`data/${key}`, bytesOf(array)])),
    "constants.pkl": encodePickle(tuple([])),
    version: utf8.encode("3\n"),
  };
  const placed = Object.entries(files).map(([name, file]) => [`${FOLDER}/${name}`, file]);
  return zipSync(Object.fromEntries(placed), { level: 0, mtime: DATE }) as Uint8Array<ArrayBuffer>;
}

/** Attributes are Python's names. */
function attributeOf(parameter: string): string {
  return parameter.replaceAll(".", "_");
}

function bytesOf({ data }: NamedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A tensor whose values are a file of the archive. */
function tensor({ shape, data }: NamedArray, key: string): Pickled {
  const storage = persistent(tuple([
    text("storage"),
    named("torch", "FloatStorage"),
    text(key),
    text("cpu"),
    whole(data.length),
  ]));
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, size) => product * size, 1)
  );
  const hooks = called(named("collections", "OrderedDict"), tuple([]));
  return called(
    named("torch._utils", "_rebuild_tensor_v2"),
    tuple([
      storage,
      whole(0),
      tuple(shape.map(whole)),
      tuple(strides.map(whole)),
      truth(false),
      hooks,
    ]),
  );
}
