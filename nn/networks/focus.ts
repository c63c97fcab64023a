/**
 * The focus classifier: how probable it is that an image is in focus. A small residual network (He et
 * al. 2016) of four blocks, as in Shabanov et al. 2020; what that paper leaves open is chosen here.
 *
 * A block halves the image: y = ReLU(norm(conv(ReLU(norm(conv(x, stride 2))))) + skip(x, stride 2)), with
 * 3×3 convolutions, a 1×1 convolution as the skip, and group normalisation, which gives one plane the
 * same answer as a batch of them. Block l has base · 2^l channels. The mean over all pixels of the
 * last block goes through one dense layer and a sigmoid, so images may have any size.
 *
 * A block from c to d channels has 10·c·d + 9·d² + 7·d parameters, the head one per channel and one:
 * 76,825 with the default options.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { add } from "../../kernels/ops/arithmetic.ts";
import { conv2d } from "../../kernels/ops/conv2d/mod.ts";
import { dense } from "../../kernels/ops/dense.ts";
import { globalAveragePool } from "../../kernels/ops/global_average_pool.ts";
import { groupNorm } from "../../kernels/ops/group_norm.ts";
import { relu } from "../../kernels/ops/relu.ts";
import { sigmoid } from "../../kernels/ops/sigmoid.ts";
import type { Tape, Variable } from "../autodiff.ts";
import {
  type Architecture,
  checkCounts,
  checkImages,
  type LayerParameters,
  type Network,
  type Parameters,
  ParameterStore,
  type UniformSource,
} from "../module.ts";

/**
 * Options of a focus classifier.
 *
 * @category Networks
 */
export interface FocusOptions {
  /** Residual blocks, each of which halves the image. */
  readonly blocks: number;
  /** Channels of the first block; each further one doubles them. */
  readonly base: number;
  /** Groups of every normalisation; they divide `base`. */
  readonly groups: number;
  /** Channels of the input image. */
  readonly inChannels: number;
}

/**
 * Four blocks of 8, 16, 32 and 64 channels in groups of four, for one plane.
 *
 * @category Networks
 */
export const DEFAULT_FOCUS: FocusOptions = { blocks: 4, base: 8, groups: 4, inChannels: 1 };

/** PyTorch's default. */
const EPSILON = 1e-5;

/** The parameters of a residual block. */
interface Block {
  readonly convs: readonly LayerParameters[];
  readonly norms: readonly LayerParameters[];
  readonly skip: LayerParameters;
}

function makeBlock(store: ParameterStore, name: string, [cIn, cOut]: [number, number]): Block {
  return {
    convs: [
      store.sums(`${name}.conv.0`, [cOut, cIn, 3, 3]),
      store.sums(`${name}.conv.1`, [cOut, cOut, 3, 3]),
    ],
    norms: [store.norm(`${name}.norm.0`, cOut), store.norm(`${name}.norm.1`, cOut)],
    skip: store.sums(`${name}.skip`, [cOut, cIn, 1, 1]),
  };
}

/** Applies one step after the other; what lies between them is dropped. */
function inTurn(tape: Tape, x: Variable, steps: ((x: Variable) => Variable)[]): Variable {
  const [first, ...others] = steps;
  return others.reduce((y, step) => {
    const next = step(y);
    tape.drop(y);
    return next;
  }, first(x));
}

function applyBlock(
  tape: Tape,
  x: Variable,
  { convs, norms, skip, groups }: Block & { groups: number },
): Variable {
  const normParams = { groups, epsilon: EPSILON };
  const main = inTurn(tape, x, [
    (y) => tape.apply(conv2d, [y, ...convs[0]], { relu: false, stride: 2, padding: 1 }),
    (y) => tape.apply(groupNorm, [y, ...norms[0]], normParams),
    (y) => tape.apply(relu, [y], {}),
    (y) => tape.apply(conv2d, [y, ...convs[1]], { relu: false }),
    (y) => tape.apply(groupNorm, [y, ...norms[1]], normParams),
  ]);
  const around = tape.apply(conv2d, [x, ...skip], { relu: false, stride: 2, padding: 0 });
  const sum = tape.apply(add, [main, around], {});
  const y = tape.apply(relu, [sum], {});
  for (const used of [main, around, sum]) tape.drop(used);
  return y;
}

/**
 * What a focus classifier gives for an image batch `[n, c, h, w]`.
 *
 * @category Networks
 */
export type FocusOutputs = {
  /** Probability of each image to be in focus, `[n, 1, 1, 1]`. */
  readonly prob: Variable;
};

/**
 * A classifier with one output a plane: `prob`, the probability to be in focus, `[n, 1, 1, 1]`.
 *
 * @category Networks
 */
export class FocusClassifier implements Network {
  /** Kind `focus` and its options. */
  readonly architecture: Architecture;
  /**
   * Parameters `block.L.conv.I`, `block.L.norm.I`, `block.L.skip` and `head`, each `.weight` and `.bias`.
   */
  readonly parameters: Parameters;
  /** Channels of the images it takes. */
  readonly inChannels: number;
  /** 1: images may have any size. */
  readonly sizeMultiple: number = 1;
  /** Infinite: every pixel reaches the answer, so an image cannot be cut into tiles. */
  readonly reach: number = Infinity;
  /** Infinite: there is one answer for the whole image. */
  readonly grid: number = Infinity;
  readonly #blocks: readonly Block[];
  readonly #groups: number;
  readonly #head: LayerParameters;

  /**
   * Makes a network with fresh weights.
   *
   * @throws {RangeError} If an option is not a positive whole number, or the groups do not divide the
   * channels.
   */
  constructor(
    device: Device,
    { options = DEFAULT_FOCUS, random }: { options?: FocusOptions; random: UniformSource },
  ) {
    const { blocks, base, groups, inChannels } = options;
    checkCounts("a focus classifier", { blocks, base, groups, inChannels });
    if (base % groups !== 0) {
      throw new RangeError(
        `Cannot make a focus classifier: base is ${base}, which ${groups} groups do not divide`,
      );
    }
    const store = new ParameterStore(device, random);
    const widths = [inChannels, ...Array.from({ length: blocks }, (_, l) => base * 2 ** l)];
    this.#blocks = Array.from(
      { length: blocks },
      (_, l) => makeBlock(store, `block.${l}`, [widths[l], widths[l + 1]]),
    );
    this.#head = store.sums("head", [1, widths[blocks]]);
    this.#groups = groups;
    this.parameters = store.parameters;
    this.architecture = { kind: "focus", options: { ...options } };
    this.inChannels = inChannels;
  }

  /**
   * Probability of each image of x `[n, c, h, w]` to be in focus.
   *
   * @throws {TypeError} If x is not a batch of images.
   * @throws {RangeError} If c is not what the network expects.
   */
  forward(tape: Tape, x: Variable): FocusOutputs {
    checkImages(x, { network: "a focus classifier", multiple: this.sizeMultiple });
    const groups = this.#groups;
    const prob = inTurn(tape, x, [
      ...this.#blocks.map((block) => (y: Variable) => applyBlock(tape, y, { ...block, groups })),
      (y) => tape.apply(globalAveragePool, [y], { keepAxes: true }),
      (y) => tape.apply(dense, [y, ...this.#head], {}),
      (y) => tape.apply(sigmoid, [y], {}),
    ]);
    return { prob };
  }
}
