// A kind of model of this file alone: one convolution, trained, stored and used by the real jobs.
import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { sigmoid } from "../../kernels/mod.ts";
import { ParameterStore } from "../../nn/mod.ts";
import { trainCommandWith } from "../../train/console/commands/train.ts";
import { defaultKinds, type ModelKind, uNet, type UNetRead, wholeNumber } from "../../train/mod.ts";
import { changeOf, helpOf, trainAndPredict } from "../train/fixtures/whole_way.ts";

/** The probability is a convolution of the image; everything behind it is as with a U-Net. */
const spot: ModelKind<UNetRead & { spot: { size: number } }> = {
  ...uNet,
  name: "spot",
  label: "a spot model",
  group: {
    title: "Spot",
    settings: {
      spot: { size: { value: 5, rule: wholeNumber({ least: 1 }), sentence: "Side of its kernel" } },
    },
  },
  network: {
    name: "spot",
    build(device, { options: { inChannels, size }, random }) {
      const store = new ParameterStore(device, random);
      const conv = store.conv2d("spot", { cIn: inChannels, cOut: 1, k: size });
      return {
        architecture: { kind: "spot", options: { inChannels, size } },
        ...{ parameters: store.parameters, inChannels, sizeMultiple: 1, reach: size, grid: 1 },
        forward: (tape, x) => ({
          prob: tape.apply(sigmoid, [conv.forward(tape, x, { relu: false })], {}),
        }),
      };
    },
  },
  architecture: ({ spot }) => ({ kind: "spot", options: { inChannels: 1, ...spot } }),
  settingsOf: ({ options: { size } }) => ({ spot: { size } }),
};
const kinds = { ...defaultKinds, models: [...defaultKinds.models, spot] };

Deno.test("a kind of model that Kymo has never heard of is trained, predicts and is explained", async () => {
  const change = { model: "spot", spot: { size: 3 }, warmup: 40 };
  const { events, losses, config, predicted } = await trainAndPredict({ change, kinds });
  assertLess(changeOf(losses.segmentation), 0);
  assertEquals(events.at(-1)?.type, "result");
  assertEquals([config.model, config.spot, predicted], ["spot", { size: 3 }, 5]);
  const help = await helpOf(trainCommandWith({ kinds }));
  assertMatch(help, /\n {2}--spot-size N +Side of its kernel \(default 5\)\n/);
});
