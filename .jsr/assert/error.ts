/** The error that a failed assertion throws. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Joins what went wrong and the caller's remark. */
export function failure(what: string, msg?: string): AssertionError {
  return new AssertionError(msg ? `${what}: ${msg}` : `${what}.`);
}

/** A value in an error message; long ones are cut. */
export function show(value: unknown): string {
  const text = Deno.inspect(value, { depth: 6, iterableLimit: 60, strAbbreviateSize: 4000 });
  return text.length > 4000 ? `${text.slice(0, 4000)}…` : text;
}
