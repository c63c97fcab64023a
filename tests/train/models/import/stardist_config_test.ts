// What a StarDist configuration says about the network, and which models are none of ours.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DEFAULT_STARDIST } from "../../../../nn/networks/stardist.ts";
import {
  parseStarDistConfig,
  parseThresholds,
  type StarDistConfig,
} from "../../../../train/models/import/stardist_config.ts";
import { configOf, SMALL } from "../../fixtures/models/keras_model.ts";

function parse(change: Readonly<Record<string, unknown>>): StarDistConfig {
  return parseStarDistConfig(configOf(SMALL, change), "m/config.json");
}

/** Asserts that a changed configuration is refused, in one line that names the file. */
function refuse(
  change: Readonly<Record<string, unknown>>,
  { type, says }: { type: typeof TypeError | typeof RangeError; says: string },
): void {
  const error = assertThrows(() => parse(change), type, `Cannot import m/config.json: ${says}`);
  assert(!error.message.includes("\n"), error.message);
}

Deno.test("parseStarDistConfig() reads the network of a complete file", () => {
  const plain = { prefix: "", batchNorm: false, headsOnTrunk: false, classes: 0 };
  assertEquals(parse({}), { options: SMALL, ...plain });
  const other = { rays: 64, grid: 4, depth: 2, base: 16, features: 256, inChannels: 1 };
  assertEquals(parseStarDistConfig(configOf(other), "c").options, other);
  assertEquals(parse({ unet_prefix: "a_", unet_dropout: 0.2 }).prefix, "a_");
  assertEquals(parse({ train_something_new: { a: [1] }, n_classes: null }).options, SMALL);
  assertEquals(parse({ unet_last_activation: null }).options, SMALL);
});

Deno.test("parseStarDistConfig() takes what current versions write, and what changes no answer", () => {
  const current = { unet_expansion: 2, train_sample_cache: true, train_class_weights: [1, 1] };
  assertEquals(parse({ ...current, n_classes: null, use_gpu: true }).options, SMALL);
  assertEquals(parse({ train_shape_completion: true, unet_dropout: 0.5 }).options, SMALL);
  for (const off of [false, null, 0]) assertEquals(parse({ unet_new: off }).options, SMALL);
});

Deno.test("parseStarDistConfig() serves kernels, normalisation, classes and heads on the U-Net", () => {
  assertEquals(parse({ unet_kernel_size: [5, 5] }).options, { ...SMALL, kernel: 5 });
  assertEquals(parse({ unet_batch_norm: true }).batchNorm, true);
  assertEquals(parse({ n_classes: 3 }).classes, 3);
  assertEquals(parse({ n_channel_in: 3 }).options, { ...SMALL, inChannels: 3 });
  const { headsOnTrunk, options } = parse({ net_conv_after_unet: 0 });
  assertEquals({ headsOnTrunk, options }, {
    headsOnTrunk: true,
    options: { ...SMALL, features: SMALL.base },
  });
});

Deno.test("parseStarDistConfig() fills in the defaults of Config2D", () => {
  const { options, prefix } = parseStarDistConfig('{"n_rays": 32}', "config.json");
  assertEquals(options, DEFAULT_STARDIST);
  assertEquals(prefix, "");
  assertEquals(parseStarDistConfig('{"n_rays": 12}', "c").options.rays, 12);
});

Deno.test("parseStarDistConfig() refuses 3D models", () => {
  const threeDimensional = {
    type: TypeError,
    says: "it is a 3D model, only 2D models are understood",
  };
  refuse({ n_dim: 3 }, threeDimensional);
  refuse({ axes: "ZYXC" }, threeDimensional);
  refuse({ grid: [1, 2, 2], n_dim: undefined }, threeDimensional);
});

Deno.test("parseStarDistConfig() refuses other networks, with the setting at fault", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ backbone: "resnet" }, 'its backbone is "resnet", only "unet" is understood'],
    [{ backbone: "fpn" }, 'its backbone is "fpn"'],
    [{ unet_activation: "elu" }, 'unet_activation is "elu", only "relu" is understood'],
    [{ unet_last_activation: "linear" }, 'unet_last_activation is "linear", only "relu"'],
    [{ unet_kernel_size: [4, 4] }, "unet_kernel_size is [4,4], only [1,1], [3,3]"],
    [{ unet_kernel_size: [3, 5] }, "unet_kernel_size is [3,5]"],
    [{ unet_n_conv_per_depth: 3 }, "unet_n_conv_per_depth is 3, only 2 is understood"],
    [{ unet_pool: [4, 4] }, "unet_pool is [4,4], only [2,2] is understood"],
    [{ unet_expansion: 1.5 }, "unet_expansion is 1.5, only 2 is understood"],
    [{ unet_attention: true }, "unet_attention is true, a setting that is not understood"],
    [{ unet_prefix: 7 }, "unet_prefix is 7, expected a text"],
  ];
  for (const [change, says] of cases) refuse(change, { type: TypeError, says });
});

Deno.test("parseStarDistConfig() refuses numbers that make no network", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ n_rays: 2 }, "n_rays is 2, expected a whole number from 3 on"],
    [{ n_rays: "32" }, 'n_rays is "32"'],
    [{ n_rays: null }, "n_rays is missing"],
    [{ unet_n_depth: 0 }, "unet_n_depth is 0, expected a whole number from 1 on"],
    [{ unet_n_depth: 1e9 }, "unet_n_depth is 1000000000, at most 8 make sense"],
    [{ unet_n_filter_base: 2.5 }, "unet_n_filter_base is 2.5"],
    [{ net_conv_after_unet: -1 }, "net_conv_after_unet is -1, expected a whole number from 0 on"],
    [{ n_classes: 1.5 }, "n_classes is 1.5, expected a whole number from 0 on"],
    [{ grid: [1, 2] }, "grid is [1,2], only [1,1], [2,2] and [4,4] are understood"],
    [{ grid: [8, 8] }, "grid is [8,8]"],
    [{ grid: 2 }, "grid is 2"],
    [{ grid: [] }, "grid is []"],
  ];
  for (const [change, says] of cases) refuse(change, { type: RangeError, says });
});

Deno.test("parseStarDistConfig() refuses what is no configuration of StarDist", () => {
  const refuseText = (text: string, says: string) =>
    assertThrows(() => parseStarDistConfig(text, "c.json"), SyntaxError, says);
  refuseText("{", "Cannot read c.json: it is no JSON object; copy it again from its source");
  refuseText("null", "it is no JSON object");
  refuseText("[32]", "it is no JSON object");
  refuseText(
    '{"probabilistic": false, "unet_n_depth": 2}',
    "Cannot read c.json: it has no n_rays; give the config.json of a StarDist model",
  );
});

Deno.test("parseThresholds() reads both numbers, and refuses what are none", () => {
  const parse = (text: string) => parseThresholds(text, "thresholds.json");
  assertEquals(parse('{"prob": 0.4178193636640508, "nms": 0.5}'), {
    prob: 0.4178193636640508,
    nms: 0.5,
  });
  assertEquals(parse('{"prob": 0, "nms": 1, "more": 2}'), { prob: 0, nms: 1 });
  const refuse = (text: string, says: string) =>
    assertThrows(() => parse(text), SyntaxError, `Cannot read thresholds.json: ${says}`);
  refuse('{"prob": 0.5}', "nms is missing, expected a number from 0 to 1; correct it, or remove");
  refuse('{"prob": 1.5, "nms": 0.3}', "prob is 1.5");
  refuse('{"prob": "0.5", "nms": 0.3}', 'prob is "0.5"');
  refuse('{"prob": null, "nms": 0.3}', "prob is null");
  refuse('{"prob": NaN, "nms": 0.3}', "it is no JSON object");
});
