/**
 * TensorFlow.js on WebGPU or WebAssembly: the backend is the argument.
 *
 * Its own layout is used: images NHWC, weights HWIO. What goes in and out is transposed.
 *
 * @module
 */

import type { NamedArray } from "../../nn/safetensors.ts";
import { LEARNING_RATE, type Work } from "./protocol.ts";
import { type Arrays, checkTraining, type Peer, type Running, serve } from "./serve.ts";

const VERSION = "4.22.0";
// The names are no literals, so that nobody downloads the packages who does not run this file.
const PACKAGE: string = `npm:@tensorflow/tfjs@${VERSION}`;
const backendPackage = (backend: string): string =>
  `npm:@tensorflow/tfjs-backend-${backend}@${VERSION}`;

/** A tensor of the library, as far as it is used here. */
interface Value {
  readonly shape: number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

interface Convolution {
  x: Value;
  filter: Value;
  strides: number;
  pad: "same";
  bias?: Value;
  activation?: "linear" | "relu";
}

interface Optimizer {
  minimize(loss: () => Value, returnCost: boolean, variables: Value[]): Value;
  getWeights(): Promise<{ name: string; tensor: Value }[]>;
}

/** The library, as far as it is used here. */
interface Tensorflow {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tidy<T>(compute: () => T): T;
  tensor(values: Float32Array, shape: readonly number[]): Value;
  variable(value: Value, trainable: boolean, name: string): Value;
  transpose(x: Value, axes: number[]): Value;
  slice(x: Value, begin: number[], size: number[]): Value;
  concat(xs: Value[], axis: number): Value;
  add(a: Value, b: Value | number): Value;
  sub(a: Value | number, b: Value): Value;
  mul(a: Value, b: Value | number): Value;
  div(a: Value, b: Value): Value;
  sum(x: Value): Value;
  sigmoid(x: Value): Value;
  maxPool(x: Value, size: number, strides: number, pad: "valid"): Value;
  conv2d(x: Value, w: Value, strides: number, pad: "same"): Value;
  engine(): {
    runKernel(
      name: string,
      inputs: Readonly<Record<string, Value>>,
      attributes: Readonly<Record<string, unknown>>,
    ): Value;
  };
  readonly fused: { conv2d(convolution: Convolution): Value };
  readonly image: {
    resizeNearestNeighbor(x: Value, size: [number, number]): Value;
  };
  readonly train: {
    adam(rate: number, beta1: number, beta2: number, epsilon: number): Optimizer;
  };
}

const DEPTH = 3;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];
/** The axes of an image or weight in the other layout, on the way in and out. */
const AXES = {
  image: { in: [0, 2, 3, 1], out: [0, 3, 1, 2] },
  weight: { in: [2, 3, 1, 0], out: [3, 2, 0, 1] },
};
type Kind = keyof typeof AXES;

async function open(): Promise<Peer> {
  const [backend] = Deno.args;
  const tf: Tensorflow = await import(PACKAGE);
  await import(backendPackage(backend));
  if (!await tf.setBackend(backend)) throw new Error(`its backend ${backend} does not start`);
  await tf.ready();
  return {
    version: VERSION,
    setting: `${backend}, NHWC, convolutions fused with bias and ReLU`,
    start({ op, pass }: Work, inputs: Arrays): Running {
      if (op === "conv2d") return convolution(tf, { pass, inputs });
      return pass === "step" ? training(tf, inputs) : prediction(tf, inputs);
    },
  };
}

function convolution(
  tf: Tensorflow,
  { pass, inputs }: { pass: Work["pass"]; inputs: Arrays },
): Running {
  const x = upload(tf, inputs.get("x")!, "image");
  const w = upload(tf, inputs.get("w")!, "weight");
  const dy = upload(tf, inputs.get("dy")!, "image");
  // Asked of the backend itself: tf.grads() would compute the output as well.
  const attributes = { strides: 1, pad: "same", dataFormat: "NHWC" };
  const compute = {
    forward: () => tf.conv2d(x, w, 1, "same"),
    dx: () =>
      tf.engine().runKernel("Conv2DBackpropInput", { dy, filter: w }, {
        ...attributes,
        inputShape: x.shape,
      }),
    dw: () =>
      tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, {
        ...attributes,
        filterShape: w.shape,
      }),
  }[pass as "forward" | "dx" | "dw"];
  const name = pass === "forward" ? "y" : pass;
  return repeated(tf, { compute, name, kind: pass === "dw" ? "weight" : "image" });
}

function prediction(tf: Tensorflow, inputs: Arrays): Running {
  const weights = uploadWeights(tf, inputs);
  const x = upload(tf, inputs.get("x")!, "image");
  return repeated(tf, { compute: () => unet(tf, weights, x), name: "y", kind: "image" });
}

function repeated(
  tf: Tensorflow,
  { compute, name, kind }: { compute: () => Value; name: string; kind: Kind },
): Running {
  let last: Value | undefined;
  return {
    run: () => {
      last?.dispose();
      last = tf.tidy(compute);
    },
    finish: () => waitFor(tf, last!),
    results: async () => {
      const value = tf.tidy(compute);
      return new Map([[name, await read(tf, value, kind)]]);
    },
  };
}

/** Waits for a value: nothing else makes the library wait. */
async function waitFor(tf: Tensorflow, value: Value): Promise<void> {
  const first = tf.slice(value, value.shape.map(() => 0), value.shape.map(() => 1));
  await first.data();
  first.dispose();
}

function training(tf: Tensorflow, inputs: Arrays): Running {
  const x = upload(tf, inputs.get("x")!, "image");
  const target = upload(tf, inputs.get("target")!, "image");
  let made = 0;
  const fresh = () => {
    made++;
    const weights = uploadWeights(tf, inputs, `run ${made} `);
    const adam = tf.train.adam(LEARNING_RATE, BETA1, BETA2, EPSILON);
    const variables = [...weights.values()];
    const step = () => adam.minimize(() => dice(tf, unet(tf, weights, x), target), true, variables);
    return { adam, step };
  };
  const timed = fresh();
  let last: Value | undefined;
  return {
    run: () => {
      last?.dispose();
      last = timed.step();
    },
    // The last of what a step queues are the weights.
    finish: async () => {
      const moments = await timed.adam.getWeights();
      await waitFor(tf, moments.at(-1)!.tensor);
    },
    results: async () => {
      const { adam, step } = fresh();
      return await checkTraining({
        step: async () => (await step().data())[0],
        gradients: () => firstGradients(tf, adam),
      });
    },
  };
}

/** After one step the first moment is (1 − β1) times the gradient. */
async function firstGradients(tf: Tensorflow, adam: Optimizer): Promise<Arrays> {
  const gradients = new Map<string, NamedArray>();
  for (const { name, tensor } of await adam.getWeights()) {
    const parameter = name.match(/^run \d+ (.*)\/m$/)?.[1];
    if (parameter === undefined) continue;
    const { shape, data } = await read(tf, tensor, "weight");
    gradients.set(parameter, { shape, data: data.map((value) => value / (1 - BETA1)) });
  }
  return gradients;
}

/** The U-Net of `nn/networks/unet.ts`. */
function unet(tf: Tensorflow, weights: ReadonlyMap<string, Value>, x: Value): Value {
  const layer = (name: string, x: Value, activation: "linear" | "relu") =>
    tf.fused.conv2d({
      x,
      filter: weights.get(`${name}.weight`)!,
      strides: 1,
      pad: "same",
      bias: weights.get(`${name}.bias`)!,
      activation,
    });
  const pair = (name: string, x: Value) =>
    layer(`${name}.1`, layer(`${name}.0`, x, "relu"), "relu");
  const skips: Value[] = [];
  let y = x;
  for (let level = 0; level < DEPTH; level++) {
    skips.push(pair(`down.${level}`, y));
    y = tf.maxPool(skips[level], 2, 2, "valid");
  }
  y = pair("middle", y);
  for (let level = DEPTH - 1; level >= 0; level--) {
    const [, h, w] = y.shape;
    const doubled = tf.image.resizeNearestNeighbor(y, [2 * h, 2 * w]);
    y = pair(`up.${level}`, tf.concat([doubled, skips[level]], 3));
  }
  return tf.sigmoid(layer("head", y, "linear"));
}

function dice(tf: Tensorflow, p: Value, target: Value): Value {
  const overlap = tf.add(tf.mul(tf.sum(tf.mul(p, target)), 2), 1);
  const total = tf.add(tf.add(tf.sum(p), tf.sum(target)), 1);
  return tf.sub(1, tf.div(overlap, total));
}

/** Puts an array into the layout of the library; biases stay as they are. */
function upload(tf: Tensorflow, { shape, data }: NamedArray, kind: Kind): Value {
  return tf.tidy(() => {
    const value = tf.tensor(data, shape);
    return shape.length === 4 ? tf.transpose(value, AXES[kind].in) : value;
  });
}

function uploadWeights(tf: Tensorflow, inputs: Arrays, prefix = ""): Map<string, Value> {
  const weights = [...inputs].filter(([name]) => /\.(weight|bias)$/.test(name));
  return new Map(
    weights.map(([name, array]) => {
      const value = upload(tf, array, "weight");
      return [name, prefix === "" ? value : tf.variable(value, true, prefix + name)];
    }),
  );
}

async function read(tf: Tensorflow, value: Value, kind: Kind): Promise<NamedArray> {
  const shaped = value.shape.length === 4 ? tf.transpose(value, AXES[kind].out) : value;
  return { shape: shaped.shape, data: Float32Array.from(await shaped.data()) };
}

if (import.meta.main) await serve(open);
