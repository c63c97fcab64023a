import { assertEquals, assertThrows } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { classifyPixels, type DecisionForest, NO_CLASS } from "../../../kernels/features/mod.ts";
import { classifyReference } from "../../../kernels/features/decision_forest.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { Random } from "../../../train/images/random.ts";

const device: Device = await openDevice();

/** A tree as a person writes it: a class, or a feature, a threshold and what is below and above. */
type Tree = number | readonly [feature: number, threshold: number, below: Tree, above: Tree];

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0];
}

/** The trees as nodes: the roots first, then children in pairs. */
function forestOf(
  trees: readonly Tree[],
  { classes, features }: { classes: number; features: number },
): DecisionForest {
  const nodes: number[][] = trees.map(() => []);
  const fill = (at: number, tree: Tree): void => {
    if (typeof tree === "number") {
      nodes[at] = [tree, 0, 0, 0];
      return;
    }
    const [feature, threshold, below, above] = tree;
    const left = nodes.push([], []) - 2;
    nodes[at] = [feature, bitsOf(threshold), left, 1];
    fill(left, below);
    fill(left + 1, above);
  };
  trees.forEach((tree, i) => fill(i, tree));
  return { trees: trees.length, classes, features, nodes: Uint32Array.from(nodes.flat()) };
}

function walk(tree: Tree, values: readonly number[]): number {
  if (typeof tree === "number") return tree;
  const [feature, threshold, below, above] = tree;
  return walk(values[feature] < threshold ? below : above, values);
}

async function classify(
  forest: DecisionForest,
  features: readonly number[][],
): Promise<number[]> {
  using _scope = device.scope();
  const values = Float32Array.from(features.flat());
  const planes = device.upload([features.length, 1, features[0].length], values);
  const classes = classifyPixels(device, planes, { forest });
  assertEquals(classes.shape, [1, features[0].length]);
  return [...await device.read(classes)];
}

Deno.test("classifyPixels() goes left below the threshold and right from it on", async () => {
  const forest = forestOf([[0, 0.5, 0, [1, -2, 2, 1]]], { classes: 3, features: 2 });
  const below = 0.5 - 2 ** -25;
  const found = await classify(forest, [[below, 0.5, 9, -1], [-3, -3, -2, 5]]);
  assertEquals(found, [0, 2, 1, 0]);
});

Deno.test("classifyPixels() gives no class where a feature is NaN that is asked for", async () => {
  const forest = forestOf([[0, 0.5, 0, [1, -2, 2, 1]]], { classes: 3, features: 2 });
  const values = [[NaN, 0, 1, 1, Infinity], [-3, NaN, NaN, -3, 0]];
  const expected = [NO_CLASS, 0, NO_CLASS, 2, 1];
  assertEquals(await classify(forest, values), expected);
  assertEquals([...classifyReference(forest, values)], expected);
});

Deno.test("classifyPixels() takes the class of most trees, the lowest of equals", async () => {
  const most = forestOf([2, 1, 2], { classes: 3, features: 1 });
  const equal = forestOf([2, 1, 2, 1, 0], { classes: 3, features: 1 });
  assertEquals(await classify(most, [[0]]), [2]);
  assertEquals(await classify(equal, [[0]]), [1]);
});

Deno.test("classifyPixels() and its reference agree with trees walked by hand", async () => {
  const random = new Random(4);
  const randomTree = (depth: number): Tree =>
    depth === 0 || random.chance(0.1) ? random.integer(4) : [
      random.integer(5),
      Math.fround(random.normal()),
      randomTree(depth - 1),
      randomTree(depth - 1),
    ];
  const trees = Array.from({ length: 15 }, () => randomTree(8));
  const forest = forestOf(trees, { classes: 4, features: 5 });
  const planes = Array.from(
    { length: 5 },
    () => Array.from({ length: 700 }, () => Math.fround(random.normal())),
  );
  const expected = planes[0].map((_, i) => {
    const votes = [0, 0, 0, 0];
    for (const tree of trees) votes[walk(tree, planes.map((plane) => plane[i]))]++;
    return votes.indexOf(Math.max(...votes));
  });
  assertEquals(await classify(forest, planes), expected);
  assertEquals([...classifyReference(forest, planes)], expected);
});

Deno.test("classifyPixels() walks the longest way that is allowed", async () => {
  let tree: Tree = 1;
  for (let depth = 0; depth < 48; depth++) tree = [0, 100 - depth, tree, 0];
  const forest = forestOf([tree], { classes: 2, features: 1 });
  assertEquals(await classify(forest, [[0, 52.5, 53.5, 100]]), [1, 1, 0, 0]);
});

Deno.test("classifyPixels() refuses a forest for other features, and too large ones", () => {
  using _scope = device.scope();
  const features = device.empty([2, 3, 3]);
  const use = (changes: Partial<DecisionForest>) => () =>
    classifyPixels(device, features, {
      forest: { ...forestOf([0], { classes: 2, features: 2 }), ...changes },
    });
  assertThrows(use({ features: 3 }), RangeError, "[2,3,3]: the forest is for 3");
  assertThrows(use({ trees: 0 }), RangeError, "0 trees");
  assertThrows(use({ trees: 1001 }), RangeError, "1001 trees");
  assertThrows(use({ classes: 65 }), RangeError, "65 classes");
});
