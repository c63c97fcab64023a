/**
 * A short trial of an adapter that does not say what it is, as browsers let it: which kernels suit it.
 *
 * @module
 */

import type { KernelStyle } from "../gpu/adapter.ts";
import type { Device } from "../gpu/device.ts";
import { scatteredNumbers } from "../parts/accuracy.ts";
import type { VariantFamily } from "./variant.ts";

const LAYER = "1x16x128x128->16 k3";
/** Runs of one measurement: a wait takes up to 11 ms by itself. */
const RUNS = 4;
const MEASUREMENTS = 2;
/** The most milliseconds that the kernel with textures may take to compile; seconds on most adapters. */
const COMPILE_LIMIT = 5000;
/**
 * Both compile equally fast on Mesa's llvmpipe, in a tenth of a second. Where matrix products take more
 * than this share of the limit the others are not begun: some browsers do nothing else meanwhile.
 */
const SHARE = 0.4;

/**
 * Tries a convolution by matrix products, which compile in moments everywhere, and one that reads
 * through textures. Where the latter has not compiled within the limit it is not waited for (dispose of
 * the device afterwards), and where the former was slow to compile it is not begun.
 *
 * @param options.convolutions The kernels of convolutions.
 * @param options.compileLimit In milliseconds; 5000 unless told.
 */
export async function tryStyles<Problem>(
  device: Device,
  { convolutions, compileLimit = COMPILE_LIMIT }: {
    convolutions: VariantFamily<Problem>;
    compileLimit?: number;
  },
): Promise<KernelStyle> {
  using _scope = device.scope();
  const { variants } = convolutions;
  const problem = convolutions.problemOf(
    LAYER,
    (shape) => device.upload(shape, scatteredNumbers(shape, { lowest: -0.5 })),
  )!;
  const runOf = (name: string) => {
    const variant = variants.find((variant) => variant.name === name)!;
    return () => {
      using _run = device.scope();
      variant.run(device, problem);
    };
  };
  const [products, textures] = [runOf("gemm"), runOf("direct-texture")];
  const start = performance.now();
  await device.prepare(products);
  const isSlow = performance.now() - start > SHARE * compileLimit;
  if (isSlow) return "products";
  const time = await fastest(device, products);
  const isReady = await isDoneWithin(compileLimit, device.prepare(textures));
  return isReady && await fastest(device, textures) < time ? "textures" : "products";
}

/** Milliseconds of some runs, the best of a few times. */
async function fastest(device: Device, run: () => void): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i <= MEASUREMENTS; i++) {
    const start = performance.now();
    for (let k = 0; k < RUNS; k++) run();
    await device.finish();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

/** Whether something succeeds within so many milliseconds; what it fails with does not matter. */
async function isDoneWithin(milliseconds: number, work: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const done = work.then(() => true, () => false);
  return await Promise.race([done, limit]).finally(() => clearTimeout(timer));
}
