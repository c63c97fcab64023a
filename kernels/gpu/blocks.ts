/**
 * Blocks: tensors that lie side by side in one buffer, so that one kernel goes through all of them.
 *
 * @module
 */

import type { CommandSink } from "./commands/sink.ts";
import type { DerivedBlocks } from "./derived.ts";
import type { FailureWatch, Owner } from "./failures.ts";
import { type Lease, type Memory, shareLease } from "./memory/memory_plan.ts";
import type { Orphans } from "./memory/orphans.ts";
import { paddedBytes } from "./memory/pool.ts";
import type { ScopeStack } from "./memory/scopes.ts";
import { checkShape, type Shape } from "./shape.ts";
import { Tensor, type TensorBlock } from "./tensor.ts";

/** What is needed of a device's parts. */
export interface BlockSource {
  /** What went wrong. */
  readonly failures: FailureWatch;
  /** The buffer of each tensor. */
  readonly leases: WeakMap<Tensor, Lease>;
  /** Tensors that belong to no scope. */
  readonly orphans: Orphans;
  /** Where tensors lie at the moment. */
  readonly memory: Memory;
  /** Where commands go at the moment. */
  readonly sink: CommandSink;
  /** What kernels have made of blocks. */
  readonly derived: DerivedBlocks;
  /** Buffers; the most bytes of one, and those that nobody uses. */
  readonly held: { readonly bufferBytes: number; readonly pool: { trim(): void } };
  /** A buffer for somebody. */
  lease(bytes: number, owner: Owner): Lease;
  /** Gives the buffer of a tensor back. */
  free(tensor: Tensor, why: string): void;
  /** Checks that a tensor is of this device, and holds floats. */
  ownFloats(tensor: Tensor, what: string): void;
}

/**
 * Makes blocks of tensors for a device.
 *
 * @category Device
 */
export class TensorBlocks {
  readonly #parts: BlockSource;
  readonly #owner: Owner;
  readonly #scopes: () => ScopeStack;

  /** Makes them for somebody in his scopes; `Device.blocks` is the usual one. */
  constructor(
    parts: BlockSource,
    { owner, scopes }: { owner: Owner; scopes: () => ScopeStack },
  ) {
    this.#parts = parts;
    this.#owner = owner;
    this.#scopes = scopes;
  }

  /**
   * Tensors with undefined content that lie side by side, owned by the innermost scope.
   *
   * @throws {RangeError | OutOfMemoryError | TypeError} As {@linkcode Device.empty} does.
   */
  make(shapes: readonly Shape[]): TensorBlock {
    this.#parts.failures.throwIfLost();
    shapes.forEach(checkShape);
    const scopes = this.#scopes();
    scopes.check();
    const block = this.#place(shapes.map((shape) => new Tensor(shape, "f32", null)));
    for (const part of block.parts) scopes.add(part);
    return block;
  }

  /**
   * Moves tensors into one buffer, side by side, or into several where one would be too large: see
   * {@linkcode Tensor.block}. They hold what they held; recordings that use them must be made anew.
   *
   * @throws {TypeError} If one lies in a block already or belongs to another device, or a plan or a
   * capture is under way and one was there before.
   */
  gather(tensors: readonly Tensor<"f32">[]): void {
    const { leases, orphans, memory, sink, held } = this.#parts;
    const moved = tensors.map((tensor) => {
      this.#parts.ownFloats(tensor, "move a tensor");
      const lease = leases.get(tensor);
      if (tensor.block) throw new TypeError("Cannot move a tensor: it lies beside others already");
      if (lease?.memory !== memory) {
        throw new TypeError("Cannot move a tensor now: it was made outside of what is captured");
      }
      return { tensor, lease, isOrphan: orphans.has(tensor) };
    });
    const sources = moved.map(({ tensor: { shape }, lease }) => {
      const source = new Tensor(shape, "f32", lease.buffer);
      leases.set(source, lease);
      return source;
    });
    for (const { tensor } of moved) orphans.delete(tensor);
    for (const some of this.#divide(tensors)) this.#place(some);
    moved.forEach(({ tensor, isOrphan }, i) => {
      if (isOrphan) orphans.add(tensor, leases.get(tensor)!);
      sink.copy({ from: sources[i], to: tensor, count: tensor.size }, this.#owner);
      this.#parts.free(sources[i], "it has been moved");
    });
    // Nobody asks for buffers of just these sizes again.
    if (!sink.isPlan && tensors.length > 0) held.pool.trim();
  }

  /**
   * What a kernel makes of a block for itself, under a name: made once, and anew when a tensor of the
   * block may have changed. It lives as long as the outermost scope.
   */
  derive(
    block: TensorBlock,
    { name, make }: { name: string; make: () => TensorBlock },
  ): TensorBlock {
    const { derived } = this.#parts;
    const known = derived.get(block, name);
    if (known) return known;
    const made = make();
    const scopes = this.#scopes();
    for (const part of made.parts) scopes.lift(part);
    derived.set(block, { name, made });
    return made;
  }

  /** Puts tensors, which have no memory, side by side into a buffer. */
  #place(tensors: readonly Tensor<"f32">[]): TensorBlock {
    const { leases } = this.#parts;
    const offsets: number[] = [];
    let bytes = 0;
    for (const { byteLength } of tensors) {
      offsets.push(bytes);
      bytes += paddedBytes(byteLength);
    }
    const lease = this.#parts.lease(bytes, this.#owner);
    const whole = new Tensor([bytes / 4], "f32", lease.buffer);
    const block = { whole, parts: tensors };
    leases.set(whole, { ...lease, release: () => {} });
    whole.moveTo(lease.buffer, { block, offset: 0 });
    const shared = shareLease(lease, tensors.length, endOf(whole));
    tensors.forEach((tensor, i) => {
      tensor.moveTo(lease.buffer, { block, offset: offsets[i] });
      leases.set(tensor, shared);
    });
    return block;
  }

  /** Neighbours that fit into one buffer together. */
  #divide(tensors: readonly Tensor<"f32">[]): Tensor<"f32">[][] {
    const groups: Tensor<"f32">[][] = [];
    let left = 0;
    for (const tensor of tensors) {
      const bytes = paddedBytes(tensor.byteLength);
      if (bytes > left) {
        groups.push([]);
        left = this.#parts.held.bufferBytes;
      }
      groups[groups.length - 1].push(tensor);
      left -= bytes;
    }
    return groups;
  }
}

/** Ends the whole of a block, which this does not keep from being forgotten with its tensors. */
function endOf(whole: Tensor): () => void {
  const known = new WeakRef(whole);
  return () => known.deref()?.release("the tensors that lie in it have been freed");
}
