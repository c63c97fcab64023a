import { AssertionError, failure, show } from "./error.ts";

type Class<T> = abstract new (...args: never[]) => T;
type ErrorClass<E> = new (...args: never[]) => E;

/** Throws unless `actual` is an instance of `expectedType`. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: Class<T>,
  msg = "",
): asserts actual is T {
  if (actual instanceof expectedType) return;
  throw failure(`Expected an instance of ${expectedType.name}, got ${show(actual)}`, msg);
}

/** Throws unless `error` is an `Error` of the class whose message contains or matches the text. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  expectedClass?: Class<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) throw failure(`Expected an Error, got ${show(error)}`, msg);
  if (expectedClass && !(error instanceof expectedClass)) {
    const what = `Expected an error of class ${expectedClass.name}, got ${error.constructor.name}`;
    throw failure(`${what} (${error.message})`, msg);
  }
  const wanted = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches?.test(error.message) ?? true;
  if (!wanted) {
    throw failure(`Expected an error about ${show(msgMatches)}, got ${show(error.message)}`, msg);
  }
}

/** Throws unless `fn` throws; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Throws unless `fn` throws an error of the class whose message contains the text; returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  expectedClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const remark = typeof classOrMsg === "string" ? classOrMsg : msg;
  try {
    fn();
  } catch (error) {
    return checked(error, { classOrMsg, msgIncludes, msg });
  }
  throw failure("Expected function to throw", remark);
}

/** Rejects unless the promise of `fn` rejects; resolves to the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Rejects unless the promise of `fn` rejects with such an error; resolves to the error. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  expectedClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const remark = typeof classOrMsg === "string" ? classOrMsg : msg;
  const promise = started(fn, remark);
  try {
    await promise;
  } catch (error) {
    return checked(error, { classOrMsg, msgIncludes, msg });
  }
  throw failure("Expected function to reject", remark);
}

/** A function that throws before it returns its promise does not reject: that is a failure too. */
function started(fn: () => PromiseLike<unknown>, msg?: string): PromiseLike<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw failure(`Function throws when expected to reject, with ${show(error)}`, msg);
  }
  if (typeof promise?.then === "function") return promise;
  throw new AssertionError(`Expected a promise to reject, got ${show(promise)}`);
}

interface Wanted {
  classOrMsg?: ErrorClass<Error> | string;
  msgIncludes?: string;
  msg?: string;
}

function checked(error: unknown, { classOrMsg, msgIncludes, msg }: Wanted): unknown {
  if (typeof classOrMsg === "function") assertIsError(error, classOrMsg, msgIncludes, msg);
  return error;
}
