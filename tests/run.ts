/**
 * `deno task test`: runs the test files, each in a process of its own and several at a time, and
 * closes with one line over all of them in the form of `deno test`.
 *
 * Tests mostly wait, for the GPU and for processes they start, so there are more processes than
 * cores. Processes share no memory, so what one file measures of itself is not another file's, and
 * a crash names its file.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { readArguments, type RunOptions } from "./run/arguments.ts";
import { findTests } from "./run/files.ts";
import {
  failuresOf,
  type FileOutcome,
  isFilteredOut,
  readSummary,
  slowestOf,
  summaryOf,
} from "./run/outcome.ts";

/** What the tests may do. */
const PERMISSIONS = [
  ...["--no-prompt", "--allow-read", "--allow-write"],
  ...["--allow-env=NODE_ENV", "--allow-run=deno,sh"],
];
/** Names the one backend of Deno's WebGPU to open. */
const BACKEND = "DENO_WEBGPU_BACKEND";
const ROOT = fileURLToPath(new URL("../", import.meta.url));

/**
 * Environment of the tests. On Linux Deno opens OpenGL beside Vulkan, which costs every process time
 * and may abort it on its way out: libEGL frees the state of a thread that ends while the process
 * exits. So where Vulkan has an adapter, as setup.sh looks for, Vulkan is all that is opened.
 */
async function environment(): Promise<Record<string, string>> {
  if (Deno.build.os !== "linux" || Deno.env.get(BACKEND)) return {};
  const env = { [BACKEND]: "vulkan" };
  const script = "if (!await navigator.gpu?.requestAdapter()) Deno.exit(1)";
  const args = ["eval", "--no-config", script];
  return (await new Deno.Command("deno", { args, env }).output()).success ? env : {};
}

/** Runs `deno test`. */
async function denoTest(
  args: readonly string[],
  env: Record<string, string>,
): Promise<Deno.CommandOutput & { text: string }> {
  const options = { args: ["test", ...PERMISSIONS, ...args], cwd: ROOT, env };
  const output = await new Deno.Command("deno", options).output();
  const text = [output.stdout, output.stderr].map((part) => new TextDecoder().decode(part).trim());
  return { ...output, text: text.filter(Boolean).join("\n") };
}

/** Runs all files, at most `jobs` at a time, and prints what each says when it ends. */
async function runFiles(
  files: readonly string[],
  { jobs, flags, failFast }: RunOptions,
): Promise<FileOutcome[]> {
  const env = await environment();
  const outcomes: FileOutcome[] = [];
  const queue = [...files];
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const start = performance.now();
      const { code, signal, text } = await denoTest(["--no-check", ...flags, file], env);
      const milliseconds = performance.now() - start;
      const outcome = { file, code, signal, counts: readSummary(text), text, milliseconds };
      outcomes.push(outcome);
      if (!isFilteredOut(outcome)) console.log(text + "\n");
      if (failFast && failuresOf(outcome).length > 0) queue.length = 0;
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return outcomes;
}

/** Runs the tests that the command line names; gives the exit code. */
async function main(args: string[]): Promise<number> {
  const start = performance.now();
  const options = readArguments(args, navigator.hardwareConcurrency);
  const files = await findTests(options.paths, { root: ROOT, long: options.long });
  // Types are checked once for all files, not by every process.
  const check = await denoTest(["--no-run", ...files], {});
  if (!check.success) {
    console.error(check.text);
    return 1;
  }
  const outcomes = await runFiles(files, options);
  const failures = outcomes.flatMap(failuresOf);
  if (failures.length > 0) console.log(["FAILED", ...failures].join("\n  ") + "\n");
  const slow = slowestOf(outcomes);
  if (slow.length > 0) console.log(["Longest:", ...slow].join("\n  ") + "\n");
  console.log(summaryOf(outcomes, performance.now() - start));
  return failures.length > 0 ? 1 : 0;
}

try {
  Deno.exitCode = await main(Deno.args);
} catch (error) {
  if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
  console.error(error.message);
  Deno.exitCode = 2;
}
