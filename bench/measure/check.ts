/**
 * Whether an operation computes right on the very inputs that are timed: a fast wrong answer is no
 * result.
 *
 * @module
 */

import { checked } from "../../kernels/checks.ts";
import { relativeError } from "../../kernels/parts/accuracy.ts";
import type { AnyOperation } from "../../kernels/operations.ts";
import { formatShape } from "../../kernels/gpu/shape.ts";
import { compareConv2d } from "./check_conv2d.ts";
import type { Comparison, Results } from "./results.ts";

const FORWARD_LIMIT = 1e-5;
const GRADIENT_LIMIT = 1e-4;

/**
 * Compares results with the operation's float64 reference: everything, but for convolutions, whose
 * reference would take minutes, a few pixels and weights.
 *
 * @throws {RangeError} If a value is not finite, or off by more than 1e-5 (gradients: 1e-4) of the
 * largest expected value.
 */
export function checkResults(operation: AnyOperation, results: Results): void {
  const { name } = operation;
  const shapes = results.inputs.map(({ shape }) => formatShape(shape)).join(", ");
  const cannot = `Cannot time ${name} of ${shapes}`;
  const computed = [results.y, ...results.gradients].filter((values) => values !== undefined);
  if (!computed.every((values) => values.every(Number.isFinite))) {
    throw new RangeError(`${cannot}: its result is not finite`);
  }
  const comparisons = name === "conv2d" ? compareConv2d(results) : compareAll(operation, results);
  for (const { pass, actual, expected } of comparisons) {
    const error = relativeError(actual, expected);
    const limit = pass === "forward" ? FORWARD_LIMIT : GRADIENT_LIMIT;
    if (!(error <= limit)) {
      throw new RangeError(
        `${cannot}: ${pass} is off by ${error.toExponential(1)} of the largest value, ` +
          `at most ${limit} is right`,
      );
    }
  }
}

function compareAll(
  operation: AnyOperation,
  { inputs, dy, params, y, gradients }: Results,
): Comparison[] {
  const { forward, backward } = checked(operation).reference;
  const references = backward === "none" ? [] : backward(inputs, dy, params);
  return [
    { pass: "forward", actual: y, expected: forward(inputs, params).data },
    ...gradients.flatMap((actual, i) =>
      actual ? [{ pass: `d${operation.inputs[i][0]}`, actual, expected: references[i].data }] : []
    ),
  ];
}
