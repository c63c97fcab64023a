/**
 * Files of a batch that cannot be used: all of them are named at once.
 *
 * @module
 */

/**
 * A file that cannot be used, and why.
 *
 * @category Sources
 */
export interface DamagedFile {
  /** Its path. */
  readonly path: string;
  /** What is wrong with it. */
  readonly error: Error;
}

/** How many are named. */
const MOST_NAMED = 20;

/**
 * One error for all of them: that of the file, if it is one.
 *
 * @param options.of Files of the whole batch.
 * @param options.remedy What to do; to mend them or take them out unless told. Where one flag would help all
 *   files of the batch, that is said instead.
 */
export function damagedError(
  files: readonly DamagedFile[],
  { of, remedy = "mend them or take them out" }: { of: number; remedy?: string },
): Error {
  if (files.length === 1) return files[0].error;
  const named = files.slice(0, MOST_NAMED).map(reasonOf);
  const more = files.length > named.length ? [`and ${files.length - named.length} more`] : [];
  const message =
    `Cannot read ${files.length} of ${of} images: ${[...named, ...more].join("; ")}; ` +
    (files.length === of && flagForAll(files) || remedy);
  return new SyntaxError(message, { cause: files[0].error });
}

/** What all errors advise, if it is the same and names a flag. */
function flagForAll(files: readonly DamagedFile[]): string | null {
  const [advice, ...others] = new Set(
    files.map(({ error: { message } }) => message.slice(message.lastIndexOf("; ") + 2)),
  );
  return others.length === 0 && /(?:^|\s)--\w/.test(advice) ? advice : null;
}

/** What is wrong with a file, with its name and without a remedy. */
export function reasonOf({ path, error: { message } }: DamagedFile): string {
  const start = `Cannot read ${path}: `;
  const what = message.startsWith(start) ? message.slice(start.length) : message;
  const end = what.lastIndexOf("; ");
  return `${path} (${end < 0 ? what : what.slice(0, end)})`;
}

/** What was thrown, as an error. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
