/**
 * Compute pipelines by their shader's text and constants, compiled on first use.
 *
 * @module
 */

import { type Binding, bindingsOf, groupLayout } from "./bindings.ts";
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

/** Whether the driver takes a shader: it answers later. */
export interface Verdict {
  /** Whether it has answered. */
  isKnown: boolean;
  /** Why it refused the shader; null while it has not. */
  error: ShaderError | null;
  /** Its answer; never fails. */
  readonly answer: Promise<void>;
}

/** A compiled shader, and the layout of its bindings. */
export interface CompiledShader {
  /** The pipeline. */
  readonly pipeline: GPUComputePipeline;
  /** The layout of its bind group 0. */
  readonly layout: GPUBindGroupLayout;
  /** What it binds there. */
  readonly bindings: readonly Binding[];
  /** The layout of its uniforms. */
  readonly params: ParamsLayout;
  /** Whether the driver takes it. */
  readonly verdict: Verdict;
}

/** Compiles each shader once. */
export class PipelineCache {
  readonly #gpu: GPUDevice;
  readonly #pipelines = new Map<string, CompiledShader>();

  /** Makes an empty cache. */
  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  /**
   * The compiled shader; WebGPU gives one at once even where the shader will be refused.
   *
   * @throws {ShaderError} If the driver has refused it before.
   * @throws {TypeError} If its `struct Params` has a member of another kind than uniforms have, or it
   * binds what is not a tensor.
   * @throws {RangeError} If a constant is not finite.
   */
  get(source: PipelineSource): CompiledShader {
    const { shader, constants } = source;
    const key = constants ? `${JSON.stringify(constants)}\n${shader}` : shader;
    const cached = this.#pipelines.get(key);
    if (cached?.verdict.error) throw cached.verdict.error;
    if (cached) return cached;
    checkConstants(source);
    const compiled = this.#compile(source);
    this.#pipelines.set(key, compiled);
    return compiled;
  }

  #compile(source: PipelineSource): CompiledShader {
    const { label, shader, constants } = source;
    const params = paramsLayout(source);
    const bindings = bindingsOf(source);
    this.#gpu.pushErrorScope("validation");
    const layout = this.#gpu.createBindGroupLayout({ label, ...groupLayout(bindings) });
    const module = this.#gpu.createShaderModule({ label, code: shader });
    const pipeline = this.#gpu.createComputePipeline({
      label,
      layout: this.#gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main", constants },
    });
    const refused = this.#gpu.popErrorScope();
    return { pipeline, layout, bindings, params, verdict: verdictOf(source, { module, refused }) };
  }
}

function verdictOf(
  { label, shader }: PipelineSource,
  { module, refused }: { module: GPUShaderModule; refused: Promise<GPUError | null> },
): Verdict {
  const examine = async () => {
    const error = await refused;
    if (error) {
      const { messages } = await module.getCompilationInfo();
      const listed = messages.length > 0
        ? messages
        : [{ lineNum: 1, linePos: 1, message: error.message }];
      verdict.error = new ShaderError(describeShaderError(label, shader, [...listed]));
    }
    verdict.isKnown = true;
  };
  // A device that is lost meanwhile answers no more.
  const verdict: Verdict = { isKnown: false, error: null, answer: examine().catch(() => {}) };
  return verdict;
}

/** A key of text would take NaN and infinities for null. */
function checkConstants({ label, constants = {} }: PipelineSource): void {
  for (const [name, value] of Object.entries(constants)) {
    if (!Number.isFinite(value)) {
      throw new RangeError(`Cannot dispatch ${label}: its constant ${name} is ${value}`);
    }
  }
}
