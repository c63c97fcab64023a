/**
 * `deno task test`: runs the test files, several processes at a time, and closes with one line over
 * all of them in the form of `deno test`.
 *
 * Tests mostly wait, for the GPU and for processes they start, so there are more processes than
 * cores. Files that take long or measure their process have one of their own, short ones share one.
 * Where such a process crashes, its files run again, each alone, so that a crash names its file.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { readArguments, type RunOptions } from "./run/arguments.ts";
import { counted } from "../train/counted.ts";
import { findTests } from "./run/files.ts";
import { groupsOf, isUnclear, wordsFor } from "./run/groups.ts";
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

/** Runs `deno test`, until it is to stop. */
async function denoTest(
  args: readonly string[],
  { env, stop }: { env?: Record<string, string>; stop?: AbortSignal } = {},
): Promise<Deno.CommandOutput & { text: string }> {
  const options = { args: ["test", ...PERMISSIONS, ...args], cwd: ROOT, env, signal: stop };
  const output = await new Deno.Command("deno", options).output();
  const text = [output.stdout, output.stderr].map((part) => new TextDecoder().decode(part).trim());
  return { ...output, text: text.filter(Boolean).join("\n") };
}

/** Runs files in one process. */
async function runTogether(
  files: readonly string[],
  { flags, ...how }: Pick<RunOptions, "flags"> & { env: Record<string, string>; stop: AbortSignal },
): Promise<FileOutcome> {
  const start = performance.now();
  const words = wordsFor(files, { root: ROOT });
  const { code, signal, text } = await denoTest(["--no-check", ...flags, ...words], how);
  const milliseconds = performance.now() - start;
  const [first, ...others] = files;
  const file = others.length === 0 ? first : `${first} and ${counted(others.length, "other")}`;
  return { file, code, signal, counts: readSummary(text), text, milliseconds };
}

/**
 * Runs all files, at most `jobs` processes at a time, and prints what each says when it ends, once types
 * are known to be right. Where they are not, those under way are ended, and there is no outcome.
 */
async function runFiles(
  files: readonly string[],
  { jobs, flags, failFast, areTyped }: RunOptions & { areTyped: Promise<boolean> },
): Promise<FileOutcome[]> {
  const env = await environment();
  const outcomes: FileOutcome[] = [];
  // After the first failure no other file runs, not even one of the same group.
  const queue = failFast ? files.map((file) => [file]) : await groupsOf(files, { root: ROOT });
  const stopping = new AbortController();
  areTyped.then((are) => {
    if (are) return;
    queue.length = 0;
    stopping.abort();
  });
  const work = async () => {
    for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
      const outcome = await runTogether(group, { flags, env, stop: stopping.signal });
      if (!await areTyped) return;
      if (isUnclear(outcome, group)) {
        queue.unshift(...group.map((file) => [file]));
        continue;
      }
      outcomes.push(outcome);
      const names = group.length > 1 ? `${group.join("\n")}\n` : "";
      if (!isFilteredOut(outcome)) console.log(`${names}${outcome.text}\n`);
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
  // Types are checked once for all files, beside the first of them, as that takes one core.
  const checking = denoTest(["--no-run", ...files]);
  const areTyped = checking.then(({ success }) => success);
  const outcomes = await runFiles(files, { ...options, areTyped });
  const check = await checking;
  if (!check.success) {
    console.error(check.text);
    return 1;
  }
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
