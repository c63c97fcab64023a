// How many launches a training step takes, as kernels for GPUs and for software adapters are chosen. The
// counts are written down here so that a change of them is seen, and is meant.
import { assertEquals } from "@std/assert";
import { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { Tape, Variable } from "../../../nn/autodiff.ts";
import {
  countLaunches,
  starDistLearner,
  type StepLaunches,
  unetLearner,
} from "../../../bench/measure/launches.ts";

const opened: Device = await openDevice();

/** The small step that is timed and predicted elsewhere, too. */
const SHAPE = [4, 1, 128, 128];

const LEARNERS = { unet: unetLearner, stardist: starDistLearner };

function count(style: "registers" | "textures", name: keyof typeof LEARNERS): StepLaunches {
  const device = new Device(opened.gpu, { ...opened.adapter, style });
  using _scope = device.scope();
  return countLaunches(device, { learner: LEARNERS[name](device), shape: SHAPE });
}

Deno.test("a step of the U-Net takes so many dispatches and copies", () => {
  assertEquals(count("registers", "unet"), {
    forward: [26, 0],
    loss: [3, 0],
    backward: [52, 0],
    update: [1, 0],
    step: [82, 0],
  });
  assertEquals(count("textures", "unet").step, [88, 12]);
});

Deno.test("a step of StarDist takes so many dispatches and copies", () => {
  assertEquals(count("registers", "stardist"), {
    forward: [26, 0],
    loss: [10, 0],
    backward: [62, 0],
    update: [1, 0],
    step: [99, 0],
  });
  assertEquals(count("textures", "stardist").step, [118, 12]);
});

Deno.test("what is counted of a step is what its recording runs", () => {
  using _scope = opened.scope();
  const { loss } = unetLearner(opened);
  const x = new Variable(opened.empty([1, 1, 16, 16]));
  const compute = () => {
    const tape = new Tape(opened);
    tape.backward(loss(tape, x));
  };
  const { dispatches, labels } = opened.plan(compute).commands;
  using recording = opened.capture(compute);
  assertEquals(recording.dispatchCount, dispatches);
  assertEquals([...labels.values()].reduce((sum, count) => sum + count), dispatches);
});
