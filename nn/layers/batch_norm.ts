/**
 * Batch normalisation as a layer: while training by the moments of the batch, when predicting by those it
 * has tracked; and folded into the convolution before it, where it costs nothing.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import { add, mul, sub } from "../../kernels/ops/arithmetic.ts";
import { batchNorm, type ChannelMoments, trackMoments } from "../../kernels/ops/batch_norm.ts";
import { reshape } from "../../kernels/ops/reshape.ts";
import { elementwise } from "../../kernels/parts/elementwise.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import { Tape } from "../autodiff.ts";
import { Variable } from "../gradients.ts";
import { Conv2d, type LayerParameters } from "../module.ts";

/**
 * Options of a {@linkcode BatchNorm}.
 *
 * @category Networks
 */
export interface BatchNormOptions {
  /** Added to the variance; 1e-5 unless told. */
  readonly epsilon?: number;
  /** Share of a batch in the tracked moments; 0.1 unless told. */
  readonly share?: number;
}

/**
 * Normalises the channels of images, then scales and shifts them.
 *
 * @example
 * ```ts ignore
 * const conv = store.conv2d("conv", { cIn: 1, cOut: 8, k: 3 });
 * const norm = new BatchNorm(device, store.norm("norm", 8));
 * const y = norm.forward(tape, conv.forward(tape, x, { relu: false }));
 * // After training, one layer that answers as both do:
 * const folded = norm.fold(conv);
 * ```
 *
 * @category Networks
 */
export class BatchNorm {
  /** What channels are multiplied by, `[c]`. */
  readonly weight: Variable;
  /** What is added to them, `[c]`. */
  readonly bias: Variable;
  readonly #device: Device;
  readonly #running: ChannelMoments;
  readonly #epsilon: number;
  readonly #share: number;

  /** Wraps its two parameters; a `ParameterStore` makes them. Its moments start at 0 and 1. */
  constructor(
    device: Device,
    [weight, bias]: LayerParameters,
    { epsilon = 1e-5, share = 0.1 }: BatchNormOptions = {},
  ) {
    const channels = weight.value.size;
    this.#device = device;
    this.weight = weight;
    this.bias = bias;
    this.#epsilon = epsilon;
    this.#share = share;
    this.#running = {
      mean: device.upload([channels], new Float32Array(channels)),
      variance: device.upload([channels], new Float32Array(channels).fill(1)),
    };
  }

  /** The tracked moments by name (`mean`, `variance`), for saving beside the parameters. */
  get tensors(): ReadonlyMap<string, Tensor<"f32">> {
    return new Map([["mean", this.#running.mean], ["variance", this.#running.variance]]);
  }

  /**
   * Normalises x `[n, c, h, w]`. A tape that trains takes the moments of the batch, which are tracked, once
   * where a checkpoint computes twice.
   */
  forward(tape: Tape, x: Variable): Variable {
    if (tape.isTraining) {
      const params = { epsilon: this.#epsilon };
      const y = tape.apply(batchNorm, [x, this.weight, this.bias], params);
      if (!tape.isAgain) {
        trackMoments(tape.device, this.#running, { x: x.value, share: this.#share });
      }
      return y;
    }
    const { scale, shift } = this.#line(tape);
    const perChannel = { shape: [this.weight.value.size, 1, 1] };
    const scaled = tape.apply(mul, [x, tape.apply(reshape, [scale], perChannel)], {});
    return tape.apply(add, [scaled, tape.apply(reshape, [shift], perChannel)], {});
  }

  /**
   * A convolution that answers as the given one and this layer after it, by the tracked moments. It has
   * values of its own, which belong to the scope that is open now.
   */
  fold(conv: Conv2d): Conv2d {
    using scope = this.#device.scope();
    const tape = Tape.withoutGradients(this.#device);
    const { scale, shift } = this.#line(tape);
    const perChannel = tape.apply(reshape, [scale], { shape: [scale.value.size, 1, 1, 1] });
    const weight = tape.apply(mul, [conv.weight, perChannel], {});
    const bias = tape.apply(add, [tape.apply(mul, [conv.bias, scale], {}), shift], {});
    const [w, b] = [weight, bias].map(({ value }) =>
      new Variable(scope.keep(value), { needsGradient: true })
    );
    return new Conv2d(w, b);
  }

  /** The straight line that every channel goes through: scale = w / √(variance + ε), shift = b − mean · scale. */
  #line(tape: Tape): { scale: Variable; shift: Variable } {
    const { mean, variance } = this.#running;
    const r = elementwise(tape.device, {
      label: "batchNorm r",
      inputs: [variance],
      expression: "inverseSqrt(a + p.epsilon)",
      floats: { epsilon: this.#epsilon },
    });
    const scale = tape.apply(mul, [this.weight, new Variable(r)], {});
    const shifted = tape.apply(mul, [new Variable(mean), scale], {});
    return { scale, shift: tape.apply(sub, [this.bias, shifted], {}) };
  }
}
