/**
 * A worker that augments samples.
 *
 * @module
 */

import { type AugmentationTask, augmentHere } from "../../../learn/patches/augmenter.ts";

/** What a worker is asked. */
export interface AugmentingRequest {
  /** The number of the request. */
  readonly id: number;
  /** What is to be done. */
  readonly tasks: readonly AugmentationTask[];
}

const port = globalThis as unknown as {
  onmessage: ((event: MessageEvent<AugmentingRequest>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
};

port.onmessage = ({ data: { id, tasks } }) => {
  try {
    const samples = augmentHere(tasks);
    // Buffers that two samples share can be handed over once only.
    const buffers = samples.flatMap(({ image, labels }) =>
      labels ? [image.buffer, labels.buffer] : [image.buffer]
    );
    port.postMessage({ id, samples }, [...new Set(buffers)]);
  } catch (error) {
    port.postMessage({ id, message: (error as Error).message }, []);
  }
};
