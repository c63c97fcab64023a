/**
 * Waiting for the GPU until somebody asks to stop.
 *
 * @module
 */

/**
 * What a promise gives, unless it is to stop before.
 *
 * @throws What `stop` was aborted with.
 */
export async function unlessStopped<T>(
  promise: Promise<T>,
  stop: AbortSignal | undefined,
): Promise<T> {
  if (!stop) return await promise;
  return await new Promise((resolve, reject) => {
    const end = () => reject(stop.reason);
    stop.addEventListener("abort", end);
    if (stop.aborted) end();
    promise.then(resolve, reject).finally(() => stop.removeEventListener("abort", end));
  });
}
