import { assertEquals } from "@std/assert";
import { resolve } from "node:path";
import { formatImport } from "../../../../train/console/commands/exchange/import.ts";

Deno.test("formatImport() shows the network, its thresholds and where it is", () => {
  const imported = {
    type: "imported",
    ...{
      model: "m",
      file: "m/weights_best.h5",
      out: "run",
      weights: "run/weights.safetensors",
      parameters: 1_425_185,
    },
    options: { rays: 32, grid: 2, depth: 3, base: 32, features: 128, inChannels: 1 },
    thresholds: { prob: 0.479, nms: 0.3 },
    hasThresholds: true,
  } as const;
  assertEquals(formatImport(imported).lines, [
    "StarDist of m/weights_best.h5: 1,425,185 parameters; 32 rays, grid 2, depth 3, base 32",
    "Thresholds: probability 0.479, overlap 0.300",
    `Weights: ${resolve("run/weights.safetensors")}`,
  ]);
  assertEquals(
    formatImport({ ...imported, hasThresholds: false }).lines[1],
    "Thresholds: probability 0.479, overlap 0.300, the defaults, as it has no thresholds.json",
  );
});
