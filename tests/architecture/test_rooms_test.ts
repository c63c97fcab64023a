import { assertEquals } from "@std/assert";
import { complaints } from "./rules.ts";
import { wrongArrowsOfTests } from "./test_rooms.ts";

const ROOMS = ["kernels", "nn", "train"];

/** What is said of imports written as `from -> to`. */
function complaintsAbout(...imports: string[]): string[] {
  const arrows = imports.map((text) => {
    const [from, to] = text.split(" -> ");
    return { from, to, line: 1 };
  });
  return wrongArrowsOfTests(arrows, ROOMS);
}

Deno.test("wrongArrowsOfTests() lets tests know their room, those below it, and fixtures", () => {
  assertEquals(
    complaintsAbout(
      "tests/kernels/a_test.ts -> kernels/a.ts",
      "tests/nn/a_test.ts -> kernels/a.ts",
      "tests/nn/a_test.ts -> tests/nn/fixtures/a.ts",
      "tests/nn/deep/a_test.ts -> tests/kernels/fixtures/a.ts",
      "tests/train/a_test.ts -> tests/tools/fixtures/a.ts",
      "tests/kernels/a_test.ts -> train/images/random.ts",
      "tests/bench/a_test.ts -> bench/a.ts",
      "tests/bench/a_test.ts -> train/a.ts",
      "tests/browser_test.ts -> tests/browser/page.ts",
      "tests/browser/page.ts -> nn/a.ts",
      "kernels/a.ts -> kernels/b.ts",
    ),
    [],
  );
});

Deno.test("wrongArrowsOfTests() finds arrows up, into bench/ and mod.ts, and into other tests", () => {
  const wrong = [
    ["tests/kernels/a_test.ts", "nn/a.ts"],
    ["tests/kernels/fixtures/a.ts", "train/images/image.ts"],
    ["tests/nn/a_test.ts", "train/a.ts"],
    ["tests/nn/a_test.ts", "tests/train/fixtures/a.ts"],
    ["tests/train/a_test.ts", "bench/a.ts"],
    ["tests/train/a_test.ts", "mod.ts"],
    ["tests/train/a_test.ts", "tests/nn/a_test.ts"],
    ["tests/bench/a_test.ts", "tests/browser/page.ts"],
  ];
  for (const [from, to] of wrong) {
    assertEquals(complaintsAbout(`${from} -> ${to}`), [
      `${from}:1 imports ${to}: a wrong arrow of a test`,
    ]);
  }
});

Deno.test("complaints() sees wrong arrows, circles and missing files in bench/ and tests/", () => {
  const about = (files: Record<string, string>) => complaints(new Map(Object.entries(files)));
  assertEquals(
    about({ "tests/nn/a_test.ts": 'import "../../train/models/b.ts";', "train/models/b.ts": "" }),
    ["tests/nn/a_test.ts:1 imports train/models/b.ts: a wrong arrow of a test"],
  );
  assertEquals(
    about({ "tests/fixtures/a.ts": 'import "./b.ts";', "tests/fixtures/b.ts": 'import "./a.ts";' }),
    ["tests/fixtures/a.ts -> tests/fixtures/b.ts -> tests/fixtures/a.ts: an import circle"],
  );
  assertEquals(
    about({
      "bench/measure/a.ts": 'import type { B } from "./b.ts";',
      "bench/measure/b.ts": 'import type { A } from "./a.ts";',
    }),
    ["bench/measure/a.ts -> bench/measure/b.ts -> bench/measure/a.ts: an import circle"],
  );
  assertEquals(
    about({ "bench/measure/a.ts": 'import "../peers/b.ts";', "bench/peers/b.ts": "" }),
    ["bench/measure/a.ts:1 imports bench/peers/b.ts: a wrong arrow in bench/"],
  );
  assertEquals(
    about({ "bench/main.ts": 'import "../tests/b.ts";', "tests/b.ts": "" }),
    ["bench/main.ts:1 imports tests/b.ts: a wrong arrow"],
  );
  assertEquals(about({ "bench/main.ts": 'import "./gone.ts";' }), [
    "bench/main.ts:1 imports bench/gone.ts: there is no such file",
  ]);
  assertEquals(about({ "bench/main.ts": 'import "../deno.json";' }), []);
});
