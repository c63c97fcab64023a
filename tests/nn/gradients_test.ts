// Gradients that a ReLU's output blocks on the way, and that are added in place: the bits of one after the other.
import { assertEquals } from "@std/assert";
import type { Operation, Params } from "../../kernels/operation.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { losses } from "../../nn/losses.ts";
import { StarDist } from "../../nn/networks/stardist.ts";
import { UNet } from "../../nn/networks/unet.ts";
import { starDistLoss } from "../../nn/stardist_loss.ts";
import { Random } from "../../train/images/random.ts";
import { device } from "../kernels/fixtures/check_operation.ts";

/** A tape whose operations know nothing of each other: each masks and adds up by itself. */
class PlainTape extends Tape {
  override apply<P extends Params>(
    operation: Operation<P>,
    inputs: readonly Variable[],
    params: P,
  ): Variable {
    const { backward } = operation;
    const plain = {
      ...operation,
      backward: backward === "none"
        ? backward
        : ((on, { inputs, output, dy, needs }, params) =>
          backward(on, { inputs, output, dy, needs }, params)) as typeof backward,
      rectifies: undefined,
    };
    return super.apply(plain as Operation<P>, inputs as never, params);
  }
}

type Loss = (tape: Tape) => Variable;

function values(shape: number[], seed: number): Variable {
  const random = new Random(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return new Variable(
    device.upload(shape, Float32Array.from({ length: size }, () => random.next())),
  );
}

async function gradientsOn(
  tape: Tape,
  { loss, parameters }: { loss: Loss; parameters: Iterable<Variable> },
): Promise<Float32Array[]> {
  using _scope = device.scope();
  const gradients = tape.backward(loss(tape));
  const read = [];
  for (const parameter of parameters) read.push(await device.read(gradients.get(parameter)!));
  return read;
}

Deno.test("gradients of whole networks have the bits of operations that know nothing of each other", async () => {
  using _scope = device.scope();
  const random = new Random(3);
  const unet = new UNet(device, { options: { depth: 2, base: 6, inChannels: 1 }, random });
  const options = { rays: 5, grid: 2, depth: 1, base: 4, features: 20, inChannels: 1 };
  const stardist = new StarDist(device, { options, random });
  const x = values([2, 1, 16, 24], 1);
  const truth = { prob: values([2, 1, 8, 12], 2), dist: values([2, 5, 8, 12], 3) };
  const cases: { network: UNet | StarDist; loss: Loss }[] = [
    { network: unet, loss: (tape) => losses.dice(tape, unet.forward(tape, x).prob, x) },
    {
      network: stardist,
      loss: (tape) => starDistLoss(tape, { predicted: stardist.forward(tape, x), truth }).total,
    },
  ];
  for (const { network, loss } of cases) {
    const parameters = [...network.parameters.values()];
    const plain = await gradientsOn(new PlainTape(device), { loss, parameters });
    for (const recompute of [false, true]) {
      const found = await gradientsOn(new Tape(device, { recompute }), { loss, parameters });
      assertEquals(found, plain, `${network.architecture.kind} ${recompute}`);
    }
  }
});
