import { assertEquals } from "@std/assert";
import { Printer } from "../../../train/console/output.ts";
import { testTerminal } from "./fixtures/terminal.ts";

/** Two events with a status, one with a line, and the end. */
function show(printer: Printer): void {
  for (const status of ["1/2", "2/2"]) {
    printer.event({ status }, () => ({ lines: [], status }));
  }
  printer.event({ done: true }, () => ({ lines: ["done"], status: null }));
  printer.event({ status: "late" }, () => ({ lines: [], status: "late" }));
  printer.close();
  printer.close();
}

Deno.test("Printer replaces its status line where somebody looks on, and ends it once", () => {
  const terminal = testTerminal({ isInteractive: true });
  show(new Printer(terminal, { json: false }));
  assertEquals(terminal.out, "1/2\r\x1b[K2/2\r\x1b[Kdone\nlate\n");
});

Deno.test("Printer writes a status into a file only now and then", () => {
  const terminal = testTerminal();
  show(new Printer(terminal, { json: false }));
  assertEquals(terminal.out, "1/2\ndone\n");
});

Deno.test("Printer does not repeat a status in a file that says nothing new", () => {
  const terminal = testTerminal();
  let now = 0;
  const printer = new Printer(terminal, { json: false, clock: () => now });
  for (const status of ["choosing", "choosing", "choosing", "reading: 1/9", "choosing"]) {
    printer.event({ status }, () => ({ lines: [], status }));
    now += 11_000;
  }
  assertEquals(terminal.out, "choosing\nreading: 1/9\nchoosing\n");
});

Deno.test("Printer leaves out status, hints and progress where it is to be quiet", () => {
  for (const json of [false, true]) {
    const terminal = testTerminal({ isInteractive: true });
    const printer = new Printer(terminal, { json, quiet: true });
    printer.event({ type: "progress" }, () => ({ lines: ["waiting"], status: "half" }));
    assertEquals(terminal.out, "");
    printer.event({ type: "range" }, () => ({ lines: ["0 to 9"], status: null }));
    assertEquals(terminal.out.includes("range"), json);
    assertEquals(terminal.out.includes("0 to 9"), false);
    terminal.out = "";
    if (!json) show(printer);
    printer.say(["next"]);
    assertEquals(terminal.out, json ? "" : "done\n");
  }
});

Deno.test("Printer writes every event as a line of JSON for programs", () => {
  const terminal = testTerminal({ isInteractive: true });
  const printer = new Printer(terminal, { json: true, about: { host: "node1" } });
  printer.mark({ shard: "0:5" });
  show(printer);
  const events = terminal.out.trimEnd().split("\n").map((line) => JSON.parse(line));
  const about = { host: "node1", shard: "0:5" };
  assertEquals(events.map(({ time: _, ...event }) => event), [
    { status: "1/2", ...about },
    { status: "2/2", ...about },
    { done: true, ...about },
    { status: "late", ...about },
  ]);
  for (const { time } of events) assertEquals(new Date(time).toISOString(), time);
});
