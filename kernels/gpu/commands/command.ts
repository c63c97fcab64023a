/**
 * Commands: what the GPU is to do, with everything it needs, made of what is asked of a device.
 *
 * @module
 */

import { paddedBytes } from "../memory/pool.ts";
import type { TextureSlots } from "../memory/textures.ts";
import type { Tensor } from "../tensor.ts";
import { checkBindings } from "./bindings.ts";
import { checkWorkgroups, type Dispatch } from "./dispatch.ts";
import { paramWords } from "./params.ts";
import type { CompiledShader, PipelineCache } from "./pipelines.ts";
import type { TensorCopy } from "./sink.ts";
import type { UniformCache } from "./uniforms.ts";

/** One thing for the GPU to do, with everything it needs. */
export type Command =
  | {
    readonly kind: "dispatch";
    readonly label: string;
    readonly shader: CompiledShader;
    readonly group: GPUBindGroup;
    readonly workgroups: readonly [number, number, number];
  }
  | {
    readonly kind: "copy";
    readonly from: GPUBuffer;
    readonly fromOffset: number;
    readonly to: GPUBuffer;
    readonly toOffset: number;
    readonly bytes: number;
  }
  | {
    readonly kind: "texture";
    readonly from: GPUBuffer;
    readonly fromOffset: number;
    readonly to: GPUTexture;
    readonly bytes: number;
  }
  | {
    readonly kind: "clear";
    readonly buffer: GPUBuffer;
    readonly offset: number;
    readonly bytes: number;
  };

/** A command and the tensors that it reads and writes. */
export interface TensorCommand {
  /** The command. */
  readonly command: Command;
  /** Its tensors. */
  readonly tensors: readonly Tensor[];
}

/** The command of a copy. */
export function copyCommand(
  { from, fromOffset = 0, to, toOffset = 0, count }: TensorCopy,
): TensorCommand {
  const command: Command = {
    kind: "copy",
    from: from.buffer,
    fromOffset: from.offset + fromOffset * 4,
    to: to.buffer,
    toOffset: to.offset + toOffset * 4,
    bytes: count * 4,
  };
  return { command, tensors: [from, to] };
}

/** The command that makes a tensor 0, with its padding. */
export function clearCommand(tensor: Tensor): TensorCommand {
  const bytes = paddedBytes(tensor.byteLength);
  const { buffer, offset } = tensor;
  return { command: { kind: "clear", buffer, offset, bytes }, tensors: [tensor] };
}

/** A tensor as a dispatch binds it: its buffer, or the part of it that is the tensor's. */
function boundBuffer({ buffer, offset, byteLength }: Tensor): GPUBufferBinding {
  return { buffer, offset, size: paddedBytes(byteLength) };
}

/** Makes the commands of dispatches. */
export class DispatchBinder {
  readonly #gpu: GPUDevice;
  readonly #pipelines: PipelineCache;
  readonly #textures: TextureSlots;

  /** Compiles with these pipelines, and reads operands through these textures. */
  constructor(
    gpu: GPUDevice,
    { pipelines, textures }: { pipelines: PipelineCache; textures: TextureSlots },
  ) {
    this.#gpu = gpu;
    this.#pipelines = pipelines;
    this.#textures = textures;
  }

  /**
   * The copies of its operands into textures, and the dispatch.
   *
   * @throws {ShaderError} If the driver has refused its shader before.
   * @throws {TypeError} If the names of its uniforms are not those of its shader's `struct Params`, or
   * its tensors are not those that its shader binds.
   * @throws {RangeError} If a number of workgroups is not one, or too large.
   */
  commandsOf(dispatch: Dispatch, uniforms: UniformCache): TensorCommand[] {
    const { label, tensors, textures = [] } = dispatch;
    const workgroups = checkWorkgroups(dispatch);
    const shader = this.#pipelines.get(dispatch);
    const { layout, bindings, params } = shader;
    checkBindings(bindings, dispatch);
    const words = paramWords(params, dispatch);
    const hasUniforms = bindings[0]?.kind === "uniform";
    const buffers = [
      ...(hasUniforms ? [{ buffer: uniforms.get(words) }] : []),
      ...tensors.map(boundBuffer),
    ];
    const copies = textures.map((tensor, slot) => {
      const bytes = tensor.byteLength;
      const { buffer: from, offset: fromOffset } = tensor;
      return { from, fromOffset, to: this.#textures.take(slot, bytes), bytes };
    });
    const views = copies.map(({ to }) => to.createView());
    const resources = [...buffers, ...views];
    const entries = resources.map((resource, i) => ({ binding: bindings[i].at, resource }));
    const group = this.#gpu.createBindGroup({ label, layout, entries });
    const command: Command = { kind: "dispatch", label, shader, group, workgroups };
    return [
      ...copies.map((copy, i): TensorCommand => ({
        command: { kind: "texture", ...copy },
        tensors: [textures[i]],
      })),
      { command, tensors },
    ];
  }
}
