/**
 * The list of operations: what tests, golden cases and benchmarks walk.
 *
 * @module
 */

import type { Operation } from "./operation.ts";
import { conv2d } from "./ops/conv2d/mod.ts";

// deno-lint-ignore no-explicit-any -- operations differ in their parameters
type AnyOperation = Operation<any>;

/** Every differentiable operation, by name. */
export const operations: ReadonlyMap<string, AnyOperation> = new Map(
  [conv2d].map((operation: AnyOperation) => [operation.name, operation]),
);
