/**
 * Kymo itself, in a process of its own like every peer.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import type { Device } from "../../kernels/gpu/device.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { conv2d } from "../../kernels/ops/conv2d/mod.ts";
import type { Tensor } from "../../kernels/gpu/tensor.ts";
import { type Adam, DEFAULT_ADAM } from "../../nn/optimisers/adam.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { DEFAULT_UNET, UNet } from "../../nn/networks/unet.ts";
import { parameterTensors, readTensors, writeTensors } from "../../nn/weights.ts";
import { captureTraining } from "../measure/training.ts";
import { LEARNING_RATE, type Work } from "./protocol.ts";
import { type Arrays, checkTraining, type Peer, type Running, serve } from "./serve.ts";

async function open(): Promise<Peer> {
  const device = await openDevice();
  return {
    version: config.version,
    setting: "training steps captured and replayed",
    start(work: Work, inputs: Arrays): Running {
      if (work.op === "conv2d") return convolution(device, { pass: work.pass, inputs });
      return work.pass === "step" ? training(device, inputs) : prediction(device, inputs);
    },
  };
}

function convolution(
  device: Device,
  { pass, inputs }: { pass: Work["pass"]; inputs: Arrays },
): Running {
  const [x, weight, dy] = ["x", "w", "dy"].map((name) => upload(device, inputs, name));
  const bias = device.upload([weight.shape[0]], new Float32Array(weight.shape[0]));
  const tensors = [x, weight, bias];
  const params = { relu: false };
  const compute = () => {
    if (pass === "forward") return conv2d.forward(device, tensors, params);
    if (conv2d.backward === "none") throw new Error("Cannot differentiate conv2d");
    const needs = [pass === "dx", pass === "dw", false];
    // Without ReLU the output is not read; dy has its shape.
    const context = { inputs: tensors, output: dy, dy, needs };
    return conv2d.backward(device, context, params)[pass === "dx" ? 0 : 1]!;
  };
  return {
    run() {
      using _scope = device.scope();
      compute();
    },
    finish: () => device.finish(),
    async results() {
      using _scope = device.scope();
      return await readTensors(device, new Map([[pass === "forward" ? "y" : pass, compute()]]));
    },
  };
}

function prediction(device: Device, inputs: Arrays): Running {
  const network = loadUNet(device, inputs);
  const x = new Variable(upload(device, inputs, "x"));
  const predict = () => network.forward(new Tape(device, { record: false }), x).prob.value;
  return {
    run() {
      using _scope = device.scope();
      predict();
    },
    finish: () => device.finish(),
    async results() {
      using _scope = device.scope();
      return await readTensors(device, new Map([["y", predict()]]));
    },
  };
}

function training(device: Device, inputs: Arrays): Running {
  const x = upload(device, inputs, "x");
  const target = upload(device, inputs, "target");
  // The timed steps and the checked ones never run at the same time.
  const arena = device.arena();
  const fresh = () =>
    captureTraining(device, {
      network: loadUNet(device, inputs),
      x,
      target,
      learningRate: LEARNING_RATE,
      arena,
    });
  const timed = fresh();
  return {
    run: () => timed.step(),
    finish: () => device.finish(),
    results: async () => {
      const { adam, loss, step } = fresh();
      return await checkTraining({
        step: async () => {
          step();
          return (await device.read(loss))[0];
        },
        gradients: () => firstGradients(device, adam),
      });
    },
  };
}

/** After one step the first moment is (1 − β1) times the gradient. */
async function firstGradients(device: Device, adam: Adam): Promise<Arrays> {
  const moments = await readTensors(device, adam.tensors);
  return new Map(
    [...moments].filter(([name]) => name.endsWith(".first")).map(([name, { shape, data }]) => [
      name.replace(/\.first$/, ""),
      { shape, data: data.map((value) => value / (1 - DEFAULT_ADAM.beta1)) },
    ]),
  );
}

function loadUNet(device: Device, inputs: Arrays): UNet {
  const network = new UNet(device, { options: DEFAULT_UNET, random: { next: () => 0.5 } });
  const tensors = parameterTensors(network);
  const arrays = new Map([...inputs].filter(([name]) => tensors.has(name)));
  writeTensors(device, { tensors, arrays, from: "the inputs of the bench" });
  return network;
}

function upload(device: Device, inputs: Arrays, name: string): Tensor<"f32"> {
  const { shape, data } = inputs.get(name)!;
  return device.upload(shape, data);
}

if (import.meta.main) await serve(open);
