/**
 * The kinds of networks that can be built from a description.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { FocusClassifier, type FocusOptions } from "./focus.ts";
import type { Network, UniformSource } from "../module.ts";
import { StarDist, type StarDistOptions } from "./stardist.ts";
import { UNet, type UNetOptions } from "./unet.ts";

/**
 * A kind of network as a record.
 *
 * @category Networks
 */
export interface NetworkKind {
  /** Its name in the description of a network. */
  readonly name: string;
  /**
   * Makes a network with fresh weights.
   *
   * @param parts.options Options as the network's description has them.
   * @throws {RangeError} If they make no sense.
   */
  build(
    device: Device,
    parts: { options: Readonly<Record<string, number>>; random: UniformSource },
  ): Network;
}

/**
 * {@linkcode UNet}.
 *
 * @category Networks
 */
export const uNetKind: NetworkKind = {
  name: "unet",
  build: (device, { options, random }) =>
    new UNet(device, { options: options as unknown as UNetOptions, random }),
};

/**
 * {@linkcode StarDist}.
 *
 * @category Networks
 */
export const starDistKind: NetworkKind = {
  name: "stardist",
  build: (device, { options, random }) =>
    new StarDist(device, { options: options as unknown as StarDistOptions, random }),
};

/**
 * {@linkcode FocusClassifier}.
 *
 * @category Networks
 */
export const focusKind: NetworkKind = {
  name: "focus",
  build: (device, { options, random }) =>
    new FocusClassifier(device, { options: options as unknown as FocusOptions, random }),
};

/**
 * All of them. To add one, write its record and name it here.
 *
 * @category Networks
 */
export const networkKinds: readonly NetworkKind[] = [uNetKind, starDistKind, focusKind];
