import { assertEquals, assertThrows } from "@std/assert";
import {
  paramsLayout,
  paramWords,
  type Uniforms,
} from "../../../../kernels/gpu/commands/params.ts";
import { device } from "../../fixtures/check_operation.ts";

/** The words of these uniforms for a shader whose `struct Params` has this body. */
function wordsOf(body: string, uniforms: Uniforms): number[] {
  const shader = `override a: u32;\nstruct Params {${body}}\n@compute fn main() {}`;
  return paramWords(paramsLayout({ label: "k", shader }), { label: "k", uniforms });
}

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0];
}

Deno.test("paramWords() lays values out in the order of the struct, whatever theirs is", () => {
  const body = " rows: u32, columns: u32, count : u32 ";
  assertEquals(wordsOf(body, { rows: 1, columns: 2, count: 3 }), [1, 2, 3]);
  assertEquals(wordsOf(body, { count: 3, rows: 1, columns: 2 }), [1, 2, 3]);
});

Deno.test("paramWords() reads a struct over several lines, with comments and a last comma", () => {
  const body = `
  rows: u32, // of the image: not { of: u32, } the tile
  columns: u32,
`;
  assertThrows(() => wordsOf(body, {}), TypeError, "{ rows, columns }");
  assertEquals(wordsOf(body, { columns: 2, rows: 1 }), [1, 2]);
});

Deno.test("paramWords() converts by type: wrapped integers and bits of float32", () => {
  const body = "a: u32, b: i32, c: f32";
  assertEquals(wordsOf(body, { a: -1, b: -2, c: 0.1 }), [0xffffffff, 0xfffffffe, bitsOf(0.1)]);
});

Deno.test("paramWords() begins a table at a multiple of 16 bytes", () => {
  const body = "count: u32, table: array<vec4f, 2>, last: u32";
  const table = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  assertEquals(wordsOf(body, { count: 9, table, last: 7 }), [
    ...[9, 0, 0, 0],
    ...Array.from(table, bitsOf),
    7,
  ]);
  assertThrows(
    () => wordsOf(body, { count: 9, table: [1, 2], last: 7 }),
    RangeError,
    "Cannot dispatch k: 2 numbers given for table of struct Params, which takes 8",
  );
  assertThrows(() => wordsOf(body, { count: 9, table: 1, last: 7 }), RangeError, "takes 8");
  assertThrows(() => wordsOf(body, { count: [9], table, last: 7 }), RangeError, "takes 1");
});

Deno.test("paramWords() refuses wrong, missing and further names, and says both lists", () => {
  const body = "rows: u32, columns: u32";
  for (
    const given of [{ rows: 1, colums: 2 }, { rows: 1 }, { rows: 1, columns: 2, count: 3 }, {}]
  ) {
    assertThrows(
      () => wordsOf(body, given as Uniforms),
      TypeError,
      `Cannot dispatch k: its uniforms are { ${Object.keys(given).join(", ")} }, ` +
        "the struct Params of its shader has { rows, columns }; give every member by its name",
    );
  }
});

Deno.test("paramsLayout() refuses a member that is no number", () => {
  assertThrows(
    () => paramsLayout({ label: "k", shader: "struct Params { size: vec2<u32>, count: u32 }" }),
    TypeError,
    "Cannot dispatch k: member size of struct Params is vec2<u32>",
  );
});

Deno.test("Device.dispatch() gives uniforms by name, and refuses others also of a known shader", async () => {
  using _scope = device.scope();
  const y = device.empty([2]);
  const shader = /* wgsl */ `
struct Params { first: f32, second: i32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] = p.first; y[1] = f32(p.second); }
`;
  const run = (uniforms: Uniforms) =>
    device.dispatch({ label: "two numbers", shader, uniforms, tensors: [y], workgroups: [1] });
  run({ second: -3, first: 0.5 });
  assertEquals(await device.read(y), Float32Array.of(0.5, -3));
  assertThrows(
    () => run({ first: 0.5, third: -3 }),
    TypeError,
    "Cannot dispatch two numbers: its uniforms are { first, third }",
  );
});
