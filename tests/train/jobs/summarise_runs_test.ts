// Runs that were trained one by one give the table that one process would have given.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { summariseRuns } from "../../../train/jobs/summarise_runs.ts";
import { tinyConfig, trainToEnd, withTinyData } from "../fixtures/tiny_run.ts";

Deno.test("summariseRuns() makes the table of one process, and refuses what is no other seed", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, { seed: 5, rounds: 1 });
    const together = (await trainToEnd({ config, out: `${runs}/both`, seeds: 2 })).at(-1);
    for (const seed of [5, 6]) {
      await trainToEnd({ config: { ...config, seed }, out: `${runs}/${seed}` });
    }
    await trainToEnd({ config: { ...config, seed: 7, rounds: 2 }, out: `${runs}/other` });
    const sum = (...names: string[]) =>
      summariseRuns({ runs: names.map((name) => `${runs}/${name}`), out: `${runs}/all` });
    const { table, seeds, report } = await sum("6", "5");
    assertEquals(seeds, [5, 6]);
    assertEquals(together?.type === "result" && together.table, table);
    assertStringIncludes(table.notes?.join() ?? "", "mean of 2 seeds");
    assertStringIncludes(await Deno.readTextFile(report), "Segmentation of video-0");

    await assertRejects(() => sum("5", "other"), RangeError, "rounds is 2 there, 1 here");
    await assertRejects(() => sum("5", "both/seed-5"), RangeError, "another run has seed 5, too");
    await assertRejects(() => sum("5", "nothing"), Error, "nothing: it does not exist");
    await Deno.mkdir(`${runs}/empty`);
    await assertRejects(() => sum("5", "empty"), RangeError, "there is no run in it");
    const onto = summariseRuns({ runs: [`${runs}/5`, `${runs}/6`], out: `${runs}/5` });
    await assertRejects(() => onto, RangeError, "whose report would be lost");
    await Deno.writeTextFile(`${runs}/6/results.json`, "{");
    await assertRejects(() => sum("5", "6"), SyntaxError, "6/results.json: it is damaged");
    await Deno.remove(`${runs}/6/results.json`);
    await assertRejects(() => sum("5", "6"), Error, "it is not there; end the run");
  });
});
