import { assertEquals } from "@std/assert";
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
    assertEquals(ends, [undefined, "lower teacherRate"]);
  });
});
