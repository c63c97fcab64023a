/**
 * Compute pipelines by their shader's text and constants, compiled on first use.
 *
 * @module
 */

import { type ParamsLayout, paramsLayout } from "./params.ts";
import { describeShaderError, ShaderError } from "../errors.ts";

/** What a pipeline is made from. */
export interface PipelineSource {
  /** What it computes, for errors. */
  readonly label: string;
  /** WGSL with an entry point `main`. */
  readonly shader: string;
  /** Values of `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
}

/** A compiled shader, and the layout of its bindings. */
export interface CompiledShader {
  /** The pipeline. */
  readonly pipeline: GPUComputePipeline;
  /** The layout of its bind group 0. */
  readonly layout: GPUBindGroupLayout;
  /** The layout of its uniforms. */
  readonly params: ParamsLayout;
}

/** Compiles each shader once. */
export class PipelineCache {
  readonly #gpu: GPUDevice;
  readonly #onError: (error: ShaderError) => void;
  readonly #pipelines = new Map<string, CompiledShader>();

  /** Makes an empty cache; `onError` is told, later, of every shader that was refused. */
  constructor(gpu: GPUDevice, onError: (error: ShaderError) => void) {
    this.#gpu = gpu;
    this.#onError = onError;
  }

  /**
   * The compiled shader; WebGPU gives one at once even where the shader will be refused.
   *
   * @throws {TypeError} If its `struct Params` has a member of another kind than uniforms have.
   */
  get(source: PipelineSource): CompiledShader {
    const { label, shader, constants } = source;
    const key = constants ? `${JSON.stringify(constants)}\n${shader}` : shader;
    const cached = this.#pipelines.get(key);
    if (cached) return cached;
    const params = paramsLayout(source);
    this.#gpu.pushErrorScope("validation");
    const module = this.#gpu.createShaderModule({ label, code: shader });
    const pipeline = this.#gpu.createComputePipeline({
      label,
      layout: "auto",
      compute: { module, entryPoint: "main", constants },
    });
    this.#watch(source, module);
    const compiled = { pipeline, layout: pipeline.getBindGroupLayout(0), params };
    this.#pipelines.set(key, compiled);
    return compiled;
  }

  async #watch({ label, shader }: PipelineSource, module: GPUShaderModule): Promise<void> {
    const error = await this.#gpu.popErrorScope();
    if (!error) return;
    const { messages } = await module.getCompilationInfo();
    const listed = messages.length > 0
      ? messages
      : [{ lineNum: 1, linePos: 1, message: error.message }];
    this.#onError(new ShaderError(describeShaderError(label, shader, [...listed])));
  }
}
