// The kernels' shaders are shared with browsers: Chromium's compiler (Tint) is stricter than Deno's.
import { assert, assertEquals } from "@std/assert";
import { compileInChromium } from "./browser/page.ts";
import { collectShaders } from "./browser/shaders.ts";

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
