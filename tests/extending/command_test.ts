// A command of this file alone: it stands in the list of commands, has its own help, and runs.
import { assertEquals, assertMatch } from "@std/assert";
import type { Command } from "../../train/console/command.ts";
import { countFlag } from "../../train/console/flag_values.ts";
import { commands } from "../../train/console/list.ts";
import { runCommand } from "../../train/console/main.ts";
import { decodeImage, encodeLabelTiff, readLabels } from "../../train/images/mod.ts";
import { disk } from "../../train/mod.ts";
import { objectsOf } from "../../train/objects/mod.ts";
import { testTerminal } from "../train/console/fixtures/terminal.ts";
import { withFile } from "../train/fixtures/temporary.ts";
import { helpOf } from "../train/fixtures/whole_way.ts";

/** Counts objects. */
const count: Command = {
  name: "count",
  summary: "Counts the objects of label images",
  usage: "[--least PIXELS] LABELS...",
  flags: [
    { name: "least", kind: "value", placeholder: "PIXELS", sentence: "Area of the smallest" },
  ],
  takesInputs: true,
  async run(flags, { output }) {
    const least = countFlag(flags, "least") ?? 1;
    for (const file of flags._ as string[]) {
      const { areas } = objectsOf(await readLabels(await decodeImage(disk, file), 0));
      const objects = [...areas].filter((area) => area >= least).length;
      const show = () => ({ lines: [`${objects} objects`], status: null });
      output.event({ type: "counted", objects }, show);
    }
  },
};

Deno.test("a command that is handed in stands in the list and in its own help, and runs", async () => {
  const run = async (...args: string[]) => {
    const terminal = testTerminal();
    const code = await runCommand(args, { commands: [...commands, count], terminal });
    return { code, out: terminal.out, errors: terminal.errors };
  };
  assertMatch((await run("--help")).out, /\n {2}count +Counts the objects of label images\n/);
  assertMatch(await helpOf(count), /--least PIXELS +Area of the smallest\n/);
  const labels = { width: 3, height: 1, data: Uint32Array.of(1, 1, 2) };
  await withFile("a.tif", encodeLabelTiff([labels]), async (file) => {
    assertEquals(await run("count", file), { code: 0, out: "2 objects\n", errors: [] });
    const { out } = await run("count", file, "--least=2", "--json");
    const { time: _, ...event } = JSON.parse(out);
    assertEquals(event, { type: "counted", objects: 1 });
    const { code, errors } = await run("count", file, "--least=some");
    assertEquals([code, errors.length], [2, 1]);
  });
});
