/**
 * What Kymo and its peers are timed on: the same computations on the same numbers.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import { type Shape, sizeOf } from "../../../kernels/gpu/shape.ts";
import type { NamedArray } from "../../../nn/safetensors.ts";
import { DEFAULT_UNET, UNet } from "../../../nn/networks/unet.ts";
import { parameterTensors, readTensors } from "../../../nn/weights.ts";
import { Random } from "../../../train/images/random.ts";
import { flopsOf } from "../../measure/flops.ts";
import { describeShapes } from "../../measure/operations.ts";
import { FORWARD_SHAPE, forwardFlops, STEP_SHAPE } from "../../measure/unet.ts";
import type { Work } from "../protocol.ts";

/** One computation. */
export interface PeerProblem extends Work {
  /** Shape of the input, for a convolution with the channels of the output. */
  readonly shape: string;
  /** Floating point operations of the convolutions; a step counts as three predictions. */
  readonly flops: number;
  /** Makes the inputs, which a file takes to all peers. */
  readonly makeInputs: () => Promise<Map<string, NamedArray>>;
}

const CONVOLUTIONS: readonly { readonly x: Shape; readonly cOut: number }[] = [
  { x: [1, 32, 256, 256], cOut: 32 },
  { x: [1, 64, 128, 128], cOut: 64 },
  { x: [1, 256, 32, 32], cOut: 256 },
];

/** All problems, the convolutions first. `device` counts the operations and draws the weights. */
export function peerProblems(device: Device): PeerProblem[] {
  return [
    ...CONVOLUTIONS.flatMap(({ x, cOut }) =>
      (["forward", "dx", "dw"] as const).map((pass) => convolution(pass, { x, cOut }))
    ),
    prediction(device),
    trainingStep(device),
  ];
}

/** Inputs: `x`, `w`, and `dy`, the upstream gradient. */
function convolution(pass: Work["pass"], { x, cOut }: { x: Shape; cOut: number }): PeerProblem {
  const [n, cIn, h, w] = x;
  const shapes = [x, [cOut, cIn, 3, 3], [cOut]];
  return {
    op: "conv2d",
    pass,
    shape: describeShapes("conv2d", shapes),
    flops: flopsOf("conv2d", { pass, shapes })!,
    makeInputs: () => {
      const random = new Random(1);
      const normal = () => random.normal();
      return Promise.resolve(
        new Map([
          ["x", arrayOf(x, normal)],
          ["w", arrayOf(shapes[1], normal)],
          ["dy", arrayOf([n, cOut, h, w], normal)],
        ]),
      );
    },
  };
}

/** Inputs: `x` and the weights by name. */
function prediction(device: Device): PeerProblem {
  const { network, weights } = freshUNet(device);
  return {
    op: "unet",
    pass: "forward",
    shape: FORWARD_SHAPE.join("x"),
    flops: forwardFlops(device, { network, shape: FORWARD_SHAPE }),
    makeInputs: async () => {
      const random = new Random(2);
      return new Map([["x", arrayOf(FORWARD_SHAPE, () => random.next())], ...await weights()]);
    },
  };
}

/** Inputs: `x`, `target` (its bright pixels) and the weights by name. */
function trainingStep(device: Device): PeerProblem {
  const { network, weights } = freshUNet(device);
  return {
    op: "unet",
    pass: "step",
    shape: STEP_SHAPE.join("x"),
    flops: 3 * forwardFlops(device, { network, shape: STEP_SHAPE }),
    makeInputs: async () => {
      const random = new Random(3);
      const x = arrayOf(STEP_SHAPE, () => random.next());
      const target = { shape: STEP_SHAPE, data: x.data.map((value) => value > 0.7 ? 1 : 0) };
      return new Map([["x", x], ["target", target], ...await weights()]);
    },
  };
}

function freshUNet(
  device: Device,
): { network: UNet; weights: () => Promise<Map<string, NamedArray>> } {
  const network = new UNet(device, { options: DEFAULT_UNET, random: new Random(4) });
  return { network, weights: () => readTensors(device, parameterTensors(network)) };
}

function arrayOf(shape: Shape, draw: () => number): NamedArray {
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, draw) };
}
