// A run writes down the kernels it used, and a run that goes on uses them again.
import { assert, assertEquals } from "@std/assert";
import { readKernelFile, writeKernelFile } from "../../../../train/jobs/disk/kernel_file.ts";
import { tinyConfig, trainToEnd, withTinyData } from "../../fixtures/tiny_run.ts";

const SMALL = { warmup: 2, rounds: 0, control: false };

Deno.test("train() uses the kernels of a file, and its folder says which kernels it used", async () => {
  await withTinyData(async ({ data, runs }) => {
    const kernels = `${runs}/wanted.json`;
    await writeKernelFile(kernels, { adapter: "any", kernels: { "conv2d forward": "gemm" } });
    const config = tinyConfig(data, { ...SMALL, kernels });
    await trainToEnd({ config, out: `${runs}/pinned` });
    const used = Object.entries(await readKernelFile(`${runs}/pinned/kernels.json`));
    const forward = used.filter(([key]) => key.startsWith("conv2d forward"));
    assert(forward.length > 0 && used.length > forward.length);
    assert(forward.every(([, name]) => name === "gemm"));
    assert(used.some(([, name]) => name !== "gemm"));
  }, { videos: [3], stills: 4 });
});

Deno.test("a run that goes on keeps its kernels whatever the rules say now", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, SMALL);
    const out = `${runs}/run`;
    await trainToEnd({ config, out });
    const path = `${out}/kernels.json`;
    const changed = Object.fromEntries(
      Object.keys(await readKernelFile(path)).map((key) => [
        key,
        key.startsWith("upConv2d") ? "folded" : key.startsWith("conv2d dw") ? "rows" : "direct",
      ]),
    );
    await writeKernelFile(path, { adapter: "any", kernels: changed });
    await trainToEnd({ config, out, resume: true });
    assertEquals(await readKernelFile(path), changed);
  }, { videos: [3], stills: 4 });
});
