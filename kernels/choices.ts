/**
 * Which kernel serves an operation: several may compute the same, and which is fastest depends on
 * the adapter and the sizes. Rules choose by default; measured or wanted choices are pinned, so that
 * a run can be repeated bit for bit.
 *
 * @module
 */

import type { Device } from "./device.ts";
import type { Tensor } from "./tensor.ts";

/** One of several ways to compute the same result. */
export interface Variant<Problem> {
  /** Its name, as in pins, benchmarks and records. */
  readonly name: string;
  /** Whether it can compute this problem on this device. */
  supports(device: Device, problem: Problem): boolean;
  /** Computes it. */
  run(device: Device, problem: Problem): Tensor<"f32">;
}

/**
 * Names of variants by what they serve: `conv2d forward` for every size, or with the size behind it,
 * `conv2d forward 4x16x128x128->32 k3`, which goes first.
 */
export type Pins = Readonly<Record<string, string>>;

/** Chooses variants and remembers what it chose. */
export class KernelChoices {
  readonly #pins: Pins;
  readonly #used = new Map<string, string>();

  /** Starts from pins; a pin is passed over where the variant it names cannot compute the problem. */
  constructor(pins: Pins = {}) {
    this.#pins = pins;
  }

  /**
   * The pinned variant, or else the first of the preferred names that can compute the problem.
   *
   * @throws {RangeError} If none of them can.
   */
  choose<Problem>(
    device: Device,
    { pass, size, problem, variants, preferred }: {
      pass: string;
      size: string;
      problem: Problem;
      variants: readonly Variant<Problem>[];
      preferred: readonly string[];
    },
  ): Variant<Problem> {
    const key = `${pass} ${size}`;
    const chosen = [this.#pins[key], this.#pins[pass], ...preferred]
      .map((name) => variants.find((variant) => variant.name === name))
      .find((variant) => variant?.supports(device, problem));
    if (!chosen) throw new RangeError(`Cannot run ${pass} on ${size}: no kernel can`);
    this.#used.set(key, chosen.name);
    return chosen;
  }

  /** What has been chosen so far, as pins. */
  get used(): Pins {
    return Object.fromEntries(this.#used);
  }
}
