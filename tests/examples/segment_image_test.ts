// A U-Net from an image in memory to labels: trained on it for a moment, then applied.
import { assert, assertEquals } from "@std/assert";
import { connectedComponents, openDevice, threshold } from "../../kernels/mod.ts";
import { Adam, ops, Tape, UNet, Variable } from "../../nn/mod.ts";
import { Random } from "../../train/images/random.ts";

/** A picture of round bright objects on noise, and where they are. */
function pictureOf(discs: readonly (readonly [y: number, x: number, r: number])[], side: number) {
  const random = new Random(3);
  const mask = Float32Array.from({ length: side * side }, (_, i) => {
    const [row, column] = [Math.floor(i / side), i % side];
    return discs.some(([y, x, r]) => Math.hypot(row - y, column - x) < r) ? 1 : 0;
  });
  return { mask, image: mask.map((inside) => 0.8 * inside + 0.2 * random.normal()) };
}

Deno.test("a U-Net finds the objects of an image that is only in memory", async () => {
  using device = await openDevice();
  using _scope = device.scope();
  const side = 48;
  const { image, mask } = pictureOf([[10, 12, 6], [14, 34, 8], [34, 15, 9], [36, 37, 5]], side);
  const options = { depth: 2, base: 4, inChannels: 1 };
  const unet = new UNet(device, { options, random: new Random(4) });

  const x = new Variable(device.upload([1, 1, side, side], image));
  const target = device.upload([1, 1, side, side], mask);
  const adam = new Adam(device, { parameters: unet.parameters });
  for (let step = 0; step < 60; step++) {
    using _step = device.scope();
    const tape = new Tape(device);
    const { logits } = unet.forward(tape, x);
    const loss = ops(tape)(logits).binaryCrossEntropyWithLogits(target);
    adam.step(loss.backward(), 0.01);
  }

  const { prob } = unet.forward(new Tape(device, { record: false }), x);
  const foreground = threshold(device, prob.value, { threshold: 0.5 });
  const { labels, count } = await connectedComponents(device, foreground, { connectivity: 8 });
  const found = await device.read(labels);
  assertEquals(count, 4);
  const right = found.filter((label, i) => (label > 0) === (mask[i] > 0)).length;
  assert(right / mask.length > 0.97, `${right} of ${mask.length} pixels are right`);
});
