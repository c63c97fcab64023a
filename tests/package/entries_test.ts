// What the entry points of the package bring along, and that all but the command line's load in a page.
import { assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

/** What an entry point may need of others, besides the platform; null for those that need Deno. */
const PACKAGES: Record<string, readonly string[] | null> = {
  ".": null,
  "./train": null,
  "./random": [],
  "./kernels": [],
  "./nn": [],
  "./labels": [],
  "./features": [],
  "./images": ["fast-png", "fflate"],
  "./objects": ["fflate"],
  "./models": ["fast-png", "fflate"],
  "./learn": ["fast-png", "fflate"],
};

async function run(...args: string[]): Promise<{ success: boolean; out: string; err: string }> {
  const command = new Deno.Command("deno", { args, cwd: ROOT, env: { NO_COLOR: "1" } });
  const { success, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { success, out, err };
}

/** All that an import of a file reads that is no file of the project: packages, and Node's modules. */
async function broughtAlong(file: string): Promise<string[]> {
  const { success, out, err } = await run("info", "--json", file);
  if (!success) throw new Error(err);
  const { modules }: { modules: { specifier: string }[] } = JSON.parse(out);
  const foreign = modules.filter(({ specifier }) => !specifier.startsWith("file:"));
  const names = foreign.map(({ specifier }) => specifier.replace(/^npm:\/?(@?[^@]+)@.*$/, "$1"));
  return [...new Set(names)].sort();
}

Deno.test("each entry point brings along what it needs, the command line's packages only where it is", async () => {
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  assertEquals(Object.keys(exports).sort(), Object.keys(PACKAGES).sort());
  for (const [entry, packages] of Object.entries(PACKAGES)) {
    if (packages === null) continue;
    assertEquals([entry, await broughtAlong(exports[entry])], [entry, [...packages]]);
  }
  // The figures above can fail: what they keep out is known where it is used.
  const all = await broughtAlong(exports["./train"]);
  for (const name of ["echarts", "jsfive", "ml-random-forest", "node:path"]) {
    assertEquals(all.includes(name), true, `${name} is not used by any entry point`);
  }
});
