import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Command } from "../../../train/console/command.ts";
import { textFlag } from "../../../train/console/flag_values.ts";
import { runCommand } from "../../../train/console/main.ts";
import { startOf } from "../../../train/console/session/next.ts";
import { hostName } from "../../../train/console/session/surroundings.ts";
import { requestFor } from "../../../train/console/session/usage.ts";
import { IncompleteError } from "../../../train/console/usage_error.ts";
import { refuseValue } from "../../../train/settings.ts";
import { testTerminal } from "./fixtures/terminal.ts";

/** A command that the program does not have. */
const greet: Command = {
  name: "greet",
  summary: "Greets somebody",
  usage: "--whom NAME [--loud]",
  flags: [
    { name: "whom", kind: "value", placeholder: "NAME", sentence: "Who is greeted" },
    { name: "loud", kind: "switch", sentence: "Greet with an exclamation mark" },
  ],
  run(flags, { output }) {
    const whom = textFlag(flags, "whom");
    if (whom === undefined) throw new IncompleteError("Cannot greet: --whom is missing");
    if (whom === "0") refuseValue("whom", { value: 0, expected: "a name", task: "greet" });
    if (whom === "nobody") throw new RangeError("Cannot greet nobody: there is\n  no one there");
    const text = `Hello ${whom}${flags.loud ? "!" : ""}`;
    output.event({ type: "greeting", text }, () => ({ lines: [text], status: null }));
    return Promise.resolve();
  },
};

async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const terminal = testTerminal();
  const code = await runCommand(args, { commands: [greet], terminal });
  return { code, out: terminal.out, error: terminal.errors.join("\n") };
}

Deno.test("runCommand() runs a command of its own list, and shows it in every help", async () => {
  assertEquals(await run("greet", "--whom=Ada"), { code: 0, out: "Hello Ada\n", error: "" });
  const loud = await run("greet", "--whom", "Ada", "--loud", "--json");
  const { time: _, host: __, ...event } = JSON.parse(loud.out);
  assertEquals(event, { type: "greeting", text: "Hello Ada!" });
  assertMatch((await run("--help")).out, /\n {2}greet {2}Greets somebody\n/);
  const help = (await run("greet", "--help")).out;
  assertStringIncludes(help, `Greets somebody.\n\n  ${startOf("greet")} --whom NAME [--loud]\n`);
  assertMatch(help, /\n {2}--whom NAME +Who is greeted\n {2}--loud +Greet with an exclamation/);
});

Deno.test("runCommand() names the flag of a value that is refused underway", async () => {
  assertEquals(await run("greet", "--whom=0"), {
    ...{ code: 2, out: "" },
    error: "Cannot use --whom 0: expected a name",
  });
});

Deno.test("runCommand() ends without a word where nobody reads what it writes", async () => {
  const job: Command = {
    ...greet,
    isJob: true,
    async run(flags, context) {
      await greet.run(flags, context);
      await greet.run(flags, context);
    },
  };
  for (const args of [["greet", "--whom=Ada"], ["greet", "--help"], ["--help"], ["--version"]]) {
    for (const command of [greet, job]) {
      const terminal = testTerminal();
      const unread = {
        ...terminal,
        complain: (line: string) => terminal.complain(line),
        write() {
          throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
        },
      };
      const code = await runCommand(args, { commands: [command], terminal: unread });
      assertEquals([code, terminal.errors], [141, []], args.join(" "));
    }
  }
  // What failed is told of nevertheless.
  const terminal = testTerminal();
  const code = await runCommand(["greet", "--whom=nobody"], { commands: [greet], terminal });
  assertEquals([code, terminal.errors], [1, ["Cannot greet nobody: there is no one there"]]);
});

Deno.test("runCommand() tells its version, and takes flags as files of settings spell them", async () => {
  const { code, out } = await run("--version");
  assertEquals(code, 0);
  assertMatch(out, /^kymo \d+\.\d+\.\d+, deno \d+\.\d+\.\d+\n$/);
  const own: Command = {
    ...greet,
    flags: [{ name: "first-name", kind: "value", sentence: "Who" }, {
      name: "be-loud",
      kind: "switch",
      sentence: "How",
    }],
    run(flags, { output }) {
      output.event({ type: "flags", ...flags }, () => ({ lines: [], status: null }));
      return Promise.resolve();
    },
  };
  const cases: [args: string[], flags: object][] = [
    [["--firstName", "Ada"], { "first-name": "Ada" }],
    [["--first.name=Ada.B", "--no-beLoud"], { "first-name": "Ada.B", "be-loud": false }],
  ];
  for (const [args, flags] of cases) {
    const terminal = testTerminal();
    assertEquals(await runCommand(["greet", ...args, "--json"], { commands: [own], terminal }), 0);
    const { type: _, _: __, json: ___, time: ____, host: _____, ...told } = JSON.parse(
      terminal.out,
    );
    assertEquals(told, flags);
  }
});

Deno.test("runCommand() tells what a job took, however it ended, and on which machine", async () => {
  const job: Command = {
    ...greet,
    isJob: true,
    run: async (flags, context) => {
      if (flags.loud) throw new SyntaxError("Cannot read a: it is damaged");
      await greet.run(flags, context);
    },
  };
  const told = async (...args: string[]) => {
    const terminal = testTerminal();
    const code = await runCommand(["greet", ...args], { commands: [job], terminal });
    return { code, lines: terminal.out.trimEnd().split("\n") };
  };
  for (const [loud, code] of [["--no-loud", 0], ["--loud", 3]] as const) {
    const outcome = await told("--whom=Ada", loud, "--json", "--quiet");
    assertEquals(outcome.code, code);
    const { type, command, seconds, peakBytes, request, host, time } = JSON.parse(
      outcome.lines.at(-1)!,
    );
    assertEquals([type, command], ["usage", "greet"]);
    assertEquals(seconds > 0 && seconds < 3600, true);
    // As much as any Deno holds, and no kilobytes for bytes.
    assertEquals(peakBytes > 20e6 && peakBytes < 1e11, true, `${peakBytes}`);
    assertEquals(request, requestFor({ seconds, peakBytes }));
    assertEquals(host, hostName() ?? undefined);
    assertEquals(new Date(time).toISOString(), time);
  }
  assertMatch(
    (await told("--whom=Ada")).lines[1],
    /^Took \d+ .* and \d+ MiB of memory; for the like, ask a queue for --time=\d+ --mem=\d+M$/,
  );
  // A person is told so neither of what came to nothing nor where hints are unwanted.
  assertEquals(await told("--whom=Ada", "--loud"), { code: 3, lines: [""] });
  assertEquals((await told("--whom=Ada", "--quiet")).lines.length, 1);
  assertEquals(await told(), { code: 2, lines: [""] });
  const megabytes = (count: number) => count * 1024 ** 2;
  assertEquals(requestFor({ seconds: 121, peakBytes: megabytes(900) }), {
    ...{ minutes: 4, mebibytes: 1200 },
  });
});

Deno.test("runCommand() refuses what a command does not know with exit code 2", async () => {
  const cases: [args: string[], code: number, error: string][] = [
    [["greet", "--name=Ada"], 2, "Cannot use --name=Ada: unknown flag; see --help"],
    [
      ["greet", "--whoom=Ada"],
      2,
      "Cannot use --whoom=Ada: unknown flag; did you mean --whom? See --help",
    ],
    [["great"], 2, "Cannot run great: no such command; did you mean greet? See --help"],
    [["greet", "Ada"], 2, "Cannot use Ada: it belongs to no flag"],
    [["greet"], 2, "Cannot greet: --whom is missing; see greet --help"],
    [["train"], 2, "Cannot run train: no such command; use one of greet, or --help"],
    [["greet", "--whom=nobody"], 1, "Cannot greet nobody: there is no one there"],
  ];
  for (const [args, code, error] of cases) {
    assertEquals(await run(...args), { code, out: "", error });
  }
});

Deno.test("runCommand() shows the trace of an error only with --debug", async () => {
  const { code, error } = await run("greet", "--whom=nobody", "--debug");
  assertEquals(code, 1);
  assertMatch(error, /^RangeError: Cannot greet nobody: there is\n {2}no one there\n {4}at /);
});
