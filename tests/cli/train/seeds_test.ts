import { assert, assertEquals, assertMatch } from "@std/assert";
import { withFolder } from "../../train/fixtures/temporary.ts";
import { fails, saysNext, TINY, tree } from "../fixtures/command.ts";
import { readRunConfig, RUN_FILES, writeTrainFiles } from "../fixtures/train_files.ts";

Deno.test("train --seeds trains every seed in a folder of its own and shows mean and spread", async () => {
  await withFolder({}, async (cwd) => {
    await writeTrainFiles(cwd);
    const seeds = [
      "train",
      "--config=settings.json",
      ...TINY,
      "--out=seeds",
      "--seeds=2",
      "--seed=7",
    ];
    const { lines } = await saysNext(seeds, { cwd });
    assertMatch(
      lines[0],
      /^Seed 7: \d+ parameters; 3 stills to learn from, 1 to validate, 1 to test/,
    );
    const head = lines.findIndex((line) =>
      /^ +baseline +control +consistent +(plain +)?filtered +voted +views +truth$/.test(line)
    );
    assertMatch(lines[head + 1], /^AP 0\.5, stills .*\d ± \d.*\d ± \d.*\d ± \d/);
    assertEquals(lines.slice(-2).map((line) => line.split(":")[0]), ["Report", "Weights"]);
    const withControl = [...RUN_FILES, "control.safetensors"].sort();
    for (const seed of [7, 8]) {
      assertEquals((await readRunConfig(`${cwd}/seeds/seed-${seed}`)).seed, seed);
      const files = await tree(`${cwd}/seeds/seed-${seed}`);
      assertEquals(files.filter((name) => withControl.includes(name)), files);
      assert(files.includes("control.safetensors"));
    }
    await fails(["train", "--resume", "--out", "seeds"], {
      code: 2,
      says: ["Cannot resume seeds", "several seeds", "--seeds N"],
      cwd,
    });
  });
});
