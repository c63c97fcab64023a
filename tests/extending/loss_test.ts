// A loss of this file alone, with a setting of its own: flag, help, check and config.json follow from it.
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { dice } from "../../kernels/mod.ts";
import type { LossKind } from "../../nn/mod.ts";
import { trainCommandWith } from "../../train/console/commands/train.ts";
import { runCommand } from "../../train/console/main.ts";
import {
  changeConfig,
  checkConfig,
  defaultConfig,
  defaultConfigOf,
  defaultKinds,
  positive,
} from "../../train/mod.ts";
import { testTerminal } from "../train/console/fixtures/terminal.ts";
import { helpOf, trainAndPredict } from "../train/fixtures/whole_way.ts";

/** Dice with another number beside its sums: the larger, the less it asks for. */
const smoothDice: LossKind = {
  name: "smooth-dice",
  when: "between frames that hardly show any object",
  settings: {
    smooth: { value: 1, rule: positive, sentence: "What smooth-dice adds to its sums" },
  },
  compute: (tape, pair, { smooth }) => tape.apply(dice, [...pair], { smooth }),
};
const kinds = { ...defaultKinds, losses: [...defaultKinds.losses, smoothDice] };

Deno.test("a loss that Kymo has never heard of trains with its own setting", async () => {
  const change = { consistencyLoss: "smooth-dice", consistencySmooth: 1e6 };
  const { losses: { consistency }, config, predicted } = await trainAndPredict({ change, kinds });
  assertEquals([config.consistencyLoss, config.consistencySmooth], ["smooth-dice", 1e6]);
  // Two patches of 16 × 16 add up to 1024 at most, and the same plus a million is below.
  assert(consistency.length > 0);
  assert(consistency.every((loss) => loss > 0 && loss < 1024 / 1e6), consistency.join());
  assertEquals(predicted, 5);
});

Deno.test("the setting of a loss that is handed in has a flag, stands in the help and is checked", async () => {
  const train = trainCommandWith({ kinds });
  const help = await helpOf(train);
  assertMatch(
    help,
    /\n {2}--consistency-smooth N +What smooth-dice adds to its sums \(default 1\)/,
  );
  assertMatch(help, /Loss between the answers to two frames: [^(]*\bsmooth-dice\b/);
  const terminal = testTerminal();
  const wrong = ["train", "--consistency-smooth=0", "--out=none"];
  assertEquals(await runCommand(wrong, { commands: [train], terminal }), 2);
  const expected = "expected a number > 0";
  assertEquals(terminal.errors, [`Cannot use --consistency-smooth 0: ${expected}`]);
  const change = { consistencySmooth: 0 };
  const config = changeConfig(defaultConfigOf(kinds), { change, source: "the test", kinds });
  const complaint = `Cannot train: consistencySmooth is 0, ${expected}`;
  assertThrows(() => checkConfig(config, kinds), RangeError, complaint);
  const without = () => changeConfig(defaultConfig, { change, source: "the test" });
  assertThrows(without, TypeError, "unknown setting consistencySmooth");
});
