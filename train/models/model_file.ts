/**
 * A trained model as bytes: weights with everything that prediction must repeat.
 *
 * @module
 */

import { counted } from "../counted.ts";
import { blaming, ofInput, unusable } from "../images/faults/input_fault.ts";
import type { Device } from "../../kernels/gpu/device.ts";
import type { Architecture, Network } from "../../nn/module.ts";
import {
  decodeSafeTensors,
  encodeSafeTensors,
  type NamedArray,
  type SafeTensors,
} from "../../nn/safetensors.ts";
import { architectureOf, loadNetwork } from "../../nn/weights.ts";
import {
  type IntensitySettings,
  stillNormalization,
  videoNormalization,
} from "../images/normalization_settings.ts";
import type { NormalizationSettings } from "../images/normalize.ts";
import { channelList } from "../images/series/plane_choice.ts";
import { type ExposureSettings, exposureSettings } from "./exposure.ts";
import { modelKinds, objectModelOf } from "./list.ts";
import { encodeObjectScale, type ObjectScale, readObjectScale } from "./object_scale.ts";
import type { ModelKind, SettingChange } from "./model_kind.ts";

/**
 * How images become what a model takes, and its answers objects.
 *
 * @category Models
 */
export interface Reading {
  /** How single images are normalised. */
  readonly stills: NormalizationSettings;
  /** How videos are normalised. */
  readonly video: NormalizationSettings;
  /** How its answers become objects, as its kind has it. */
  readonly decode: object;
  /** Planes on each side of the focus that are channels of its images; null if they are no z-stacks. */
  readonly planes: number | null;
  /**
   * The channels of files that are those of its images, by number from 1 or by name, each with a range of
   * its own; null or left out for images of one channel and for z-stacks.
   */
  readonly channels?: readonly string[] | null;
  /** The exposure of videos. */
  readonly exposure: ExposureSettings["exposure"];
  /** Whether percentiles hold whatever lies between them; false unless the file says so. */
  readonly exactRange: boolean;
  /** The size of a pixel of the stills that it learned from, in micrometres; null where it is not known. */
  readonly pixelSize?: number | null;
}

/**
 * A model that can predict.
 *
 * @category Models
 */
export interface Model extends Reading {
  /** Its kind. */
  readonly kind: ModelKind;
  /** The network with its weights on the GPU. */
  readonly network: Network;
}

/**
 * A file of weights whose kind is known.
 *
 * @category Models
 */
export interface ModelFile {
  /** The file's name, for errors. */
  readonly file: string;
  /** Weights and what describes the network. */
  readonly weights: SafeTensors;
  /** The network that they are for. */
  readonly architecture: Architecture;
  /** The kind of model. */
  readonly kind: ModelKind;
}

/**
 * What prediction must repeat, apart from the network.
 *
 * @category Models
 */
export interface EncodeModelOptions {
  /** The kind of model. */
  readonly kind: ModelKind;
  /** Says how the network is built. */
  readonly architecture: Architecture;
  /** Its weights. */
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** How images are normalised. */
  readonly intensities: IntensitySettings;
  /** How answers become objects. */
  readonly decode: object;
  /** Planes on each side of the focus that are channels; null for images of one plane. */
  readonly planes: number | null;
  /** The channels of files that are those of its images; null or left out where it takes one. */
  readonly channels?: readonly string[] | null;
  /** The exposure of videos; 1 unless told. */
  readonly exposure?: ExposureSettings["exposure"];
  /**
   * Whether percentiles hold whatever lies between them, as for models of other programs; otherwise a range
   * that lies within the noise ends above it.
   */
  readonly exactRange?: boolean;
  /** How large the objects are that it learned from; not told where nobody knows. */
  readonly objects?: ObjectScale | null;
  /** The size of a pixel of the stills, in micrometres; not told where nobody knows. */
  readonly pixelSize?: number | null;
  /** Versions of the programs that trained it. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Encodes weights with all that is needed to predict with them, `config.json` not included.
 *
 * @category Models
 */
export function encodeModel(
  { kind, architecture, weights, intensities, decode, planes, versions, ...more }:
    EncodeModelOptions,
): Uint8Array<ArrayBuffer> {
  const { exposure = 1, exactRange = false, objects = null, pixelSize = null } = more;
  const { channels = null } = more;
  const normalization = {
    stills: stillNormalization(intensities),
    video: videoNormalization(intensities),
  };
  return encodeSafeTensors({
    metadata: {
      format: "kymo",
      architecture: JSON.stringify(architecture),
      normalization: JSON.stringify(normalization),
      ...objectModelOf(kind).encodeDecoding(decode),
      ...(exactRange && { range: "exact" }),
      ...encodeObjectScale(objects),
      ...(pixelSize !== null && { pixelSize: `${pixelSize}` }),
      ...(planes !== null && { planes: JSON.stringify(planes) }),
      ...(channels !== null && { channels: JSON.stringify(channelList(channels)) }),
      ...(exposure !== 1 && { exposure: JSON.stringify({ exposure }) }),
      versions: JSON.stringify(versions),
    },
    tensors: weights,
  });
}

/**
 * Decodes a file of weights and finds its kind.
 *
 * @param options.file The file's name, for errors.
 * @param options.models The kinds that there are.
 * @throws {SyntaxError} If it is damaged or does not say what network it is for.
 * @throws {RangeError} If its kind is not known.
 * @category Models
 */
export function decodeModel(
  bytes: Uint8Array<ArrayBuffer>,
  { file, models = modelKinds }: { file: string; models?: readonly ModelKind[] },
): ModelFile {
  const weights = decodeSafeTensors(bytes, file);
  const architecture = architectureOf(weights, file);
  const kind = models.find(({ name }) => name === architecture.kind);
  if (kind) return { file, weights, architecture, kind };
  const names = models.map(({ name }) => name);
  throw unusable(
    `Cannot use ${file}: cannot build a network of kind ${architecture.kind}: known kinds are ` +
      `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`,
  );
}

/**
 * What a file of weights says about prediction, apart from the network.
 *
 * @throws {SyntaxError} If it says nothing that makes sense.
 * @throws {TypeError} If the model finds no objects.
 * @category Models
 */
export function readingOf({ weights: { metadata }, file, kind, architecture }: ModelFile): Reading {
  const objects = objectModelOf(kind);
  try {
    const { stills, video } = JSON.parse(metadata.normalization);
    for (const { low, high } of [stills, video]) {
      if (!(low < high)) throw new RangeError(`Percentile ${low} is not below ${high}`);
    }
    const planes = metadata.planes === undefined ? null : JSON.parse(metadata.planes);
    if (planes !== null && !(Number.isInteger(planes) && planes >= 0)) {
      throw new RangeError(`There are ${planes} planes on each side of the focus`);
    }
    const channels = metadata.channels === undefined ? null : JSON.parse(metadata.channels);
    const { inChannels } = architecture.options;
    if (channels !== null && !(channelList(channels).length === inChannels && planes === null)) {
      throw new RangeError(
        `Its network takes ${counted(inChannels, "channel")}, not ${metadata.channels}`,
      );
    }
    const decode = objects.readDecoding(metadata);
    const exactRange = metadata.range === "exact";
    const pixelSize = metadata.pixelSize === undefined ? null : Number(metadata.pixelSize);
    if (pixelSize !== null && !(pixelSize > 0)) throw new RangeError("A pixel has no size");
    return {
      ...{ stills, video, decode, planes, channels, exactRange, pixelSize },
      ...exposureOf(metadata),
    };
  } catch (error) {
    throw new SyntaxError(
      `Cannot use ${file}: its metadata lacks normalization and postprocess that make sense; ` +
        "give the weights of a Kymo run",
      { cause: error },
    );
  }
}

/**
 * How large the objects are that a model learned from; null where its file does not tell.
 *
 * @throws {SyntaxError} If what it tells makes no sense.
 * @category Models
 */
export function objectScaleIn({ weights: { metadata }, file }: ModelFile): ObjectScale | null {
  try {
    return readObjectScale(metadata);
  } catch (error) {
    const message = `Cannot use ${file}: what it says of the size of objects makes no sense`;
    throw ofInput(new SyntaxError(message, { cause: error }));
  }
}

/** Models of earlier versions know of no exposure. */
function exposureOf(
  { exposure: text = '{"exposure":1}' }: Readonly<Record<string, string>>,
): Pick<Reading, "exposure"> {
  const { exposure } = JSON.parse(text);
  if (!exposureSettings.settings.exposure.rule.holds(exposure)) {
    throw new RangeError(`The exposure is ${exposure}`);
  }
  return { exposure };
}

/**
 * Builds the model that a file of weights describes.
 *
 * @throws {SyntaxError | RangeError | TypeError} If it is damaged, does not fit its network, or finds no
 * objects.
 *
 * @category Models
 */
export function buildModel(device: Device, file: ModelFile): Model {
  const { weights, kind } = file;
  const reading = readingOf(file);
  const network = blaming(() =>
    loadNetwork(device, { weights, from: file.file, kinds: [kind.network] })
  );
  return { ...reading, kind, network };
}

/**
 * The settings that a run must have to go on with a model's weights: those of its network, and how
 * images are normalised.
 *
 * @throws {SyntaxError} If the file says nothing about it that makes sense.
 * @category Models
 */
export function settingsOfModel(file: ModelFile): SettingChange {
  const { kind, architecture } = file;
  const { stills, video, planes, channels } = readingOf(file);
  return {
    model: kind.name,
    ...kind.settingsOf(architecture),
    planes: planes ?? 0,
    channels: channels ?? [],
    low: stills.low,
    high: stills.high,
    videoNormalization: video.mode,
  };
}
