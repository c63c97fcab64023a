/**
 * jax-js: everything compiled with `jit`, the training step as one function.
 *
 * Its functions consume what they are given; `ref` keeps a value for another use.
 *
 * @module
 */

import type { NamedArray } from "../../nn/safetensors.ts";
import { LEARNING_RATE, type Work } from "./protocol.ts";
import { type Arrays, checkTraining, type Peer, type Running, serve } from "./serve.ts";

const VERSION = "0.1.25";
// The name is no literal, so that nobody downloads the package who does not run this file.
const PACKAGE: string = `npm:@jax-js/jax@${VERSION}`;

/** A value of the library, as far as it is used here. */
interface Value {
  readonly ref: Value;
  readonly shape: number[];
  add(other: Value | number): Value;
  sub(other: Value | number): Value;
  mul(other: Value | number): Value;
  div(other: Value | number): Value;
  sum(): Value;
  max(axis: number[]): Value;
  reshape(shape: number[]): Value;
  data(): Promise<Float32Array<ArrayBuffer>>;
  dispose(): void;
}

/** Values by name. */
type Values = Record<string, Value>;

/** The library, as far as it is used here. */
interface Jax {
  init(device: string): Promise<string[]>;
  defaultDevice(device: string): string;
  jit<A extends unknown[], R>(compute: (...args: A) => R): (...args: A) => R;
  valueAndGrad<A extends unknown[]>(
    compute: (weights: Values, ...rest: A) => Value,
  ): (weights: Values, ...rest: A) => [Value, Values];
  vjp(compute: (x: Value) => Value, inputs: [Value]): [Value, (dy: Value) => [Value]];
  blockUntilReady<T>(values: T): Promise<T>;
  readonly numpy: {
    array(values: Float32Array): Value;
    zeros(shape: number[]): Value;
    sqrt(x: Value): Value;
    concatenate(xs: Value[], axis: number): Value;
    repeat(x: Value, count: number, axis: number): Value;
  };
  readonly lax: {
    conv(x: Value, w: Value, strides: number[], padding: string): Value;
  };
  readonly nn: { relu(x: Value): Value; sigmoid(x: Value): Value };
  readonly tree: { ref<T>(tree: T): T; dispose(tree: unknown): void };
}

const DEPTH = 3;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

async function open(): Promise<Peer> {
  const jax: Jax = await import(PACKAGE);
  const devices = await jax.init("webgpu");
  if (!devices.includes("webgpu")) throw new Error("it finds no WebGPU adapter");
  jax.defaultDevice("webgpu");
  return {
    version: VERSION,
    setting: "WebGPU, every function through jit, the training step as one function",
    start({ op, pass }: Work, inputs: Arrays): Running {
      if (op === "conv2d") return convolution(jax, { pass, inputs });
      return pass === "step" ? training(jax, inputs) : prediction(jax, inputs);
    },
  };
}

function convolve(jax: Jax, x: Value, w: Value): Value {
  return jax.lax.conv(x, w, [1, 1], "SAME");
}

function convolution(jax: Jax, { pass, inputs }: { pass: Work["pass"]; inputs: Arrays }): Running {
  const [x, w, dy] = ["x", "w", "dy"].map((name) => upload(jax, inputs.get(name)!));
  const functions = {
    forward: jax.jit((x: Value, w: Value) => convolve(jax, x, w)),
    dx: jax.jit((w: Value, dy: Value) => {
      const zeros = jax.numpy.zeros([...inputs.get("x")!.shape]);
      const [y, backward] = jax.vjp((x) => convolve(jax, x, w), [zeros]);
      y.dispose();
      return backward(dy)[0];
    }),
    dw: jax.jit((x: Value, dy: Value) => {
      const zeros = jax.numpy.zeros([...inputs.get("w")!.shape]);
      const [y, backward] = jax.vjp((w) => convolve(jax, x, w), [zeros]);
      y.dispose();
      return backward(dy)[0];
    }),
  };
  const compute = {
    forward: () => functions.forward(x.ref, w.ref),
    dx: () => functions.dx(w.ref, dy.ref),
    dw: () => functions.dw(x.ref, dy.ref),
  }[pass as "forward" | "dx" | "dw"];
  return queued(jax, {
    compute,
    name: pass === "forward" ? "y" : pass,
    shape: inputs.get({ forward: "dy", dx: "x", dw: "w" }[pass as "forward" | "dx" | "dw"])!.shape,
  });
}

/** Values are computed when they are waited for: those of all runs are kept until then. */
function queued(
  jax: Jax,
  { compute, name, shape }: {
    compute: () => Value;
    name: string;
    shape: readonly number[];
  },
): Running {
  let waiting: Value[] = [];
  return {
    run: () => {
      waiting.push(compute());
    },
    finish: async () => {
      await jax.blockUntilReady(waiting);
      for (const value of waiting) value.dispose();
      waiting = [];
    },
    results: async () => new Map([[name, { shape, data: await compute().data() }]]),
  };
}

function prediction(jax: Jax, inputs: Arrays): Running {
  const weights = uploadWeights(jax, inputs);
  const x = upload(jax, inputs.get("x")!);
  const predict = jax.jit((weights: Values, x: Value) => unet(jax, weights, x));
  return queued(jax, {
    compute: () => predict(jax.tree.ref(weights), x.ref),
    name: "y",
    shape: inputs.get("x")!.shape,
  });
}

/** Weights, Adam's moments and the number of steps made. */
interface State {
  readonly weights: Values;
  readonly first: Values;
  readonly second: Values;
  readonly count: number;
}

function training(jax: Jax, inputs: Arrays): Running {
  const [x, target] = ["x", "target"].map((name) => upload(jax, inputs.get(name)!));
  const lossOf = (weights: Values, x: Value, target: Value) => dice(unet(jax, weights, x), target);
  const update = jax.jit(
    (
      { weights, first, second }: Omit<State, "count">,
      { x, target, rate, root }: { x: Value; target: Value; rate: Value; root: Value },
    ) => {
      const [loss, gradients] = jax.valueAndGrad(lossOf)(jax.tree.ref(weights), x, target);
      const next: Omit<State, "count"> & { loss: Value } = {
        loss,
        weights: {},
        first: {},
        second: {},
      };
      for (const [name, g] of Object.entries(gradients)) {
        const m = first[name].mul(BETA1).add(g.ref.mul(1 - BETA1));
        const v = second[name].mul(BETA2).add(g.ref.mul(g).mul(1 - BETA2));
        next.first[name] = m.ref;
        next.second[name] = v.ref;
        const scale = jax.numpy.sqrt(v).mul(root.ref).add(EPSILON);
        next.weights[name] = weights[name].sub(rate.ref.mul(m).div(scale));
      }
      rate.dispose();
      root.dispose();
      return next;
    },
  );
  const start = (): State => {
    const weights = uploadWeights(jax, inputs);
    const zeros = () =>
      Object.fromEntries(
        Object.entries(weights).map(([name, { shape }]) => [name, jax.numpy.zeros(shape)]),
      );
    return { weights, first: zeros(), second: zeros(), count: 0 };
  };
  const step = ({ count, ...state }: State): { state: State; loss: Value } => {
    const t = count + 1;
    const numbers = {
      rate: scalar(jax, LEARNING_RATE / (1 - BETA1 ** t)),
      root: scalar(jax, 1 / Math.sqrt(1 - BETA2 ** t)),
    };
    const { loss, ...next } = update(state, { x: x.ref, target: target.ref, ...numbers });
    return { state: { ...next, count: t }, loss };
  };
  let timed = start();
  return {
    run: () => {
      const { state, loss } = step(timed);
      loss.dispose();
      timed = state;
    },
    finish: async () => {
      const { weights, first, second } = timed;
      await jax.blockUntilReady([weights, first, second]);
    },
    results: async () => {
      let checked = start();
      return await checkTraining({
        step: async () => {
          const { state, loss } = step(checked);
          checked = state;
          return (await loss.data())[0];
        },
        gradients: async () => {
          const arrays = new Map<string, NamedArray>();
          for (const [name, moment] of Object.entries(checked.first)) {
            const data = (await moment.ref.data()).map((value) => value / (1 - BETA1));
            arrays.set(name, { shape: moment.shape, data });
          }
          return arrays;
        },
      });
    },
  };
}

/** The U-Net of `nn/networks/unet.ts`. Each weight is consumed by its one use. */
function unet(jax: Jax, weights: Values, x: Value): Value {
  const layer = (name: string, x: Value) =>
    convolve(jax, x, weights[`${name}.weight`]).add(
      weights[`${name}.bias`].reshape([1, -1, 1, 1]),
    );
  const pair = (name: string, x: Value) =>
    [0, 1].reduce((y, index) => jax.nn.relu(layer(`${name}.${index}`, y)), x);
  const skips: Value[] = [];
  let y = x;
  for (let level = 0; level < DEPTH; level++) {
    const skip = pair(`down.${level}`, y);
    skips.push(skip.ref);
    y = halve(skip);
  }
  y = pair("middle", y);
  for (let level = DEPTH - 1; level >= 0; level--) {
    const doubled = jax.numpy.repeat(jax.numpy.repeat(y, 2, 2), 2, 3);
    y = pair(`up.${level}`, jax.numpy.concatenate([doubled, skips[level]], 1));
  }
  return jax.nn.sigmoid(layer("head", y));
}

/** The largest of every 2 × 2 pixels. */
function halve(x: Value): Value {
  const [n, c, h, w] = x.shape;
  return x.reshape([n, c, h / 2, 2, w / 2, 2]).max([3, 5]);
}

function dice(p: Value, target: Value): Value {
  const overlap = p.ref.mul(target.ref).sum();
  const total = p.sum().add(target.sum()).add(1);
  return overlap.mul(-2).sub(1).div(total).add(1);
}

function upload(jax: Jax, { shape, data }: NamedArray): Value {
  return jax.numpy.array(data).reshape([...shape]);
}

function scalar(jax: Jax, value: number): Value {
  return jax.numpy.array(Float32Array.of(value)).reshape([]);
}

function uploadWeights(jax: Jax, inputs: Arrays): Values {
  const weights = [...inputs].filter(([name]) => /\.(weight|bias)$/.test(name));
  return Object.fromEntries(weights.map(([name, array]) => [name, upload(jax, array)]));
}

if (import.meta.main) await serve(open);
