// The same start and the same data give the same bits: nothing depends on timing or recycled memory.
import { assert, assertEquals } from "@std/assert";
import type { Device } from "../../kernels/gpu/device.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { Adam } from "../../nn/optimisers/adam.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { losses } from "../../nn/losses.ts";
import { siameseForward } from "../../nn/siamese.ts";
import { UNet } from "../../nn/networks/unet.ts";
import { parameterTensors, readTensors } from "../../nn/weights.ts";
import { Random } from "../../train/images/random.ts";

/** Queues one step of the method's kind: segmentation and consistency in turn. */
function step(
  device: Device,
  { network, optimiser, random, isPair }: {
    network: UNet;
    optimiser: Adam;
    random: Random;
    isPair: boolean;
  },
): Variable {
  const image = () => Float32Array.from({ length: 2 * 40 * 44 }, () => random.normal());
  const tape = new Tape(device);
  const x = new Variable(device.upload([2, 1, 40, 44], image()));
  const target = new Variable(device.upload([2, 1, 40, 44], image().map((v) => v > 0 ? 1 : 0)));
  const pair = isPair ? siameseForward(tape, { network, frames: x }) : null;
  const loss = pair
    ? losses["squared-dice"](tape, pair.first.prob, pair.second.prob)
    : losses.dice(tape, network.forward(tape, x).prob, target);
  optimiser.step(tape.backward(loss), 1e-2);
  return loss;
}

/** Trains a few steps, after filling memory with something else. */
async function train(device: Device, filling: number) {
  {
    using _scope = device.scope();
    for (const size of [40 * 44 * 16, 2 * 40 * 44, 1000]) {
      device.upload([size], new Float32Array(size).fill(filling));
    }
  }
  using _scope = device.scope();
  const random = new Random(1);
  const network = new UNet(device, { options: { depth: 2, base: 6, inChannels: 1 }, random });
  const { parameters } = network;
  const optimisers = [new Adam(device, { parameters }), new Adam(device, { parameters })];
  const values: number[] = [];
  for (let i = 0; i < 4; i++) {
    using _step = device.scope();
    const loss = step(device, { network, optimiser: optimisers[i % 2], random, isPair: i % 2 > 0 });
    values.push((await device.read(loss.value))[0]);
  }
  const weights = await readTensors(device, parameterTensors(network));
  return { losses: values, weights: [...weights].map(([name, { data }]) => ({ name, data })) };
}

Deno.test("training gives the same bits again, on the same device and on another", async () => {
  using device = await openDevice();
  const first = await train(device, 0);
  assert(first.losses.every((value) => value > 0 && value < 1), `${first.losses}`);
  assertEquals(await train(device, NaN), first);
  using other = await openDevice();
  assertEquals(await train(other, 1e30), first);
});

Deno.test("Device.plan() of a training step equals what the step allocates", async () => {
  using device = await openDevice();
  const random = new Random(1);
  const network = new UNet(device, { options: { depth: 2, base: 6, inChannels: 1 }, random });
  const optimiser = new Adam(device, { parameters: network.parameters });
  for (const isPair of [false, true]) {
    device.trim();
    const before = device.memory;
    assertEquals(before.allocated, before.inUse);
    const run = () => void step(device, { network, optimiser, random, isPair });
    const count = optimiser.count;
    const planned = device.plan(run);
    assertEquals(device.memory, before, "planning allocated something");
    assertEquals(optimiser.count, count, "planning counted a step");
    for (let i = 0; i < 3; i++) {
      using _scope = device.scope();
      run();
    }
    assertEquals(device.memory.allocated - before.allocated, planned.peak);
    await device.finish();
  }
});
