/**
 * Stand-in for the parts of `jsr:@std/assert` that the tests use. See the README one folder up.
 *
 * @module
 */
export * from "./equal.ts";
export * from "./errors.ts";
export * from "./values.ts";
export { AssertionError } from "./error.ts";
