import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  compare,
  type OpenedPeer,
  openPeer,
  warmFirstRun,
} from "../../../../bench/peers/contest/compare.ts";
import type { PeerProblem } from "../../../../bench/peers/contest/problems.ts";

const folder = await Deno.makeTempDir();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const options = { folder, patience: 5000 };

const PROBLEM: PeerProblem = {
  op: "conv2d",
  pass: "forward",
  shape: "3",
  flops: 6,
  makeInputs: () =>
    Promise.resolve(new Map([["x", { shape: [3], data: Float32Array.of(1, 2, -4) }]])),
};

async function fake(name: string, ...args: string[]): Promise<OpenedPeer> {
  const script = decodeURIComponent(new URL("fixtures/fake_peer.ts", import.meta.url).pathname);
  const rights = ["--no-prompt", "--no-config", "--allow-read", "--allow-write"];
  const command = { program: "deno", args: ["run", ...rights, script, ...args] };
  const peer = await openPeer({ name, commands: [command] }, options);
  if ("failure" in peer) throw new Error(peer.failure);
  return peer;
}

Deno.test("compare() times what is right and what is wrong, and tells them apart", async () => {
  const peers = [await fake("kymo", "2"), await fake("same", "2.000001"), await fake("off", "2.1")];
  const outcomes = await compare(PROBLEM, { ...options, peers, reference: null });
  assertEquals(outcomes.map(({ name }) => name), ["kymo", "same", "off"]);
  assertEquals(outcomes.map(({ agrees }) => agrees), [true, true, false]);
  assertEquals(outcomes.map(({ failure }) => failure), [null, null, null]);
  assertEquals(outcomes.map(({ error }) => error?.toFixed(3)), ["0.000", "0.000", "0.050"]);
  for (const { rounds, firstMs, peakBytes } of outcomes) {
    assertEquals(rounds.length, 5);
    assert(rounds.every((ms) => ms > 25 && ms < 500), `${rounds}`);
    assert(firstMs !== null && firstMs > 30);
    assertEquals(peakBytes !== null, Deno.build.os === "linux");
  }
});

Deno.test("compare() holds Kymo, too, against a reference", async () => {
  const peers = [await fake("kymo", "2")];
  const reference = await fake("reference", "3");
  const [{ error, agrees }] = await compare(PROBLEM, { ...options, peers, reference });
  assertEquals([error?.toFixed(3), agrees], ["0.333", false]);
});

Deno.test("compare() goes on when a peer hangs, dies or cannot", async () => {
  const peers = [
    await fake("kymo", "2"),
    await fake("silent", "2", "hangs"),
    await fake("mortal", "2", "dies"),
  ];
  const [kymo, silent, mortal] = await compare(PROBLEM, {
    ...options,
    patience: 2500,
    peers,
    reference: null,
  });
  assertEquals([kymo.failure, kymo.rounds.length], [null, 5]);
  assertEquals(silent.failure, "no answer to time in 2.5 s");
  assertEquals(mortal.failure, "error: Out of everything");
  const training = { ...PROBLEM, pass: "step" as const };
  const [outcome] = await compare(training, { ...options, peers, reference: null });
  assertEquals(outcome.failure, "it does not train");
  assertEquals([outcome.rounds.length, outcome.error, outcome.agrees], [0, null, false]);
});

Deno.test("openPeer() takes the first command that works, or tells why none does", async () => {
  const { command, version, setting } = await fake("one", "1");
  assertEquals([version, setting], ["1.2.3", "times 1"]);
  const broken = { program: "sh", args: ["-c", "echo 'error: No such module' >&2"] };
  const opened = await openPeer({ name: "two", commands: [broken, command] }, options);
  assertEquals("command" in opened && opened.command, command);
  const missing = await openPeer({ name: "two", commands: [broken] }, options);
  assertEquals(missing, { name: "two", failure: "error: No such module" });
});

Deno.test("warmFirstRun() takes a time, or none where there is none", async () => {
  const peer = await fake("one", "1");
  const ms = await warmFirstRun(peer, { ...options, problem: PROBLEM });
  assertMatch(String(ms), /^\d{2,4}(\.\d+)?$/);
  const training = { ...PROBLEM, pass: "step" as const };
  assertEquals(await warmFirstRun(peer, { ...options, problem: training }), null);
});
