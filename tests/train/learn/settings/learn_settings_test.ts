import { assertEquals, assertThrows } from "@std/assert";
import { configOf } from "../../../../train/jobs/train/config.ts";
import { learnSettingsOf } from "../../../../train/learn/settings/learn_settings.ts";

Deno.test("learnSettingsOf() gives what a run on disk with the same change reads", () => {
  for (const model of ["unet", "stardist"]) {
    const change = { model, rounds: 7, augmentation: { noise: 0 } };
    const config = configOf(change, { source: "a test" });
    const settings = learnSettingsOf(change, { source: "a test" });
    const shared = Object.fromEntries(
      Object.keys(settings).map((name) => [name, config[name as keyof typeof config]]),
    );
    assertEquals<unknown>(settings, shared);
  }
});

Deno.test("learnSettingsOf() refuses a setting that there is not", () => {
  assertThrows(
    () => learnSettingsOf({ model: "unet", round: 7 }, { source: "a test" }),
    TypeError,
    "Cannot use a test: unknown setting round",
  );
});
