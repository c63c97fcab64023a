import { assertEquals } from "@std/assert";
import { flattenSettings } from "../../../train/report/settings.ts";

Deno.test("flattenSettings() joins nested names with dots and keeps lists whole", () => {
  assertEquals(
    flattenSettings({ seed: 1, adam: { rate: 1e-4, decay: { kind: "cosine" } }, ratio: [2, 1] }),
    [["seed", "1"], ["adam.rate", "0.0001"], ["adam.decay.kind", "cosine"], ["ratio", "[2,1]"]],
  );
});

Deno.test("flattenSettings() shows values that are missing or not finite", () => {
  assertEquals(
    flattenSettings({ out: null, stop: undefined, limit: NaN, on: false, empty: {} }),
    [["out", "null"], ["stop", "undefined"], ["limit", "NaN"], ["on", "false"]],
  );
});
