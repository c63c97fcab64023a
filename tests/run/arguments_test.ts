import { assertEquals, assertThrows } from "@std/assert";
import { readArguments } from "./arguments.ts";

Deno.test("readArguments() runs everything by default, two files for each core", () => {
  assertEquals(readArguments([], 2), {
    paths: [],
    jobs: 4,
    flags: [],
    long: false,
    failFast: false,
  });
  assertEquals(readArguments([], 64).jobs, 16);
});

Deno.test("readArguments() takes paths and flags in any order", () => {
  const args = ["a_test.ts", "--filter", "words of a test", "--jobs=3", "7", "--trace-leaks"];
  assertEquals(readArguments(args, 2), {
    paths: ["a_test.ts", "7"],
    jobs: 3,
    flags: ["--filter=words of a test", "--trace-leaks"],
    long: false,
    failFast: false,
  });
  assertEquals(readArguments(["--fail-fast"], 2).failFast, true);
  assertEquals(readArguments(["--long"], 2).long, true);
});

Deno.test("readArguments() refuses what it cannot do", () => {
  const wrong: [args: string[], message: string][] = [
    [["--watch"], "Cannot run the tests with --watch: there are files, folders, --long"],
    [["a_test.ts", "-A"], "Cannot run the tests with -A"],
    [["--jobs", "0"], 'Cannot run the tests: --jobs is "0", expected 1 or more'],
    [["--jobs=many"], '--jobs is "many"'],
    [["--jobs"], '--jobs is ""'],
  ];
  for (const [args, message] of wrong) assertThrows(() => readArguments(args, 2), Error, message);
});
