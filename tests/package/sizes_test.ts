// What kernels and nn weigh in a page, as deno bundle makes it. The sizes stand in docs/library.md.
import { assertEquals, assertLess } from "@std/assert";

/** A page made from a fixture, minified; null without a bundler. */
async function bundled(fixture: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const page = new URL(`fixtures/${fixture}`, import.meta.url);
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform", "browser", "--minify", page.href],
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) {
    const reason = new TextDecoder().decode(stderr).trim();
    if (!/esbuild|registry|npm|bundle/i.test(reason)) throw new Error(reason);
    console.log(`not run: the bundler cannot be had: ${reason.split("\n").at(-1)}`);
    return null;
  }
  return stdout;
}

/** Bytes of such a page, compressed as servers do. */
async function bytesOf(fixture: string): Promise<number | null> {
  const page = await bundled(fixture);
  if (page === null) return null;
  const packed = new Response(page).body!.pipeThrough(new CompressionStream("gzip"));
  return (await new Response(packed).arrayBuffer()).byteLength;
}

Deno.test("kernels and nn are less than 80 KB of a page that uses all of them", async () => {
  const bytes = await bytesOf("everything.ts");
  if (bytes === null) return;
  assertLess(bytes, 80_000);
  assertLess(30_000, bytes, "the page is not what it should be");
});

Deno.test("a page that only predicts with a U-Net needs little more than half of that", async () => {
  const bytes = await bytesOf("predicting.ts");
  if (bytes === null) return;
  assertLess(bytes, 44_000);
  assertLess(10_000, bytes, "the page is not what it should be");
});

Deno.test("a page carries neither the samples of tests nor comments of shaders", async () => {
  const page = await bundled("everything.ts");
  if (page === null) return;
  const text = new TextDecoder().decode(page);
  assertEquals(text.match(/^ *\/\/.*|`\/\/.*/gm), null, "a comment stands above its shader");
  assertEquals(text.match(/\bsamples:.{40}/g), null, "samples stand beside an operation");
});

Deno.test("nothing is computed when kernels and nn are imported: what is not used is left out", async () => {
  const bytes = await bytesOf("nothing.ts");
  if (bytes === null) return;
  assertLess(bytes, 500, "mark what stands at the top of a module /* @__PURE__ */");
});
