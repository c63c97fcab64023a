import { assertEquals } from "@std/assert";
import {
  failuresOf,
  type FileOutcome,
  isFilteredOut,
  readSummary,
  slowestOf,
  summaryOf,
} from "./outcome.ts";

const FAILED_TEXT = `running 2 tests from ./tests/a_test.ts
a => b: ./c:1:2
a ... FAILED (1ms)

 ERRORS 

a() does it => ./tests/a_test.ts:3:6
error: Error: no

 FAILURES 

a() does it => ./tests/a_test.ts:3:6

FAILED | 1 passed | 1 failed (4ms)
error: Test failed`;

/** How a file ended that said this, well unless told otherwise. */
function ended(text: string, how: Partial<FileOutcome> = {}): FileOutcome {
  return {
    file: "tests/a_test.ts",
    code: 0,
    signal: null,
    counts: readSummary(text),
    text,
    milliseconds: 4,
    ...how,
  };
}

Deno.test("readSummary() reads every count of the last summary", () => {
  const text = "ok | 99 passed | 0 failed (1s)\n\n" +
    "FAILED | 12 passed (3 steps) | 2 failed (1 step) | 4 ignored | 5 measured | 6 filtered out (2s)";
  assertEquals(readSummary(`${text}\n\nerror: Test failed`), {
    "passed": { tests: 12, steps: 3 },
    "failed": { tests: 2, steps: 1 },
    "ignored": { tests: 4, steps: 0 },
    "measured": { tests: 5, steps: 0 },
    "filtered out": { tests: 6, steps: 0 },
  });
});

Deno.test("readSummary() of a process that did not come so far is none", () => {
  assertEquals(readSummary("running 2 tests\na ... ok (1ms)\nok | 3 passed"), null);
});

Deno.test("failuresOf() names the tests that failed, from the list of failures alone", () => {
  assertEquals(failuresOf(ended("ok | 1 passed | 0 failed (4ms)")), []);
  assertEquals(failuresOf(ended(FAILED_TEXT, { code: 1 })), [
    "a() does it => ./tests/a_test.ts:3:6",
  ]);
});

Deno.test("failuresOf() tells of every other end", () => {
  const good = "ok | 1 passed | 0 failed (4ms)";
  const says = (text: string, how: Partial<FileOutcome>) => failuresOf(ended(text, how)).join();
  assertEquals(
    says(good, { code: 134, signal: "SIGABRT" }),
    "tests/a_test.ts: its process was ended by SIGABRT",
  );
  assertEquals(says(good, { code: 1 }), "tests/a_test.ts: exit code 1, though no test failed");
  const silent = "tests/a_test.ts: its process ended with exit code 0 and without a summary";
  assertEquals(says("", {}), silent);
  assertEquals(says("FAILED | 0 passed | 2 failed (1s)", {}), "tests/a_test.ts: 2 failed");
});

Deno.test("summaryOf() adds the counts, in the form of deno test", () => {
  const outcomes = [
    ended("ok | 12 passed (1 step) | 0 failed | 1 ignored (2s)"),
    ended("ok | 3 passed (1 step) | 0 failed | 2 filtered out (2s)"),
  ];
  const counts = "15 passed (2 steps) | 0 failed | 1 ignored | 2 filtered out";
  assertEquals(summaryOf(outcomes, 61_900), `ok | ${counts} (1m1s)`);
  assertEquals(summaryOf([], 999.6), "ok | 0 passed | 0 failed (999ms)");
});

Deno.test("summaryOf() counts a process that died, or failed without a failed test, as one", () => {
  const outcomes = [
    ended("ok | 12 passed | 0 failed (2s)"),
    ended(FAILED_TEXT, { code: 1 }),
    ended("ok | 2 passed | 0 failed (2s)", { code: 134, signal: "SIGABRT" }),
    ended("", { code: 1 }),
  ];
  assertEquals(summaryOf(outcomes, 38_000), "FAILED | 15 passed | 3 failed (38s)");
});

Deno.test("isFilteredOut() is for files that ended well with nothing but filtered tests", () => {
  const filtered = "ok | 0 passed | 0 failed | 2 filtered out (1ms)";
  assertEquals(isFilteredOut(ended(filtered)), true);
  assertEquals(isFilteredOut(ended(filtered, { code: 1 })), false);
  assertEquals(isFilteredOut(ended("ok | 1 passed | 0 failed | 2 filtered out (1ms)")), false);
  assertEquals(isFilteredOut(ended("ok | 0 passed | 0 failed (1ms)")), false);
});

Deno.test("readSummary() and failuresOf() read what is coloured, as without NO_COLOR", () => {
  const [red, dim, off] = ["\x1b[0m\x1b[31m", "\x1b[0m\x1b[38;5;245m", "\x1b[0m"];
  const text = `\n ${red}FAILURES${off} \n\n` +
    `a test ${dim}=> ./tests/a_test.ts:3:6${off}\n\n` +
    `${red}FAILED${off} | 8 passed | 1 failed ${dim}(32s)${off}\n`;
  const counts = readSummary(text);
  assertEquals(counts, { passed: { tests: 8, steps: 0 }, failed: { tests: 1, steps: 0 } });
  const outcome = ended(text, { code: 1 });
  assertEquals(failuresOf(outcome), ["a test => ./tests/a_test.ts:3:6"]);
});

Deno.test("slowestOf() tells of the longest of many files", () => {
  const outcomes = Array.from(
    { length: 30 },
    (_, i) => ended("", { file: `${i}`, milliseconds: 1000 * i }),
  );
  const told = slowestOf(outcomes);
  assertEquals([told.length, told[0], told[19]], [20, "   29s  29", "   10s  10"]);
  assertEquals(slowestOf(outcomes.slice(0, 20)), []);
});
