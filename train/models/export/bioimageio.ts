/**
 * Models as packages of the BioImage Model Zoo: a zip of a description (`rdf.yaml`, version 0.5), weights
 * as TorchScript and ONNX, an image with the network's answer to it, and a model card.
 *
 * The description is written as JSON, which is YAML, too.
 *
 * @module
 */

import type { NamedArray } from "../../../nn/safetensors.ts";
import { channelRanges, intensityRange, normalize } from "../../images/normalize.ts";
import { zipFiles } from "../../objects/formats/zip.ts";
import { syntheticStills } from "../../synthetic/mod.ts";
import type { ExportFormat, ModelToExport } from "./export_format.ts";
import { modelCard } from "./model_card.ts";
import { encodeNpy } from "./npy.ts";
import { ONNX_OPSET, onnxModel } from "./onnx.ts";
import { outputNames } from "./program.ts";
import { PYTORCH_VERSION, torchScriptModel } from "./torchscript.ts";

/** A package of the BioImage Model Zoo. */
export const bioimageio: ExportFormat = {
  name: "bioimageio",
  extension: "zip",
  sentence: "a zip in the model format of bioimage.io, for DeepImageJ, ilastik, QuPath and others",
  async write(model) {
    const files = await packageOf(model);
    return new Map([["", zipFiles([...files].map(([name, bytes]) => ({ name, bytes })))]]);
  },
};

const FORMAT_VERSION = "0.5.7";
const [INPUT, TEST_INPUT, TEST_OUTPUT] = ["image", "test_input.npy", "test_output.npy"];
const [CARD, TORCHSCRIPT, ONNX] = ["README.md", "weights.pt", "weights.onnx"];
const CITE_UNET = {
  text: "Ronneberger et al. 2015: U-Net: Convolutional Networks for Biomedical Image Segmentation",
  doi: "10.1007/978-3-319-24574-4_28",
};
const CITE_STARDIST = {
  text: "Schmidt et al. 2018: Cell Detection with Star-Convex Polygons",
  doi: "10.1007/978-3-030-00934-2_30",
};

/** The files of a package by name. */
async function packageOf(model: ModelToExport): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const network = await model.run();
  const halo = Math.ceil(network.reach / model.grid);
  const least = roundUp(2 * network.reach + model.sizeMultiple, model.sizeMultiple);
  const { raw, scaled } = exampleOf(model, least);
  const all = await network.answer(scaled);
  const answers = outputNames(model.architecture).map((name) => all.get(name)!);
  const joined = answers.length > 1;
  const output = joined ? joinChannels(answers) : answers[0];
  const utf8 = new TextEncoder();
  const files = new Map([
    [CARD, utf8.encode(modelCard(model))],
    [TEST_INPUT, encodeNpy(raw)],
    [TEST_OUTPUT, encodeNpy(output)],
    [TORCHSCRIPT, torchScriptModel(model, { joined })],
    [ONNX, onnxModel(model, { joined })],
  ]);
  const hashes = new Map<string, string>();
  for (const [name, bytes] of files) hashes.set(name, await sha256(bytes));
  const fileOf = (source: string) => ({ source, sha256: hashes.get(source)! });
  const description = describe(model, { halo, least, joined, fileOf });
  const rdf = utf8.encode(JSON.stringify(description, null, 2) + "\n");
  return new Map([["rdf.yaml", rdf], ...files]);
}

interface Described {
  /** Pixels at the edge of the output that lack context. */
  readonly halo: number;
  /** The smallest image. */
  readonly least: number;
  /** Whether the output has a channel for each ray, too. */
  readonly joined: boolean;
  /** A file with its checksum. */
  readonly fileOf: (source: string) => { source: string; sha256: string };
}

function describe(model: ModelToExport, { halo, least, joined, fileOf }: Described): object {
  const { kind, architecture, reading, sizeMultiple, grid, version } = model;
  const { rays, inChannels } = architecture.options;
  const channels = (names: readonly string[]) => ({ type: "channel", channel_names: names });
  const numbered = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${name}_${i}`);
  const sides = ["y", "x"];
  return {
    format_version: FORMAT_VERSION,
    type: "model",
    name: nameOf(model.name),
    description: `${kind.label} for ${kind.sentence}, trained with Kymo`,
    documentation: CARD,
    tags: ["kymo", architecture.kind, "segmentation", "2d", "pytorch"],
    cite: architecture.kind === "stardist" ? [CITE_UNET, CITE_STARDIST] : [CITE_UNET],
    inputs: [{
      id: INPUT,
      description: "one image",
      axes: [
        { type: "batch" },
        channels(inChannels === 1 ? ["intensity"] : numbered("intensity", inChannels)),
        ...sides.map((id) => ({ type: "space", id, size: { min: least, step: sizeMultiple } })),
      ],
      data: { type: "float32" },
      test_tensor: fileOf(TEST_INPUT),
      preprocessing: [
        { id: "ensure_dtype", kwargs: { dtype: "float32" } },
        {
          id: "scale_range",
          kwargs: {
            axes: reading.channels ? sides : ["channel", ...sides],
            min_percentile: reading.stills.low,
            max_percentile: reading.stills.high,
            eps: 1e-20,
          },
        },
      ],
    }],
    outputs: [{
      id: joined ? "output" : "prob",
      description: joined ? "probability and distances along rays" : "foreground probability",
      axes: [
        { type: "batch" },
        channels(joined ? ["prob", ...numbered("dist", rays)] : ["prob"]),
        ...sides.map((id) => ({
          ...{ type: "space", id, halo, scale: grid },
          size: { tensor_id: INPUT, axis_id: id },
        })),
      ],
      data: { type: "float32" },
      test_tensor: fileOf(TEST_OUTPUT),
    }],
    weights: {
      torchscript: { ...fileOf(TORCHSCRIPT), pytorch_version: PYTORCH_VERSION },
      onnx: { ...fileOf(ONNX), opset_version: ONNX_OPSET, parent: "torchscript" },
    },
    config: { kymo: { version, architecture, decoding: reading.decode } },
  };
}

/** An image and how the network sees it. */
function exampleOf(
  { architecture, reading }: ModelToExport,
  size: number,
): { raw: NamedArray; scaled: NamedArray } {
  const { inChannels } = architecture.options;
  const stills = syntheticStills({ seed: 1, count: inChannels, size });
  const data = new Float32Array(inChannels * size * size);
  stills.forEach(({ image }, channel) => data.set(image.data, channel * size * size));
  const image = { width: size, height: size, channels: inChannels, data };
  const all = { width: size, height: inChannels * size, data };
  const range = reading.channels
    ? channelRanges(image, reading.stills)
    : intensityRange([all], reading.stills);
  const shape = [1, inChannels, size, size];
  return { raw: { shape, data }, scaled: { shape, data: normalize(image, range).data } };
}

/** Arrays `[1, c, h, w]` as one. */
function joinChannels(arrays: readonly NamedArray[]): NamedArray {
  const [, , h, w] = arrays[0].shape;
  const channels = arrays.reduce((sum, { shape }) => sum + shape[1], 0);
  const data = new Float32Array(channels * h * w);
  let at = 0;
  for (const array of arrays) {
    data.set(array.data, at);
    at += array.data.length;
  }
  return { shape: [1, channels, h, w], data };
}

/** The format allows letters, numbers, underscores, minuses, parentheses and spaces, 5 to 64 of them. */
function nameOf(name: string): string {
  const allowed = name.replace(/[^\p{L}\p{N}_\-() ]+/gu, " ").trim().slice(0, 60);
  return allowed.length >= 5 ? allowed : `Kymo ${allowed}`.trim().padEnd(5, "-");
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
