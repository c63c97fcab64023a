/**
 * StarDist networks that propose many objects without having learnt anything, and what they say about
 * a whole image, computed with plain loops.
 */

import type { Device } from "../../kernels/device.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import type { RayMaps } from "../../nn/labels/stardist/candidates.ts";
import type { Network } from "../../nn/module.ts";
import { StarDist } from "../../nn/stardist.ts";
import { parameterTensors } from "../../nn/weights.ts";
import type { Plane } from "../../train/data/image.ts";
import { Random } from "../../train/data/random.ts";

/** A network to make. */
export interface StarNetworkOptions {
  readonly grid?: number;
  readonly depth?: number;
  readonly rays?: number;
  readonly seed?: number;
  /** About how long its rays are, in pixels. */
  readonly length?: number;
}

/** A small network whose probabilities are spread around one half, and its rays around `length`. */
export async function starNetwork(
  device: Device,
  { grid = 1, depth = 1, rays = 8, seed = 3, length = 4 }: StarNetworkOptions = {},
): Promise<Network> {
  const options = { rays, grid, depth, base: 3, features: 5, inChannels: 1 };
  const network = new StarDist(device, { options, random: new Random(seed) });
  const tensors = parameterTensors(network);
  const { prob, dist } = await wholeAnswer(device, { network, image: noiseImage(48, 48) });
  const adjust = async (
    head: string,
    { answers, mean, spread }: { answers: Float32Array; mean: number; spread: number },
  ) => {
    const average = answers.reduce((sum, value) => sum + value / answers.length, 0);
    const variance = answers.reduce((sum, x) => sum + (x - average) ** 2 / answers.length, 0);
    const gain = spread / Math.sqrt(variance);
    const weight = tensors.get(`${head}.weight`)!;
    device.write(weight, (await device.read(weight)).map((value) => gain * value));
    const bias = tensors.get(`${head}.bias`)!;
    device.write(bias, new Float32Array(bias.size).fill(mean - gain * average));
  };
  const logits = prob.map((p) => Math.log(p / (1 - p)));
  await adjust("prob", { answers: logits, mean: 0, spread: 1.5 });
  await adjust("dist", { answers: dist, mean: length, spread: length / 4 });
  return network;
}

/**
 * A network of depth 1 that takes what is bright for objects, with rays of one length: only the skip
 * connection passes anything on.
 */
export function brightNetwork(
  device: Device,
  { grid, rays, length }: { grid: number; rays: number; length: number },
): Network {
  const base = 2;
  const options = { rays, grid, depth: 1, base, features: 2, inChannels: 1 };
  const network = new StarDist(device, { options, random: new Random(1) });
  for (const [name, tensor] of parameterTensors(network)) {
    const values = new Float32Array(tensor.size);
    const [, , k] = tensor.shape;
    // The first channel goes from layer to layer; that of the skip comes after those from below.
    const isPassing = /^(grid|down|up|features)/.test(name) && name.endsWith("weight");
    if (isPassing) values[(name.startsWith("up.0.0") ? base * 9 : 0) + (k * k - 1) / 2] = 1;
    if (name === "prob.weight") values[0] = 8;
    if (name === "prob.bias") values[0] = -4;
    if (name === "dist.bias") values.fill(length);
    device.write(tensor, values);
  }
  return network;
}

/** An image of normal noise around soft blobs. */
export function noiseImage(width: number, height: number, seed = 1): Plane {
  const random = new Random(seed);
  const data = Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return Math.sin(x / 3) * Math.cos(y / 4) + 0.5 * random.normal();
  });
  return { width, height, data };
}

/**
 * The network's answer to an image that is mirrored at its right and lower end up to a size that the
 * network takes; of the answer, what belongs to the image.
 */
export async function wholeAnswer(
  device: Device,
  { network, image }: { network: Network; image: Plane },
): Promise<RayMaps> {
  using _scope = device.scope();
  const { grid, sizeMultiple } = network;
  const [rows, columns] = [image.height, image.width].map((length) =>
    mirrored(length, Math.ceil(length / sizeMultiple) * sizeMultiple)
  );
  const padded = rows.flatMap((row) => columns.map((x) => image.data[row * image.width + x]));
  const shape = [1, 1, rows.length, columns.length];
  const x = new Variable(device.upload(shape, Float32Array.from(padded)));
  const { prob, dist } = network.forward(new Tape(device, { record: false }), x);
  const size = { height: Math.ceil(image.height / grid), width: Math.ceil(image.width / grid) };
  const from = { height: rows.length / grid, width: columns.length / grid };
  return {
    ...size,
    prob: cropped(await device.read(prob.value), { from, to: size }),
    dist: cropped(await device.read(dist.value), { from, to: size }),
  };
}

/** Indices 0, 1, … of a line, to and fro between its ends until there are enough. */
function mirrored(length: number, count: number): number[] {
  const indices: number[] = [];
  for (let i = 0, step = 1, at = 0; i < count; i++, at += step) {
    indices.push(at);
    if (length === 1) step = 0;
    else if (at === length - 1) step = -1;
    else if (at === 0) step = 1;
  }
  return indices;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The upper left part of every channel. */
function cropped(
  values: Float32Array,
  { from, to }: { from: Size; to: Size },
): Float32Array<ArrayBuffer> {
  const kept: number[] = [];
  values.forEach((value, i) => {
    const [x, y] = [i % from.width, Math.floor(i / from.width) % from.height];
    if (x < to.width && y < to.height) kept.push(value);
  });
  return Float32Array.from(kept);
}
