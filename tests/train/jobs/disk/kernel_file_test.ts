import { assertEquals, assertRejects } from "@std/assert";
import { readKernelFile, writeKernelFile } from "../../../../train/jobs/disk/kernel_file.ts";

async function inFolder(test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/kernels.json`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readKernelFile() reads what writeKernelFile() wrote", () =>
  inFolder(async (path) => {
    const kernels = { "conv2d forward": "gemm", "conv2d dw 1x4x8x16->8 k3": "rows" };
    await writeKernelFile(path, { adapter: "some adapter", kernels });
    assertEquals(await readKernelFile(path), kernels);
  }));

Deno.test("readKernelFile() names the file and what is wrong with it", () =>
  inFolder(async (path) => {
    await assertRejects(() => readKernelFile(path), Error, `Cannot read ${path}`);
    const damaged: [string, string][] = [
      ["{", "it is not JSON"],
      ["null", "it has no kernels"],
      ["[]", "it has no kernels"],
      [`{"kernels": {"conv2d dw": "magic"}}`, `conv2d dw is "magic", which is no kernel`],
      [`{"kernels": {"conv2d dw": 3}}`, "conv2d dw is 3, which is no kernel"],
    ];
    for (const [text, reason] of damaged) {
      await Deno.writeTextFile(path, text);
      await assertRejects(() => readKernelFile(path), SyntaxError, `${path}: ${reason}`);
    }
  }));
