/**
 * All operations, as a list and by name.
 *
 * @module
 */

import type { Operation } from "./operation.ts";
import * as all from "./ops/all.ts";

/** An operation whatever its parameters: what a walk over all of them sees. */
export type AnyOperation = Operation;

/** The operations by name, each with the type of its own inputs and parameters. */
export type OperationsByName = typeof all;

/** Every differentiable operation, by name. */
export const operationsByName: OperationsByName = all;

/** Every differentiable operation. */
export const operations: readonly AnyOperation[] = /* @__PURE__ */ Object.values(all);
