import { assert, assertEquals } from "@std/assert";
import { withFolder } from "../train/fixtures/temporary.ts";
import { ALONE, findTests, LONG, LONGEST } from "./files.ts";
import { groupsOf, isUnclear, wordsFor } from "./groups.ts";
import { readSummary } from "./outcome.ts";

Deno.test("groupsOf() puts short files together, and leaves those alone that claim their process", async () => {
  const hook = "Deno.test.beforeEach(() => {});";
  const short = Array.from({ length: 14 }, (_, i) => `tests/s${i + 10}_test.ts`);
  const files = {
    ...Object.fromEntries([...short, LONGEST[0], [...LONG][0], ALONE[0]].map((name) => [name, ""])),
    "tests/hook_test.ts": hook,
  };
  await withFolder(files, async (root) => {
    const apart = [LONGEST[0], [...LONG][0], ALONE[0], "tests/hook_test.ts"];
    const groups = await groupsOf([...apart.slice(0, 2), ...short, ...apart.slice(2)], { root });
    assertEquals(groups.filter(({ length }) => length > 1), [short.slice(0, 12), short.slice(12)]);
    assertEquals(
      new Set(groups.flatMap((group) => group.length > 1 ? [] : group)),
      new Set(apart),
    );
  });
});

Deno.test("groupsOf() loses no test of the project, and has none twice", async () => {
  const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  const files = await findTests([], { root });
  const groups = await groupsOf(files, { root });
  assertEquals(groups.flat().toSorted(), files.toSorted());
  assert(groups.length < files.length / 3, `${groups.length} processes`);
  for (const file of ALONE) assert(files.includes(file), `${file} is not there`);
});

Deno.test("wordsFor() names a file that is alone, and the module that runs several", () => {
  assertEquals(wordsFor(["tests/a_test.ts"], { root: "/kymo/" }), ["tests/a_test.ts"]);
  assertEquals(wordsFor(["tests/a_test.ts", "/b c_test.ts"], { root: "/kymo/" }), [
    ...["tests/run/group.ts", "--", "file:///kymo/tests/a_test.ts", "file:///b%20c_test.ts"],
  ]);
});

Deno.test("isUnclear() is where no test of several files says why they failed", () => {
  const two = ["a_test.ts", "b_test.ts"];
  const ended = (code: number, text: string) => ({ code, text, counts: readSummary(text) });
  assertEquals(isUnclear(ended(1, ""), two), true);
  assertEquals(isUnclear(ended(1, "ok | 2 passed | 0 failed (1s)"), two), true);
  assertEquals(isUnclear(ended(1, "FAILED | 2 passed | 1 failed (1s)"), two), false);
  // Tests that were cancelled count as failed, whichever file ended them.
  const uncaught = "./tests/run/group.ts (uncaught error)\n\nFAILED | 1 passed | 3 failed (1s)";
  assertEquals(isUnclear(ended(1, uncaught), two), true);
  assertEquals(isUnclear(ended(0, "ok | 2 passed | 0 failed (1s)"), two), false);
  assertEquals(isUnclear(ended(137, ""), two.slice(1)), false);
});
