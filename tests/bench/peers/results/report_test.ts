import { assertEquals } from "@std/assert";
import type { PeerOutcome } from "../../../../bench/peers/contest/compare.ts";
import {
  median,
  missingPeer,
  peerReport,
  peerTimes,
  type ProblemOutcome,
} from "../../../../bench/peers/results/report.ts";

function outcome(name: string, rounds: number[], rest: Partial<PeerOutcome> = {}): PeerOutcome {
  return {
    name,
    rounds,
    firstMs: 900,
    peakBytes: 1e8,
    error: 1e-7,
    agrees: true,
    failure: null,
    ...rest,
  };
}

function step(outcomes: PeerOutcome[]): ProblemOutcome {
  return { problem: { op: "unet", pass: "step", shape: "4x1x8x8", flops: 6e9 }, outcomes };
}

Deno.test("median() takes the middle, the lower of two, and null of none", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 2);
  assertEquals(median([7]), 7);
  assertEquals(median([]), null);
});

Deno.test("peerTimes() takes ratios round by round", () => {
  const times = peerTimes(step([
    outcome("kymo", [100, 200, 100, 100, 100]),
    outcome("slow", [1000, 1000, 500]),
    outcome("fast", [10, 10, 10, 10, 40]),
  ]));
  const numbers = (name: string) => {
    const { ms, spread, gflops, ratio } = times.get(name)!;
    return { ms, spread, gflops, ratio };
  };
  assertEquals(numbers("kymo"), { ms: 100, spread: 1, gflops: 60, ratio: 1 });
  assertEquals(numbers("slow"), { ms: 1000, spread: 0.5, gflops: 6, ratio: 5 });
  assertEquals(numbers("fast"), { ms: 10, spread: 3, gflops: 600, ratio: 0.1 });
});

Deno.test("peerTimes() has no numbers for who has none", () => {
  const times = peerTimes(step([
    outcome("kymo", [], { failure: "no adapter" }),
    outcome("other", [10], { error: NaN, agrees: false }),
  ]));
  const kymo = times.get("kymo")!;
  assertEquals([kymo.ms, kymo.ratio, kymo.failure], [null, null, "no adapter"]);
  const other = times.get("other")!;
  assertEquals([other.ms, other.ratio, other.error, other.agrees], [10, null, null, false]);
});

Deno.test("peerReport() sums up the U-Net and whether all is right", () => {
  const opened = { name: "x", version: "1", setting: "fast", command: { program: "", args: [] } };
  const right = peerTimes(step([outcome("x", [50])])).get("x")!;
  const report = peerReport(opened, { problems: [right], warmMs: 300 });
  assertEquals(report, {
    version: "1",
    setting: "fast",
    agrees: true,
    unet_forward_ms: null,
    unet_step_ms: 50,
    first_step_cold_ms: 900,
    first_step_warm_ms: 300,
    peak_bytes: 1e8,
    failure: null,
    problems: [right],
  });
  const wrong = { ...right, pass: "forward" as const, agrees: false };
  const failed = { ...wrong, ms: null };
  const agrees = (problems: typeof right[]) =>
    peerReport(opened, { problems, warmMs: null }).agrees;
  assertEquals([agrees([right, wrong]), agrees([right, failed]), agrees([failed])], [
    false,
    true,
    false,
  ]);
});

Deno.test("missingPeer() has the keys of a report, and why it is empty", () => {
  const opened = { name: "x", version: "1", setting: "fast", command: { program: "", args: [] } };
  const missing = missingPeer("no such package");
  assertEquals(
    Object.keys(missing),
    Object.keys(peerReport(opened, { problems: [], warmMs: null })),
  );
  assertEquals([missing.failure, missing.agrees], ["no such package", false]);
});
