import { assertEquals, assertThrows } from "@std/assert";
import { convolutionModel, unetModel } from "../../../../bench/peers/onnx/model.ts";
import { encodeMessage } from "../../../../train/models/export/protobuf.ts";
import { type Shape, sizeOf } from "../../../../kernels/gpu/shape.ts";
import type { NamedArray } from "../../../../nn/safetensors.ts";

type Message = Map<number, (number | Uint8Array)[]>;

/** Reads the wire format: the fields of a message by number, each with all its values. */
function decode(bytes: Uint8Array): Message {
  const message: Message = new Map();
  let at = 0;
  function varint(): number {
    for (let [value, factor] = [0, 1];; factor *= 128) {
      const byte = bytes[at++];
      value += factor * (byte & 127);
      if (byte < 128) return value;
    }
  }
  function add(number: number, value: number | Uint8Array): void {
    message.set(number, [...message.get(number) ?? [], value]);
  }
  while (at < bytes.length) {
    const tag = varint();
    const [number, type] = [tag >> 3, tag & 7];
    if (type !== 0 && type !== 2) throw new Error(`Unexpected wire type ${type}`);
    if (type === 0) {
      add(number, varint());
      continue;
    }
    const length = varint();
    add(number, bytes.subarray(at, at + length));
    at += length;
  }
  assertEquals(at, bytes.length);
  return message;
}

const texts = (message: Message, field: number) =>
  (message.get(field) ?? []).map((value) => new TextDecoder().decode(value as Uint8Array));
const numbers = (message: Message, field: number) => (message.get(field) ?? []) as number[];
const messages = (message: Message, field: number) =>
  (message.get(field) ?? []).map((value) => decode(value as Uint8Array));

/** Name and shape of an input or output. */
function describe(info: Message): { name: string; shape: number[] } {
  const [tensor] = messages(messages(info, 2)[0], 1);
  assertEquals(numbers(tensor, 1), [1]);
  const dims = messages(messages(tensor, 2)[0], 1);
  return { name: texts(info, 1)[0], shape: dims.map((dim) => numbers(dim, 1)[0]) };
}

/** Type, inputs, output and attributes of a node. */
function describeNode(node: Message) {
  const attributes = messages(node, 5).map((attribute) => {
    const [type] = numbers(attribute, 20);
    const value = {
      2: numbers(attribute, 3)[0],
      3: texts(attribute, 4)[0],
      7: numbers(attribute, 8),
    };
    return [texts(attribute, 1)[0], value[type as keyof typeof value]];
  });
  return {
    type: texts(node, 4)[0],
    inputs: texts(node, 1),
    output: texts(node, 2)[0],
    attributes: Object.fromEntries(attributes),
  };
}

function array(shape: Shape): NamedArray {
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => i / 7) };
}

Deno.test("encodeMessage() writes what the format's own description shows", () => {
  assertEquals(encodeMessage([[1, 150]]), Uint8Array.of(0x08, 0x96, 0x01));
  assertEquals(
    encodeMessage([[2, "testing"]]),
    Uint8Array.of(0x12, 7, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67),
  );
  assertEquals(encodeMessage([[3, [[1, 150]]]]), Uint8Array.of(0x1a, 3, 0x08, 0x96, 0x01));
  assertEquals(encodeMessage([[20, 0]]), Uint8Array.of(0xa0, 0x01, 0));
  for (const number of [2 ** 31, 2 ** 40 + 5, Number.MAX_SAFE_INTEGER]) {
    assertEquals(decode(encodeMessage([[1, number]])).get(1), [number]);
  }
  for (const wrong of [-1, 0.5, NaN, 2 ** 60]) {
    assertThrows(() => encodeMessage([[1, wrong]]), RangeError, `Cannot encode ${wrong}`);
  }
});

Deno.test("convolutionModel() is a convolution with its weight", () => {
  const [x, w, dy] = [array([1, 3, 8, 10]), array([5, 3, 3, 3]), array([1, 5, 8, 10])];
  const model = decode(convolutionModel(new Map([["x", x], ["w", w], ["dy", dy]])));
  assertEquals(numbers(model, 1), [8]);
  assertEquals(messages(model, 8).map((set) => [texts(set, 1), numbers(set, 2)]), [[[""], [13]]]);
  const [graph] = messages(model, 7);
  assertEquals(messages(graph, 11).map(describe), [{ name: "x", shape: [1, 3, 8, 10] }]);
  assertEquals(messages(graph, 12).map(describe), [{ name: "y", shape: [1, 5, 8, 10] }]);
  const [convolution, last] = messages(graph, 1).map(describeNode);
  assertEquals([convolution.type, convolution.inputs], ["Conv", ["x", "w"]]);
  assertEquals(convolution.attributes, { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
  assertEquals([last.inputs, last.output], [[convolution.output], "y"]);
  const [weight] = messages(graph, 5);
  assertEquals([texts(weight, 8), numbers(weight, 1), numbers(weight, 2)], [["w"], [5, 3, 3, 3], [
    1,
  ]]);
  const bytes = Uint8Array.from(weight.get(9)![0] as Uint8Array);
  assertEquals(new Float32Array(bytes.buffer), w.data);
});

Deno.test("unetModel() has the layers of the U-Net, each input made before it is used", () => {
  const inputs = new Map([["x", array([1, 1, 16, 16])]]);
  const pairs = ["down.0", "down.1", "down.2", "middle", "up.0", "up.1", "up.2"];
  const layers = [...pairs.flatMap((name) => [`${name}.0`, `${name}.1`]), "head"];
  for (const name of layers) {
    const k = name === "head" ? 1 : 3;
    inputs.set(`${name}.weight`, array([2, 2, k, k]));
    inputs.set(`${name}.bias`, array([2]));
  }
  const [graph] = messages(decode(unetModel(inputs)), 7);
  const nodes = messages(graph, 1).map(describeNode);
  const types = nodes.map(({ type }) => type);
  const two = ["Conv", "Relu", "Conv", "Relu"];
  assertEquals(types, [
    ...[1, 2, 3].flatMap(() => [...two, "MaxPool"]),
    ...two,
    ...[3, 2, 1].flatMap(() => ["Resize", "Concat", ...two]),
    "Conv",
    "Sigmoid",
    "Identity",
  ]);
  const known = new Set(["x", "", ...messages(graph, 5).map((constant) => texts(constant, 8)[0])]);
  for (const { inputs, output } of nodes) {
    for (const name of inputs) assertEquals(known.has(name), true, `${name} is not known yet`);
    known.add(output);
  }
  const skips = nodes.flatMap(({ type }, i) => type === "MaxPool" ? [nodes[i].inputs[0]] : []);
  const joined = nodes.flatMap(({ type, inputs }) => type === "Concat" ? [inputs[1]] : []);
  assertEquals(joined, skips.toReversed());
  const convolutions = nodes.filter(({ type }) => type === "Conv");
  assertEquals(convolutions.at(-1)!.attributes, { kernel_shape: [1, 1], pads: [0, 0, 0, 0] });
  assertEquals(
    convolutions.map(({ inputs }) => inputs[1].replace(".weight", "")),
    ["down.0", "down.1", "down.2", "middle", "up.2", "up.1", "up.0"]
      .flatMap((name) => [`${name}.0`, `${name}.1`]).concat("head"),
  );
});
