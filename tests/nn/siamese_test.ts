// Two frames, one network: the Siamese pass is nothing but two passes.
import { assertEquals, assertThrows } from "@std/assert";
import { add } from "../../kernels/ops/arithmetic.ts";
import { dice } from "../../kernels/ops/dice.ts";
import { meanSquaredError } from "../../kernels/ops/mean_squared_error.ts";
import { Tape, Variable } from "../../nn/autodiff.ts";
import { losses, windowLoss } from "../../nn/losses.ts";
import { siameseForward, siameseWindow } from "../../nn/siamese.ts";
import { UNet } from "../../nn/networks/unet.ts";
import { Random } from "../../train/images/random.ts";
import { assertClose, device } from "../kernels/fixtures/check_operation.ts";

const OPTIONS = { depth: 2, base: 4, inChannels: 2 };

function unet(): UNet {
  return new UNet(device, { options: OPTIONS, random: new Random(3) });
}

function frames(count: number, seed: number): Float32Array<ArrayBuffer> {
  const random = new Random(seed);
  return Float32Array.from({ length: count * 2 * 8 * 12 }, () => random.normal());
}

function constant(values: Float32Array<ArrayBuffer>): Variable {
  return new Variable(device.upload([values.length / 192, 2, 8, 12], values));
}

Deno.test("siameseForward() gives the bits of two separate passes", async () => {
  using _scope = device.scope();
  const network = unet();
  const [first, second] = [frames(2, 1), frames(2, 2)];
  const both = constant(Float32Array.of(...first, ...second));
  const answers = siameseForward(new Tape(device), { network, frames: both });
  assertEquals(answers.first.prob.value.shape, [2, 1, 8, 12]);
  for (const [answer, values] of [[answers.first, first], [answers.second, second]] as const) {
    const alone = network.forward(new Tape(device), constant(values)).prob;
    assertEquals(await device.read(answer.prob.value), await device.read(alone.value));
  }
});

Deno.test("siameseForward() gives the gradients of two separate passes with shared weights", async () => {
  using _scope = device.scope();
  const network = unet();
  const [first, second] = [frames(1, 1), frames(1, 2)];
  const tape = new Tape(device);
  const answers = siameseForward(tape, {
    network,
    frames: constant(Float32Array.of(...first, ...second)),
  });
  const joint = tape.backward(
    tape.apply(dice, [answers.first.prob, answers.second.prob], { smooth: 1 }),
  );
  const other = new Tape(device);
  const [a, b] = [first, second].map((values) => network.forward(other, constant(values)).prob);
  const separate = other.backward(other.apply(dice, [a, b], { smooth: 1 }));
  for (const [name, parameter] of network.parameters) {
    assertClose(
      await device.read(joint.get(parameter)!),
      await device.read(separate.get(parameter)!),
      { limit: 1e-4, what: name },
    );
  }
});

Deno.test("siameseForward() sends a gradient through each frame's answer", async () => {
  using _scope = device.scope();
  const network = unet();
  const both = constant(Float32Array.of(...frames(1, 1), ...frames(1, 2)));
  const zero = new Variable(device.upload([1, 1, 8, 12], new Float32Array(96)));
  const headGradient = async (which: readonly ("first" | "second")[]) => {
    const tape = new Tape(device);
    const answers = siameseForward(tape, { network, frames: both });
    const losses = which.map((frame) =>
      tape.apply(meanSquaredError, [answers[frame].prob, zero], {})
    );
    const sum = losses.reduce((x, y) => tape.apply(add, [x, y], {}));
    return [...await device.read(tape.backward(sum).get(network.parameters.get("head.bias")!)!)];
  };
  const [[first], [second], [together]] = [
    await headGradient(["first"]),
    await headGradient(["second"]),
    await headGradient(["first", "second"]),
  ];
  assertClose([together], [first + second], { limit: 1e-5, what: "head.bias" });
  assertEquals(first !== second, true);
});

Deno.test("siameseForward() refuses an odd batch and an output that is not there", () => {
  using _scope = device.scope();
  const network = unet();
  assertThrows(
    () => siameseForward(new Tape(device), { network, frames: constant(frames(3, 1)) }),
    RangeError,
    "Cannot compare pairs in a batch of shape [3,2,8,12]: it is odd",
  );
  assertThrows(
    () =>
      siameseForward(new Tape(device), {
        network,
        frames: constant(frames(2, 1)),
        outputs: ["dist"],
      }),
    RangeError,
    "Cannot compare dist of two frames: the network gives prob",
  );
});

Deno.test("siameseWindow() gives the bits of separate passes, in the order of time", async () => {
  using _scope = device.scope();
  const network = unet();
  const times = [1, 2, 3].map((seed) => frames(2, seed));
  const together = constant(Float32Array.from(times.flatMap((values) => [...values])));
  const answers = siameseWindow(new Tape(device), { network, frames: together, count: 3 });
  assertEquals(answers.map(({ prob }) => prob.value.shape), new Array(3).fill([2, 1, 8, 12]));
  for (const [time, values] of times.entries()) {
    const alone = network.forward(new Tape(device), constant(values)).prob;
    assertEquals(await device.read(answers[time].prob.value), await device.read(alone.value));
  }
});

Deno.test("windowLoss() after siameseWindow() has the gradients of its pairs together", async () => {
  using _scope = device.scope();
  const network = unet();
  const times = [1, 2, 3].map((seed) => frames(1, seed));
  const stacked = (...of: number[]) =>
    constant(Float32Array.from(of.flatMap((time) => [...times[time]])));
  const tape = new Tape(device);
  const answers = siameseWindow(tape, { network, frames: stacked(0, 1, 2), count: 3 });
  const maps = answers.map(({ prob }) => prob);
  const window = tape.backward(windowLoss(tape, { loss: losses["squared-dice"], answers: maps }));
  const pairs = [[0, 1], [1, 2]].map(([t, next]) => {
    const own = new Tape(device);
    const { first, second } = siameseForward(own, { network, frames: stacked(t, next) });
    return own.backward(losses["squared-dice"](own, first.prob, second.prob));
  });
  for (const [name, parameter] of network.parameters) {
    const [whole, a, b] = await Promise.all(
      [window, ...pairs].map((gradients) => device.read(gradients.get(parameter)!)),
    );
    assertClose(whole, a.map((value, i) => value + b[i]), { limit: 1e-4, what: name });
  }
});

Deno.test("siameseWindow() refuses a batch that is no whole number of windows", () => {
  using _scope = device.scope();
  const network = unet();
  const pass = (size: number, count: number) => () =>
    siameseWindow(new Tape(device), { network, frames: constant(frames(size, 1)), count });
  assertThrows(
    pass(4, 3),
    RangeError,
    "Cannot compare windows of 3 frames in a batch of shape [4,2,8,12]: it does not hold a whole",
  );
  assertThrows(pass(3, 1.5), RangeError, "Cannot compare windows of 1.5 frames");
  assertThrows(pass(3, 0), RangeError, "Cannot compare windows of 0 frames");
});
