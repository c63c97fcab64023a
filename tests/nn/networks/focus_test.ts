// The focus classifier: against PyTorch in value and gradients, and what makes it fit for single planes.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { binaryCrossEntropy } from "../../../kernels/ops/binary_cross_entropy.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import { DEFAULT_FOCUS, FocusClassifier, type FocusOptions } from "../../../nn/networks/focus.ts";
import { parameterCount } from "../../../nn/module.ts";
import { decodeSafeTensors, encodeSafeTensors } from "../../../nn/safetensors.ts";
import { loadNetwork, saveWeights } from "../../../nn/weights.ts";
import { Random } from "../../../train/images/random.ts";

const device = await openDevice();
const SMALL: FocusOptions = { blocks: 4, base: 4, groups: 2, inChannels: 2 };

function classifier(options: FocusOptions, seed = 1): FocusClassifier {
  return new FocusClassifier(device, { options, random: new Random(seed) });
}

function fill(length: number, value: (i: number) => number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => value(i));
}

/** Names and shapes of the weights, block by block, written out from the rules. */
function expectedWeights({ blocks, base, inChannels }: FocusOptions): [string, number[]][] {
  const widths = [inChannels, ...Array.from({ length: blocks }, (_, l) => base * 2 ** l)];
  const pair = (name: string, shape: number[]): [string, number[]][] => [
    [`${name}.weight`, shape],
    [`${name}.bias`, [shape[0]]],
  ];
  return [
    ...Array.from({ length: blocks }, (_, l) => {
      const [cIn, cOut] = [widths[l], widths[l + 1]];
      return [
        ...pair(`block.${l}.conv.0`, [cOut, cIn, 3, 3]),
        ...pair(`block.${l}.conv.1`, [cOut, cOut, 3, 3]),
        ...pair(`block.${l}.norm.0`, [cOut]),
        ...pair(`block.${l}.norm.1`, [cOut]),
        ...pair(`block.${l}.skip`, [cOut, cIn, 1, 1]),
      ];
    }).flat(),
    ["head.weight", [1, widths[blocks]]],
    ["head.bias", [1]],
  ];
}

/**
 * From PyTorch 1.13 in float64 with the weights and images of the test below: per parameter the sum of
 * its gradient times cos(0.9 i + 0.2), and the gradient's norm. The blocks there are
 *
 *     m = relu(group_norm(conv2d(y, w0, b0, stride=2, padding=1), 2, g0, h0))
 *     m = group_norm(conv2d(m, w1, b1, padding=1), 2, g1, h1)
 *     y = relu(m + conv2d(y, ws, bs, stride=2))
 *
 * then prob = sigmoid(linear(y.mean((2, 3)), w, b)) and loss = binary_cross_entropy(prob, [[1], [0]]).
 */
const GRADIENTS: readonly [name: string, projection: number, norm: number][] = [
  ["block.0.conv.0.weight", 1.2775167e-02, 1.6529e-01],
  ["block.0.conv.0.bias", -2.2854311e-03, 4.5629e-03],
  ["block.0.conv.1.weight", 9.1823916e-03, 6.4865e-02],
  ["block.0.conv.1.bias", 1.1398531e-03, 2.3436e-03],
  ["block.0.norm.0.weight", 7.5708328e-04, 1.2979e-03],
  ["block.0.norm.0.bias", -2.6990734e-05, 6.2178e-03],
  ["block.0.norm.1.weight", 9.7911794e-03, 8.5286e-03],
  ["block.0.norm.1.bias", 1.0358060e-02, 7.9052e-03],
  ["block.0.skip.weight", -4.6541400e-03, 1.8096e-02],
  ["block.0.skip.bias", 1.0358060e-02, 7.9052e-03],
  ["block.1.conv.0.weight", -6.7165826e-03, 1.7523e-02],
  ["block.1.conv.0.bias", -3.0083379e-04, 3.0320e-03],
  ["block.1.conv.1.weight", -6.7758217e-04, 5.8125e-02],
  ["block.1.conv.1.bias", -1.6846706e-02, 1.5632e-02],
  ["block.1.norm.0.weight", -1.4998407e-03, 3.1850e-03],
  ["block.1.norm.0.bias", -2.7178495e-03, 7.2941e-03],
  ["block.1.norm.1.weight", -1.9072186e-02, 2.7759e-02],
  ["block.1.norm.1.bias", -1.4182112e-02, 4.2070e-02],
  ["block.1.skip.weight", 3.6630438e-02, 3.7485e-02],
  ["block.1.skip.bias", -1.4182112e-02, 4.2070e-02],
  ["block.2.conv.0.weight", -4.1338269e-03, 2.0258e-02],
  ["block.2.conv.0.bias", 2.3423634e-03, 1.7057e-03],
  ["block.2.conv.1.weight", 6.1179444e-03, 4.8779e-02],
  ["block.2.conv.1.bias", 4.7415575e-03, 5.9546e-03],
  ["block.2.norm.0.weight", 2.1629926e-03, 5.5352e-03],
  ["block.2.norm.0.bias", 7.5312816e-03, 7.0293e-03],
  ["block.2.norm.1.weight", 4.7372865e-02, 2.7538e-02],
  ["block.2.norm.1.bias", 2.4711614e-02, 3.8832e-02],
  ["block.2.skip.weight", -5.6741822e-02, 8.2255e-02],
  ["block.2.skip.bias", 2.4711614e-02, 3.8832e-02],
  ["block.3.conv.0.weight", -2.3613405e-03, 1.3324e-02],
  ["block.3.conv.0.bias", -4.4009700e-04, 1.2302e-03],
  ["block.3.conv.1.weight", -2.2722438e-03, 1.0082e-01],
  ["block.3.conv.1.bias", -5.1216301e-03, 1.5568e-02],
  ["block.3.norm.0.weight", 6.3974336e-04, 5.0710e-03],
  ["block.3.norm.0.bias", 9.3723177e-04, 6.3088e-03],
  ["block.3.norm.1.weight", -2.5015266e-02, 9.1655e-02],
  ["block.3.norm.1.bias", -3.3242495e-02, 1.2514e-01],
  ["block.3.skip.weight", -1.2562321e-02, 2.4366e-01],
  ["block.3.skip.bias", -3.3242495e-02, 1.2514e-01],
  ["head.weight", -7.9173792e-03, 5.9806e-01],
  ["head.bias", -1.5812122e-01, 1.6134e-01],
];
const PROBABILITIES = [0.34085044758394184, 0.3364751122625668];
const LOSS = 0.7432501920847268;

Deno.test("FocusClassifier equals PyTorch in probability, loss and every gradient", async () => {
  using _scope = device.scope();
  const network = classifier(SMALL);
  [...network.parameters].forEach(([name, { value }], k) => {
    const offset = /norm.*weight/.test(name) ? 1 : 0;
    device.write(value, fill(value.size, (i) => 0.3 * Math.sin(0.7 * i + 1.3 * k + 0.5) + offset));
  });
  const [n, c, h, w] = [2, 2, 37, 30];
  const pixels = fill(n * c * h * w, (i) => Math.sin(0.37 * i) + 0.5 * Math.sin(0.0011 * i * i));
  const tape = new Tape(device);
  const { prob } = network.forward(tape, new Variable(device.upload([n, c, h, w], pixels)));
  assertEquals(prob.value.shape, [2, 1, 1, 1]);
  const target = new Variable(device.upload([2, 1, 1, 1], Float32Array.of(1, 0)));
  const loss = tape.apply(binaryCrossEntropy, [prob, target], {});
  const [answers, value] = [device.read(prob.value), device.read(loss.value)];
  const gradients = tape.backward(loss);
  (await answers).forEach((p, i) => assert(Math.abs(p - PROBABILITIES[i]) < 1e-5, `prob ${p}`));
  assert(Math.abs((await value)[0] - LOSS) < 1e-5, `loss ${await value}`);
  assertEquals([...network.parameters.keys()], GRADIENTS.map(([name]) => name));
  for (const [name, projection, norm] of GRADIENTS) {
    const gradient = await device.read(gradients.get(network.parameters.get(name)!)!);
    const sum = gradient.reduce((total, g, i) => total + g * Math.cos(0.9 * i + 0.2), 0);
    const length = Math.sqrt(gradient.reduce((total, g) => total + g * g, 0));
    assert(Math.abs(sum - projection) <= 1e-4 * norm, `${name}: ${sum}, expected ${projection}`);
    assert(Math.abs(length - norm) <= 2e-4 * norm, `${name}: norm ${length}, expected ${norm}`);
  }
});

Deno.test("FocusClassifier has the parameters of the rules, and 76,825 of them by default", () => {
  for (const options of [DEFAULT_FOCUS, SMALL, { blocks: 1, base: 3, groups: 3, inChannels: 5 }]) {
    using _scope = device.scope();
    const { parameters, architecture, inChannels } = classifier(options);
    const shapes = [...parameters].map(([name, { value }]) => [name, [...value.shape]]);
    assertEquals(shapes, expectedWeights(options));
    assertEquals(architecture, { kind: "focus", options: { ...options } });
    assertEquals(inChannels, options.inChannels);
  }
  using _scope = device.scope();
  assertEquals(parameterCount(classifier(DEFAULT_FOCUS).parameters), 76_825);
});

Deno.test("FocusClassifier answers images of any size, each as if it were alone", async () => {
  using _scope = device.scope();
  const network = classifier(SMALL);
  const random = new Random(6);
  for (const [h, w] of [[1, 1], [2, 5], [17, 16], [33, 50]]) {
    const images = [0, 1, 2].map(() => fill(2 * h * w, () => random.normal()));
    const run = async (batch: Float32Array[]) => {
      const values = Float32Array.from(batch.flatMap((image) => [...image]));
      const x = new Variable(device.upload([batch.length, 2, h, w], values));
      return await device.read(network.forward(new Tape(device, { record: false }), x).prob.value);
    };
    const together = await run(images);
    assert(together.every((p) => p > 0 && p < 1));
    for (const [i, image] of images.entries()) {
      assertEquals(await run([image]), together.slice(i, i + 1), `${h} × ${w}`);
    }
  }
});

Deno.test("FocusClassifier keeps no more on a tape that only predicts than it needs", () => {
  using _scope = device.scope();
  const network = classifier(SMALL);
  const x = new Variable(device.empty([1, 2, 128, 128]));
  const peak = (record: boolean) =>
    device.plan(() => void network.forward(new Tape(device, { record }), x)).peak;
  assert(peak(false) < 0.8 * peak(true), `${peak(false)} of ${peak(true)} bytes`);
});

Deno.test("FocusClassifier refuses what makes no network, and images that do not fit", () => {
  using _scope = device.scope();
  const refuse = (change: Partial<FocusOptions>, says: string) =>
    assertThrows(
      () => classifier({ ...SMALL, ...change }),
      RangeError,
      `Cannot make a focus classifier: ${says}`,
    );
  refuse({ blocks: 0 }, "blocks is 0, expected a whole number > 0");
  refuse({ base: 2.5 }, "base is 2.5");
  refuse({ groups: 3 }, "base is 4, which 3 groups do not divide");
  refuse({ inChannels: NaN }, "inChannels is NaN");
  const run = (shape: number[]) => () =>
    classifier(SMALL).forward(new Tape(device), new Variable(device.empty(shape)));
  assertThrows(run([1, 3, 8, 8]), RangeError, "x has 3 channels, w expects 2");
  assertThrows(run([8, 8]), TypeError, "Cannot run a focus classifier: x is [8,8]");
});

Deno.test("loadNetwork() of a saved FocusClassifier gives the same network and the same bits", async () => {
  using _scope = device.scope();
  const network = classifier(SMALL, 4);
  const file = encodeSafeTensors(await saveWeights(device, { network }));
  const loaded = loadNetwork(device, { weights: decodeSafeTensors(file, "w"), from: "w" });
  assertEquals(loaded.architecture, network.architecture);
  assert(loaded instanceof FocusClassifier);
  const x = new Variable(device.upload([1, 2, 9, 9], fill(162, (i) => Math.sin(i))));
  const [a, b] = [network, loaded].map((net) => net.forward(new Tape(device), x).prob.value);
  assertEquals(await device.read(a), await device.read(b));
});
