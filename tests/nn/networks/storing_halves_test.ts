// Networks that store halves from layer to layer: their answers, their memory, and what they refuse.
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { openDevice } from "../../../kernels/open_device.ts";
import { groupNorm } from "../../../kernels/ops/group_norm.ts";
import { relativeError } from "../../../kernels/parts/accuracy.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import type { Network } from "../../../nn/module.ts";
import { StarDist } from "../../../nn/networks/stardist.ts";
import { UNet } from "../../../nn/networks/unet.ts";
import { ParameterStore } from "../../../nn/module.ts";
import { storingHalves } from "../../../nn/storing_halves.ts";
import { Random } from "../../../train/images/random.ts";

const device = await openDevice();

function imageOf(height: number, width: number): Variable {
  const random = new Random(height + width);
  const pixels = Float32Array.from({ length: height * width }, () => random.normal());
  return new Variable(device.upload([1, 1, height, width], pixels));
}

/** What a network answers, by name. */
async function answers(network: Network, x: Variable): Promise<Map<string, Float32Array>> {
  using _scope = device.scope();
  const outputs = Object.entries(network.forward(Tape.withoutGradients(device), x));
  assert(outputs.every(([, { value }]) => !value.isHalf));
  const read = outputs.map(async ([name, { value }]) => [name, await device.read(value)] as const);
  return new Map(await Promise.all(read));
}

const STARDIST = { rays: 4, grid: 2, depth: 1, base: 4, features: 8, inChannels: 1 };

Deno.test("storingHalves() answers as the network does, to the digits of halves, in any size", async () => {
  const networks: Network[] = [
    new UNet(device, { options: { depth: 2, base: 4, inChannels: 1 }, random: new Random(1) }),
    new StarDist(device, { options: STARDIST, random: new Random(2) }),
  ];
  // Of the second size, some levels have rows in fours and some have not.
  for (const x of [imageOf(16, 32), imageOf(12, 20)]) {
    for (const network of networks) {
      const exact = await answers(network, x);
      const halves = await answers(storingHalves(network), x);
      assertEquals([...halves.keys()], [...exact.keys()]);
      for (const [name, values] of halves) {
        const error = relativeError(values, exact.get(name)!);
        assert(0 < error && error < 2e-3, `${name}: ${error}`);
      }
    }
  }
});

Deno.test("storingHalves() takes about half of the memory, which plan() tells", () => {
  const options = { depth: 3, base: 16, inChannels: 1 };
  const network = new UNet(device, { options, random: new Random(1) });
  const peak = (of: Network) =>
    device.plan(() => {
      const x = new Variable(device.empty([1, 1, 512, 512]));
      of.forward(Tape.withoutGradients(device), x);
    }).peak;
  assertLess(peak(storingHalves(network)), 0.56 * peak(network));
});

Deno.test("storingHalves() refuses to run on a tape that records", () => {
  const options = { depth: 1, base: 2, inChannels: 1 };
  const network = storingHalves(new UNet(device, { options, random: new Random(1) }));
  assertThrows(
    () => network.forward(new Tape(device), imageOf(8, 8)),
    TypeError,
    "Cannot store halves on a tape that records: gradients are computed from floats",
  );
});

Deno.test("an operation that takes no halves is given floats, and an answer that was halves comes as floats", async () => {
  const store = new ParameterStore(device, new Random(3));
  const [first, second] = [4, 6].map((cOut, i) =>
    store.conv2d(`${i}`, { cIn: i ? 4 : 1, cOut, k: 3 })
  );
  const [weight, bias] = store.norm("norm", 4);
  const network: Network = {
    ...{ architecture: { kind: "own", options: {} }, parameters: store.parameters },
    ...{ inChannels: 1, sizeMultiple: 1, reach: 2, grid: 1 },
    forward(tape, x) {
      const y = first.forward(tape, x, { relu: true });
      const normed = tape.apply(groupNorm, [y, weight, bias], { groups: 2, epsilon: 1e-5 });
      tape.drop(y);
      return { prob: second.forward(tape, normed, { relu: true }) };
    },
  };
  const x = imageOf(8, 16);
  const [exact, halves] = [await answers(network, x), await answers(storingHalves(network), x)];
  const error = relativeError(halves.get("prob")!, exact.get("prob")!);
  assert(0 < error && error < 2e-3, `${error}`);
});
