/**
 * Has a browser compile shaders or run a program: one page that puts its findings into its own text,
 * and headless Chromium that prints the page.
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
  /** What it computed, where it was given {@linkcode ShaderRun.words}. */
  readonly words?: readonly number[];
}

/** A shader that is run too: one workgroup, its `struct Params { count: u32 }` at binding 0, what it writes, what it reads. */
export interface ShaderRun extends PipelineSource {
  /** What it reads, as words of 32 bits. */
  readonly words: readonly number[];
  /** How many words it writes. */
  readonly writes: number;
}

/**
 * A pipeline is made only of shaders whose text is shorter: the compiler has read a long one in
 * milliseconds, but behind it a software adapter works for minutes on an unrolled kernel.
 */
const LONGEST_PIPELINE = 3000;

// Runs in the page.
const COMPILE = `
const sources = JSON.parse(decodeURIComponent(document.getElementById("input").textContent));
async function examine(device, { label, shader, constants, words, writes }) {
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
  return { label, messages, words: words && await compute(device, { module, words, writes }) };
}
async function compute(device, { module, words, writes }) {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const [result, input] = [writes, words.length].map((n) => device.createBuffer({ size: 4 * n, usage }));
  const params = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(params, 0, Uint32Array.of(words.length));
  const read = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const staging = device.createBuffer({ size: 4 * writes, usage: read });
  device.queue.writeBuffer(input, 0, Uint32Array.from(words));
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
  const entries = [params, result, input].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const layout = pipeline.getBindGroupLayout(0);
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(result, 0, staging, 0, 4 * writes);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  return Array.from(new Uint32Array(staging.getMappedRange()));
}
globalThis.answer = async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return null;
  const device = await adapter.requestDevice();
  const found = [];
  for (const source of sources) found.push(await examine(device, source));
  return found;
};
`;

/**
 * Chromium prints a page when it has loaded, which the iframe that is never finished keeps it from
 * until all is said.
 */
const OPEN = `
const frame = document.querySelector("iframe").contentDocument;
frame.open();
`;
const TELL = `
globalThis.answer().catch((error) => ({ failed: String(error.stack) })).then((found) => {
  document.getElementById("findings").textContent = encodeURIComponent(JSON.stringify(found));
  frame.close();
});
`;

/** Flags of a Chromium with WebGPU on SwiftShader. */
export const WITH_SWIFTSHADER: readonly string[] = [
  "--no-sandbox",
  "--no-first-run",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--disable-background-networking",
  "--disable-component-update",
];
const FLAGS = ["--headless", ...WITH_SWIFTSHADER, "--timeout=120000", "--dump-dom"];

/** Compiles shaders in Chromium, and runs those that are to be; null if it has no WebGPU adapter. */
export async function compileInChromium(
  sources: readonly (PipelineSource | ShaderRun)[],
): Promise<Finding[] | null> {
  return await runInChromium(COMPILE, sources) as Finding[] | null;
}

/**
 * Runs a module in a page of Chromium with WebGPU on SwiftShader.
 *
 * @param script A module that sets `globalThis.answer`, a function without arguments.
 * @param input What the page holds as JSON in its element `input`.
 * @returns What the promise of `answer` gives.
 * @throws {Error} If it fails.
 */
export async function runInChromium(script: string, input: unknown = null): Promise<unknown> {
  const folder = await Deno.makeTempDir();
  try {
    const text = encodeURIComponent(JSON.stringify(input));
    const code = script.replaceAll("</script", "<\\/script");
    const page = `<!doctype html><meta charset="utf-8"><iframe></iframe><pre id="findings"></pre>` +
      `<script type="text/plain" id="input">${text}</script><script>${OPEN}</script>` +
      `<script type="module">${code}</script><script type="module">${TELL}</script>`;
    await Deno.writeTextFile(`${folder}/page.html`, page);
    const { stdout } = await new Deno.Command("chromium", {
      args: [...FLAGS, `--user-data-dir=${folder}/profile`, `file://${folder}/page.html`],
      stderr: "null",
    }).output();
    const found = new TextDecoder().decode(stdout).match(/<pre id="findings">([^<]+)<\/pre>/)?.[1];
    if (!found) throw new Error("Cannot run a page in Chromium: it printed no findings");
    const answer = JSON.parse(decodeURIComponent(found));
    if (answer?.failed) throw new Error(`Cannot run a page in Chromium: ${answer.failed}`);
    return answer;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
