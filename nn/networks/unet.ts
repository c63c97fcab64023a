/**
 * The U-Net of CSBDeep and StarDist: two 3×3 convolutions with ReLU a level, max pooling down,
 * nearest upsampling and concatenation up, Glorot-uniform weights, no normalisation, no dropout.
 *
 * Level l has base · 2^l channels. At the bottom the first convolution doubles the channels again and
 * the second halves them; on the way up the second convolution of level l already has the channels
 * of the level above.
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

/**
 * Options of a U-Net.
 *
 * @category Networks
 */
export interface UNetOptions {
  /** How often the image is halved. */
  readonly depth: number;
  /** Channels at full resolution. */
  readonly base: number;
  /** Channels of the input image. */
  readonly inChannels: number;
  /** Taps of its convolutions along each axis, an odd number; 3 unless told. */
  readonly kernel?: number;
}

/**
 * The U-Net that was measured most: depth 3, base 16, one channel.
 *
 * @category Networks
 */
export const DEFAULT_UNET: UNetOptions = { depth: 3, base: 16, inChannels: 1 };

/** The trunk of a U-Net: everything but the heads. Its output has `base` channels after a ReLU. */
export class UNetTrunk {
  /** How far an input pixel can reach into the output, in pixels. */
  readonly reach: number;
  readonly #down: Conv2d[][];
  readonly #middle: Conv2d[];
  readonly #up: Conv2d[][];

  /** Makes the layers `down.L.I`, `middle.I` and `up.L.I` in a store. */
  constructor(store: ParameterStore, { depth, base, inChannels, kernel = 3 }: UNetOptions) {
    this.reach = reachOf(depth, kernel);
    const width = (level: number) => base * 2 ** Math.max(0, level);
    const pair = (name: string, [cIn, first, second]: [number, number, number]) => [
      store.conv2d(`${name}.0`, { cIn, cOut: first, k: kernel }),
      store.conv2d(`${name}.1`, { cIn: first, cOut: second, k: kernel }),
    ];
    const levels = Array.from({ length: depth }, (_, level) => level);
    this.#down = levels.map((level) =>
      pair(`down.${level}`, [
        level === 0 ? inChannels : width(level - 1),
        width(level),
        width(level),
      ])
    );
    this.#middle = pair("middle", [width(depth - 1), width(depth), width(depth - 1)]);
    this.#up = levels.map((level) =>
      pair(`up.${level}`, [2 * width(level), width(level), width(level - 1)])
    );
  }

  /**
   * Applies the trunk to x `[n, c, h, w]`; gives `[n, base, h, w]`, or what `head` makes of that pixel by
   * pixel.
   *
   * @param options.isOwn Whether the tape may drop x.
   */
  forward(
    tape: Tape,
    x: Variable,
    { isOwn = false, head }: { isOwn?: boolean; head?: Conv2d } = {},
  ): Variable {
    const skips: Variable[] = [];
    let y = x;
    for (const pair of this.#down) {
      const drops = y !== x || isOwn;
      const [skip, pooled] = tape.inBands([y], { layers: pair, drops }, ([input]) => {
        const skip = tape.checkpoint((level) => convolvePair(level, pair, input));
        if (drops) tape.drop(input);
        return [skip, tape.apply(maxPool2d, [skip], {})];
      });
      skips.push(skip);
      y = pooled;
    }
    const bottom = y;
    y = tape.checkpoint((level) => convolvePair(level, this.#middle, bottom));
    tape.drop(bottom);
    for (const [level, pair] of [...this.#up.entries()].toReversed()) {
      [y] = tape.inBands([y, skips[level]], { layers: pair, drops: true }, ([below, skip]) => {
        const joined = tape.checkpoint((inner) => joinLevels(inner, pair, { below, skip }));
        if (!head || level > 0) return [joined];
        return [replace(tape, joined, head.forward(tape, joined, { relu: false }))];
      });
    }
    return y;
  }
}

/** Drops a value that another has been computed from. */
function replace(tape: Tape, old: Variable, next: Variable): Variable {
  tape.drop(old);
  return next;
}

/** A level on the way up: what comes from below is enlarged and joined with the skip. */
function joinLevels(
  tape: Tape,
  [first, second]: Conv2d[],
  { below, skip }: { below: Variable; skip: Variable },
): Variable {
  const joined = first.forwardUp(tape, { low: below, skip }, { relu: true });
  tape.drop(below);
  tape.drop(skip);
  return replace(tape, joined, second.forward(tape, joined, { relu: true }));
}

/** Two convolutions with ReLU, of which only the second's output is kept. */
export function convolvePair(tape: Tape, [first, second]: Conv2d[], x: Variable): Variable {
  const y = first.forward(tape, x, { relu: true });
  return replace(tape, y, second.forward(tape, y, { relu: true }));
}

/**
 * What a U-Net gives for an image batch `[n, c, h, w]`.
 *
 * @category Networks
 */
export type UNetOutputs = {
  /** Foreground probability `[n, 1, h, w]`. */
  readonly prob: Variable;
  /** The same before the sigmoid, for losses. */
  readonly logits: Variable;
};

/**
 * A U-Net with one sigmoid output: `prob`, the foreground probability `[n, 1, h, w]`, and `logits`, what
 * it was before the sigmoid.
 *
 * @category Networks
 */
export class UNet implements Network {
  /** Kind `unet` and its options. */
  readonly architecture: Architecture;
  /** Parameters `down.L.I`, `middle.I`, `up.L.I`, `head`, each `.weight` and `.bias`. */
  readonly parameters: Parameters;
  /** 2^depth. */
  readonly sizeMultiple: number;
  /** How far an input pixel can reach into the output, in pixels. */
  readonly reach: number;
  /** Channels of the images it takes. */
  readonly inChannels: number;
  /** 1: the output has the size of the image. */
  readonly grid: number;
  readonly #trunk: UNetTrunk;
  readonly #head: Conv2d;

  /**
   * Makes a network with fresh weights.
   *
   * @throws {RangeError} If an option is not a positive whole number.
   */
  constructor(
    device: Device,
    { options = DEFAULT_UNET, random }: { options?: UNetOptions; random: UniformSource },
  ) {
    const { depth, base, inChannels } = options;
    checkCounts("a U-Net", { depth, base, inChannels });
    const store = new ParameterStore(device, random);
    this.#trunk = new UNetTrunk(store, options);
    this.#head = store.conv2d("head", { cIn: options.base, cOut: 1, k: 1 });
    this.parameters = store.parameters;
    this.architecture = { kind: "unet", options: { ...options } };
    this.sizeMultiple = 2 ** options.depth;
    this.reach = this.#trunk.reach;
    this.grid = 1;
    this.inChannels = options.inChannels;
  }

  /**
   * Foreground probability of x `[n, c, h, w]`.
   *
   * @throws {TypeError} If x is not a batch of images.
   * @throws {RangeError} If h or w is not a multiple of 2^depth, or c is not what the network expects.
   */
  forward(tape: Tape, x: Variable): UNetOutputs {
    checkImages(x, { network: "a U-Net", multiple: this.sizeMultiple });
    const logits = this.#trunk.forward(tape, x, { head: this.#head });
    return { prob: tape.apply(sigmoid, [logits], {}), logits };
  }
}

/**
 * How far an input pixel can reach into the output: two convolutions on each level down and up and at the
 * bottom, which reach 2 pixels of that level each with 3×3 taps; pooling and upsampling add less than one
 * pixel of the level below.
 */
function reachOf(depth: number, kernel: number): number {
  const radius = (kernel - 1) / 2;
  const levels = Array.from({ length: depth }, (_, level) => 2 ** level);
  const convolutions = levels.reduce((sum, pixel) => sum + 4 * pixel, 0) + 2 * 2 ** depth;
  return radius * convolutions + 2 ** depth;
}
