import { equal } from "./equal.ts";
import { failure, show } from "./error.ts";

/** Throws unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw failure(msg || "Expected a truthy value");
}

/** Throws unless `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is false {
  if (expr) throw failure(msg || "Expected a falsy value");
}

/** Throws always. */
export function fail(msg?: string): never {
  throw failure("Failed assertion", msg);
}

/** Throws unless both values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw failure(
    `Values are not equal\nactual:   ${show(actual)}\nexpected: ${show(expected)}\n`,
    msg,
  );
}

/** Throws when both values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) throw failure(`Expected another value than ${show(actual)}`, msg);
}

/** Throws unless both are the same value (`Object.is`). */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw failure(`Values are not the same: ${show(actual)} and ${show(expected)}`, msg);
}

/** Throws when both are the same value (`Object.is`). */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) throw failure(`Expected another value: ${show(actual)}`, msg);
}

/** Throws when the value is `null` or `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === null || actual === undefined) {
    throw failure(`Expected a value, got ${actual}`, msg);
  }
}

/**
 * Throws unless `|actual - expected| <= tolerance`. The tolerance is 1e-7 of the expected value
 * when left out (1e-7 itself when that is infinite). `NaN` is close to `NaN` only.
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const limit = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected) * 1e-7 : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= limit) return;
  throw failure(`Expected ${actual} to be close to ${expected}: ${delta} is over ${limit}`, msg);
}

/** Throws unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw failure(`Expected ${show(actual)} > ${show(expected)}`, msg);
}

/** Throws unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) throw failure(`Expected ${show(actual)} >= ${show(expected)}`, msg);
}

/** Throws unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throw failure(`Expected ${show(actual)} < ${show(expected)}`, msg);
}

/** Throws unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) throw failure(`Expected ${show(actual)} <= ${show(expected)}`, msg);
}

/** Throws unless the text contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw failure(`Expected ${show(actual)} to contain ${show(expected)}`, msg);
}

/** Throws unless every expected value equals some value of the list. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const list = Array.from(actual);
  const missing = Array.from(expected).filter((one) => !list.some((other) => equal(one, other)));
  if (missing.length === 0) return;
  throw failure(`Expected ${show(actual)} to include ${show(missing)}`, msg);
}

/** Throws unless the text matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) return;
  throw failure(`Expected ${show(actual)} to match ${expected}`, msg);
}

/** Throws when the text matches `expected`. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) {
    throw failure(`Expected ${show(actual)} not to match ${expected}`, msg);
  }
}
