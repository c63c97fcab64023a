// `deno task test` on made-up test files: what it counts, and that no failure gets lost.
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { LONGEST } from "./run/files.ts";
import { withoutColour } from "./run/outcome.ts";
import { withFolder } from "./train/fixtures/temporary.ts";

const ROOT = new URL("../", import.meta.url);
const GOOD = `
Deno.test("one", async (t) => void await t.step("step", () => {}));
Deno.test("two", () => {});
Deno.test.ignore("three", () => {});
`;
const BAD = 'Deno.test("four", () => { throw new Error("it is broken"); });';
const DYING = `
Deno.test("five", async () => {
  await new Deno.Command("sh", { args: ["-c", "kill -9 $PPID"] }).output();
});
`;
const STRAY = 'Deno.test("six", () => {});\nthrow new Error("it is not even loaded");';

/** Runs the task on a folder with these files; gives its lines without empty ones. */
async function runTests(
  files: Record<string, string>,
  ...args: string[]
): Promise<{ code: number; lines: string[]; error: string }> {
  return await withFolder(files, async (folder) => {
    const words = ["task", "-q", "test", folder, ...args];
    const { code, stdout, stderr } = await new Deno.Command("deno", { args: words, cwd: ROOT })
      .output();
    const [text, error] = [stdout, stderr]
      .map((part) => withoutColour(new TextDecoder().decode(part)));
    return { code, lines: text.split("\n").filter(Boolean), error };
  });
}

Deno.test("deno task test runs all files of a folder and closes with one summary", async () => {
  const { code, lines, error } = await runTests({ "a_test.ts": GOOD, "b/c_test.ts": GOOD });
  assertEquals({ code, error }, { code: 0, error: "" });
  assertEquals(lines.filter((line) => /^two \.\.\. ok/.test(line)).length, 2);
  assertMatch(lines.at(-1)!, /^ok \| 4 passed \(2 steps\) \| 0 failed \| 2 ignored \(\d+m?s\)$/);
});

Deno.test("deno task test tells of every file that failed, and of one that died how", async () => {
  const files = { "a_test.ts": GOOD, "b_test.ts": BAD, "c_test.ts": DYING, "d_test.ts": STRAY };
  const { code, lines } = await runTests(files);
  assertEquals(code, 1);
  const list = lines.slice(lines.lastIndexOf("FAILED") + 1, -1);
  assertEquals(list.length, 3, list.join("\n"));
  const find = (words: RegExp) => assert(list.some((line) => words.test(line)), list.join("\n"));
  find(/^ {2}four => .*b_test\.ts:1:6$/);
  find(/^ {2}\/.*c_test\.ts: its process was ended by SIGKILL$/);
  find(/d_test\.ts/);
  assertStringIncludes(lines.join("\n"), "it is broken");
  assertMatch(lines.at(-1)!, /^FAILED \| 2 passed \(1 step\) \| 3 failed \| 1 ignored \(/);
});

Deno.test("deno task test names the file of a promise that nobody waits for, and runs the others", async () => {
  const lost = 'Deno.test("seven", () => void Promise.reject(new Error("it is lost")));';
  const files = { "a_test.ts": GOOD, "b_test.ts": lost, "c_test.ts": GOOD };
  const { code, lines } = await runTests(files);
  assertEquals(code, 1);
  const list = lines.slice(lines.lastIndexOf("FAILED") + 1, -1);
  assertEquals(list.length, 1, list.join("\n"));
  assertMatch(list[0], /b_test\.ts: 2 failed$/);
  assertMatch(lines.at(-1)!, /^FAILED \| 4 passed \(2 steps\) \| 2 failed \| 2 ignored \(/);
});

Deno.test("deno task test passes the filter on, and is silent where it leaves nothing", async () => {
  const files = { "a_test.ts": GOOD, "b_test.ts": BAD };
  const { code, lines } = await runTests(files, "--filter", "/two|six/", "--jobs=1");
  assertEquals(code, 0);
  assertEquals(lines.filter((line) => line.startsWith("running")).length, 1);
  assertMatch(lines.at(-1)!, /^ok \| 1 passed \| 0 failed \| 3 filtered out \(/);
});

Deno.test("deno task test stops after a failure when it is told to", async () => {
  const files = { "a_test.ts": BAD, "b_test.ts": GOOD };
  const { code, lines } = await runTests(files, "--jobs=1", "--fail-fast");
  assertEquals(code, 1);
  assertMatch(lines.at(-1)!, /^FAILED \| 0 passed \| 1 failed \(/);
});

Deno.test("deno task test checks types, and runs nothing to its end where they are wrong", async () => {
  const wrong = 'const x: number = "1";\nDeno.test("seven", () => void x);';
  const slow = 'Deno.test("eight", () => new Promise((end) => setTimeout(end, 1e6)));';
  const files = { "a_test.ts": wrong, "b_test.ts": GOOD, "c_test.ts": slow };
  const { code, lines, error } = await runTests(files);
  assertEquals({ code, lines }, { code: 1, lines: [] });
  assertStringIncludes(error, "Type checking failed");
});

Deno.test("deno task test ends with 2 on a command line that it does not know", async () => {
  const { code, lines, error } = await runTests({ "a_test.ts": GOOD }, "--watch");
  assertEquals({ code, lines }, { code: 2, lines: [] });
  assertMatch(error, /^Cannot run the tests with --watch: .*\n$/);
  assertNotMatch(error, / at /);
});

Deno.test("the files that start first are there", async () => {
  for (const file of LONGEST) assert((await Deno.stat(new URL(file, ROOT))).isFile, file);
});
