import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { commands } from "../../../../train/console/list.ts";
import {
  quoted,
  type Started,
  startOf,
  WITHOUT_GPU,
} from "../../../../train/console/session/next.ts";

const here = Deno.cwd();

function started(change: Partial<Started> & { path?: string } = {}): Started {
  const { path = "/opt/my kymo/cli.ts", ...others } = change;
  return { main: pathToFileURL(path).href, deno: "/usr/bin/deno", isTask: false, ...others };
}

Deno.test("startOf() starts a command as this one was started, with the permissions that it needs", () => {
  const own = "/home/a/.kymo/node_modules/@deno/linux-x64-glibc/deno";
  const inside = join(here, "cli.ts");
  const cases: [command: string, from: Started, start: string][] = [
    ["evaluate", started(), "deno run -RW '/opt/my kymo/cli.ts' evaluate"],
    ["predict", started({ path: inside }), "deno run -RWE cli.ts predict"],
    ["train", started({ path: inside, isTask: true }), "deno task train"],
    [
      ...["train", started({ isTask: true })] as const,
      "deno task --config '/opt/my kymo/deno.json' train",
    ],
    ["train", started({ path: inside, isTask: true, deno: own }), "sh setup.sh train"],
    ["train", started({ isTask: true, deno: own }), "sh '/opt/my kymo/setup.sh' train"],
    [
      "train",
      started({ main: "https://x/cli.ts", isTask: true }),
      "deno run -RWE https://x/cli.ts train",
    ],
  ];
  for (const [command, from, start] of cases) assertEquals(startOf(command, from), start);
  assertEquals(quoted("it's"), `'it'\\''s'`);
});

Deno.test("every command has a task, which lets it know that it is one, and read drivers' variables if it needs them", async () => {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("../../../../deno.json", import.meta.url)),
  );
  for (const { name, usesGpu = false } of commands) {
    const { command } = tasks[name] as { command: string };
    assertEquals(command.endsWith(` "$ROOT/cli.ts" ${name}`), true, name);
    assertEquals(command.includes("--allow-env=INIT_CWD"), true, name);
    assertEquals(command.includes("XDG_RUNTIME_DIR"), usesGpu, name);
    assertEquals(WITHOUT_GPU.includes(name), !usesGpu, name);
  }
});
