/**
 * Networks that store what goes from layer to layer as halves (f16), for prediction.
 *
 * @module
 */

import { asFloats } from "../kernels/parts/elementwise.ts";
import { Tape, Variable } from "./autodiff.ts";
import type { Network } from "./module.ts";

/**
 * The same network with the same weights, which stores what goes from layer to layer as halves: it takes
 * about half of the memory, and each value between layers keeps 11 bits, of at most 65504. Weights, sums
 * and answers stay floats. Any adapter can do it. It only predicts: on a tape that records it refuses to
 * run.
 *
 * @example Half of the memory
 * ```ts ignore
 * const { labels } = await segmentImage(device, { ...model, network: storingHalves(model.network) }, {
 *   image,
 * });
 * ```
 *
 * @category Networks
 */
export function storingHalves(network: Network): Network {
  const { architecture, parameters, inChannels, sizeMultiple, reach, grid } = network;
  return {
    ...{ architecture, parameters, inChannels, sizeMultiple, reach, grid },
    forward(tape, x) {
      const { device, isTraining: training, isAgain: again } = tape;
      if (tape.records) {
        throw new TypeError(
          "Cannot store halves on a tape that records: gradients are computed from floats",
        );
      }
      const halving = new Tape(device, { record: false, training, again, halves: true });
      const outputs = Object.entries(network.forward(halving, x));
      return Object.fromEntries(outputs.map(([name, output]) => {
        const { value } = output;
        return [name, value.isHalf ? new Variable(asFloats(device, value)) : output];
      }));
    },
  };
}
