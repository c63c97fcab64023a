// The kernels' shaders are shared with browsers: Chromium's compiler (Tint) is stricter than Deno's.
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { openDevice } from "../kernels/open_device.ts";
import { nanFunctions } from "../kernels/parts/nan.ts";
import { type Answer, answer } from "./browser/fixtures/small_network.ts";
import { compileInChromium, runInChromium, type ShaderRun } from "./browser/fixtures/chromium.ts";
import { collectShaders } from "./browser/fixtures/shaders.ts";

/** Whether Chromium is there and may be run; says so where it is not. */
async function hasChromium(): Promise<boolean> {
  const { state } = await Deno.permissions.query({ name: "run", command: "chromium" });
  if (state !== "granted") {
    console.log("not run: no permission to run chromium");
    return false;
  }
  try {
    return (await new Deno.Command("chromium", { args: ["--version"] }).output()).success;
  } catch {
    console.log("not run: there is no chromium on PATH");
    return false;
  }
}

Deno.test("every shader of the kernels compiles in Chromium without a complaint", async () => {
  if (!await hasChromium()) return;
  const shaders = await collectShaders();
  assert(shaders.length > 100, `only ${shaders.length} shaders were collected`);
  const short = shaders.map(({ shader }) => shader).find(({ length }) => length < 1500);
  assert(short, "a pipeline is made only of a short shader");
  const broken = { label: "broken", shader: short.replace("fn main", "fn main2") };
  const wrong = {
    label: "wrong",
    shader: "@compute @workgroup_size(1) fn main() { let x: u32 = 1.0; }",
  };
  const findings = await compileInChromium([...shaders, broken, wrong]);
  if (!findings) return console.log("not run: chromium has no WebGPU adapter");
  assertEquals(findings.length, shaders.length + 2);
  const complaints = findings.filter(({ messages }) => messages.length > 0);
  assertEquals(complaints.slice(-2).map(({ label }) => label), ["broken", "wrong"]);
  assertEquals(complaints.slice(0, -2), []);
});

/** Numbers that order or sign could go wrong at, and NaN of either sign. */
const NUMBERS = [-Infinity, -3e38, -1, -1e-30, -0, 0, 1e-30, 0.5, 1, 3e38, Infinity, NaN];
const WORDS = [...new Uint32Array(Float32Array.from(NUMBERS).buffer), 0xffc00000, 0x7f800001];

/** A shader that applies each function of nan.ts to each of these numbers, and what it must give. */
function nanRun(): { run: ShaderRun; expected: number[] } {
  const shader = /* wgsl */ `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
${nanFunctions("f32")}
@compute @workgroup_size(${WORDS.length})
fn main(@builtin(local_invocation_index) i: u32) {
  if (i >= p.count) { return; }
  let v = x[i];
  result[i * 6u] = rectify(v);
  result[i * 6u + 1u] = keep_nan(clamp(v, -1.0, 1.0), v);
  result[i * 6u + 2u] = select(0.0, 1.0, is_nan(v));
  result[i * 6u + 3u] = select(0.0, 1.0, is_blocked(v));
  result[i * 6u + 4u] = select(0.0, 1.0, is_below(v));
  result[i * 6u + 5u] = of_rank(max(rank(v), rank(x[7])));
}`;
  const values = new Float32Array(Uint32Array.from(WORDS).buffer);
  const expected = [...values].flatMap((v) => [
    Math.max(v, 0),
    Math.min(Math.max(v, -1), 1),
    Number(Number.isNaN(v)),
    Number(v <= 0),
    Number(v < 0),
    Number.isNaN(v) ? NaN : Math.max(v, 0.5),
  ]);
  const writes = expected.length;
  return { run: { label: "nan", shader, words: WORDS, writes }, expected };
}

/** Plain numbers, NaN as one of them and −0 as 0. */
function numbersOf(words: readonly number[]): number[] {
  return [...new Float32Array(Uint32Array.from(words).buffer)].map((value) => value + 0);
}

Deno.test("kernels tell NaN from numbers, whichever compiler made them: Deno's and Chromium's", async () => {
  const { run, expected } = nanRun();
  const wanted = expected.map((value) => Math.fround(value) + 0);
  using device = await openDevice();
  using _scope = device.scope();
  const result = device.empty([run.writes], "u32");
  const x = device.upload<"u32">([WORDS.length], Uint32Array.from(WORDS));
  device.dispatch({
    ...run,
    uniforms: { count: WORDS.length },
    tensors: [result, x],
    workgroups: [1],
  });
  assertEquals(numbersOf([...await device.read(result)]), wanted);
  if (!await hasChromium()) return;
  const findings = await compileInChromium([run]);
  if (!findings) return console.log("not run: chromium has no WebGPU adapter");
  assertEquals(findings[0].messages, []);
  assertEquals(numbersOf(findings[0].words!), wanted);
});

/** A module of everything that a file imports. */
async function bundled(file: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform", "browser", new URL(file, import.meta.url).href],
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("a page on SwiftShader opens a device, predicts and learns as Deno does, and outlives an error", async () => {
  if (!await hasChromium()) return;
  const found = await runInChromium(await bundled("./browser/fixtures/page.ts")) as Answer | null;
  if (!found) return console.log("not run: chromium has no WebGPU adapter");
  const { adapter, progress: [done, total], seconds, ...values } = found;
  // It has no name there, and takes minutes to compile what is unrolled into registers.
  assertEquals(adapter, ["google swiftshader", true, "products"]);
  assert(done === total && total > 3, `${done} of ${total}`);
  console.log(`opened, predicted and learned in ${seconds.join(", ")} s`);
  const expected = await answer();
  for (const key of ["prob", "losses"] as const) {
    values[key].forEach((value, i) => assertAlmostEquals(value, expected[key][i], 1e-5));
  }
  assertEquals(values.error, "Cannot compile shader typo: 1 message(s); the device goes on");
});
