/// <reference lib="dom" />
// The page and all shaders in Firefox, whose compiler (naga) is another one.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { collectShaders } from "../browser/fixtures/shaders.ts";
import { texts } from "../../web/shared/texts.ts";
import { hasFirefox, OpenPage } from "./browser.ts";

/** Shaders that are sent at once. */
const PART = 40;

Deno.test("Firefox compiles every shader without a complaint, and the page segments the example in it", async () => {
  if (!await hasFirefox()) return;
  const shaders = (await collectShaders()).map(({ label, shader }) => ({ label, shader }));
  assert(shaders.length > 100);
  await using open = await OpenPage.open({ browser: "firefox" });
  const hasGpu = await open.page.evaluate(async () => {
    // Some builds have the interface and refuse to use it.
    const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
    if (!adapter) return false;
    const requiredFeatures = (["shader-f16"] as const).filter((name) => adapter.features.has(name));
    Object.assign(globalThis, { gpu: await adapter.requestDevice({ requiredFeatures }) });
    return true;
  });
  if (!hasGpu) return console.log("not run: firefox has no WebGPU adapter");
  for (let at = 0; at < shaders.length; at += PART) {
    const complaints = await open.page.evaluate(async (shaders) => {
      const { gpu } = globalThis as unknown as { gpu: GPUDevice };
      const found: string[] = [];
      for (const { label, shader } of shaders) {
        gpu.pushErrorScope("validation");
        const { messages } = await gpu.createShaderModule({ code: shader }).getCompilationInfo();
        const error = await gpu.popErrorScope();
        found.push(...messages.map(({ message }) => `${label}: ${message}`));
        if (error) found.push(`${label}: ${error.message}`);
      }
      return found;
    }, shaders.slice(at, at + PART));
    assertEquals(complaints, []);
  }
  await open.press(texts.tryExample);
  await open.waitFor(".movie", "8 frames");
  await open.waitFor(".chip", "GPU");
  await open.press(texts.segment);
  const said = await open.waitFor(".task .result", ".");
  console.log(said);
  assertMatch(said, /^\d+ objects in 8 frames/);
  // Firefox does not tell of the page itself, which comes from a file.
  assertEquals(open.requests.filter((address) => !address.startsWith("file:")), []);
  assertEquals(open.errors, []);
});
