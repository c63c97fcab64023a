// The format, byte by byte: files of other programs are read, damaged ones are refused by name.
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  decodeSafeTensors,
  encodeSafeTensors,
  type NamedArray,
  type SafeTensors,
} from "../../nn/safetensors.ts";

/** A file from a header's text and its values' bytes, as any program may write it. */
function fileOf(
  header: string,
  values: Uint8Array | Float32Array = new Uint8Array(0),
  headerBytes = BigInt(new TextEncoder().encode(header).length),
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const file = new Uint8Array(8 + text.length + bytes.length);
  new DataView(file.buffer).setBigUint64(0, headerBytes, true);
  file.set(text, 8);
  file.set(bytes, 8 + text.length);
  return file;
}

function entry(
  { dtype = "F32", shape = [2] as unknown, offsets = [0, 8] as unknown } = {},
): string {
  return JSON.stringify({ dtype, shape, data_offsets: offsets });
}

function array(shape: number[], first = 1): NamedArray {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => first + i / 3) };
}

const SAMPLE: SafeTensors = {
  metadata: { note: 'quotes " and µ', empty: "" },
  tensors: new Map([
    ["down.0.0.weight", array([2, 1, 3, 3])],
    ["down.0.0.bias", array([2], -5)],
    ["scalar", array([], 7)],
    ["nothing", array([0, 3])],
    ["special", { shape: [4], data: Float32Array.of(NaN, -0, Infinity, 1e-45) }],
  ]),
};

Deno.test("encodeSafeTensors() and decodeSafeTensors() give everything back, bit for bit", () => {
  const read = decodeSafeTensors(encodeSafeTensors(SAMPLE), "x");
  assertEquals(read.metadata, SAMPLE.metadata);
  assertEquals([...read.tensors.keys()], [...SAMPLE.tensors.keys()]);
  for (const [name, { shape, data }] of SAMPLE.tensors) {
    const found = read.tensors.get(name)!;
    assertEquals(found.shape, shape, name);
    assertEquals(new Uint32Array(found.data.buffer), new Uint32Array(data.buffer), name);
  }
});

Deno.test("encodeSafeTensors() aligns the values to 8 bytes and lays them out in order", () => {
  for (const name of ["a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh"]) {
    const file = encodeSafeTensors({ metadata: {}, tensors: new Map([[name, array([3])]]) });
    const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
    assertEquals(headerBytes % 8, 0);
    assertEquals(file.length, 8 + headerBytes + 12);
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)));
    assertEquals(header[name], { dtype: "F32", shape: [3], data_offsets: [0, 12] });
    const values = new Float32Array(file.slice(8 + headerBytes).buffer);
    assertEquals(values, array([3]).data);
  }
});

Deno.test("encodeSafeTensors() takes the part of a buffer that a view shows", () => {
  const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
  const file = encodeSafeTensors({ metadata: {}, tensors: new Map([["x", { shape: [2], data }]]) });
  assertEquals(decodeSafeTensors(file, "x").tensors.get("x")!.data, Float32Array.of(1, 2));
});

Deno.test("encodeSafeTensors() refuses values that do not fit their shape, by name", () => {
  const tensors = new Map([["w", { shape: [3], data: new Float32Array(2) }]]);
  assertThrows(
    () => encodeSafeTensors({ metadata: {}, tensors }),
    RangeError,
    "Cannot encode w: shape [3] with 2 values",
  );
});

Deno.test("decodeSafeTensors() reads what the Python library writes", () => {
  // Its layout: no space in the JSON, metadata first, spaces up to a multiple of 8, and arrays in an
  // order of its own that need not be that of the header.
  const header = '{"__metadata__":{"format":"pt"},' +
    '"w":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]},' +
    '"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8, " ");
  const { metadata, tensors } = decodeSafeTensors(fileOf(padded, Float32Array.of(3, 1, 2)), "x");
  assertEquals(metadata, { format: "pt" });
  assertEquals(tensors.get("w"), { shape: [1, 2], data: Float32Array.of(1, 2) });
  assertEquals(tensors.get("b"), { shape: [1], data: Float32Array.of(3) });
});

Deno.test("decodeSafeTensors() reads a file without metadata, without arrays, and from within a buffer", () => {
  assertEquals(decodeSafeTensors(fileOf("{}"), "x"), { metadata: {}, tensors: new Map() });
  const file = encodeSafeTensors(SAMPLE);
  const around = new Uint8Array(file.length + 20).fill(255);
  around.set(file, 3);
  const inside = decodeSafeTensors(around.subarray(3, 3 + file.length), "x");
  assertEquals(inside.tensors.get("scalar")!.data, Float32Array.of(7));
});

Deno.test("decodeSafeTensors() refuses every damage, naming the file and what is wrong", () => {
  const eight = Float32Array.of(1, 2);
  const damages: [what: string, file: Uint8Array<ArrayBuffer>][] = [
    ["it has 0 bytes", new Uint8Array(0)],
    ["it has 7 bytes", new Uint8Array(7)],
    ["is longer than the file", fileOf(`{"x":${entry()}}`, eight, 1000n)],
    ["is longer than the file", fileOf("{}", eight, 2n ** 64n - 1n)],
    ["is longer than the file", fileOf("{}", eight, 2n ** 63n)],
    ["its header is not JSON", fileOf("", eight)],
    ["its header is not JSON", fileOf('{"x":', eight)],
    ["its header is not JSON", fileOf("[]")],
    ["its header is not JSON", fileOf("7")],
    ["its header is not JSON", fileOf("null")],
    ["its header is not JSON", fileOf(`{"x":${entry()}}`, eight, 10n)],
    ["its metadata is not text by key", fileOf('{"__metadata__":5}')],
    ["its metadata is not text by key", fileOf('{"__metadata__":null}')],
    ["its metadata is not text by key", fileOf('{"__metadata__":{"a":1}}')],
    ["the entry of x is not an object", fileOf('{"x":null}')],
    ["the entry of x is not an object", fileOf('{"x":[1]}')],
    ["x has type F16", fileOf(`{"x":${entry({ dtype: "F16" })}}`, eight)],
    ["x has type F64", fileOf(`{"x":${entry({ dtype: "F64" })}}`, eight)],
    ["x has type undefined", fileOf('{"x":{}}')],
    ["the shape of x is 2", fileOf(`{"x":${entry({ shape: 2 })}}`, eight)],
    ["the shape of x is [-1,-2]", fileOf(`{"x":${entry({ shape: [-1, -2] })}}`, eight)],
    ["the shape of x is [0.5,4]", fileOf(`{"x":${entry({ shape: [0.5, 4] })}}`, eight)],
    ['the shape of x is ["2"]', fileOf(`{"x":${entry({ shape: ["2"] })}}`, eight)],
    ["the offsets of x are undefined", fileOf('{"x":{"dtype":"F32","shape":[2]}}', eight)],
    ["the offsets of x are 8", fileOf(`{"x":${entry({ offsets: 8 })}}`, eight)],
    ["the offsets of x are [0]", fileOf(`{"x":${entry({ offsets: [0] })}}`, eight)],
    ["the offsets of x are [-8,0]", fileOf(`{"x":${entry({ offsets: [-8, 0] })}}`, eight)],
    ["x has shape [2] in 4 bytes", fileOf(`{"x":${entry({ offsets: [0, 4] })}}`, eight)],
    ["x has shape [2] in -8 bytes", fileOf(`{"x":${entry({ offsets: [8, 0] })}}`, eight)],
    ["x has shape [3] in 8 bytes", fileOf(`{"x":${entry({ shape: [3] })}}`, eight)],
    ["8 bytes of values, 4 are there", fileOf(`{"x":${entry()}}`, eight.subarray(1))],
    ["8 bytes of values, 0 are there", fileOf(`{"x":${entry()}}`)],
    ["8 bytes of values, 12 are there", fileOf(`{"x":${entry()}}`, new Float32Array(3))],
    ["the values of x do not start at 0", fileOf(`{"x":${entry({ offsets: [4, 12] })}}`, eight)],
    [
      "the values of y do not start at 8",
      fileOf(`{"x":${entry()},"y":${entry({ offsets: [4, 12] })}}`, new Float32Array(3)),
    ],
    [
      "the values of y do not start at 8",
      fileOf(`{"x":${entry()},"y":${entry()}}`, eight),
    ],
    [
      "the values of y do not start at 8",
      fileOf(`{"x":${entry()},"y":${entry({ offsets: [12, 20] })}}`, new Float32Array(5)),
    ],
  ];
  for (const [what, file] of damages) {
    const error = assertThrows(
      () => decodeSafeTensors(file, "run/weights.safetensors"),
      SyntaxError,
    );
    assert(error instanceof SyntaxError);
    assert(error.message.startsWith("Cannot read run/weights.safetensors: "), error.message);
    assert(error.message.includes(what), `${error.message} does not say: ${what}`);
  }
});

Deno.test("decodeSafeTensors() refuses a file cut off at any byte", () => {
  const file = encodeSafeTensors(SAMPLE);
  for (let length = 0; length < file.length; length++) {
    assertThrows(
      () => decodeSafeTensors(file.slice(0, length), "x"),
      SyntaxError,
      "Cannot read x: ",
    );
  }
});
