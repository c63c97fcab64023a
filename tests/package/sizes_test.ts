// What kernels and nn weigh in a page, as deno bundle makes it. The sizes stand in docs/library.md.
import { assertLess } from "@std/assert";

/** Bytes of a page made from a fixture, minified and compressed as servers do; null without a bundler. */
async function bytesOf(fixture: string): Promise<number | null> {
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
  const packed = new Response(stdout).body!.pipeThrough(new CompressionStream("gzip"));
  return (await new Response(packed).arrayBuffer()).byteLength;
}

Deno.test("kernels and nn are less than 92 KB of a page that uses all of them", async () => {
  const bytes = await bytesOf("everything.ts");
  if (bytes === null) return;
  assertLess(bytes, 92_000);
  assertLess(30_000, bytes, "the page is not what it should be");
});

Deno.test("a page that only predicts with a U-Net needs no more than half of that", async () => {
  const bytes = await bytesOf("predicting.ts");
  if (bytes === null) return;
  assertLess(bytes, 46_000);
  assertLess(10_000, bytes, "the page is not what it should be");
});

Deno.test("nothing is computed when kernels and nn are imported: what is not used is left out", async () => {
  const bytes = await bytesOf("nothing.ts");
  if (bytes === null) return;
  assertLess(bytes, 500, "mark what stands at the top of a module /* @__PURE__ */");
});
