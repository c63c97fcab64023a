/**
 * All operations, as a list and by name.
 *
 * @module
 */

import type { Operation } from "./operation.ts";
import * as all from "./ops/all.ts";

/**
 * An operation whatever its parameters: what a walk over all of them sees.
 *
 * @category Own operations
 */
export type AnyOperation = Operation;

/**
 * The operations by name, each with the type of its own inputs and parameters.
 *
 * @category Own operations
 */
export type OperationsByName = typeof all;

/**
 * Every differentiable operation, by name.
 *
 * @category Own operations
 */
export const operationsByName: OperationsByName = all;

/**
 * Every differentiable operation.
 *
 * @category Own operations
 */
export const operations: readonly AnyOperation[] = /* @__PURE__ */ Object.values(all);
