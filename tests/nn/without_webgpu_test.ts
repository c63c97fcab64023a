// Where there is no WebGPU, importing works, and opening a device says what to do.
import { assertEquals } from "@std/assert";

Deno.test("kernels and nn can be imported without WebGPU and its globals; openDevice() says what to do", async () => {
  const url = new URL("./fixtures/without_webgpu.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  try {
    const found = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
    });
    assertEquals(found, {
      globals: [],
      kinds: ["function", "function"],
      error: {
        name: "GpuUnavailableError",
        message: "Cannot open a GPU: this Deno has no WebGPU; take Deno 2.9 or later",
      },
    });
  } finally {
    worker.terminate();
  }
});
