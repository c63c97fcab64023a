import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { readOptions } from "../../bench/options.ts";
import type { BenchReport } from "../../bench/report.ts";
import { formatNumber, tableHead, tableLine } from "../../bench/print/table.ts";

const ROOT = new URL("../../", import.meta.url);
const MEBIBYTE = 1024 ** 2;

/** Runs the task as a user does. */
async function bench(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = new Deno.Command("deno", { args: ["task", "-q", "bench", ...args], cwd: ROOT });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("bench prints a table and writes the report of one operation", async () => {
  const out = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const { code, stdout, stderr } = await bench(["--only", "relu", "--out", out]);
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /^relu +forward +4x16x128x128 +[\d.]+ +\d+ % +[\d.]+ +\d+ %$/m);
    assertMatch(stdout, /load average/);
    const report: BenchReport = JSON.parse(await Deno.readTextFile(out));
    assertEquals(Object.keys(report), ["adapter", "machine", "ceilings", "operations"]);
    assertEquals(Object.keys(report.ceilings), ["fma_gflops", "copy_gbs"]);
    assertEquals(report.operations.map(({ pass }) => pass), ["forward", "dx"]);
    for (const row of report.operations) {
      const keys = ["op", "pass", "shape", "variant", "ms", "gflops", "gbs"];
      assertEquals(Object.keys(row), keys);
      assertEquals([row.op, row.shape, row.gflops], ["relu", "4x16x128x128", null]);
      const tensors = row.pass === "forward" ? 2 : 3;
      assertEquals(Math.round(row.gbs * row.ms * 1e6), tensors * 4 * MEBIBYTE);
    }
  } finally {
    await Deno.remove(out);
  }
});

Deno.test("bench ends a wrong command line with 2, before it measures", async () => {
  const { code, stdout, stderr } = await bench(["--fast"]);
  assertEquals({ code, stdout }, { code: 2, stdout: "" });
  assertEquals(
    stderr.trim(),
    "Cannot run the bench: --fast is unknown; there are --only NAME, --peers, --peers NAME,NAME, " +
      "--host, --out FILE.json and --docs FILE.md",
  );
});

Deno.test("bench says that it cannot write before it measures", async () => {
  const { code, stdout, stderr } = await bench(["--out", "no such folder/bench.json"]);
  assertEquals({ code, stdout }, { code: 1, stdout: "" });
  assertMatch(stderr, /^Cannot write no such folder\/bench\.json: No such file or directory/);
});

Deno.test("readOptions() reads what there is", () => {
  const nothing = { only: undefined, peers: undefined, out: undefined, docs: undefined };
  assertEquals(readOptions([]), nothing);
  const args = ["--only", "unet", "--out=a.json", "--docs", "a.md"];
  assertEquals(readOptions(args), { only: "unet", peers: undefined, out: "a.json", docs: "a.md" });
  const some = ["--peers", "jax-js,pytorch-1-thread"];
  assertEquals(readOptions(some), { ...nothing, peers: ["jax-js", "pytorch-1-thread"] });
});

Deno.test("readOptions() lets a whole run with all peers write the page of the project", () => {
  const all = readOptions(["--peers"]);
  assertEquals(all.docs, "docs/benchmarks.md");
  assert(all.peers?.includes("jax-js") && !all.peers.includes("kymo"));
  assertEquals(readOptions(["--peers", "--docs", "a.md"]).docs, "a.md");
  assertEquals(readOptions(["--only", "unet", "--peers"]).docs, undefined);
  assertEquals(readOptions(["--only", "unet", "--peers"]).peers, all.peers);
});

Deno.test("readOptions() knows the host side, and what goes with it", () => {
  assertEquals(readOptions(["--host", "--only", "reading", "--out", "a.json"]), {
    ...{ only: "reading", peers: undefined, host: true, out: "a.json", docs: undefined },
  });
  assertThrows(() => readOptions(["--host", "--peers"]), TypeError, "--host goes with");
  assertThrows(
    () => readOptions(["--host", "--only", "relu"]),
    RangeError,
    "expected one of steps",
  );
  assertThrows(() => readOptions(["--only", "reading"]), RangeError, "expected one of add");
});

Deno.test("readOptions() refuses everything else", () => {
  const wrong: [args: string[], message: string][] = [
    [["--onyl", "relu"], "--onyl is unknown"],
    [["relu"], "relu is unknown"],
    [["-o", "a.json"], "-o is unknown"],
    [["--only", "swish"], '--only is "swish", expected one of add, '],
    [["--only"], '--only is "", expected one of'],
    [["--out"], "--out is empty"],
    [["--docs"], "--docs is empty"],
    [["--peers", "jax"], '--peers names "jax", expected any of jax-js,'],
    [["--peers", "kymo"], '--peers names "kymo"'],
    [
      ["--peers", "--only", "relu"],
      "--peers and --only relu, but peers are timed only on conv2d and",
    ],
  ];
  for (const [args, message] of wrong) {
    assertThrows(() => readOptions(args), Error, `Cannot run the bench: ${message}`);
  }
});

Deno.test("formatNumber() keeps three digits", () => {
  const numbers = [0, 0.04421, 0.5, 1.2345, 20, 155.4, 12345.6];
  assertEquals(
    numbers.map(formatNumber),
    ["0.00", "0.0442", "0.500", "1.23", "20.0", "155", "12346"],
  );
});

Deno.test("tableLine() sets the shares of the ceilings under their titles", () => {
  const row = { op: "conv2d", pass: "dx", shape: "1x32x256x256->32 k3", ms: 60, spread: 0.1 };
  const ceilings = { fmaGflops: 80, copyGbs: 10 };
  const cells = tableLine({ ...row, gflops: 20, gbs: 0.5, variant: "gemm" }, ceilings);
  assertMatch(cells, / 60\.0 +10 % +20\.0 +25 % +0\.500 +5 % {2}gemm$/);
  assertEquals(cells.indexOf("gemm"), tableHead().indexOf("kernel"));
  const uncounted = tableLine({ ...row, gflops: null, gbs: 0.5 }, ceilings);
  assertMatch(uncounted, /10 % {18,}0\.500 +5 %$/);
  assertEquals(uncounted.length, tableHead().indexOf("  kernel"));
  assert(tableLine({ ...row, gflops: 20, gbs: null }, ceilings).endsWith(" 25 %"));
});
