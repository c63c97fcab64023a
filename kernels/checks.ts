/**
 * Operations with what they are held against: for tests and benchmarks, and no part of a page.
 *
 * @module
 */

import type { Operation, OperationCheck, Params } from "./operation.ts";
import type * as all from "./ops/all.ts";
import * as listed from "./ops/checks.ts";

/** An operation with its reference and its samples. */
export interface CheckedOperation<P extends Params = Params>
  extends Operation<P>, OperationCheck<P> {}

const checks: { readonly [Name in keyof typeof all]: OperationCheck } = listed;

/** An operation of the list with its check, or one that has its own. */
export function checked<P extends Params>(
  operation: Operation<P> | CheckedOperation<P>,
): CheckedOperation<P> {
  if ("reference" in operation) return operation;
  const check = Object.entries(checks).find(([name]) => name === operation.name)?.[1];
  if (check) return { ...operation, ...check as OperationCheck<P> };
  throw new TypeError(`Cannot check ${operation.name}: it is in no list and has no reference`);
}
