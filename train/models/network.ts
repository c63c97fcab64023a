/**
 * The network that the settings of a run describe.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import type { Network } from "../../nn/module.ts";
import { buildNetwork } from "../../nn/weights.ts";
import type { TrainConfig } from "../jobs/train/config.ts";
import { Random } from "../images/random.ts";

/**
 * Makes it with fresh weights, drawn from the seed of the run.
 *
 * @throws {RangeError} If there is no such network.
 */
export function freshNetwork(
  device: Device,
  { model, depth, base, seed, planes, stardist: { rays, grid, features } }: TrainConfig,
): Network {
  const trunk = { depth, base, inChannels: 2 * planes + 1 };
  const options = model === "stardist" ? { ...trunk, rays, grid, features } : trunk;
  return buildNetwork(device, {
    architecture: { kind: model, options },
    random: new Random(seed),
  });
}
