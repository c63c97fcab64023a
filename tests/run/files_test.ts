import { assert, assertEquals, assertRejects } from "@std/assert";
import { withFolder } from "../train/fixtures/temporary.ts";
import { findTests, LONG, LONGEST } from "./files.ts";

const [FIRST, SECOND] = LONGEST.filter((file) => !LONG.has(file));
const FILES = Object.fromEntries(
  [
    ...["tests/b_test.ts", "tests/a/c.test.js", "tests/a/test.ts", SECOND, FIRST],
    ...["tests/latest.ts", "tests/a/fixtures/x.ts", "tests/a_test.md", "other/d_test.ts"],
  ].map((path) => [path, ""]),
);

Deno.test("findTests() finds what deno test would, the longest first", async () => {
  await withFolder(FILES, async (root) => {
    const others = ["tests/a/c.test.js", "tests/a/test.ts", "tests/b_test.ts"];
    assertEquals(await findTests([], { root }), [FIRST, SECOND, ...others]);
  });
});

Deno.test("findTests() takes files and folders, each test once", async () => {
  await withFolder(FILES, async (root) => {
    const paths = ["tests/latest.ts", "./tests/a/", "tests/a/test.ts", `${root}/other`];
    const found = await findTests(paths, { root });
    const inTests = ["tests/a/c.test.js", "tests/a/test.ts", "tests/latest.ts"];
    assertEquals(found, [`${root}/other/d_test.ts`, ...inTests]);
  });
});

Deno.test("findTests() says where there is no test", async () => {
  await withFolder(FILES, async (root) => {
    const find = (path: string) => () => findTests(["tests", path], { root });
    const has = "Cannot run the tests of";
    await assertRejects(find("none_test.ts"), RangeError, `${has} none_test.ts: there is no such`);
    await assertRejects(
      find("tests/a/fixtures"),
      RangeError,
      `${has} tests/a/fixtures: it has none`,
    );
  });
});

Deno.test("findTests() finds every test of the project, the long ones when they are wanted", async () => {
  const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  const found = await findTests([], { root });
  assert(found.includes("tests/run/files_test.ts") && found.length > 200, `${found.length}`);
  const long = await findTests([], { root, long: true });
  assertEquals(new Set(long), LONG, "one that is named is not there");
  assertEquals(found.filter((file) => LONG.has(file)), []);
  const all = await findTests(["tests"], { root });
  assertEquals(all.length, found.length + long.length);
});
