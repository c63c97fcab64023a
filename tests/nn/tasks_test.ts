// Predictions and a training that go on side by side on one device: each gives the bits it gives alone.
import { assert, assertEquals } from "@std/assert";
import type { Device } from "../../kernels/gpu/device.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { Adam } from "../../nn/optimisers/adam.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { losses } from "../../nn/losses.ts";
import { UNet } from "../../nn/networks/unet.ts";
import { Random } from "../../train/images/random.ts";

const device: Device = await openDevice();
const OPTIONS = { depth: 2, base: 4, inChannels: 1 };
const SHAPE = [1, 1, 24, 32];

function image(seed: number): Float32Array<ArrayBuffer> {
  const random = new Random(seed);
  return Float32Array.from({ length: 24 * 32 }, () => random.normal());
}

/** Something else that the program waits for. */
function elsewhere(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Predicts images one after the other, and waits inside its scope for the GPU and for other things. */
async function predict(network: UNet, seeds: readonly number[]): Promise<Float32Array[]> {
  const task = device.task();
  const maps: Float32Array[] = [];
  for (const seed of seeds) {
    using _scope = task.scope();
    const x = new Variable(task.upload(SHAPE, image(seed)));
    await elsewhere(seed % 3);
    const first = network.forward(new Tape(task, { record: false }), x).prob;
    const [mean] = await task.read(first.value);
    // The second time on what the first has left: its tensors must still be there.
    const second = network.forward(new Tape(task, { record: false }), first).prob;
    assert(Number.isFinite(mean));
    maps.push(await task.read(second.value));
  }
  return maps;
}

/** Trains a network and reads the loss of each step inside the scope of the step. */
async function train(): Promise<number[]> {
  const task = device.task();
  using _all = task.scope();
  const network = new UNet(task, { options: OPTIONS, random: new Random(7) });
  const adam = new Adam(task, { parameters: network.parameters });
  const values: number[] = [];
  for (let step = 0; step < 4; step++) {
    using _scope = task.scope();
    const tape = new Tape(task);
    const x = new Variable(task.upload(SHAPE, image(100 + step)));
    const target = new Variable(task.upload(SHAPE, image(step).map((v) => v > 0 ? 1 : 0)));
    await elsewhere(step % 2);
    const loss = losses.dice(tape, network.forward(tape, x).prob, target);
    adam.step(tape.backward(loss), 1e-2);
    values.push((await task.read(loss.value))[0]);
  }
  return values;
}

Deno.test("two predictions and a training that overlap give the bits that each gives alone", async () => {
  using _scope = device.scope();
  const network = new UNet(device, { options: OPTIONS, random: new Random(1) });
  const [one, two, trained] = [
    await predict(network, [1, 2, 3]),
    await predict(network, [4, 5, 6, 7]),
    await train(),
  ];
  const { inUse } = device.memory;
  const together = await Promise.all([
    predict(network, [1, 2, 3]),
    predict(network, [4, 5, 6, 7]),
    train(),
  ]);
  assertEquals(together, [one, two, trained]);
  assert(trained.every(Number.isFinite) && trained[0] !== trained[3]);
  assertEquals(device.memory.inUse, inUse);
});
