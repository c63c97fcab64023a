import { assert, assertEquals, assertMatch } from "@std/assert";
import { markdownTable, paragraph } from "../../bench/print/markdown.ts";
import { benchmarksPage } from "../../bench/page.ts";
import { missingPeer, peerReport, type PeerTime } from "../../bench/peers/results/report.ts";
import type { BenchReport } from "../../bench/report.ts";

const CONVOLUTION: PeerTime = {
  op: "conv2d",
  pass: "dw",
  shape: "1x32x256x256->32 k3",
  ms: 20,
  spread: 0.1,
  gflops: 60,
  ratio: 1,
  first_ms: 500,
  peak_bytes: 2 ** 28,
  error: 1e-6,
  agrees: true,
  failure: null,
};
const STEP: PeerTime = { ...CONVOLUTION, op: "unet", pass: "step", shape: "4x1x128x128" };

function peer(problems: PeerTime[]) {
  const opened = { name: "", version: "1.0", setting: "jit", command: { program: "", args: [] } };
  return peerReport(opened, { problems, warmMs: 1234 });
}

const REPORT: BenchReport = {
  adapter: "An adapter",
  machine: {
    processor: "A processor",
    processors: 2,
    system: "linux x86_64",
    deno: "2.9.6",
    load_before: 0.5,
    load_after: 2.25,
  },
  ceilings: { fma_gflops: 80, copy_gbs: 10 },
  operations: [
    { op: "conv2d", pass: "dx", shape: "1x8x8x8->8 k3", variant: "a", ms: 9, gflops: 20, gbs: 1 },
    { op: "relu", pass: "forward", shape: "9", variant: "default", ms: 9, gflops: null, gbs: 5 },
  ],
  unet: {
    forward: { ms: 100, gflops: 40 },
    step: { ms: 500, gflops: 20 },
    first_step_ms: 700,
    peak_bytes: 2 ** 27,
  },
  launches: {
    "A net": {
      forward: [12, 0],
      loss: [3, 0],
      backward: [40, 2],
      update: [1, 0],
      step: [56, 2],
    },
  },
  peers: {
    "jax-js": peer([
      { ...CONVOLUTION, ratio: 12, error: 1.4, agrees: false },
      { ...STEP, ms: null, failure: "error: Module not found /home/me/x y/a_b.ts | `lost`" },
    ]),
    kymo: peer([CONVOLUTION, STEP]),
    absent: missingPeer("Cannot load https://registry.example.org/npm/absent (404)"),
  },
};

/** The row of a table that begins with these words, without the space around its cells. */
function rows(page: string, first: string): string[][] {
  return page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()).slice(1, -1))
    .filter(([cell]) => cell === first);
}

Deno.test("benchmarksPage() is laid out as the formatter would", async () => {
  const { operations: _, unet: __, peers: ___, ...bare } = REPORT;
  for (const report of [REPORT, { ...bare, operations: [] }]) {
    const page = benchmarksPage(report);
    const file = await Deno.makeTempFile({ suffix: ".md" });
    try {
      await Deno.writeTextFile(file, page);
      const args = ["fmt", "--no-config", "--line-width", "100", file];
      await new Deno.Command("deno", { args }).output();
      assertEquals(await Deno.readTextFile(file), page);
    } finally {
      await Deno.remove(file);
    }
  }
});

Deno.test("benchmarksPage() puts Kymo first and marks what is wrong", () => {
  const page = benchmarksPage(REPORT);
  const [ratios, milliseconds, gflops, errors] = rows(page, "conv2d dw 1x32x256x256->32 k3");
  assertEquals(ratios.slice(1), ["1.00", "12.0 (wrong)"]);
  assertEquals(milliseconds.slice(1), ["20.0", "20.0"]);
  assertEquals(gflops.slice(1), ["60.0", "60.0"]);
  assertEquals(errors.slice(1), ["1e-6", "1e+0 WRONG"]);
  assertEquals(rows(page, "unet step 4x1x128x128")[1].slice(1), ["20.0", "–"]);
  assertEquals(rows(page, "kymo")[1], ["kymo", "0.500", "1.23", "256"]);
});

Deno.test("benchmarksPage() gives the shares of the ceilings", () => {
  const page = benchmarksPage(REPORT);
  assertEquals(rows(page, "training step, 4×1×128×128")[0].slice(1), ["500", "20.0", "25 %"]);
  assertEquals(rows(page, "conv2d dx")[0].slice(3), ["9.00", "20.0", "25 %", "1.00", "10 %"]);
  assertEquals(rows(page, "relu forward")[0].slice(3), ["9.00", "", "", "5.00", "50 %"]);
  assertMatch(
    page,
    /An adapter.*\n.*A processor, 2 cores.*\n.*Deno 2\.9\.6.*\n.*0\.50 before, 2\.25/,
  );
});

Deno.test("benchmarksPage() tells failures without the paths and addresses of a machine", () => {
  const page = benchmarksPage(REPORT);
  assert(!/home|registry|https/.test(page), page);
  assertMatch(page, /absent \| – +\| left out: `Cannot load absent \(404\)` +\|/);
  assertMatch(page, /jax-js \| unet step 4x1x128x128 \| `error: Module not found .*a_b\.ts lost`/);
});

Deno.test("paragraph() breaks lines at 100 letters and not within a word", () => {
  const words = Array.from({ length: 60 }, (_, i) => "x".repeat(1 + i % 9));
  const lines = paragraph(` ${words.join("\n  ")} `).split("\n");
  assertEquals(lines.join(" "), words.join(" "));
  lines.forEach((line, i) => {
    assert(line.length <= 100);
    const next = lines[i + 1]?.split(" ")[0];
    assert(next === undefined || line.length + 1 + next.length > 100);
  });
  assertEquals(paragraph("x".repeat(120)), "x".repeat(120));
});

Deno.test("markdownTable() sets names left and numbers right", () => {
  assertEquals(
    markdownTable(["by", "ms"], [["kymo", "1"], ["a", "12345"]]),
    "| by   |    ms |\n| ---- | ----: |\n| kymo |     1 |\n| a    | 12345 |",
  );
});

Deno.test("benchmarksPage() keeps what was written by hand on the host side", () => {
  const own = "## The host side\n\nWritten by hand.\n\n### Before\n\nMore of it.";
  for (const behind of ["\n\n## To repeat it\n\nOld.\n", "\n"]) {
    const page = benchmarksPage(REPORT, { before: `# Old\n\nOld.\n\n${own}${behind}` });
    assert(page.includes(`\n\n${own}\n\n## To repeat it\n`), page);
    assertEquals(page.match(/Old\./g), null);
  }
  assertEquals(benchmarksPage(REPORT).includes("The host side"), false);
});

Deno.test("benchmarksPage() shows what steps launch, and copies where there are any", () => {
  const page = benchmarksPage(REPORT);
  assertEquals(rows(page, "A net"), [["A net", "12", "3", "40 + 2", "1", "56 + 2"]]);
  const { launches: _, ...without } = REPORT;
  assert(!benchmarksPage(without).includes("launches"));
});
