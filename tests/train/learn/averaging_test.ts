import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { NamedArray } from "../../../nn/safetensors.ts";
import { runWholeStage, withWorkshop } from "../fixtures/stage_fixture.ts";

Deno.test("a running average of the weights is kept, and is the result where it is better", async () => {
  const [averaging, warmup, validateEvery] = [0.9, 40, 10];
  const change = { averaging, warmup, validateEvery };
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    // Whoever asks for the average puts it in, measures and puts the weights back.
    let isAverage = false;
    const { setWeights } = learner;
    learner.setWeights = (...given) => {
      isAverage = !isAverage;
      setWeights.apply(learner, given);
    };
    const health = { meanProbability: 0.3, foregroundFraction: 0.2 };
    learner.measure = (task) =>
      Promise.resolve(task === "segmentation" ? { loss: isAverage ? 0.2 : 0.3, ...health } : null);
    const { events, outcome } = await runWholeStage("baseline", { workshop, learner });
    const stays = averaging ** 10;
    const weights = learner.validated.slice(-warmup / validateEvery);
    const averages = [weights[0]];
    for (const now of weights.slice(1)) {
      const before = averages.at(-1)!;
      averages.push(
        new Map([...now].map(([name, { shape, data }]) => {
          const old = before.get(name)!.data;
          return [name, { shape, data: data.map((v, i) => stays * old[i] + (1 - stays) * v) }];
        })),
      );
    }
    const saved = await workshop.folder.loadState();
    assertWeights(saved!.average, averages.at(-1)!);
    const found = events.filter((event) => event.type === "validation").slice(-weights.length);
    assertEquals(found.map(({ segmentation, averaged }) => [segmentation, averaged]), [
      ...Array(4).fill([0.3, 0.2]),
    ]);
    assertWeights(outcome.best, averages.at(-1)!);
    // Training goes on with its own weights.
    assertWeights(await learner.weights(), weights.at(-1)!);
  }, { change });
});

/** Checks weights to the precision of 32-bit numbers. */
function assertWeights(
  actual: ReadonlyMap<string, NamedArray>,
  expected: ReadonlyMap<string, NamedArray>,
): void {
  assertEquals([...actual.keys()], [...expected.keys()]);
  for (const [name, { data }] of actual) {
    data.forEach((value, i) => assertAlmostEquals(value, expected.get(name)!.data[i], 1e-6, name));
  }
}
