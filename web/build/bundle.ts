/**
 * Bundles of the page's scripts, made by Deno's own bundler.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/**
 * The oldest browsers with WebGPU that the page is made for. Syntax that one of them lacks is written in
 * another way: `using`, which Safari has not.
 */
const BROWSERS = ["chrome128", "firefox141", "safari26"];

/** Names of the methods that `using` calls, for browsers that have none. */
const DISPOSAL = ["dispose", "asyncDispose"]
  .map((name) => `Symbol.${name}??=Symbol.for("Symbol.${name}");`).join("");

/** Writes a script so that all of {@linkcode BROWSERS} can read it. */
export async function forBrowsers(script: string): Promise<string> {
  // It reads the environment when it is loaded, which most programs that import this may not.
  const { transformSync } = await import("esbuild");
  const { code } = transformSync(script, {
    ...{ target: BROWSERS, banner: DISPOSAL, minifySyntax: true, minifyWhitespace: true },
    ...{ charset: "utf8", legalComments: "none" },
  });
  return code;
}

/** A file and all that it imports, as one script or as modules, which all browsers with WebGPU can read. */
export async function bundle(
  file: URL,
  { format }: { format: "iife" | "esm" },
): Promise<string> {
  const args = ["--quiet", "--platform", "browser", "--minify", "--format", format];
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: ["bundle", ...args, file.href],
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return await forBrowsers(new TextDecoder().decode(stdout));
  throw new Error(`Cannot bundle ${file.href}: ${new TextDecoder().decode(stderr)}`);
}

/** Entry points that load in a page, each a module: those that are published for it. */
const ENTRIES = ["kernels", "nn", "train/images", "train/objects", "train/models", "train/learn"];

/**
 * Writes the public entry points as modules into a folder, what they share once: `kernels/mod.js`, …,
 * `train/learn/mod.js`.
 */
export async function writeModules(folder: URL): Promise<void> {
  const root = new URL("../../", import.meta.url);
  const files = ENTRIES.map((entry) => new URL(`${entry}/mod.ts`, root).href);
  const args = ["--quiet", "--platform", "browser", "--minify", "--code-splitting"];
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["bundle", ...args, "--outdir", fileURLToPath(folder), ...files],
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`Cannot bundle modules: ${new TextDecoder().decode(stderr)}`);
  await rewriteIn(folder);
}

async function rewriteIn(folder: URL): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const at = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) await rewriteIn(at);
    else if (name.endsWith(".js")) {
      await Deno.writeTextFile(at, await forBrowsers(await Deno.readTextFile(at)));
    }
  }
}
