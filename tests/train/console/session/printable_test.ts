import { assertEquals } from "@std/assert";
import type { Command } from "../../../../train/console/command.ts";
import { runCommand } from "../../../../train/console/main.ts";
import { printable, printableJson } from "../../../../train/console/session/printable.ts";
import { testTerminal } from "../fixtures/terminal.ts";

const EVIL = "a\x1b[2J\x07\r\n\t\x7f\x9b31m\u202eb\u2028";

Deno.test("printable() shows control characters, and cuts what nobody reads", () => {
  assertEquals(
    printable(EVIL),
    "a\\x1b[2J\\x07\\x0d\\x0a\\x09\\x7f\\x9b31m\\u202eb\\u2028",
  );
  assertEquals(printable("Zellkerne µm 細胞 – 20 % 🔬"), "Zellkerne µm 細胞 – 20 % 🔬");
  assertEquals(printable("x".repeat(5000)).length, 2001);
});

Deno.test("printableJson() is JSON of the same, and plain characters alone", () => {
  const text = printableJson({ path: EVIL });
  assertEquals(JSON.parse(text), { path: EVIL });
  assertEquals(/[\p{Cc}\u202e\u2028]/u.test(text), false);
});

Deno.test("nothing that a command prints reaches a terminal raw", async () => {
  const command: Command = {
    name: "say",
    summary: "Says what it is told",
    usage: "WORD",
    flags: [],
    takesInputs: true,
    run(flags, { output }) {
      const [word] = flags._ as string[];
      output.event({ type: "word", word }, () => ({ lines: [word], status: word }));
      output.say([word]);
      throw new RangeError(`Cannot say ${word}`);
    },
  };
  for (const args of [["say", EVIL], ["say", EVIL, "--json"], ["say", EVIL, "--debug"], [EVIL]]) {
    const terminal = testTerminal();
    await runCommand(args, { commands: [command], terminal });
    const all = [...terminal.out.split("\n"), ...terminal.errors].join("");
    assertEquals(/[\p{Cc}\u202e\u2028]/u.test(all), false, JSON.stringify(all));
  }
});
