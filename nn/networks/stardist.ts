/**
 * The StarDist network (Schmidt et al. 2018, Config2D of its implementation): for every grid point of
 * an image the probability to be an object, and the distances to the object's boundary along rays.
 *
 * Image, then for a grid over 1 and each halving of it two 3×3 convolutions with ReLU and a max
 * pooling; the U-Net trunk; one 3×3 convolution with ReLU ("features"); two 1×1 heads. Weights are
 * Glorot-uniform. With the default options and one channel it has 1,406,689 parameters, on grid 2
 * 1,425,185.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { maxPool2d } from "../../kernels/ops/max_pool2d.ts";
import { sigmoid } from "../../kernels/ops/sigmoid.ts";
import type { Tape, Variable } from "../autodiff.ts";
import {
  type Architecture,
  checkCounts,
  checkImages,
  type Conv2d,
  type Network,
  type Parameters,
  ParameterStore,
  type UniformSource,
} from "../module.ts";
import { convolvePair, UNetTrunk } from "./unet.ts";

/**
 * Options of a StarDist network.
 *
 * @category Networks
 */
export interface StarDistOptions {
  /** Directions in which the distance to the boundary is predicted, at least 3. */
  readonly rays: number;
  /** Image pixels per output pixel along each axis: 1, 2 or 4. */
  readonly grid: number;
  /** How often the U-Net halves what the grid left. */
  readonly depth: number;
  /** Channels of the grid convolutions and of the U-Net's first level. */
  readonly base: number;
  /** Channels that the two heads read. */
  readonly features: number;
  /** Channels of the input image. */
  readonly inChannels: number;
  /** Taps of its convolutions along each axis, an odd number; 3 unless told. The heads have one tap. */
  readonly kernel?: number;
}

/**
 * The defaults of Config2D.
 *
 * @category Networks
 */
export const DEFAULT_STARDIST: StarDistOptions = {
  rays: 32,
  grid: 1,
  depth: 3,
  base: 32,
  features: 128,
  inChannels: 1,
};

/**
 * What a StarDist network gives for images `[n, c, h, w]`; output (i, j) is at pixel (i·g, j·g).
 *
 * @category Networks
 */
export type StarDistOutputs = {
  /** Object probability `[n, 1, h/g, w/g]`, in 0…1. */
  readonly prob: Variable;
  /** The same before the sigmoid, for losses. */
  readonly logits: Variable;
  /** Distances in image pixels `[n, rays, h/g, w/g]`, not clamped: they may be negative. */
  readonly dist: Variable;
};

/**
 * A StarDist network.
 *
 * @category Networks
 */
export class StarDist implements Network {
  /** Kind `stardist` and its options. */
  readonly architecture: Architecture;
  /**
   * Parameters `grid.L.I` (only on a grid over 1), `down.L.I`, `middle.I`, `up.L.I`, `features`,
   * `prob` and `dist`, each `.weight` and `.bias`.
   */
  readonly parameters: Parameters;
  /** 2^depth · grid. */
  readonly sizeMultiple: number;
  /** How far an input pixel can reach into the output, in image pixels. */
  readonly reach: number;
  /** Channels of the images it takes. */
  readonly inChannels: number;
  /** Image pixels from one output pixel to the next. */
  readonly grid: number;
  readonly #toGridLayers: Conv2d[][];
  readonly #trunk: UNetTrunk;
  readonly #features: Conv2d;
  readonly #prob: Conv2d;
  readonly #dist: Conv2d;

  /**
   * Makes a network with fresh weights.
   *
   * @throws {RangeError} If an option is not a positive whole number, the grid is not 1, 2 or 4, or
   * there are fewer than 3 rays.
   */
  constructor(
    device: Device,
    { options = DEFAULT_STARDIST, random }: { options?: StarDistOptions; random: UniformSource },
  ) {
    checkOptions(options);
    const { rays, grid, depth, base, features, inChannels, kernel = 3 } = options;
    const store = new ParameterStore(device, random);
    const halvings = Math.log2(grid);
    this.#toGridLayers = Array.from({ length: halvings }, (_, level) => [
      store.conv2d(`grid.${level}.0`, {
        ...{ cIn: level === 0 ? inChannels : base, cOut: base, k: kernel },
      }),
      store.conv2d(`grid.${level}.1`, { cIn: base, cOut: base, k: kernel }),
    ]);
    const trunkChannels = halvings === 0 ? inChannels : base;
    this.#trunk = new UNetTrunk(store, { depth, base, inChannels: trunkChannels, kernel });
    this.#features = store.conv2d("features", { cIn: base, cOut: features, k: kernel });
    this.#prob = store.conv2d("prob", { cIn: features, cOut: 1, k: 1 });
    this.#dist = store.conv2d("dist", { cIn: features, cOut: rays, k: 1 });
    this.parameters = store.parameters;
    this.architecture = {
      kind: "stardist",
      options: {
        ...{ rays, grid, depth, base, features, inChannels },
        ...(kernel !== 3 && { kernel }),
      },
    };
    this.sizeMultiple = 2 ** depth * grid;
    this.grid = grid;
    this.inChannels = inChannels;
    this.reach = reachOf(grid, { trunkReach: this.#trunk.reach, kernel });
  }

  /**
   * Object probability and distances of x `[n, c, h, w]`.
   *
   * @throws {TypeError} If x is not a batch of images.
   * @throws {RangeError} If h or w is not a multiple of 2^depth · grid, or c is not what the network
   * expects.
   */
  forward(tape: Tape, x: Variable): StarDistOutputs {
    checkImages(x, { network: "StarDist", multiple: this.sizeMultiple });
    const pooled = this.#toGrid(tape, x);
    const trunk = this.#trunk.forward(tape, pooled, { isOwn: pooled !== x });
    const layers = { layers: [this.#features], scale: 1, drops: true };
    const [logits, dist] = tape.inBands([trunk], layers, ([input]) => {
      const features = this.#features.forward(tape, input, { relu: true });
      tape.drop(input);
      const logits = this.#prob.forward(tape, features, { relu: false });
      const dist = this.#dist.forward(tape, features, { relu: false });
      tape.drop(features);
      return [logits, dist];
    });
    return { prob: tape.apply(sigmoid, [logits], {}), logits, dist };
  }

  /** The image as `base` channels on the grid; the image itself on grid 1. */
  #toGrid(tape: Tape, x: Variable): Variable {
    let y = x;
    for (const pair of this.#toGridLayers) {
      const drops = y !== x;
      [y] = tape.inBands([y], { layers: pair, drops }, ([input]) => {
        const convolved = tape.checkpoint((level) => convolvePair(level, pair, input));
        if (drops) tape.drop(input);
        const pooled = tape.apply(maxPool2d, [convolved], {});
        tape.drop(convolved);
        return [pooled];
      });
    }
    return y;
  }
}

/** Refuses options that make no network. */
function checkOptions(options: StarDistOptions): void {
  const { rays, grid, depth, base, features, inChannels, kernel = 3 } = options;
  const network = "a StarDist network";
  checkCounts(network, { rays, grid, depth, base, features, inChannels, kernel });
  if (kernel % 2 !== 1) {
    throw new RangeError(`Cannot make ${network}: kernel is ${kernel}, expected an odd number`);
  }
  if (![1, 2, 4].includes(grid)) {
    throw new RangeError(`Cannot make ${network}: grid is ${grid}, expected 1, 2 or 4`);
  }
  if (rays < 3) {
    throw new RangeError(`Cannot make ${network}: rays is ${rays}, expected at least 3`);
  }
}

/**
 * How far an input pixel can reach into the output: a pixel of the grid is g image pixels, of which
 * the trunk reaches its own number and the features one more; two 3×3 convolutions before each
 * halving reach 2 pixels of that size, and the poolings together g − 1. Larger kernels reach further.
 */
function reachOf(
  grid: number,
  { trunkReach, kernel }: { trunkReach: number; kernel: number },
): number {
  const radius = (kernel - 1) / 2;
  const halvings = Array.from({ length: Math.log2(grid) }, (_, level) => 2 ** level);
  const convolutions = halvings.reduce((sum, pixel) => sum + 2 * radius * pixel, 0);
  return convolutions + (grid - 1) + grid * (trunkReach + radius);
}
