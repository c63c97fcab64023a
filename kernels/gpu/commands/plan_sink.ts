/**
 * The sink that computes nothing and notes what would be needed.
 *
 * @module
 */

import type { TextureRows } from "../memory/textures.ts";
import type { Dispatch } from "./dispatch.ts";
import type { PipelineSource } from "./pipelines.ts";
import type { CommandSink } from "./sink.ts";

/**
 * How many commands of each kind a computation gives to the GPU.
 *
 * @category Device
 */
export interface CommandCounts {
  /** Dispatches, each of which is launched by itself. */
  readonly dispatches: number;
  /** Copies from buffer to buffer, which end a pass. */
  readonly copies: number;
  /** Tensors that are set to 0, which ends a pass, too. */
  readonly clears: number;
  /** Operands that are copied into textures; a recording leaves out those that are there already. */
  readonly textures: number;
  /** Dispatches by their labels. */
  readonly labels: ReadonlyMap<string, number>;
}

/** Notes the textures of dispatches; buffers are noted where they are leased. */
export class PlanSink implements CommandSink {
  /** It computes nothing. */
  readonly isPlan = true;
  readonly #textures: TextureRows;
  readonly #hear: (source: PipelineSource) => void;
  readonly #labels = new Map<string, number>();
  #copies = 0;
  #clears = 0;
  #operands = 0;

  /** Notes textures there, and tells `hear` of every shader. */
  constructor(textures: TextureRows, hear: (source: PipelineSource) => void = () => {}) {
    this.#textures = textures;
    this.#hear = hear;
  }

  /** What it has been given so far. */
  get counts(): CommandCounts {
    const labels = new Map(this.#labels);
    const dispatches = [...labels.values()].reduce((sum, count) => sum + count, 0);
    const [copies, clears, textures] = [this.#copies, this.#clears, this.#operands];
    return { dispatches, copies, clears, textures, labels };
  }

  /** Notes the textures of its operands. */
  dispatch({ label, shader, constants, textures = [] }: Dispatch): void {
    this.#labels.set(label, (this.#labels.get(label) ?? 0) + 1);
    this.#operands += textures.length;
    this.#hear({ label, shader, constants });
    for (const [slot, { byteLength }] of textures.entries()) this.#textures.hold(slot, byteLength);
  }

  /** Copies need no memory. */
  copy(): void {
    this.#copies++;
  }

  /** Neither does clearing. */
  clear(): void {
    this.#clears++;
  }

  /** What is written is passed over. */
  cross(): void {}
}
