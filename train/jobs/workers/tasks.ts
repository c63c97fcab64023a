/**
 * What workers do, by name. A task takes a value that can be copied from thread to thread and gives such a
 * value; its module is loaded where it is done first.
 *
 * @module
 */

/** The tasks. */
const workerTasks = {
  /** Augments samples of a batch. */
  augment: async () => (await import("../../learn/patches/augmenter.ts")).augmentHere,
  /** Decodes a page of an image file. */
  page: async () => (await import("./read_page.ts")).readPage,
  /** Compresses labels as a page of a TIFF. */
  labels: async () => (await import("./compress_labels.ts")).compressLabels,
  /** Makes objects of what a network answered. */
  objects: async () => (await import("./find_objects.ts")).findPlainObjects,
} as const;

/** The name of a task. */
export type TaskName = keyof typeof workerTasks;

/** What does a task. */
type TaskOf<N extends TaskName> = Awaited<ReturnType<typeof workerTasks[N]>>;

/** What a task takes. */
export type TaskInput<N extends TaskName> = Parameters<TaskOf<N>>[0];

/** What comes of a task. */
export type TaskOutput<N extends TaskName> = Awaited<ReturnType<TaskOf<N>>>;

/** Does a task on this thread. */
export async function doHere<N extends TaskName>(
  name: N,
  input: TaskInput<N>,
): Promise<TaskOutput<N>> {
  const task = await workerTasks[name]() as (input: TaskInput<N>) => Promise<TaskOutput<N>>;
  return await task(input);
}

/** All buffers of a value, each once: what may be handed over instead of copied. */
export function buffersIn(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const look = (part: unknown) => {
    if (ArrayBuffer.isView(part)) {
      if (part.buffer instanceof ArrayBuffer) found.add(part.buffer);
    } else if (typeof part === "object" && part !== null) Object.values(part).forEach(look);
  };
  look(value);
  return [...found];
}
