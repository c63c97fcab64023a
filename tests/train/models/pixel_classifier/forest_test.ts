import { assert, assertEquals } from "@std/assert";
import { RandomForestClassifier } from "ml-random-forest";
import { DEEPEST_LEAF } from "../../../../kernels/features/mod.ts";
import { classifyReference } from "../../../../kernels/features/decision_forest.ts";
import { Random } from "../../../../train/images/random.ts";
import { growForest, type Samples } from "../../../../train/models/pixel_classifier/forest.ts";

/** Classes that differ in some of the features and overlap in all of them. */
function clouds(count: number, { features = 10, classes = 3, seed = 1 } = {}): Samples {
  const random = new Random(seed);
  const ids = Array.from({ length: count }, (_, i) => i % classes);
  const rows = ids.map((id) =>
    Float32Array.from(
      { length: features },
      (_, f) => random.normal() + (f % classes === id ? 1.5 : 0),
    )
  );
  return { features: rows, classes: ids };
}

/** The features as planes. */
function planesOf({ features }: Samples): number[][] {
  return Array.from(features[0], (_, f) => features.map((row) => row[f]));
}

Deno.test("growForest() decides as the package's own trees do, one by one", () => {
  const learnt = clouds(90);
  const asked = clouds(400, { seed: 2 });
  // With equal options the package grows the same trees, whose votes are counted here.
  const model = new RandomForestClassifier({
    nEstimators: 9,
    seed: 5,
    maxFeatures: 3,
    replacement: false,
    noOOB: true,
    treeOptions: { maxDepth: DEEPEST_LEAF, minNumSamples: 2, gainThreshold: 0 },
  });
  model.train(learnt.features.map((row) => Array.from(row)), [...learnt.classes]);
  const votes = model.predictionValues(asked.features.map((row) => Array.from(row)));
  const expected = asked.classes.map((_, i) => {
    const count = [0, 0, 0];
    for (const vote of votes.getRow(i)) count[vote]++;
    return count.indexOf(Math.max(...count));
  });
  const forest = growForest(learnt, { trees: 9, seed: 5 });
  assertEquals([forest.trees, forest.classes, forest.features], [9, 3, 10]);
  assertEquals([...classifyReference(forest, planesOf(asked))], expected);
});

Deno.test("growForest() tells classes apart that it has not seen", () => {
  const forest = growForest(clouds(150), { trees: 15, seed: 1 });
  const asked = clouds(900, { seed: 9 });
  const found = classifyReference(forest, planesOf(asked));
  const right = asked.classes.filter((id, i) => id === found[i]).length / asked.classes.length;
  // The best possible decision, by the nearest mean, is right in 95 of 100 cases.
  assert(right > 0.8, `${right}`);
});

Deno.test("growForest() gives the same forest for the same seed and another for another", () => {
  const samples = clouds(60);
  const [a, b, c] = [1, 1, 2].map((seed) => growForest(samples, { trees: 5, seed }));
  assertEquals(a, b);
  assertEquals(a.nodes.join() === c.nodes.join(), false);
});

Deno.test("growForest() keeps float32 values on their side of a threshold", () => {
  // Thresholds lie half-way between neighbouring float32 numbers, where rounding could go wrong.
  for (const low of [1, 0.1, -1, -0.1, 0, -(2 ** -149), 3e-45]) {
    const bits = new Int32Array(Float32Array.of(low).buffer);
    const next = bits[0] === 0 ? 1 : low > 0 ? bits[0] + 1 : bits[0] - 1;
    const isLast = low === -(2 ** -149);
    const high = isLast ? 0 : new Float32Array(Int32Array.of(next).buffer)[0];
    const values = [low, high].flatMap((value) => Array(10).fill(Math.fround(value)));
    const samples = {
      features: values.map((value) => [value]),
      classes: values.map((_, i) => i < 10 ? 0 : 1),
    };
    const forest = growForest(samples, { trees: 11, seed: 3 });
    assertEquals([...classifyReference(forest, [values])], samples.classes, `from ${low}`);
  }
});

Deno.test("growForest() learns from the fewest pixels there can be", () => {
  const samples = { features: [[0, 1], [1, 1]], classes: [0, 1] };
  const forest = growForest(samples, { trees: 25, seed: 1 });
  assertEquals(forest.classes, 2);
  assert(classifyReference(forest, [[0, 1], [1, 1]]).every((id) => id < 2));
});
