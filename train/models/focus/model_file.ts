/**
 * A trained focus classifier on disk: weights with everything that prediction must repeat.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Architecture, Network } from "../../../nn/module.ts";
import { encodeSafeTensors, type NamedArray, type SafeTensors } from "../../../nn/safetensors.ts";
import { loadNetwork } from "../../../nn/weights.ts";
import { checkPercentiles, type FocusReading } from "./reading.ts";
import { blaming } from "../../images/faults/input_fault.ts";

/** A classifier that can find planes. */
export interface FocusModel {
  /** The network with its weights on the GPU. */
  readonly network: Network;
  /** How stacks are normalised and answers smoothed. */
  readonly reading: FocusReading;
}

/** Encodes weights with all that is needed to find planes with them. */
export function encodeFocusModel(
  { architecture, weights, reading: { low, high, sigma }, versions }: {
    architecture: Architecture;
    weights: ReadonlyMap<string, NamedArray>;
    reading: FocusReading;
    versions: Readonly<Record<string, string>>;
  },
): Uint8Array<ArrayBuffer> {
  return encodeSafeTensors({
    metadata: {
      format: "kymo",
      architecture: JSON.stringify(architecture),
      focus: JSON.stringify({ low, high, sigma }),
      versions: JSON.stringify(versions),
    },
    tensors: weights,
  });
}

/**
 * Builds the classifier that a weights file describes.
 *
 * @param from The file's name, for errors.
 * @throws {SyntaxError | RangeError} If it is damaged or not of a focus classifier.
 */
export function loadFocusModel(
  device: Device,
  { weights, from }: { weights: SafeTensors; from: string },
): FocusModel {
  const reading = readingOf(weights.metadata, from);
  return { network: blaming(() => loadNetwork(device, { weights, from })), reading };
}

function readingOf(metadata: Readonly<Record<string, string>>, from: string): FocusReading {
  try {
    const { low, high, sigma } = JSON.parse(metadata.focus);
    checkPercentiles({ low, high });
    if (!(sigma >= 0)) throw new RangeError(`The smoothing is ${sigma}`);
    return { low, high, sigma };
  } catch (error) {
    throw new SyntaxError(
      `Cannot use ${from}: its metadata lacks focus settings that make sense; give the weights of ` +
        "a training with --model focus",
      { cause: error },
    );
  }
}
