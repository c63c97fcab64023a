import { assert, assertEquals } from "@std/assert";
import { flagsOf } from "../../../train/console/command.ts";
import { COMMON_FLAGS } from "../../../train/console/flag.ts";
import { commandHelp } from "../../../train/console/help.ts";
import { listHelp } from "../../../train/console/help.ts";
import { commands } from "../../../train/console/list.ts";
import { startOf } from "../../../train/console/session/next.ts";

Deno.test("help keeps to 100 columns and has a line for every command and flag", async () => {
  const list = listHelp(commands);
  for (const { name, summary } of commands) {
    assert(
      list.split("\n").some((line) => line.startsWith(`  ${name} `) && line.endsWith(summary)),
    );
  }
  const texts = [list];
  for (const command of commands) {
    const flags = await flagsOf(command);
    const help = commandHelp(command, { flags });
    const shown = [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
    const known = [...flags.map(({ name }) => name), ...COMMON_FLAGS.map(({ name }) => name)];
    assertEquals(shown.toSorted(), known.toSorted(), command.name);
    texts.push(help);
  }
  const long = texts.flatMap((text) => text.split("\n")).filter((line) => line.length > 100);
  assertEquals(long, []);
});

Deno.test("commandHelp() shows what a flag takes, and breaks its sentence between words", () => {
  const words = Array.from({ length: 20 }, () => "words").join(" ");
  const help = commandHelp(
    { name: "x", summary: "Does x", usage: "", flags: [], run: () => Promise.resolve() },
    {
      flags: [
        { name: "rate", kind: "value", placeholder: "N", sentence: "How fast", title: "Speed" },
        { name: "loss", kind: "value", sentence: "Which", choices: ["a", "b"], default: "a" },
        { name: "video", kind: "repeated", placeholder: "PATH", sentence: `Many ${words}` },
        { name: "fast", kind: "switch", sentence: "Hurry", default: "true" },
        { name: "a-name-that-is-too-wide", kind: "value", sentence: "Beneath", title: "Speed" },
      ],
    },
  );
  const pad = " ".repeat(28);
  assertEquals(help.split("\n").slice(0, 14), [
    "Does x.",
    "",
    `  ${startOf("x")}`,
    "",
    "  --loss VALUE              Which (a or b; default a)",
    `  --video PATH...           Many ${Array.from({ length: 11 }, () => "words").join(" ")}`,
    `${pad}${Array.from({ length: 9 }, () => "words").join(" ")}`,
    "  --fast                    Hurry (default true; --no-fast turns it off)",
    "",
    "Speed:",
    "  --rate N                  How fast",
    "  --a-name-that-is-too-wide VALUE",
    `${pad}Beneath`,
    "",
  ]);
});
