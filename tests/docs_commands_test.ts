// The commands of the documents are understood as they are written, and the quick ones among them do it.
import { assert, assertEquals } from "@std/assert";
import { flagsOf } from "../train/console/command.ts";
import { COMMON_FLAGS } from "../train/console/flag.ts";
import { commands } from "../train/console/list.ts";
import { parseFlags } from "../train/console/parse.ts";
import { synthFiles } from "../train/jobs/synth_files.ts";
import { runs } from "./cli/fixtures/command.ts";
import { withFolder } from "./train/fixtures/temporary.ts";

const ROOT = new URL("../", import.meta.url);
/** Flags that belong to other programs and to tasks that are no commands of the program. */
const OTHERS = new Set([
  ...["only", "peers", "host", "filter", "jobs", "fail-fast", "trace-leaks", "version"],
  ...["config", "array", "time", "mem", "cores", "profile", "platform", "minify", "long"],
  // Of a loss that docs/losses.md makes up.
  "consistency-smooth",
]);

/** A command in a document. */
interface Shown {
  readonly place: string;
  /** The command's name, and what stands behind it. */
  readonly name: string;
  readonly words: readonly string[];
}

async function documents(): Promise<Map<string, string>> {
  const names = ["README.md", "CONTRIBUTING.md"];
  for (const folder of ["docs", "docs/cluster"]) {
    for await (const { name } of Deno.readDir(new URL(folder, ROOT))) {
      if (name.endsWith(".md")) names.push(`${folder}/${name}`);
    }
  }
  return new Map(
    await Promise.all(
      names.sort().map(async (name) =>
        [name, await Deno.readTextFile(new URL(name, ROOT))] as const
      ),
    ),
  );
}

/** The commands of the program in indented lines and in code that is no program. */
function commandsIn(text: string, place: string): Shown[] {
  const lines = text.replace(/ \\\n\s*/g, " ").split("\n");
  return lines.flatMap((line, at) => {
    const start =
      /^\s*(?:\$ )?(?:deno task|sh setup\.sh|kymo|deno run (?:-\S+ )*(?:\S*\/)?cli\.ts) (.*)$/;
    const [, rest] = start.exec(line) ?? [];
    if (rest === undefined) return [];
    // A comment, or a sentence in a second column.
    const [command] = rest.split(/ +#|\s{3,}| [|>&;]+ ?/);
    const [name, ...words] = command.trim().split(/\s+/);
    return [{ place: `${place}:${at + 1}`, name, words: words.filter((word) => word !== "…") }];
  });
}

async function tasks(): Promise<Set<string>> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return new Set(Object.keys(tasks));
}

Deno.test("the commands of the documents are understood as they are written", async () => {
  const known = await tasks();
  const faults: string[] = [];
  let parsed = 0;
  for (const [place, text] of await documents()) {
    for (const shown of commandsIn(text, place)) {
      const command = commands.find(({ name }) => name === shown.name);
      if (command === undefined) {
        const isOther = known.has(shown.name) || /^(-|$)/.test(shown.name);
        if (!isOther) faults.push(`${shown.place}: there is no ${shown.name}`);
        continue;
      }
      try {
        const { takesInputs } = command;
        parseFlags(shown.words, { flags: await flagsOf(command), takesInputs });
        parsed++;
      } catch (error) {
        faults.push(
          `${shown.place}: ${shown.name} ${shown.words.join(" ")}: ${(error as Error).message}`,
        );
      }
    }
  }
  assertEquals(faults, []);
  assert(parsed > 25, `${parsed} commands`);
});

Deno.test("the flags that the documents name are those of the commands that they name", async () => {
  const all = new Map<string, Set<string>>();
  for (const command of commands) {
    const flags = [...await flagsOf(command), ...COMMON_FLAGS];
    all.set(command.name, new Set(flags.flatMap(({ name }) => [name, `no-${name}`])));
  }
  const any = new Set([...all.values()].flatMap((names) => [...names]));
  const faults: string[] = [];
  let seen = 0;
  for (const [place, text] of await documents()) {
    const code = text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/`([^`]+)`/g);
    for (const [, words] of code) {
      const [name] = words.replace(/^(deno task|sh setup\.sh|kymo) /, "").trim().split(/\s/);
      const known = all.get(name) ?? any;
      for (const [, flag] of words.matchAll(/(?:^|\s)--([\w-]+)/g)) {
        seen++;
        if (known.has(flag) || OTHERS.has(flag) || flag.startsWith("allow-")) continue;
        faults.push(`${place}: ${words.replaceAll(/\s+/g, " ")}`);
      }
    }
  }
  assertEquals(faults, []);
  assert(seen > 150, `${seen} flags`);
});

/** The first command of a document that begins like this, with the words behind it. */
async function commandOf(document: string, ...start: readonly string[]): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(document, ROOT));
  const found = commandsIn(text, document).find(({ name, words }) =>
    start.every((word, i) => [name, ...words][i] === word)
  );
  assert(found, `${document} has no ${start.join(" ")}`);
  return [found.name, ...found.words];
}

Deno.test("the quick commands of the documents do what they say", async () => {
  await withFolder({}, async (cwd) => {
    const data = await synthFiles({ out: `${cwd}/data`, stills: 2, frames: 3 });
    await Deno.rename(data.video, `${cwd}/video`);
    await Deno.rename(data.truth, `${cwd}/truth`);
    // What predict would have written.
    await Deno.mkdir(`${cwd}/labels`);
    for await (const { name } of Deno.readDir(`${cwd}/truth`)) {
      const to = name.replace(/^\D+/, "t");
      await Deno.copyFile(`${cwd}/truth/${name}`, `${cwd}/labels/${to}`);
    }
    const there = async (path: string) =>
      assert(await Deno.stat(`${cwd}/${path}`).then(() => true, () => false), path);
    await runs(await commandOf("README.md", "evaluate", "--labels"), { cwd });
    await there("figures.json");
    await runs(await commandOf("README.md", "filter", "--labels"), { cwd });
    await there("steady");
    await runs(await commandOf("docs/tracks.md", "track", "--labels"), { cwd });
    for (const name of ["tracks.csv", "objects.csv", "report.html", "movie.html", "track.json"]) {
      await there(`tracked/${name}`);
    }
  });
});
