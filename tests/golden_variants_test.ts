// The golden cases of convolutions, and the training, with every kernel of a convolution.
import { assertEquals } from "@std/assert";
import { convolutionVariants, weightGradientVariants } from "../kernels/ops/conv2d/variants.ts";
import { runGolden } from "./golden.ts";

const DATA = new URL("golden/data", import.meta.url).pathname;

Deno.test("every golden case with a convolution passes with every exact kernel of one", async () => {
  // Half precision is not meant to give PyTorch's digits.
  const exact = convolutionVariants.filter(({ name }) => !name.endsWith("f16"));
  for (const [i, { name }] of exact.entries()) {
    const { name: forWeights } = weightGradientVariants[i % weightGradientVariants.length];
    const kernels = { "conv2d forward": name, "conv2d dx": name, "conv2d dw": forWeights };
    const lines: string[] = [];
    const print = (line: string) => lines.push(line);
    const { failed } = await runGolden(DATA, { print, kernels, only: /^conv2d|^train/ });
    assertEquals(lines.filter((line) => !line.startsWith("ok ")), [], `${name}, ${forWeights}`);
    assertEquals(failed, 0);
  }
});
