/**
 * A random forest from some pixels with known classes.
 *
 * The trees are grown by the package ml-random-forest (Breiman's bagging of pixels, each tree with
 * features of its own); here they become numbers that a kernel can walk through.
 *
 * @module
 */

import { RandomForestClassifier } from "ml-random-forest";
import { type DecisionForest, DEEPEST_LEAF } from "../../../kernels/features/mod.ts";

/** Pixels with known classes. */
export interface Samples {
  /** The features of each pixel. */
  readonly features: readonly ArrayLike<number>[];
  /** The class of each pixel, from 0. */
  readonly classes: readonly number[];
}

/** How a forest is grown. */
export interface ForestOptions {
  /** Trees; an odd number leaves no tie between two classes. */
  readonly trees: number;
  /** Seed of the draws of pixels and features. */
  readonly seed: number;
}

/** The share of the features that one tree may use. */
const FEATURE_SHARE = 0.3;

/** A node of a grown tree; one without children is a leaf. */
interface GrownNode {
  readonly splitColumn?: number;
  readonly splitValue?: number;
  readonly left?: GrownNode;
  readonly right?: GrownNode;
  /** Shares of the classes in a leaf, `[1, classes]`. */
  readonly distribution?: readonly (readonly number[])[];
}

/** A grown tree and the features that its columns stand for. */
interface GrownTree {
  readonly root: GrownNode;
  readonly columns: readonly number[];
}

/**
 * Grows a random forest. The same samples and seed give the same forest.
 *
 * The time grows with the square of the number of samples: a few thousand are enough.
 *
 * @param samples Pixels of at least two classes.
 */
export function growForest(samples: Samples, { trees, seed }: ForestOptions): DecisionForest {
  const features = samples.features[0].length;
  const model = new RandomForestClassifier({
    nEstimators: trees,
    seed,
    maxFeatures: Math.max(1, Math.round(FEATURE_SHARE * features)),
    replacement: false,
    noOOB: true,
    treeOptions: { maxDepth: DEEPEST_LEAF, minNumSamples: 2, gainThreshold: 0 },
  });
  model.train(samples.features.map((row) => Array.from(row)), [...samples.classes]);
  const { indexes, estimators } = JSON.parse(JSON.stringify(model)).baseModel as {
    indexes: number[][];
    estimators: { root: GrownNode }[];
  };
  const grown = estimators.map(({ root }, i) => ({ root, columns: indexes[i] }));
  const classes = samples.classes.reduce((most, id) => Math.max(most, id + 1), 0);
  return { trees, classes, features, nodes: numberNodes(grown) };
}

/** The trees as nodes: the roots first, then the children of each split side by side. */
function numberNodes(trees: readonly GrownTree[]): Uint32Array<ArrayBuffer> {
  const queue = trees.map(({ root, columns }) => ({ node: root, columns }));
  const nodes: number[] = [];
  for (const { node, columns } of queue) {
    const { left, right, splitColumn, splitValue } = node;
    if (left && right) {
      const next = queue.push({ node: left, columns }, { node: right, columns }) - 2;
      nodes.push(columns[splitColumn!], bitsAbove(splitValue!), next, 1);
    } else {
      nodes.push(likeliest(node.distribution![0]), 0, 0, 0);
    }
  }
  return Uint32Array.from(nodes);
}

function likeliest(shares: readonly number[]): number {
  return shares.indexOf(Math.max(...shares));
}

/**
 * The bits of the smallest float32 from a number on: the same float32 values lie below both, so that
 * the kernel decides as the package does in float64.
 */
function bitsAbove(value: number): number {
  const single = Float32Array.of(value);
  const bits = new Uint32Array(single.buffer);
  if (single[0] >= value) return bits[0];
  if (single[0] === 0) return 1;
  return single[0] > 0 ? bits[0] + 1 : bits[0] - 1;
}
