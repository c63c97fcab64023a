/**
 * Networks as programs of a few operations, for formats that hold a graph or code.
 *
 * @module
 */

import type { Architecture } from "../../../nn/module.ts";

/** Writes down the operations of networks. A value of the program is known by `V`, say a name. */
export interface ProgramWriter<V> {
  /** A convolution that keeps the size, with the weight and bias of a layer, and ReLU if asked. */
  conv(x: V, options: { layer: string; relu: boolean }): V;
  /** The maximum over 2×2 pixels. */
  maxPool(x: V): V;
  /** Twice the size, each pixel four times. */
  enlarge(x: V): V;
  /** The channels of both, the first one's first. */
  concat(a: V, b: V): V;
  /** 1 / (1 + exp(−x)). */
  sigmoid(x: V): V;
}

/** The named outputs of a network: `prob`, and `dist` of a StarDist network. */
export type ProgramOutputs<V> = ReadonlyMap<string, V>;

/**
 * Writes down a network that finds objects, as `nn/networks/` computes it.
 *
 * @param parts.x Its input.
 * @param parts.joined Whether `prob` and `dist` become one output of that many channels, `output`.
 * @throws {TypeError} If it is a network of another kind.
 */
export function writeProgram<V>(
  { kind, options }: Architecture,
  { writer, x, joined = false }: { writer: ProgramWriter<V>; x: V; joined?: boolean },
): ProgramOutputs<V> {
  const { depth, grid = 1 } = options;
  const conv = (x: V, layer: string) => writer.conv(x, { layer, relu: true });
  const pair = (x: V, name: string) => conv(conv(x, `${name}.0`), `${name}.1`);
  const head = (x: V, layer: string) => writer.conv(x, { layer, relu: false });
  const trunk = (x: V): V => {
    const skips: V[] = [];
    let y = x;
    for (let level = 0; level < depth; level++) {
      skips.push(pair(y, `down.${level}`));
      y = writer.maxPool(skips[level]);
    }
    y = pair(y, "middle");
    for (let level = depth - 1; level >= 0; level--) {
      y = pair(writer.concat(writer.enlarge(y), skips[level]), `up.${level}`);
    }
    return y;
  };
  if (kind === "unet") return new Map([["prob", writer.sigmoid(head(trunk(x), "head"))]]);
  if (kind !== "stardist") {
    throw new TypeError(`Cannot write a network of kind ${kind}: only unet and stardist are known`);
  }
  let y = x;
  for (let level = 0; level < Math.log2(grid); level++) {
    y = writer.maxPool(pair(y, `grid.${level}`));
  }
  const features = conv(trunk(y), "features");
  const prob = writer.sigmoid(head(features, "prob"));
  const dist = head(features, "dist");
  return joined ? new Map([["output", writer.concat(prob, dist)]]) : new Map([
    ["prob", prob],
    ["dist", dist],
  ]);
}

/** The network's own outputs that are written down; it may have others, for training. */
export function outputNames({ kind }: Architecture): readonly string[] {
  return kind === "stardist" ? ["prob", "dist"] : ["prob"];
}

/** The channels of each output of {@linkcode writeProgram}. */
export function channelsOf(output: string, { options: { rays } }: Architecture): number {
  return output === "prob" ? 1 : output === "dist" ? rays : 1 + rays;
}
