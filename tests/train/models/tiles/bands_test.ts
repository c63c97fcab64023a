// Layers that run band by band of rows: the same answers to the bit, in less memory.
import { assert, assertEquals, assertLess } from "@std/assert";
import { relu } from "../../../../kernels/ops/relu.ts";
import { openDevice } from "../../../../kernels/open_device.ts";
import { Tape, Variable } from "../../../../nn/autodiff.ts";
import type { Network } from "../../../../nn/module.ts";
import { DEFAULT_STARDIST, StarDist } from "../../../../nn/networks/stardist.ts";
import { DEFAULT_UNET, UNet } from "../../../../nn/networks/unet.ts";
import { builtinModel } from "../../../../train/models/builtin/mod.ts";
import { buildModel } from "../../../../train/models/model_file.ts";
import { bytesOfTile } from "../../../../train/models/tiles/tiling.ts";
import { rowBands } from "../../../../train/models/tiles/bands.ts";
import { Random } from "../../../../train/images/random.ts";

const device = await openDevice();

const STAR = { ...DEFAULT_STARDIST, rays: 4, depth: 2, base: 3, features: 5 };
/** Networks, of the kinds that there are. */
const networks: Record<string, () => Network> = {
  "a U-Net": () => new UNet(device, { random: new Random(1) }),
  "a U-Net with 5x5 taps and three channels": () =>
    new UNet(device, {
      options: { ...DEFAULT_UNET, depth: 2, base: 5, kernel: 5, inChannels: 3 },
      random: new Random(1),
    }),
  ...Object.fromEntries([1, 2, 4].map((grid) => [
    `StarDist on grid ${grid}`,
    () => new StarDist(device, { options: { ...STAR, grid }, random: new Random(1) }),
  ])),
};

function bandedTape(mostBytes?: number): Tape {
  const bands = mostBytes === undefined ? undefined : rowBands(device, { mostBytes });
  return new Tape(device, { record: false, bands });
}

/** What a network answers to noise, with a limit for what goes from layer to layer. */
async function answersOf(network: Network, mostBytes?: number) {
  using _scope = device.scope();
  const random = new Random(2);
  const shape = [2, network.inChannels, 144, 48];
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.next());
  const x = new Variable(device.upload(shape, values));
  const tape = bandedTape(mostBytes);
  const before = device.dispatchCount;
  const outputs = Object.entries(network.forward(tape, x));
  const dispatches = device.dispatchCount - before;
  const answers: Record<string, Float32Array> = {};
  for (const [name, { value }] of outputs) answers[name] = await device.read(value);
  return { answers, dispatches };
}

for (const [name, make] of Object.entries(networks)) {
  Deno.test(`rowBands() changes no bit of what ${name} answers`, async () => {
    using _scope = device.scope();
    const network = make();
    const whole = await answersOf(network);
    for (const mostBytes of [1, 20_000, 60_000]) {
      const banded = await answersOf(network, mostBytes);
      assertLess(whole.dispatches, banded.dispatches, `${mostBytes} bytes make no bands`);
      assertEquals(banded.answers, whole.answers);
    }
  });
}

Deno.test("rowBands() takes less than half of the memory of a StarDist network that sees a frame", () => {
  using _scope = device.scope();
  const options = { ...DEFAULT_STARDIST, grid: 2, base: 16, features: 64 };
  const network = new StarDist(device, { options, random: new Random(1) });
  const peak = (mostBytes?: number) =>
    device.plan(() => {
      const x = new Variable(device.empty([1, 1, 736, 1136]));
      network.forward(bandedTape(mostBytes), x);
    }).peak;
  assertLess(peak(8 * 2 ** 20), 0.5 * peak());
});

/** A convolution of images with two channels, which needs one row more on each side. */
function convolution() {
  const weight = new Variable(device.empty([2, 2, 3, 3]));
  return { layers: [{ weight }], scale: 1, drops: true };
}

Deno.test("rowBands() leaves nothing behind but its outputs, and drops what is used up", () => {
  using _scope = device.scope();
  const tape = bandedTape(256);
  const x = tape.apply(relu, [new Variable(device.empty([1, 2, 64, 4]))], {});
  const layers = convolution();
  const before = device.memory.inUse;
  const seen: number[] = [];
  const [y] = tape.inBands([x], layers, ([band]) => {
    seen.push(band.value.shape[2]);
    return [tape.apply(relu, [band], {})];
  });
  assertEquals(y.value.shape, x.value.shape);
  assert(seen.length > 1 && seen.every((rows) => rows === seen[0]));
  assert(x.value.freed);
  assertEquals(device.memory.inUse, before);
  tape.drop(y);
  assert(y.value.freed);
});

Deno.test("Tape.inBands() computes all rows at once on a tape that records or stores halves", () => {
  using _scope = device.scope();
  const bands = () => {
    throw new Error("there are bands");
  };
  for (const options of [{ record: true }, { record: false, halves: true }]) {
    const tape = new Tape(device, { ...options, bands });
    const x = new Variable(device.empty([1, 2, 64, 4]));
    assertEquals(tape.inBands([x], convolution(), (inputs) => inputs), [x]);
  }
});

Deno.test("on a software adapter a prediction of a frame plans no more than bands do", async () => {
  using _scope = device.scope();
  const { network } = buildModel(device, await builtinModel());
  const { peak } = bytesOfTile(device, { network, view: { width: 1132, height: 732 } });
  const most = device.adapter.isSoftware ? 120 : 250;
  assertLess(peak, most * 2 ** 20);
});
