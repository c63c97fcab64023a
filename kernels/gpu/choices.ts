/**
 * Which kernel serves an operation: several may compute the same, and which is fastest depends on
 * the adapter and the sizes. Rules choose by default; measured or wanted choices are pinned, so that
 * a run can be repeated bit for bit.
 *
 * @module
 */

/**
 * Names of variants by what they serve: `conv2d forward` for every size, or with the size behind it,
 * `conv2d forward 4x16x128x128->32 k3`, which goes first.
 *
 * @category Tuning
 */
export type Pins = Readonly<Record<string, string>>;

/**
 * Chooses kernels and remembers what it chose.
 *
 * @category Tuning
 */
export class KernelChoices {
  readonly #pins: Pins;
  readonly #used = new Map<string, string>();

  /** Starts from pins; a pin is passed over where the variant it names cannot compute the problem. */
  constructor(pins: Pins = {}) {
    this.#pins = pins;
  }

  /**
   * The pinned kernel, or else the first of the preferred names that is possible.
   *
   * @throws {RangeError} If none of them is.
   */
  choose<Kernel extends { readonly name: string }>(
    { pass, size, kernels, preferred, isPossible }: {
      pass: string;
      size: string;
      kernels: readonly Kernel[];
      preferred: readonly string[];
      isPossible: (kernel: Kernel) => boolean;
    },
  ): Kernel {
    const key = `${pass} ${size}`;
    const chosen = [this.#pins[key], this.#pins[pass], ...preferred]
      .map((name) => kernels.find((kernel) => kernel.name === name))
      .find((kernel) => kernel && isPossible(kernel));
    if (!chosen) throw new RangeError(`Cannot run ${pass} on ${size}: no kernel can`);
    this.#used.set(key, chosen.name);
    return chosen;
  }

  /** What has been chosen so far, as pins. */
  get used(): Pins {
    return Object.fromEntries(this.#used);
  }
}
