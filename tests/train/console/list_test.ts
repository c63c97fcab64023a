import { assert, assertEquals } from "@std/assert";
import { type Command, flagsOf } from "../../../train/console/command.ts";
import { COMMON_FLAGS } from "../../../train/console/flag.ts";
import { commands } from "../../../train/console/list.ts";
import { readImports, resolveImport } from "../../architecture/fixtures/imports.ts";
import flagsOfOld from "./fixtures/flags.json" with { type: "json" };

/** A flag and its kind, to be compared. */
async function kindsOf(command: Command): Promise<Map<string, string>> {
  return new Map((await flagsOf(command)).map(({ name, kind }) => [name, kind]));
}

Deno.test("no command and no flag that users know is lost, renamed or of another kind", async () => {
  assertEquals(Object.keys(flagsOfOld), commands.map(({ name }) => name));
  for (const command of commands) {
    const kinds = await kindsOf(command);
    const old: Record<string, string[]> = flagsOfOld[command.name as keyof typeof flagsOfOld];
    for (const [kind, names] of Object.entries(old)) {
      const now = names.map((name) => `--${name} ${kinds.get(name)}`);
      assertEquals(now, names.map((name) => `--${name} ${kind}`), command.name);
    }
  }
});

Deno.test("flags have names of their own, and a sentence without a final period", async () => {
  for (const command of commands) {
    const flags = await flagsOf(command);
    const names = [...COMMON_FLAGS.map(({ name }) => name), ...flags.map(({ name }) => name)];
    assertEquals(names.length, new Set(names).size, command.name);
    for (const { name, sentence } of flags) {
      assert(/^[A-Z].*[^.]$/.test(sentence), `${command.name} --${name}: ${sentence}`);
    }
  }
});

const ROOT = new URL("../../../", import.meta.url);
/** Imports of types alone, which are not loaded; and imports that wait until they are reached. */
const NOT_LOADED = /^\s*(?:import|export) type [^;]*;|\bimport\([^)]*\)/gm;

/** The files that a file loads before anything runs. */
async function loadedBy(file: string, seen: Set<string> = new Set()): Promise<Set<string>> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const source = (await Deno.readTextFile(new URL(file, ROOT))).replace(NOT_LOADED, "");
  for (const { specifier } of readImports(source)) {
    const path = resolveImport(file, specifier);
    if (path !== undefined) await loadedBy(path, seen);
  }
  return seen;
}

Deno.test("the list of commands is there without loading kernels, networks or jobs", async () => {
  const files = [...await loadedBy("cli.ts")];
  assert(files.includes("train/console/commands/train.ts"), files.join());
  assertEquals(
    files.filter((file) => /^kernels\/|^nn\/|^train\/(?!console\/|counted\.ts$)/.test(file)),
    [],
  );
  const job = [...await loadedBy("train/jobs/train/train.ts")];
  assert(job.some((file) => file.startsWith("kernels/")), "the walk finds kernels where they are");
});
