// The golden runner: it passes what PyTorch computed, and fails what is off by a little.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeSafeTensors, encodeSafeTensors, type SafeTensors } from "../nn/safetensors.ts";
import { runGolden } from "./golden.ts";

const DATA = new URL("golden/data", import.meta.url).pathname;

async function run(folder: string) {
  const lines: string[] = [];
  const counts = await runGolden(folder, { print: (line) => lines.push(line) });
  return { ...counts, lines };
}

function readCase(name: string): SafeTensors {
  return decodeSafeTensors(Deno.readFileSync(`${DATA}/${name}.safetensors`), name);
}

/** Runs cases that are given by name. */
async function runCases(cases: Record<string, SafeTensors>) {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, golden] of Object.entries(cases)) {
      await Deno.writeFile(`${folder}/${name}.safetensors`, encodeSafeTensors(golden));
    }
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A case with some values of one array replaced. */
function withValues(
  golden: SafeTensors,
  { name, change }: { name: string; change: (data: Float32Array) => void },
): SafeTensors {
  const array = golden.tensors.get(name)!;
  const data = array.data.slice();
  change(data);
  return { ...golden, tensors: new Map(golden.tensors).set(name, { ...array, data }) };
}

Deno.test("every golden case passes: operations, gradients and a whole Siamese training", async () => {
  const { passed, failed, lines } = await run(DATA);
  const names = [...Deno.readDirSync(DATA)].filter(({ name }) => name.endsWith(".safetensors"));
  assertEquals(lines.filter((line) => !line.startsWith("ok ")), []);
  assertEquals({ passed, failed }, { passed: names.length, failed: 0 });
  assert(lines.some((line) => line.startsWith("ok   train_siamese.safetensors: forward ")));
});

Deno.test("runGolden() fails a result, a gradient or a NaN that is off, one line per case", async () => {
  const conv = readCase("conv2d_2x3x8x12_to5_k3");
  const scale = (factor: number) => (data: Float32Array) =>
    data[data.length - 1] = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0) * factor;
  const { passed, failed, lines } = await runCases({
    a_good: conv,
    b_result: withValues(conv, { name: "y", change: scale(1.5) }),
    c_gradient: withValues(conv, { name: "dweight", change: scale(-1.5) }),
    d_nan: withValues(conv, { name: "x", change: (data) => data[0] = NaN }),
  });
  assertEquals({ passed, failed }, { passed: 1, failed: 3 });
  assertEquals(
    lines.map((line) => line.slice(0, line.indexOf(":"))),
    ["ok   a_good", "FAIL b_result", "FAIL c_gradient", "FAIL d_nan"]
      .map((line) => `${line}.safetensors`),
  );
});

Deno.test("runGolden() fails a training whose losses or last weights differ", async () => {
  const training = readCase("train_siamese");
  const shift = (data: Float32Array) => data.forEach((_, i) => data[i] *= 1.01);
  const { failed } = await runCases({
    losses: withValues(training, { name: "losses", change: shift }),
    final: withValues(training, { name: "final.head.weight", change: shift }),
  });
  assertEquals(failed, 2);
});

Deno.test("runGolden() fails an operation it does not know, naming it", async () => {
  const { tensors } = readCase("relu_2x3x8x12");
  const { failed, lines } = await runCases({
    unknown: { metadata: { op: "softplus" }, tensors },
    nameless: { metadata: {}, tensors },
    strided: { metadata: { op: "conv2d", padding: "same", stride: "2" }, tensors },
  });
  assertEquals(failed, 3);
  assertEquals(lines, [
    "FAIL nameless.safetensors: unknown operation: {}",
    'FAIL strided.safetensors: unknown operation: {"op":"conv2d","padding":"same","stride":"2"}',
    'FAIL unknown.safetensors: unknown operation: {"op":"softplus"}',
  ]);
});

Deno.test("runGolden() fails a case that lacks an input or its result", async () => {
  const { metadata, tensors } = readCase("relu_2x3x8x12");
  const without = (name: string) => ({
    metadata,
    tensors: new Map([...tensors].filter(([key]) => key !== name)),
  });
  const { failed, lines } = await runCases({ input: without("x"), result: without("y") });
  assertEquals(failed, 2);
  assert(lines[0].includes("the case lacks its inputs"), lines[0]);
  assert(lines[1].includes("neither y nor loss"), lines[1]);
});

Deno.test("runGolden() says that a folder holds no case", async () => {
  const folder = await Deno.makeTempDir();
  await assertRejects(() => run(folder), RangeError, "no .safetensors file in it");
  await Deno.remove(folder);
});
