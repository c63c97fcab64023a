/// <reference lib="dom" />
/**
 * Handing files over to a worker. A browser looks at each of them on the way, which takes long for thousands,
 * so they go a few at a time and the page answers in between.
 *
 * @module
 */

import type { Caller, Handlers } from "../shared/calls.ts";
import type { FileBundle } from "../shared/messages.ts";

/** Milliseconds that the page may be busy with files at once. */
const BUSY = 25;

const delivered = new WeakMap<object, Set<string>>();

/** What a worker must be able to do. */
type Taking = Handlers & {
  readonly addFiles: (bundle: FileBundle) => void;
  readonly dropFiles: (bundle: { id: string }) => void;
};

/**
 * Hands a bundle over unless the worker has it.
 *
 * @throws {DOMException} If it is to stop; the worker has none of it then.
 */
export async function handOver<H extends Taking>(
  worker: Caller<H>,
  { id, files }: FileBundle,
  { tell, stop }: { tell: (done: number, total: number) => void; stop: AbortSignal },
): Promise<void> {
  const known = delivered.get(worker) ?? new Set();
  delivered.set(worker, known);
  if (known.has(id)) return;
  const taking = worker as unknown as Caller<Taking>;
  for (let at = 0, count = 1; at < files.length;) {
    const start = performance.now();
    const sent = taking.call("addFiles", { id, files: files.slice(at, at + count) });
    const took = performance.now() - start;
    at = Math.min(at + count, files.length);
    count = Math.max(1, Math.min(2 * count, Math.floor(count * BUSY / Math.max(took, 1))));
    await sent;
    if (stop.aborted) {
      await taking.call("dropFiles", { id });
      throw stop.reason;
    }
    tell(at, files.length);
  }
  known.add(id);
}

/** Has a worker forget a bundle that it may have. */
export async function takeBack<H extends Taking>(
  worker: Caller<H>,
  { id }: FileBundle,
): Promise<void> {
  delivered.get(worker)?.delete(id);
  await (worker as unknown as Caller<Taking>).call("dropFiles", { id });
}
