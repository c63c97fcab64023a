/**
 * What every network is, and the convolution layer they are built from.
 *
 * @module
 */

import type { Device } from "../kernels/gpu/device.ts";
import { conv2d, type Conv2dParams } from "../kernels/ops/conv2d/mod.ts";
import { upConv2d } from "../kernels/ops/up_conv2d/mod.ts";
import { imageShape, type Shape, sizeOf } from "../kernels/gpu/shape.ts";
import { type Tape, Variable } from "./autodiff.ts";

/**
 * Parameters by name, in the order they were made.
 *
 * @category Networks
 */
export type Parameters = ReadonlyMap<string, Variable>;

/**
 * Uniform random numbers in [0, 1): what initialisation draws from.
 *
 * @category Networks
 */
export interface UniformSource {
  /** The next number. */
  next(): number;
  /**
   * Refuses a parameter before anything is allocated for it, where weights are to be loaded that have no
   * such array.
   *
   * @throws {RangeError} If it is refused.
   */
  expect?(name: string, shape: Shape): void;
}

/**
 * Named maps that a network gives for an image batch.
 *
 * @category Networks
 */
export type Outputs = Readonly<Record<string, Variable>>;

/**
 * The outputs that are an answer, by name: all but `logits`, which repeat `prob` for losses.
 *
 * @category Networks
 */
export function answersIn(outputs: Outputs): ReadonlyMap<string, Variable> {
  return new Map(Object.entries(outputs).filter(([name]) => name !== "logits"));
}

/**
 * A network: named parameters and a forward pass from an image batch to named maps.
 *
 * @category Networks
 */
export interface Network {
  /** What kind of network it is, with the options to build it again; stored with its weights. */
  readonly architecture: Architecture;
  /** Its parameters by name, as in a weights file. */
  readonly parameters: Parameters;
  /** Channels of the images it takes. */
  readonly inChannels: number;
  /** Both sides of an input image must be multiples of this. */
  readonly sizeMultiple: number;
  /** How far an input pixel can reach into the output, in pixels; what tiles must overlap. */
  readonly reach: number;
  /** Image pixels from one output pixel to the next: output (i, j) is at pixel (i·grid, j·grid). */
  readonly grid: number;
  /** Applies the network to x `[n, c, h, w]`. */
  forward(tape: Tape, x: Variable): Outputs;
}

/**
 * The kind and options of a network.
 *
 * @category Networks
 */
export interface Architecture {
  /** Kind, for example `unet`. */
  readonly kind: string;
  /** Options of that kind. */
  readonly options: Readonly<Record<string, number>>;
}

/**
 * Glorot-uniform numbers (Glorot and Bengio 2010): uniform in ±√(6 / (fan_in + fan_out)), with fans
 * counted over the taps of a convolution.
 *
 * @category Networks
 */
export function glorotUniform(shape: Shape, random: UniformSource): Float32Array<ArrayBuffer> {
  const [cOut, cIn, ...kernel] = shape;
  const limit = Math.sqrt(6 / ((cIn + cOut) * sizeOf(kernel)));
  return Float32Array.from({ length: sizeOf(shape) }, () => limit * (2 * random.next() - 1));
}

/**
 * The two parameters of a layer.
 *
 * @category Networks
 */
export type LayerParameters = readonly [weight: Variable, bias: Variable];

/**
 * Collects the parameters of a network while it is built.
 *
 * @category Networks
 */
export class ParameterStore {
  readonly #device: Device;
  readonly #random: UniformSource;
  readonly #parameters = new Map<string, Variable>();

  /** Starts an empty store; initial values are drawn from `random` in the order of creation. */
  constructor(device: Device, random: UniformSource) {
    this.#device = device;
    this.#random = random;
  }

  /**
   * Everything made so far. Whatever has been made since this was last asked lies side by side from now
   * on, so that an optimiser updates all of it at once.
   */
  get parameters(): Parameters {
    const values = [...this.#parameters.values()].map(({ value }) => value);
    this.#device.blocks.gather(values.filter(({ block }) => block === null));
    return this.#parameters;
  }

  /** Makes a convolution `[c_out, c_in, k, k]`: Glorot-uniform weight, zero bias. */
  conv2d(name: string, { cIn, cOut, k }: { cIn: number; cOut: number; k: number }): Conv2d {
    return new Conv2d(...this.sums(name, [cOut, cIn, k, k]));
  }

  /** Makes the parameters of a layer of sums: Glorot-uniform weight `[out, in, …]`, zero bias. */
  sums(name: string, shape: Shape): LayerParameters {
    const [cOut] = shape;
    return [
      this.#add(`${name}.weight`, { shape, values: () => glorotUniform(shape, this.#random) }),
      this.#add(`${name}.bias`, { shape: [cOut], values: () => new Float32Array(cOut) }),
    ];
  }

  /** Makes the parameters of a normalisation that at first neither scales nor shifts. */
  norm(name: string, channels: number): LayerParameters {
    const shape = [channels];
    return [
      this.#add(`${name}.weight`, { shape, values: () => new Float32Array(channels).fill(1) }),
      this.#add(`${name}.bias`, { shape, values: () => new Float32Array(channels) }),
    ];
  }

  #add(
    name: string,
    { shape, values }: { shape: Shape; values: () => Float32Array<ArrayBuffer> },
  ): Variable {
    this.#random.expect?.(name, shape);
    const variable = new Variable(this.#device.upload(shape, values()), { needsGradient: true });
    this.#parameters.set(name, variable);
    return variable;
  }
}

/**
 * A convolution layer.
 *
 * @category Networks
 */
export class Conv2d {
  /** Weight `[c_out, c_in, k, k]`. */
  readonly weight: Variable;
  /** Bias `[c_out]`. */
  readonly bias: Variable;

  /** Wraps its two parameters; a {@linkcode ParameterStore} makes them. */
  constructor(weight: Variable, bias: Variable) {
    this.weight = weight;
    this.bias = bias;
  }

  /** y = x ⋆ weight + bias, with ReLU if asked, and with stride and padding if told. */
  forward(tape: Tape, x: Variable, params: Conv2dParams): Variable {
    return tape.apply(conv2d, [x, this.weight, this.bias], params);
  }

  /** y = [low enlarged twofold, skip] ⋆ weight + bias, with ReLU if asked. */
  forwardUp(
    tape: Tape,
    { low, skip }: { low: Variable; skip: Variable },
    { relu }: { relu: boolean },
  ): Variable {
    return tape.apply(upConv2d, [low, skip, this.weight, this.bias], { relu });
  }
}

/**
 * The number of values in all parameters together.
 *
 * @category Networks
 */
export function parameterCount(parameters: Parameters): number {
  return [...parameters.values()].reduce((sum, { value }) => sum + value.size, 0);
}

/**
 * Checks options that count something.
 *
 * @throws {RangeError} If one is not a whole number above 0.
 */
export function checkCounts(network: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (!(Number.isInteger(value) && value > 0)) {
      throw new RangeError(
        `Cannot make ${network}: ${name} is ${value}, expected a whole number > 0`,
      );
    }
  }
}

/**
 * Checks a batch of images for a network.
 *
 * @throws {TypeError} If x is not a batch of images.
 * @throws {RangeError} If a side is not a multiple of what the network needs.
 */
export function checkImages(
  x: Variable,
  { network, multiple }: { network: string; multiple: number },
): void {
  const [, , h, w] = imageShape(x.value.shape, network);
  if (h % multiple !== 0 || w % multiple !== 0) {
    throw new RangeError(
      `Cannot run ${network} on ${h} × ${w} pixels: both must be multiples of ${multiple}`,
    );
  }
}
