// Kernels and networks run in Node, which has WebGPU from the npm package `webgpu` (Dawn): bundled, with
// `using` lowered for versions that do not know it. Says why where that cannot be tried.
import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { type Answer, answer } from "./browser/fixtures/small_network.ts";

const PACKAGES = { type: "module", dependencies: { webgpu: "^0.6.2", esbuild: "^0.25.0" } };
/** A software adapter that Dawn takes, where Chromium is installed; it is older than Mesa's for it. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const OLDEST_NODE = 20;

interface Ran {
  readonly success: boolean;
  readonly text: string;
}

async function run(
  command: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args, ...options })
      .output();
    const [out, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { success, text: success ? out : errors };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { success: false, text: `${error.message}` };
    throw error;
  }
}

/** The folder with a bundle that Node can run, or why there is none. */
async function prepare(folder: string): Promise<string | null> {
  const { state } = await Deno.permissions.query({ name: "run", command: "node" });
  if (state !== "granted") return "no permission to run node";
  const version = await run("node", ["--version"]);
  const major = Number(version.text.match(/^v(\d+)/)?.[1] ?? 0);
  if (!(major >= OLDEST_NODE)) return `there is no Node ${OLDEST_NODE} or later on PATH`;
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(PACKAGES));
  const installed = await run("deno", ["install", "--quiet"], { cwd: folder });
  if (!installed.success) return `webgpu cannot be installed: ${installed.text.trim()}`;
  const entry = new URL("./browser/fixtures/node.ts", import.meta.url).href;
  const output = `${folder}/bundle.js`;
  const bundled = await run("deno", ["bundle", "--quiet", "--platform", "browser", entry]);
  if (!bundled.success) throw new Error(bundled.text);
  await Deno.writeTextFile(output, bundled.text);
  const lower = ["node_modules/esbuild/bin/esbuild", output, "--target=es2022", "--format=esm"];
  const lowered = await run("node", lower, { cwd: folder });
  if (!lowered.success) throw new Error(lowered.text);
  await Deno.writeTextFile(output, lowered.text);
  return null;
}

async function ask(folder: string, env: Record<string, string> = {}): Promise<Answer> {
  const { text } = await run("node", ["bundle.js"], { cwd: folder, env });
  const found = text.match(/^answer (.*)$/m)?.[1];
  if (!found) throw new Error(text);
  return JSON.parse(found);
}

Deno.test("Node opens a device, predicts and learns as Deno does, or says what it lacks", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const reason = await prepare(folder);
    if (reason) return console.log(`not run: ${reason}`);
    let found = await ask(folder);
    if (!found.prob) {
      assertMatch(
        found.error,
        /^GpuUnavailableError: Cannot open a GPU: WebGPU found no adapter; install a Vulkan driver/,
      );
      console.log("Node finds no adapter of its own here");
      if (!await Deno.stat(SWIFTSHADER).catch(() => null)) return;
      found = await ask(folder, { VK_ICD_FILENAMES: SWIFTSHADER });
    }
    console.log(`on ${found.adapter[0]}: ${found.seconds.join(", ")} s`);
    assert(found.adapter[2], "no style was chosen");
    const expected = await answer();
    for (const key of ["prob", "losses"] as const) {
      found[key].forEach((value, i) => assertAlmostEquals(value, expected[key][i], 1e-5));
    }
    assertEquals(found.error, "Cannot compile shader typo: 1 message(s); the device goes on");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
