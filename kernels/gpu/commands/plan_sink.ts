/**
 * The sink that computes nothing and notes what would be needed.
 *
 * @module
 */

import type { TextureRows } from "../memory/textures.ts";
import type { Dispatch } from "./dispatch.ts";
import type { PipelineSource } from "./pipelines.ts";
import type { CommandSink } from "./sink.ts";

/** Notes the textures of dispatches; buffers are noted where they are leased. */
export class PlanSink implements CommandSink {
  /** It computes nothing. */
  readonly isPlan = true;
  readonly #textures: TextureRows;
  readonly #hear: (source: PipelineSource) => void;

  /** Notes textures there, and tells `hear` of every shader. */
  constructor(textures: TextureRows, hear: (source: PipelineSource) => void = () => {}) {
    this.#textures = textures;
    this.#hear = hear;
  }

  /** Notes the textures of its operands. */
  dispatch({ label, shader, constants, textures = [] }: Dispatch): void {
    this.#hear({ label, shader, constants });
    for (const [slot, { byteLength }] of textures.entries()) this.#textures.hold(slot, byteLength);
  }

  /** Copies need no memory. */
  copy(): void {}

  /** Neither does clearing. */
  clear(): void {}

  /** What is written is passed over. */
  cross(): void {}
}
