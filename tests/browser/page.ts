/**
 * Has a browser compile shaders: one page that puts its findings into its own text, and headless
 * Chromium that prints the page.
 *
 * @module
 */

import type { PipelineSource } from "../../kernels/gpu/commands/pipelines.ts";

/** What the browser says of one shader. */
export interface Finding {
  /** What the shader computes. */
  readonly label: string;
  /** What the compiler or the making of the pipeline complained of, with the line; best empty. */
  readonly messages: readonly string[];
}

/**
 * A pipeline is made only of shaders whose text is shorter: the compiler has read a long one in
 * milliseconds, but behind it a software adapter works for minutes on an unrolled kernel.
 */
const LONGEST_PIPELINE = 3000;

// Runs in the page. The iframe that is never finished keeps the page loading until all is said:
// Chromium prints a page when it has loaded.
const SCRIPT = `
const frame = document.querySelector("iframe").contentDocument;
frame.open();
const sources = JSON.parse(decodeURIComponent(document.getElementById("sources").textContent));
async function examine(device, { label, shader, constants }) {
  const messages = [];
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code: shader });
  const info = await module.getCompilationInfo();
  for (const { type, lineNum, message } of info.messages) {
    messages.push(type + ": " + message + ": " + shader.split("\\n")[lineNum - 1]);
  }
  if (shader.length < ${LONGEST_PIPELINE}) try {
    const compute = { module, entryPoint: "main", constants };
    await device.createComputePipelineAsync({ layout: "auto", compute });
  } catch (error) {
    messages.push(String(error.message));
  }
  const error = await device.popErrorScope();
  if (error && messages.length === 0) messages.push(error.message);
  return { label, messages };
}
async function findings() {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return null;
  const device = await adapter.requestDevice();
  const found = [];
  for (const source of sources) found.push(await examine(device, source));
  return found;
}
findings().catch((error) => [{ label: "page", messages: [String(error)] }]).then((found) => {
  document.getElementById("findings").textContent = encodeURIComponent(JSON.stringify(found));
  frame.close();
});
`;

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--no-first-run",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--disable-background-networking",
  "--disable-component-update",
  "--timeout=120000",
  "--dump-dom",
];

/** Compiles shaders in Chromium; null if it has no WebGPU adapter. */
export async function compileInChromium(
  sources: readonly PipelineSource[],
): Promise<Finding[] | null> {
  const folder = await Deno.makeTempDir();
  try {
    const text = encodeURIComponent(JSON.stringify(sources));
    const page = `<!doctype html><iframe></iframe><pre id="findings"></pre>` +
      `<script type="text/plain" id="sources">${text}</script><script>${SCRIPT}</script>`;
    await Deno.writeTextFile(`${folder}/page.html`, page);
    const { stdout } = await new Deno.Command("chromium", {
      args: [...FLAGS, `--user-data-dir=${folder}/profile`, `file://${folder}/page.html`],
      stderr: "null",
    }).output();
    const found = new TextDecoder().decode(stdout).match(/<pre id="findings">([^<]+)<\/pre>/)?.[1];
    if (!found) throw new Error("Cannot compile in Chromium: it printed no findings");
    return JSON.parse(decodeURIComponent(found));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
