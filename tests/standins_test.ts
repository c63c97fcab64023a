// Holds the stand-ins of .jsr/ to what the documentation of @std/assert and @std/cli says. The tests
// hold for the real packages too.
import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
} from "@std/assert";
import { parseArgs } from "@std/cli";

/** Written without the assertions under test. */
function expectFailure(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof AssertionError) return;
    throw error;
  }
  throw new Error("expected the assertion to fail");
}

class Point {
  constructor(readonly x: number) {}
}

Deno.test("equal() compares by content", () => {
  const same: [unknown, unknown][] = [
    [1, 1],
    [NaN, NaN],
    [0, -0],
    [[1, [2]], [1, [2]]],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }],
    [{ a: 1 }, Object.assign(Object.create(null), { a: 1 })],
    [new Float32Array([1, NaN]), new Float32Array([1, NaN])],
    [new Uint8Array(0), new Uint8Array(0)],
    [
      new Map<unknown, unknown>([[{ k: 1 }, 1], [2, 2]]),
      new Map<unknown, unknown>([[2, 2], [{ k: 1 }, 1]]),
    ],
    [new Set([[1], [2]]), new Set([[2], [1]])],
    [new Date(5), new Date(5)],
    [/a/g, /a/g],
    [new URL("file:///a"), new URL("file:///a")],
    [new Point(1), new Point(1)],
  ];
  for (const [a, b] of same) if (!equal(a, b)) throw new Error(Deno.inspect([a, b]));
});

Deno.test("equal() sees every difference", () => {
  const different: [unknown, unknown][] = [
    [1, "1"],
    [null, undefined],
    [null, {}],
    [[1], [1, undefined]],
    [[], {}],
    [{ a: undefined }, {}],
    [{ a: undefined }, { b: undefined }],
    [[1, 2], [2, 1]],
    [new Float32Array([1]), new Float64Array([1])],
    [new Float32Array([1]), new Float32Array([2])],
    [new Float32Array([1]), [1]],
    [new Map([[1, 1]]), new Map([[1, 2]])],
    [new Set([1]), new Set([1, 2])],
    [new Date(5), new Date(6)],
    [/a/g, /a/i],
    [new Point(1), { x: 1 }],
    [new Point(1), new Point(2)],
  ];
  for (const [a, b] of different) if (equal(a, b)) throw new Error(Deno.inspect([a, b]));
});

Deno.test("equal() ends on values that contain themselves", () => {
  const loop = (last: number) => {
    const value: { next?: unknown; last: number } = { last };
    value.next = [value];
    return value;
  };
  assert(equal(loop(1), loop(1)));
  assert(!equal(loop(1), loop(2)));
});

Deno.test("the assertions pass and fail as their names say", () => {
  assert(1);
  expectFailure(() => assert(0));
  assertEquals({ a: [1] }, { a: [1] });
  expectFailure(() => assertEquals({ a: [1] }, { a: [2] }));
  assertNotEquals(1, 2);
  expectFailure(() => assertNotEquals([1], [1]));
  assertStrictEquals(NaN, NaN);
  expectFailure(() => assertStrictEquals({}, {}));
  assertExists(0);
  expectFailure(() => assertExists(null));
  expectFailure(() => assertExists(undefined));
  assertStringIncludes("Cannot read a.tif", "a.tif");
  expectFailure(() => assertStringIncludes("a", "b"));
  assertMatch("t012.tif", /^t\d+/);
  expectFailure(() => assertMatch("x", /y/));
  assertNotMatch("x", /y/);
  expectFailure(() => assertNotMatch("x", /x/));
  assertArrayIncludes([[1], [2]], [[2]]);
  expectFailure(() => assertArrayIncludes([1], [2]));
  assertInstanceOf(new RangeError(), Error);
  expectFailure(() => assertInstanceOf(new Error(), RangeError));
  expectFailure(() => fail("always"));
});

Deno.test("the comparisons fail on equal values, on greater ones and on NaN", () => {
  assertGreater(2, 1);
  assertGreaterOrEqual(1, 1);
  assertLess(1, 2);
  assertLessOrEqual(1, 1);
  for (const value of [1, 0, NaN]) expectFailure(() => assertGreater(value, 1));
  for (const value of [0, NaN]) expectFailure(() => assertGreaterOrEqual(value, 1));
  for (const value of [1, 2, NaN]) expectFailure(() => assertLess(value, 1));
  for (const value of [2, NaN]) expectFailure(() => assertLessOrEqual(value, 1));
});

Deno.test("assertAlmostEquals() takes 1e-7 of the expected value, or the tolerance", () => {
  assertAlmostEquals(1.000000001e-8, 1.000000002e-8);
  expectFailure(() => assertAlmostEquals(1e-8, 1e-9));
  assertAlmostEquals(0.01, 0.02, 0.1);
  expectFailure(() => assertAlmostEquals(0.01, 0.02));
  assertAlmostEquals(0.1 + 0.2, 0.3, 1e-16);
  expectFailure(() => assertAlmostEquals(0.1 + 0.2, 0.3, 1e-17));
  assertAlmostEquals(NaN, NaN);
  expectFailure(() => assertAlmostEquals(NaN, 1, 1e9));
  assertAlmostEquals(-Infinity, -Infinity);
  expectFailure(() => assertAlmostEquals(Infinity, -Infinity));
});

Deno.test("assertThrows() wants the class and the text, and gives the error back", () => {
  const thrower = () => {
    throw new RangeError("Cannot crop: 3 > 2");
  };
  const error: RangeError = assertThrows(thrower, RangeError, "3 > 2");
  assertEquals(error.message, "Cannot crop: 3 > 2");
  assertThrows(thrower);
  assertThrows(thrower, Error);
  expectFailure(() => assertThrows(thrower, TypeError));
  expectFailure(() => assertThrows(thrower, RangeError, "another text"));
  expectFailure(() => assertThrows(() => 1));
  expectFailure(() => assertThrows(() => 1, "a remark"));
  const thrown: unknown = 5;
  const throwNumber = () => {
    throw thrown;
  };
  assertEquals(assertThrows(throwNumber), 5);
  expectFailure(() => assertThrows(throwNumber, Error));
});

Deno.test("assertRejects() wants the class and the text, and gives the error back", async () => {
  const rejecter = () => Promise.reject(new RangeError("Cannot crop: 3 > 2"));
  const error: RangeError = await assertRejects(rejecter, RangeError, "3 > 2");
  assertEquals(error.message, "Cannot crop: 3 > 2");
  const failing: (() => Promise<unknown>)[] = [
    () => assertRejects(rejecter, TypeError),
    () => assertRejects(rejecter, RangeError, "another text"),
    () => assertRejects(() => Promise.resolve(1)),
    () =>
      assertRejects(() => {
        throw new RangeError("at once");
      }, RangeError),
  ];
  for (const check of failing) {
    const outcome = await check().then(() => "passed", (error) => error);
    if (!(outcome instanceof AssertionError)) throw new Error(Deno.inspect(outcome));
  }
});

Deno.test("parseArgs() reads values in every form and turns plain numbers into numbers", () => {
  assertEquals(parseArgs(["--a", "1", "--b=x", "-c", "2.5", "-d=e", "f", "7"]), {
    _: ["f", 7],
    a: 1,
    b: "x",
    c: 2.5,
    d: "e",
  });
  assertEquals(parseArgs(["--rate", "1e-4", "--hex", "0x10", "--no", "10f"]), {
    _: [],
    rate: 1e-4,
    hex: 16,
    no: "10f",
  });
  assertEquals(parseArgs(["--a=b=c", "--d=-1", "-e", "-"]), { _: [], a: "b=c", d: -1, e: "-" });
});

Deno.test("parseArgs() keeps strings as they are and leaves out what is not given", () => {
  assertEquals(parseArgs(["--out", "007", "12"], { string: ["out", "in"] }), {
    _: [12],
    out: "007",
  });
  assertEquals(parseArgs(["012"], { string: "_" })._, ["012"]);
  assertEquals(parseArgs(["--out"], { string: ["out"] }), { _: [], out: "" });
  assertEquals(parseArgs(["--out", "--in"], { string: ["out", "in"] }), { _: [], out: "", in: "" });
});

Deno.test("parseArgs() gives booleans no value but a written true or false", () => {
  const options = { boolean: ["json", "debug"] } as const;
  assertEquals(parseArgs(["--json", "a.tif"], options), { _: ["a.tif"], json: true, debug: false });
  assertEquals(parseArgs(["--json=false", "--debug", "true", "x"], options), {
    _: ["x"],
    json: false,
    debug: true,
  });
  assertEquals(parseArgs(["-ab"], { boolean: ["a", "b"] }), { _: [], a: true, b: true });
});

Deno.test("parseArgs() collects, and takes the last value of what it does not collect", () => {
  const options = { string: ["video", "out"], collect: ["video"] } as const;
  assertEquals(parseArgs(["--video", "a", "--out", "b", "--out", "c", "--video=d"], options), {
    _: [],
    video: ["a", "d"],
    out: "c",
  });
  assertEquals(parseArgs([], options), { _: [], video: [] });
});

Deno.test("parseArgs() negates only what may be negated", () => {
  const options = {
    boolean: ["control"],
    negatable: ["control"],
    default: { control: true },
  } as const;
  assertEquals(parseArgs([], options).control, true);
  assertEquals(parseArgs(["--no-control"], options).control, false);
  assertEquals(parseArgs(["--no-control", "--control"], options).control, true);
  assertEquals(parseArgs(["--no-color"]), { _: [], "no-color": true });
});

Deno.test("parseArgs() fills in defaults and aliases", () => {
  const options = { boolean: ["help"], alias: { help: "h" }, default: { seed: 1 } } as const;
  assertEquals(parseArgs(["-h"], options), { _: [], help: true, h: true, seed: 1 });
  assertEquals(parseArgs(["--seed", "2"], options), { _: [], help: false, h: false, seed: 2 });
});

Deno.test("parseArgs() nests dotted names", () => {
  assertEquals(parseArgs(["--a.b", "1", "--a.c=2"]), { _: [], a: { b: 1, c: 2 } });
});

Deno.test("parseArgs() reads nothing after --", () => {
  assertEquals(parseArgs(["--a", "--", "--b", "1"]), { _: ["--b", "1"], a: true });
  assertEquals(parseArgs(["x", "--", "--b"], { "--": true }), { _: ["x"], "--": ["--b"] });
});

Deno.test("parseArgs() asks about unknown options and words, and drops the refused", () => {
  const asked: unknown[][] = [];
  const parsed = parseArgs(["--known", "--other=5", "-x", "word"], {
    boolean: ["known", "x"],
    unknown: (...question) => {
      asked.push(question);
      return false;
    },
  });
  assertEquals(parsed, { _: [], known: true, x: true });
  assertEquals(asked, [["--other=5", "other", "5"], ["word"]]);
});

Deno.test("parseArgs() types its result by the options", () => {
  const parsed = parseArgs(["--seed", "3"], {
    boolean: ["json"],
    string: ["out", "seed", "video"],
    collect: ["video"],
    default: { seed: "1" },
  });
  const json: boolean = parsed.json;
  const out: string | undefined = parsed.out;
  const seed: string = parsed.seed;
  const video: string[] = parsed.video;
  assertEquals([json, out, seed, video], [false, undefined, "3", []]);
});
