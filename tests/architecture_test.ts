// The house plan, held against the sources: who may import whom, and what a file may not do.
import { assertEquals } from "@std/assert";
import { readImports, resolveImport } from "./architecture/fixtures/imports.ts";
import { complaints, type Sources } from "./architecture/rules.ts";

const ROOT = new URL("../", import.meta.url);
const CODE = new Set(["kernels", "nn", "train", "tests", "bench", "web"]);

Deno.test("the project keeps its own rules", async () => {
  const sources = await readSources();
  for (const path of ["kernels/operations.ts", "mod.ts", "cli.ts", "tests/architecture_test.ts"]) {
    assertEquals(sources.has(path), true, `${path} was not looked at`);
  }
  assertEquals(complaints(sources), []);
});

/** Every TypeScript file at the top of the project and in its folders of code. */
async function readSources(): Promise<Sources> {
  const sources = new Map<string, string>();
  async function add(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder || ".", ROOT))) {
      const path = folder + name;
      if (isDirectory && (folder !== "" || CODE.has(name))) await add(`${path}/`);
      else if (name.endsWith(".ts")) {
        sources.set(path, await Deno.readTextFile(new URL(path, ROOT)));
      }
    }
  }
  await add("");
  return sources;
}

/** Complaints about a house of these few files, wherever they lie. */
function complaintsAbout(files: Record<string, string>): string[] {
  return complaints(new Map(Object.entries(files)))
    .filter((complaint) => !complaint.includes(" lies in no room of "));
}

Deno.test("readImports() sees imports of every form", () => {
  const source = [
    'import { a } from "./a.ts";',
    "import type {",
    "  B,",
    "  C,",
    "} from './b.ts';",
    'import * as d from "./d.ts"; // after "quotes"',
    'import "./effect.ts";',
    'export * from "./e.ts";',
    "export {",
    "  f,",
    '} from "./f.ts";',
    'export type { G } from "./g.ts";',
    'import h, { type I } from "npm:h@1";',
    'const j = await import("./j.ts");',
    'let k: import("./k.ts").K;',
    '  const l = await import(\n    "./l.ts"\n  );',
  ].join("\n");
  assertEquals(readImports(source), [
    { specifier: "./a.ts", line: 1 },
    { specifier: "./b.ts", line: 2 },
    { specifier: "./d.ts", line: 6 },
    { specifier: "./effect.ts", line: 7 },
    { specifier: "./e.ts", line: 8 },
    { specifier: "./f.ts", line: 9 },
    { specifier: "./g.ts", line: 12 },
    { specifier: "npm:h@1", line: 13 },
    { specifier: "./j.ts", line: 14 },
    { specifier: "./k.ts", line: 15 },
    { specifier: "./l.ts", line: 16 },
  ]);
});

Deno.test("readImports() does not take talk, exports and calls for imports", () => {
  const source = [
    "/**",
    ' * import { a } from "./talk.ts";',
    ' * const b = await import("./talk.ts");',
    " */",
    '// import { c } from "./talk.ts";',
    '// await import("./talk.ts")',
    "export function from(x: string): string[] {",
    '  return Array.from("x");',
    "}",
    'export const text = "from";',
    'const important = "./no.ts";',
  ].join("\n");
  assertEquals(readImports(source), []);
});

Deno.test("resolveImport() follows relative specifiers only", () => {
  assertEquals(resolveImport("nn/unet.ts", "../kernels/mod.ts"), "kernels/mod.ts");
  assertEquals(resolveImport("kernels/ops/conv2d/mod.ts", "../../shape.ts"), "kernels/shape.ts");
  assertEquals(resolveImport("cli.ts", "./train/mod.ts"), "train/mod.ts");
  assertEquals(resolveImport("train/data/a.ts", "./b.ts"), "train/data/b.ts");
  assertEquals(resolveImport("nn/a.ts", "../../outside.ts"), "../outside.ts");
  assertEquals(resolveImport("nn/a.ts", "npm:b"), undefined);
  assertEquals(resolveImport("nn/a.ts", "@std/assert"), undefined);
});

Deno.test("the rules allow the arrows of the house plan", () => {
  const found = complaintsAbout({
    "kernels/mod.ts": "export const a: number = 1;",
    "nn/mod.ts": 'export { a } from "../kernels/mod.ts";',
    "train/mod.ts": 'import { a } from "../nn/mod.ts";\nimport { b } from "../kernels/mod.ts";',
    "cli.ts": 'import { train } from "./train/mod.ts";\ntrain();',
    "mod.ts":
      '/** All. @module */\nexport { a } from "./kernels/mod.ts";\nexport type { B } from "./nn/mod.ts";',
    "tests/cli/a_test.ts": 'import { a } from "../../cli.ts";',
    "tests/nn/a_test.ts": 'import { a } from "../../kernels/mod.ts";',
    "bench/main.ts": 'import { train } from "../train/mod.ts";',
    "web/worker/a.ts": 'import { a } from "../../kernels/mod.ts";\nimport "../shared/b.ts";',
    "web/shared/b.ts": "",
  });
  assertEquals(found, []);
});

Deno.test("the rules find every wrong arrow", () => {
  const wrong: [file: string, source: string, to: string][] = [
    ["kernels/gpu/a.ts", 'import { b } from "../../nn/b.ts";', "nn/b.ts"],
    ["kernels/ops/a.ts", 'import type { B } from "../../train/b.ts";', "train/b.ts"],
    ["nn/a.ts", 'export * from "../train/b.ts";', "train/b.ts"],
    ["train/data/a.ts", 'const b = await import("../../cli.ts");', "cli.ts"],
    ["nn/a.ts", 'import { b } from "../mod.ts";', "mod.ts"],
    ["train/a.ts", 'import { b } from "../tests/b.ts";', "tests/b.ts"],
    ["mod.ts", 'export { b } from "./cli.ts";', "cli.ts"],
  ];
  for (const [file, source, to] of wrong) {
    assertEquals(complaintsAbout({ [file]: source, [to]: "" }), [
      `${file}:1 imports ${to}: a wrong arrow`,
    ]);
  }
});

Deno.test("the rules find an import of a file that is not there", () => {
  assertEquals(complaintsAbout({ "nn/a.ts": '\nimport "./b.ts";' }), [
    "nn/a.ts:2 imports nn/b.ts: there is no such file",
  ]);
});

Deno.test("the rules find a circle, also of types, and not two ways to one file", () => {
  const diamond = {
    "nn/a.ts": 'import "./b.ts";\nimport "./c.ts";',
    "nn/b.ts": 'import "./d.ts";',
    "nn/c.ts": 'import "./d.ts";',
    "nn/d.ts": "",
  };
  assertEquals(complaintsAbout(diamond), []);
  assertEquals(complaintsAbout({ ...diamond, "nn/d.ts": 'import type { A } from "./b.ts";' }), [
    "nn/b.ts -> nn/d.ts -> nn/b.ts: an import circle",
  ]);
  assertEquals(complaintsAbout({ "nn/a.ts": 'import "./a.ts";' }), [
    "nn/a.ts -> nn/a.ts: an import circle",
  ]);
});

Deno.test("the rules keep packages out of kernels/ and nn/", () => {
  assertEquals(
    complaintsAbout({
      "kernels/gpu/a.ts": 'import { b } from "npm:b@1";',
      "nn/a.ts": 'import { assert } from "@std/assert";',
      "train/a.ts": 'import { decode } from "fast-png";',
    }),
    [
      "kernels/gpu/a.ts:1 imports npm:b@1: a package",
      "nn/a.ts:1 imports @std/assert: a package",
    ],
  );
});

Deno.test("the rules ask for a listed and tested operation", () => {
  const operation = "export const relu: Operation<Record<never, never>> = {};";
  const list = 'export { relu } from "./relu.ts";\nexport { conv2d } from "./conv2d/mod.ts";';
  const house = {
    "kernels/ops/all.ts": list,
    "kernels/ops/relu.ts": operation,
    "kernels/ops/conv2d/mod.ts": "export const conv2d: Operation<P> = {};",
    "kernels/ops/conv2d/tile.ts": "export const TILE: number = 4;",
    "kernels/ops/shared.ts": "export function shared(): void {}",
    "tests/kernels/ops/conv2d_test.ts": "",
    "tests/kernels/ops/relu_test.ts": "",
  };
  assertEquals(complaintsAbout(house), []);
  const { "tests/kernels/ops/relu_test.ts": _, ...untested } = house;
  assertEquals(complaintsAbout(untested), [
    "kernels/ops/relu.ts is an operation without a test: tests/kernels/ops/relu_test.ts",
  ]);
  const { "tests/kernels/ops/conv2d_test.ts": __, ...untestedFolder } = house;
  assertEquals(complaintsAbout(untestedFolder), [
    "kernels/ops/conv2d/mod.ts is an operation without a test: tests/kernels/ops/conv2d_test.ts",
  ]);
  assertEquals(complaintsAbout({ ...house, "kernels/ops/all.ts": list.split("\n")[1] }), [
    "kernels/ops/relu.ts is an operation that kernels/ops/all.ts does not list",
  ]);
});

Deno.test("the rules find a file that is too long", () => {
  const lines = (count: number) => "//\n".repeat(count);
  const most: [file: string, lines: number][] = [
    ["kernels/a.ts", 400],
    ["nn/a.ts", 400],
    ["train/a.ts", 400],
    ["bench/main.ts", 400],
    ["cli.ts", 400],
    ["tests/a_test.ts", 600],
    ["tests/extending/a_test.ts", 60],
  ];
  for (const [file, count] of most) {
    assertEquals(complaintsAbout({ [file]: lines(count) }).filter(isOfLength), []);
    assertEquals(complaintsAbout({ [file]: lines(count + 1) }).filter(isOfLength), [
      `${file} has ${count + 1} lines, more than ${count}`,
    ]);
  }
});

function isOfLength(complaint: string): boolean {
  return complaint.includes("lines, more than");
}

Deno.test("the rules find a folder of too many files, and let lists of records grow", () => {
  const folder = (path: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${path}/${i}.ts`, ""]));
  assertEquals(complaintsAbout({ ...folder("nn/labels", 14), ...folder("nn/labels/a", 14) }), []);
  assertEquals(complaintsAbout(folder("kernels/ops", 40)), []);
  assertEquals(complaintsAbout(folder("tests/bench", 15)), [
    "tests/bench/ holds 15 files, more than 14: folders should say what is where",
  ]);
});

Deno.test("the rules keep pixels and objects from the GPU, and the console from all but jobs", () => {
  const cases: [file: string, to: string, because: string | null][] = [
    ["train/images/a.ts", "kernels/b.ts", "pixels and objects know neither the GPU nor a network"],
    ["train/synthetic/a.ts", "nn/b.ts", "pixels and objects know neither the GPU nor a network"],
    ["train/objects/a.ts", "nn/b.ts", "pixels and objects know neither the GPU nor a network"],
    ["train/settings.ts", "nn/b.ts", "pixels and objects know neither the GPU nor a network"],
    ["train/console/a.ts", "kernels/b.ts", "the console has its work done by jobs"],
    ["train/console/a.ts", "train/learn/b.ts", "the console has its work done by jobs"],
    ["train/console/a.ts", "train/models/list.ts", null],
    ["train/models/a.ts", "kernels/b.ts", null],
  ];
  for (const [file, to, because] of cases) {
    const up = file === "train/settings.ts" ? "../" : "../../";
    const found = complaintsAbout({ [file]: `import type { B } from "${up}${to}";`, [to]: "" })
      .filter((complaint) => complaint.includes(" imports "));
    assertEquals(found, because === null ? [] : [`${file}:1 imports ${to}: ${because}`]);
  }
  assertEquals(
    complaintsAbout({ "web/page/a.ts": 'import "../../train/jobs/a.ts";', "train/jobs/a.ts": "" }),
    [
      "web/page/a.ts:1 imports train/jobs/a.ts: a page has no disk and no command line",
    ],
  );
});

Deno.test("the rules keep Deno and Node out of what runs in a browser, and let comments talk", () => {
  const source = [
    "/** `Deno.readFile()` gives the bytes. */",
    'const url = "https://deno.com"; // Deno.cwd()',
    "const adapter = await Deno.readFile(url);",
    "const { readFile } = Deno;",
    'import { join } from "node:path";',
    "/* Deno.cwd() */ export const text = `${Deno.cwd()}`;",
  ].join("\n");
  for (const file of ["train/images/a.ts", "train/report/a.ts", "train/settings.ts"]) {
    assertEquals(complaintsAbout({ [file]: source }).filter(isOfSystem), [
      `${file}:3 calls Deno: it must run in a browser, too`,
      `${file}:4 calls Deno: it must run in a browser, too`,
      `${file}:6 calls Deno: it must run in a browser, too`,
      `${file}:5 imports node:path: it must run in a browser, too`,
    ]);
  }
  for (const file of ["kernels/gpu/a.ts", "nn/labels/a.ts", "train/objects/a.ts"]) {
    assertEquals(complaintsAbout({ [file]: source }).filter(isOfSystem).length, 4);
  }
  for (const file of ["train/jobs/disk/a.ts", "train/console/a.ts", "cli.ts"]) {
    assertEquals(complaintsAbout({ [file]: source }).filter(isOfSystem), []);
  }
});

function isOfSystem(complaint: string): boolean {
  return complaint.endsWith("it must run in a browser, too");
}

Deno.test("the rules find the path of a machine, and not a part of a relative one", () => {
  const found = complaintsAbout({
    "train/a.ts":
      'open("/home/me/x");\nopen("C:\\Users");\nopen("a/tmp/b");\nopen(`${root}/tmp/b`);',
  });
  assertEquals(found, [
    "train/a.ts:1 names a path of one machine",
    "train/a.ts:2 names a path of one machine",
  ]);
});

Deno.test("the rules leave printing to the console", () => {
  const source = ' * console.log("an example");\nconsole.log(1);';
  assertEquals(complaintsAbout({ "nn/a.ts": source, "train/console/a.ts": source }), [
    "nn/a.ts:2 prints: that is for train/console/",
  ]);
});

Deno.test("the rules find plurals that a file makes by itself", () => {
  const source = [
    'const a = `${n} frame${n === 1 ? "" : "s"}`;',
    'const b = n === 1 ? "object" : "objects";',
    'const c = n === 1 ? "is" : "are";',
    'const d = n === 1 ? "" : `-${n}`;',
  ].join("\n");
  assertEquals(
    complaintsAbout({ "train/report/a.ts": source }),
    [1, 2, 3].map((line) =>
      `train/report/a.ts:${line} makes a plural by itself: train/counted.ts does`
    ),
  );
});

Deno.test("the rules keep mod.ts to re-exports", () => {
  const exports =
    'export { b } from "./nn/mod.ts"; // networks\nexport {\n  a,\n} from "./nn/mod.ts";';
  assertEquals(complaintsAbout({ "mod.ts": exports, "nn/mod.ts": "" }), []);
  assertEquals(complaintsAbout({ "mod.ts": `${exports}\nexport const x = 1;`, "nn/mod.ts": "" }), [
    "mod.ts does more than re-export",
  ]);
});

Deno.test("the rules ask every face to name what it exports", () => {
  const named = 'export { a } from "./a.ts";';
  const unnamed = ['export * from "./a.ts";', 'export type * from "./a.ts";'];
  for (const folder of ["", "kernels/masks/", "nn/", "train/objects/"]) {
    const face = `${folder}mod.ts`;
    const about = (source: string) =>
      complaintsAbout({ [face]: source, [`${folder}a.ts`]: "" })
        .filter((complaint) => complaint.includes("exports all"));
    assertEquals(about(`/**\n * export * from "./a.ts";\n */\n${named}`), []);
    for (const source of unnamed) {
      assertEquals(about(`/** A face. */\n${source}`), [
        `${face}:2 exports all of a file: a face names what it exports`,
      ]);
    }
  }
});
