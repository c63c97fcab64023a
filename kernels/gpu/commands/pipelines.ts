/**
 * Compute pipelines by their shader's text and constants, compiled on first use.
 *
 * @module
 */

import { type Binding, bindingsOf, groupLayout } from "./bindings.ts";
import { type ParamsLayout, paramsLayout } from "./params.ts";
import { describeShaderError, ShaderError } from "../errors.ts";

/**
 * What a pipeline is made from.
 *
 * @category Device
 */
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
    const key = pipelineKey(source);
    const cached = this.#pipelines.get(key);
    if (cached?.verdict.error) throw cached.verdict.error;
    if (cached) return cached;
    const text = readShader(source);
    this.#gpu.pushErrorScope("validation");
    const { layout, descriptor } = this.#describe(source, text.bindings);
    const pipeline = this.#gpu.createComputePipeline(descriptor);
    const { module } = descriptor.compute;
    const verdict = verdictOf(source, { module, refused: this.#gpu.popErrorScope() });
    const compiled = { ...text, layout, pipeline, verdict };
    this.#pipelines.set(key, compiled);
    return compiled;
  }

  /**
   * Compiles a shader without holding the thread up, where the runtime can; the next
   * {@linkcode PipelineCache.get} has it.
   *
   * @throws {ShaderError} If the driver refuses it.
   */
  async prepare(source: PipelineSource): Promise<void> {
    const key = pipelineKey(source);
    if (this.#pipelines.has(key)) return;
    const text = readShader(source);
    this.#gpu.pushErrorScope("validation");
    const { layout, descriptor } = this.#describe(source, text.bindings);
    const made = this.#gpu.createComputePipelineAsync(descriptor);
    const refused = this.#gpu.popErrorScope();
    try {
      const pipeline = await made;
      const verdict = { isKnown: true, error: null, answer: Promise.resolve() };
      if (!await refused) this.#pipelines.set(key, { ...text, layout, pipeline, verdict });
    } catch (error) {
      const { module } = descriptor.compute;
      throw await shaderError(source, { module, message: (error as Error).message });
    }
  }

  /** What a pipeline is made of; what is wrong with it goes to the open error scope. */
  #describe({ label, shader, constants }: PipelineSource, bindings: readonly Binding[]) {
    const layout = this.#gpu.createBindGroupLayout({ label, ...groupLayout(bindings) });
    const module = this.#gpu.createShaderModule({ label, code: shader });
    const descriptor = {
      label,
      layout: this.#gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main", constants },
    };
    return { layout, descriptor };
  }
}

/** What the text of a shader says. */
function readShader(source: PipelineSource): Pick<CompiledShader, "params" | "bindings"> {
  checkConstants(source);
  return { params: paramsLayout(source), bindings: bindingsOf(source) };
}

/** The text by which a pipeline is found again. */
export function pipelineKey({ shader, constants }: PipelineSource): string {
  return constants ? `${JSON.stringify(constants)}\n${shader}` : shader;
}

async function shaderError(
  { label, shader }: PipelineSource,
  { module, message }: { module: GPUShaderModule; message: string },
): Promise<ShaderError> {
  const { messages } = await module.getCompilationInfo();
  const listed = messages.length > 0 ? messages : [{ lineNum: 1, linePos: 1, message }];
  return new ShaderError(describeShaderError(label, shader, [...listed]));
}

function verdictOf(
  source: PipelineSource,
  { module, refused }: { module: GPUShaderModule; refused: Promise<GPUError | null> },
): Verdict {
  const examine = async () => {
    const error = await refused;
    if (error) verdict.error = await shaderError(source, { module, message: error.message });
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
