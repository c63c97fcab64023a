import { assertEquals, assertStringIncludes } from "@std/assert";
import { StageExaminer } from "../../../train/learn/examiner.ts";
import { withWorkshop } from "../fixtures/stage_fixture.ts";

Deno.test("the collapse alarm of a student names a rate that a student has", async () => {
  await withWorkshop(async (workshop) => {
    const learner = workshop.learner();
    const loss = { segmentation: 0.1, consistency: 0.1, depth: null };
    learner.scores = [0.3, 0.9].map((amount) => ({
      ...loss,
      ...{ meanProbability: amount, foregroundFraction: amount },
    }));
    const examiner = new StageExaminer("consistent", {
      ...{ learner, canDie: false, countsConsistency: false },
      batches: { stills: [], pairs: [], depth: [] },
      settings: { collapseLimit: 0.2, stopOnCollapse: false },
    });
    const ends: (string | undefined)[] = [];
    for (const step of [0, 1]) {
      await learner.beginValidation();
      ends.push((await examiner.examine(step))?.warning?.split("; ").at(-1));
    }
    assertEquals(ends, [undefined, "lower --teacher-rate"]);
  });
});

Deno.test("the collapse alarm tells small shares apart, and nothing cannot collapse", async () => {
  await withWorkshop(async (workshop) => {
    const measured = (meanProbability: number, foregroundFraction: number) => ({
      ...{ segmentation: 0.1, consistency: 0.1, depth: null },
      ...{ meanProbability, foregroundFraction },
    });
    const examined = async (scores: ReturnType<typeof measured>[]) => {
      const learner = workshop.learner();
      learner.scores = [...scores];
      const examiner = new StageExaminer("consistent", {
        ...{ learner, canDie: false, countsConsistency: false },
        batches: { stills: [], pairs: [], depth: [] },
        settings: { collapseLimit: 0.2, stopOnCollapse: false },
      });
      let last: string | null | undefined;
      for (const step of scores.keys()) {
        await learner.beginValidation();
        last = (await examiner.examine(step))?.warning;
      }
      return last;
    };
    const alarm = await examined([measured(0.2, 0.00042), measured(0.2, 0.00013)]);
    assertStringIncludes(alarm ?? "", "the foreground from 0.042 % to 0.013 %");
    // A student may find half to twice as much as before.
    assertEquals(await examined([measured(0.06, 0.05), measured(0.09, 0.08)]), null);
    assertEquals(await examined([measured(0.06, 0.05), measured(0.04, 0.03)]), null);
    assertStringIncludes(
      await examined([measured(0.06, 0.05), measured(0.06, 0.11)]) ?? "",
      "the foreground from 5.0 % to 11.0 %",
    );
    assertStringIncludes(
      await examined([measured(0.06, 0.05), measured(0.02, 0.05)]) ?? "",
      "the mean probability went from 6.0 % to 2.0 %",
    );
    // Where the baseline saw nothing on the video, whatever is found is no collapse.
    assertEquals(await examined([measured(0.2, 0), measured(0.2, 0.0001)]), null);
  });
});
