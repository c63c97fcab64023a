/**
 * One sample of an operation on the GPU: random inputs, and its passes as functions to run.
 *
 * @module
 */

import type { Device } from "../../kernels/gpu/device.ts";
import {
  type Fill,
  type NdArray,
  type OperationSample,
  type Params,
  runForward,
} from "../../kernels/operation.ts";
import type { AnyOperation } from "../../kernels/operations.ts";
import { type Shape, sizeOf } from "../../kernels/gpu/shape.ts";
import { Tensor } from "../../kernels/gpu/tensor.ts";
import { Random } from "../../train/images/random.ts";

/** A tensor that remembers whether a kernel or a copy has used it. */
class WatchedTensor extends Tensor<"f32"> {
  isUsed = false;

  override get buffer(): GPUBuffer {
    this.isUsed = true;
    return super.buffer;
  }
}

/** One pass of an operation. */
export interface Pass {
  /** `forward`, or `d` and the first letter of the input whose gradient it is. */
  readonly name: string;
  /** The input whose gradient it is; null for the forward pass. */
  readonly input: number | null;
  /** Queues the pass and gives its result. */
  readonly run: () => Tensor<"f32">;
  /** Bytes of the tensors that it reads, of inputs, output and upstream gradient, and of its result. */
  readonly bytes: number;
}

/** An operation with the inputs of one sample. */
export interface Problem {
  /** The inputs on the CPU. */
  readonly inputs: readonly NdArray[];
  /** The upstream gradient on the CPU. */
  readonly dy: NdArray;
  /** The forward pass, and those gradients that take any work. */
  readonly passes: readonly Pass[];
}

/** Puts a sample on the GPU. Its tensors belong to the scope that is open. */
export function makeProblem(
  device: Device,
  operation: AnyOperation,
  { shapes, params, fills }: OperationSample<Params>,
): Problem {
  const random = new Random(1);
  const inputs = shapes.map((shape, i) => randomArray(shape, { random, fill: fills?.[i] }));
  const dy = randomArray(operation.shape(shapes, params), { random });
  const watched = inputs.map((input) => upload(device, input));
  const forward = () => runForward(device, operation, { inputs: watched, params });
  const context = { inputs: watched, output: watch(forward()), dy: upload(device, dy) };
  const everything = [...watched, context.output, context.dy];
  const pass = (name: string, { input, run }: Pick<Pass, "input" | "run">): Pass => {
    using _scope = device.scope();
    everything.forEach((tensor) => tensor.isUsed = false);
    const { byteLength } = run();
    const read = everything.filter((tensor) => tensor.isUsed);
    const bytes = read.reduce((sum, tensor) => sum + tensor.byteLength, byteLength);
    return { name, input, run, bytes };
  };
  const passes = [pass("forward", { input: null, run: forward })];
  const { backward } = operation;
  if (backward === "none") return { inputs, dy, passes };
  operation.inputs.forEach((name, input) => {
    const needs = inputs.map((_, i) => i === input);
    const run = () => backward(device, { ...context, needs }, params)[input];
    if (takesWork(device, { run, dy: context.dy })) {
      passes.push(pass(`d${name[0]}`, { input, run: run as () => Tensor<"f32"> }));
    }
  });
  return { inputs, dy, passes };
}

/** Whether there is a gradient, and it is not simply the upstream gradient. */
function takesWork(
  device: Device,
  { run, dy }: { run: () => Tensor<"f32"> | null; dy: Tensor<"f32"> },
): boolean {
  using _scope = device.scope();
  const gradient = run();
  return gradient !== null && gradient !== dy;
}

function upload(device: Device, { shape, data }: NdArray): WatchedTensor {
  return watch(device.upload(shape, Float32Array.from(data)));
}

function watch({ shape, buffer }: Tensor<"f32">): WatchedTensor {
  return new WatchedTensor(shape, "f32", buffer);
}

/** Random values of a kind, rounded to float32 so that both sides compute with the same numbers. */
function randomArray(
  shape: Shape,
  { random, fill = "normal" }: { random: Random; fill?: Fill },
): NdArray {
  const draw: Record<Fill, () => number> = {
    normal: () => random.normal(),
    probability: () => random.uniform(0.02, 0.98),
    "partly known": () => random.integer(3) - 1,
    binary: () => random.chance(0.4) ? 1 : 0,
    ties: () => random.integer(3),
  };
  const data = Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(draw[fill]()));
  return { shape, data };
}
