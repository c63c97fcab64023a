/**
 * onnxruntime-web on WebGPU or WebAssembly, the argument; it computes forward only. On WebGPU input and
 * output stay in GPU buffers.
 *
 * @module
 */

import type { NamedArray } from "../../nn/safetensors.ts";
import { convolutionModel, unetModel } from "./onnx/model.ts";
import type { Work } from "./protocol.ts";
import { type Arrays, type Peer, type Running, serve } from "./serve.ts";

const VERSION = "1.30.0";
// The name is no literal, so that nobody downloads the package who does not run this file.
const packageOf = (provider: string): string => `npm:onnxruntime-web@${VERSION}/${provider}`;

/** A tensor of the library. */
interface Value {
  getData(): Promise<Float32Array>;
  dispose(): void;
}

interface Session {
  run(inputs: { x: Value }): Promise<{ y: Value }>;
}

/** The library, as far as it is used here. */
interface OnnxRuntime {
  readonly env: {
    readonly wasm: { numThreads: number };
    readonly webgpu: { readonly device: GPUDevice | Promise<GPUDevice> };
    logLevel: string;
  };
  readonly InferenceSession: {
    create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<Session>;
  };
  readonly Tensor: {
    new (type: "float32", data: Float32Array, dims: readonly number[]): Value;
    fromGpuBuffer(
      buffer: GPUBuffer,
      options: { dataType: "float32"; dims: readonly number[] },
    ): Value;
  };
}

async function open(): Promise<Peer> {
  const [provider] = Deno.args;
  const ort: OnnxRuntime = await import(packageOf(provider));
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  return {
    version: VERSION,
    setting: provider === "webgpu" ? "webgpu, data in GPU buffers" : "wasm with SIMD, 1 thread",
    async start({ op, pass }: Work, inputs: Arrays): Promise<Running> {
      if (pass !== "forward") throw new Error("it computes no gradients");
      const model = op === "conv2d" ? convolutionModel(inputs) : unetModel(inputs);
      const session = await ort.InferenceSession.create(model, {
        executionProviders: [provider],
        ...provider === "webgpu" ? { preferredOutputLocation: "gpu-buffer" } : {},
      });
      const device = provider === "webgpu" ? await ort.env.webgpu.device : null;
      const x = inputs.get("x")!;
      const shape = (op === "conv2d" ? inputs.get("dy")! : x).shape;
      return forward(session, { x: upload(ort, device, x), device, shape });
    },
  };
}

function forward(
  session: Session,
  { x, device, shape }: { x: Value; device: GPUDevice | null; shape: readonly number[] },
): Running {
  return {
    run: async () => {
      const { y } = await session.run({ x });
      y.dispose();
    },
    finish: async () => {
      await device?.queue.onSubmittedWorkDone();
    },
    results: async () => {
      const { y } = await session.run({ x });
      return new Map([["y", { shape, data: Float32Array.from(await y.getData()) }]]);
    },
  };
}

function upload(
  ort: OnnxRuntime,
  device: GPUDevice | null,
  { shape, data }: NamedArray,
): Value {
  if (!device) return new ort.Tensor("float32", data, shape);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const buffer = device.createBuffer({ size: data.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, data);
  return ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims: shape });
}

if (import.meta.main) await serve(open);
