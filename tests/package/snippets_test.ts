// The programs of the documents that need a page, Node or data fit what the package offers. Those that need
// nothing run in tests/docs_test.ts.
import { assertEquals, assertLess } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
/** Documents, and what their programs are given, in their order. */
const HANDED_IN: Record<string, readonly string[]> = {
  "library.md": [
    "", // a page, which has all it needs
    "", // Node, and the package webgpu
    `import { openDevice } from "@kymo/kymo/kernels";
     import { Tape, type UNet, type Variable } from "@kymo/kymo/nn";
     declare const [bar, network, x]: [HTMLProgressElement, UNet, Variable];`,
  ],
  "comparison.md": [
    `declare function digits(count: number): Record<"images" | "labels", Float32Array<ArrayBuffer>>;`,
  ],
};

async function run(...args: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const command = new Deno.Command("deno", { args, cwd: ROOT, env: { NO_COLOR: "1" } });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return stdout;
}

/** The programs of a document that are not run. */
async function programsOf(name: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(`docs/${name}`, ROOT));
  return [...text.matchAll(/^```ts ignore\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
}

/** What stands for the npm package. */
const WEBGPU = "export declare function create(options: string[]): GPU;";

/** The text of a file that imports the sources in place of the package. */
async function fromSources(code: string): Promise<string> {
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return code.replace('from "webgpu"', 'from "./webgpu.ts"').replace(
    /"@kymo\/kymo\/(\w+)"/g,
    (_, entry) => `"${new URL(exports[`./${entry}`], ROOT)}"`,
  );
}

for (const [name, given] of Object.entries(HANDED_IN)) {
  Deno.test(`the programs of docs/${name} that cannot run here fit the package`, async () => {
    const programs = await programsOf(name);
    assertEquals(programs.length, given.length, "a program was added or taken away");
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/webgpu.ts`, WEBGPU);
      const files = programs.map((_, i) => `${folder}/${i}.ts`);
      for (const [i, code] of programs.entries()) {
        await Deno.writeTextFile(files[i], await fromSources(`${given[i]}\n${code}`));
      }
      const config = new URL("tests/check/browser.json", ROOT).pathname;
      await run("check", "--quiet", "--config", config, ...files);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("the page of docs/library.md weighs what is said there", async () => {
  const [page] = await programsOf("library.md");
  const text = await Deno.readTextFile(new URL("docs/library.md", ROOT));
  const said = Number(text.match(/\| the page above[^|]*\| (\d+)/)?.[1]);
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, await fromSources(page));
    const code = await run("bundle", "--quiet", "--platform", "browser", "--minify", file);
    const packed = new Response(code).body!.pipeThrough(new CompressionStream("gzip"));
    const kilobytes = (await new Response(packed).arrayBuffer()).byteLength / 1000;
    assertLess(Math.abs(kilobytes - said), 3, `${kilobytes} KB, ${said} are said`);
  } finally {
    await Deno.remove(file);
  }
});
