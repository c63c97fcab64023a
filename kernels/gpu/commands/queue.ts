/**
 * Commands on their way to the GPU: many dispatches per pass, many passes per submit.
 *
 * @module
 */

import type { FailureWatch, Owner } from "../failures.ts";
import type { Command } from "./command.ts";
import { Pace } from "../pace.ts";
import type { Verdict } from "./pipelines.ts";
import type { Profiler } from "./profiler.ts";
import { encodeTextureCopy } from "../memory/textures.ts";

/** Labels that an error names. */
const MOST_NAMED = 5;

/** Commands that are submitted together; if the driver refuses one, none of them runs. */
interface Batch {
  readonly encoder: GPUCommandEncoder;
  pass: GPUComputePassEncoder | null;
  readonly labels: string[];
  /** Whose commands they are. */
  readonly owners: Set<Owner>;
  /** What the driver thinks of the shader, where it has not said so yet. */
  verdict: Verdict | null;
}

/** Encodes commands and submits them in batches, in their order. */
export class CommandQueue {
  readonly #gpu: GPUDevice;
  readonly #failures: FailureWatch;
  readonly #profiler: Profiler | null;
  readonly #pace: Pace;
  #submitted = 0;
  #batch: Batch | null = null;
  #dispatches = 0;

  /** Makes an empty queue; a profiler times every dispatch, and a pace says how many go together. */
  constructor(
    gpu: GPUDevice,
    { failures, profiler, pace = new Pace() }: {
      failures: FailureWatch;
      profiler: Profiler | null;
      pace?: Pace;
    },
  ) {
    this.#gpu = gpu;
    this.#failures = failures;
    this.#profiler = profiler;
    this.#pace = pace;
  }

  /** Dispatches so far. */
  get dispatchCount(): number {
    return this.#dispatches;
  }

  /**
   * Adds a command of somebody; it runs with the next batch.
   *
   * @throws {DeviceLostError} If the device is gone.
   */
  add(command: Command, owner: Owner): void {
    this.#failures.throwIfLost();
    switch (command.kind) {
      case "dispatch":
        return this.#dispatch(command, owner);
      case "copy": {
        const { from, fromOffset, to, toOffset, bytes } = command;
        const { encoder } = this.#outsidePass(owner);
        return encoder.copyBufferToBuffer(from, fromOffset, to, toOffset, bytes);
      }
      case "texture":
        return encodeTextureCopy(this.#outsidePass(owner).encoder, command);
      case "clear":
        this.#outsidePass(owner).encoder.clearBuffer(command.buffer, command.offset, command.bytes);
    }
  }

  /** Submits everything added so far; does not wait. */
  flush(): void {
    const batch = this.#batch;
    if (!batch) return;
    batch.pass?.end();
    this.#batch = null;
    // What is wrong with a command is heard when its encoder ends.
    this.#gpu.pushErrorScope("validation");
    this.#submitted = this.#pace.submit(batch.labels.length);
    this.#gpu.queue.submit([batch.encoder.finish()]);
    this.#failures.watch(this.#examine(batch, this.#gpu.popErrorScope()));
  }

  /**
   * Submits everything, and says when that is done: for who waits for it.
   *
   * @returns What to call once all of it is known to be done.
   */
  flushTimed(): () => void {
    this.flush();
    const count = this.#submitted;
    return () => this.#pace.finish(count);
  }

  /** Forgets what has not been submitted. */
  abandon(): void {
    this.#batch = null;
  }

  /**
   * A dispatch whose shader the driver may yet refuse goes alone: refused, it takes its whole batch
   * with it.
   */
  #dispatch(
    { label, shader: { pipeline, verdict }, group, workgroups }: Command & { kind: "dispatch" },
    owner: Owner,
  ): void {
    if (!verdict.isKnown) this.flush();
    const batch = this.#open(owner);
    const pass = batch.pass ??= batch.encoder.beginComputePass(this.#profiler?.next(label) ?? {});
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...workgroups);
    this.#dispatches++;
    batch.labels.push(label);
    if (this.#profiler) endPass(batch);
    if (!verdict.isKnown) batch.verdict = verdict;
    if (!verdict.isKnown || batch.labels.length >= this.#pace.most) this.flush();
  }

  #outsidePass(owner: Owner): Batch {
    const batch = this.#open(owner);
    endPass(batch);
    return batch;
  }

  /** The batch that is filled. */
  #open(owner: Owner): Batch {
    if (!this.#batch) {
      const encoder = this.#gpu.createCommandEncoder();
      this.#batch = { encoder, pass: null, labels: [], owners: new Set(), verdict: null };
    }
    this.#batch.owners.add(owner);
    return this.#batch;
  }

  /** Tells those whose commands were refused, of the shader where that is why. */
  async #examine({ labels, owners, verdict }: Batch, refused: Promise<GPUError | null>) {
    const error = await refused;
    await verdict?.answer;
    const failure = verdict?.error ?? (error && new Error(describe(labels, error)));
    if (failure) owners.forEach((owner) => this.#failures.report(failure, owner));
  }
}

function endPass(batch: Batch): void {
  batch.pass?.end();
  batch.pass = null;
}

function describe(labels: readonly string[], { message }: GPUError): string {
  if (labels.length <= 1) return `Cannot run ${labels[0] ?? "a copy"} on the GPU: ${message}`;
  const names = [...new Set(labels)];
  const more = names.length > MOST_NAMED ? ", …" : "";
  return `Cannot run ${labels.length} dispatches on the GPU, all of which were left out (` +
    `${names.slice(0, MOST_NAMED).join(", ")}${more}): ${message}`;
}
