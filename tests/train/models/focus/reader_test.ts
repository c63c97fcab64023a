// What a classifier says of whole stacks: the same as plane by plane, whatever their sizes.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { Tape, Variable } from "../../../../nn/autodiff.ts";
import { FocusClassifier } from "../../../../nn/networks/focus.ts";
import { focusPlane } from "../../../../nn/labels/focus.ts";
import { decodeSafeTensors } from "../../../../nn/safetensors.ts";
import { parameterTensors, readTensors } from "../../../../nn/weights.ts";
import { normalize } from "../../../../train/images/normalize.ts";
import { Random } from "../../../../train/images/random.ts";
import { encodeFocusModel, loadFocusModel } from "../../../../train/models/focus/model_file.ts";
import { findFocus } from "../../../../train/models/focus/predict.ts";
import { readStacks } from "../../../../train/models/focus/reader.ts";
import { stackRange } from "../../../../train/models/focus/stacks.ts";
import { fakeSequence } from "../../fixtures/fake_sequence.ts";

const device = await openDevice();
const reading = { low: 1, high: 99.8, sigma: 1 };
const network = new FocusClassifier(device, {
  options: { blocks: 2, base: 2, groups: 1, inChannels: 1 },
  random: new Random(3),
});

/** One plane at a time, through no recording. */
async function expected(sequence: ReturnType<typeof fakeSequence>, t: number): Promise<number[]> {
  const range = await stackRange({ sequence, t }, reading);
  const probabilities: number[] = [];
  for (let z = 0; z < sequence.depth; z++) {
    using _scope = device.scope();
    const { width, height, data } = normalize(await sequence.plane(t, z), range);
    const x = new Variable(device.upload([1, 1, height, width], data));
    const { prob } = network.forward(new Tape(device, { record: false }), x);
    probabilities.push(...await device.read(prob.value));
  }
  return probabilities;
}

Deno.test("readStacks() gives every plane of every stack its probability, also where sizes change", async () => {
  const small = fakeSequence({ length: 2, depth: 4, side: 11, seed: 1 });
  const large = fakeSequence({ length: 1, depth: 3, side: 18, seed: 2 });
  const stacks = [{ sequence: small, t: 1 }, { sequence: large, t: 0 }, { sequence: small, t: 0 }];
  const found = await Array.fromAsync(readStacks(device, { network, reading, stacks }));
  for (const [i, { stack, probabilities }] of found.entries()) {
    assertEquals(stack, stacks[i]);
    assertEquals([...probabilities], await expected(stacks[i].sequence, stacks[i].t));
  }
});

Deno.test("readStacks() gives its memory back when it is left early", async () => {
  const sequence = fakeSequence({ length: 3, depth: 3, side: 8, seed: 1 });
  const stacks = [0, 1, 2].map((t) => ({ sequence, t }));
  const used: number[] = [];
  for (let run = 0; run < 3; run++) {
    for await (const _ of readStacks(device, { network, reading, stacks })) break;
    used.push(device.memory.inUse);
  }
  assertEquals(used, [used[0], used[0], used[0]]);
});

Deno.test("findFocus() names time, stack, plane and its smoothed probability", async () => {
  const sequence = fakeSequence({ length: 3, depth: 7, side: 10, seed: 4 });
  const found = await Array.fromAsync(findFocus(device, { model: { network, reading }, sequence }));
  assertEquals(found.map(({ time, stack }) => [time, stack]), [
    [0, "fake_t0"],
    [1, "fake_t1"],
    [2, "fake_t2"],
  ]);
  for (const { plane, probability, probabilities } of found) {
    assertEquals({ plane, probability }, focusPlane(probabilities, reading));
  }
  // Each plane at most three times: twice for the range, as its values are no whole numbers.
  assert(sequence.reads.count <= 3 * 3 * 7, `${sequence.reads.count} planes read`);
});

Deno.test("loadFocusModel() reads what encodeFocusModel() wrote, and says what is no focus model", async () => {
  using _scope = device.scope();
  const weights = await readTensors(device, parameterTensors(network));
  const decode = (content: Uint8Array<ArrayBuffer>) => decodeSafeTensors(content, "w");
  const { architecture } = network;
  const versions = { kymo: "0" };
  const file = decode(encodeFocusModel({ architecture, weights, reading, versions }));
  const loaded = loadFocusModel(device, { weights: file, from: "w" });
  assertEquals(loaded.reading, reading);
  assertEquals(loaded.network.architecture, network.architecture);
  assertEquals(await readTensors(device, parameterTensors(loaded.network)), weights);
  for (
    const focus of ["", "{}", '{"low":5,"high":1,"sigma":1}', '{"low":1,"high":99,"sigma":-1}']
  ) {
    const changed = { ...file, metadata: { ...file.metadata, focus } };
    assertThrows(
      () => loadFocusModel(device, { weights: changed, from: "w" }),
      SyntaxError,
      "Cannot use w: its metadata lacks focus settings that make sense",
    );
  }
});
