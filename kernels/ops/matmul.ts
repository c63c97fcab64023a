/**
 * Products of matrices, one or a batch of them. The axes before the last two are repeated to one shape by
 * NumPy's rules: `[b, m, k] · [k, n]` takes one right matrix for all.
 *
 * The gradients are products too, da = dy · bᵀ and db = aᵀ · dy, read by the same kernel in other
 * directions, and summed over what was repeated. Where the right matrix is one for all, the rows of all
 * left ones are those of a single long matrix, so that nothing has to be summed afterwards.
 *
 * @module
 */

import type { Device } from "../gpu/device.ts";
import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { broadcastShape, repeatedSteps, stepsOf, visitIndices } from "../parts/axes/layout.ts";
import { sumRepeated } from "../parts/axes/reduction.ts";
import { viewwise } from "../parts/axes/views.ts";
import type { Factor } from "../parts/matrix/problem.ts";
import { product } from "../parts/matrix/product.ts";
import { formatShape, type Shape, sizeOf } from "../gpu/shape.ts";
import type { Tensor } from "../gpu/tensor.ts";

/** What two shapes mean as matrices. */
interface Matrices {
  /** Axes before the matrices of the result. */
  readonly batch: Shape;
  /** Rows of a, columns of b and what they have in common. */
  readonly rows: number;
  readonly columns: number;
  readonly terms: number;
}

function matricesOf([a, b]: readonly Shape[]): Matrices {
  const both = `Cannot run matmul: a is ${formatShape(a)}, b is ${formatShape(b)}`;
  if (a.length < 2 || b.length < 2) {
    throw new TypeError(`${both}, expected [...,rows,terms] and [...,terms,columns]`);
  }
  const [rows, terms] = a.slice(-2);
  const [inner, columns] = b.slice(-2);
  if (terms !== inner) {
    throw new RangeError(`${both}: a has rows of ${terms}, b has columns of ${inner}`);
  }
  if (!(rows > 0 && terms > 0 && columns > 0)) throw new RangeError(`${both}, an axis is empty`);
  const batch = broadcastShape([a.slice(0, -2), b.slice(0, -2)], "matmul");
  return { batch, rows, columns, terms };
}

function shapeOf(shapes: readonly Shape[]): Shape {
  const { batch, rows, columns } = matricesOf(shapes);
  return [...batch, rows, columns];
}

/** A factor whose matrices are one for all, or one for each of the batch: copied where it is neither. */
function inBatch(device: Device, tensor: Tensor<"f32">, batch: Shape) {
  const [before, matrix] = [tensor.shape.slice(0, -2), tensor.shape.slice(-2)];
  if (batch.length === 0 || sizeOf(before) === 1) return { tensor, matrix: 0 };
  if (sizeOf(before) === sizeOf(batch)) return { tensor, matrix: sizeOf(matrix) };
  const steps = [
    ...repeatedSteps(before, batch).map((step) => step * sizeOf(matrix)),
    ...stepsOf(matrix),
  ];
  const shape = [...batch, ...matrix];
  const views = [{ tensor, steps }];
  return {
    tensor: viewwise(device, { label: "matmul repeat", shape, views, expression: "a" }),
    matrix: sizeOf(matrix),
  };
}

/** A matrix of `[lines, terms]`, or of its transpose. */
function factor(
  { tensor, matrix }: Pick<Factor, "tensor" | "matrix">,
  { columns, lines }: { columns: number; lines: "rows" | "columns" },
): Factor {
  return lines === "rows"
    ? { tensor, matrix, line: columns, term: 1 }
    : { tensor, matrix, line: 1, term: columns };
}

/** The same product, where one right matrix serves all rows as those of one matrix. */
function joined(matrices: Matrices, b: Shape): Matrices {
  if (sizeOf(b.slice(0, -2)) !== 1) return matrices;
  return { ...matrices, batch: [], rows: matrices.rows * sizeOf(matrices.batch) };
}

/** Sums of one row of a and one column of b, at their places. */
function visitTerms(
  [a, b]: readonly NdArray[],
  visit: (place: { a: number; b: number; y: number }) => void,
): void {
  const { batch, rows, columns, terms } = matricesOf([a.shape, b.shape]);
  const firsts = [a, b].map(({ shape }) => {
    const places: number[] = [];
    const steps = repeatedSteps(shape.slice(0, -2), batch);
    visitIndices(batch, { steps }, (place) => places.push(place * sizeOf(shape.slice(-2))));
    return places;
  });
  for (let matrix = 0; matrix < sizeOf(batch); matrix++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const y = (matrix * rows + row) * columns + column;
        for (let term = 0; term < terms; term++) {
          visit({
            a: firsts[0][matrix] + row * terms + term,
            b: firsts[1][matrix] + term * columns + column,
            y,
          });
        }
      }
    }
  }
}

/**
 * y = a · b for a `[…, m, k]` and b `[…, k, n]`.
 *
 * @category Operations
 */
export const matmul: Operation<Record<never, never>, ["a", "b"]> = {
  name: "matmul",
  inputs: ["a", "b"],
  shape: shapeOf,
  forward(device, [a, b]) {
    const matrices = joined(matricesOf([a.shape, b.shape]), b.shape);
    const { batch, rows, columns, terms } = matrices;
    using scope = device.scope();
    const y = product(device, {
      label: "matmul",
      left: factor(inBatch(device, a, batch), { columns: terms, lines: "rows" }),
      right: factor(inBatch(device, b, batch), { columns, lines: "columns" }),
      size: [sizeOf(batch), rows, columns],
      terms,
    }, shapeOf([a.shape, b.shape]));
    return scope.keep(y);
  },
  backward(device, { inputs: [a, b], dy, needs }) {
    const matrices = joined(matricesOf([a.shape, b.shape]), b.shape);
    const { batch, rows, columns, terms } = matrices;
    const upstream = { tensor: dy, matrix: batch.length === 0 ? 0 : rows * columns };
    using scope = device.scope();
    const fit = (input: Tensor<"f32">, whole: Shape, compute: (shape: Shape) => Tensor<"f32">) =>
      scope.keep(
        sizeOf(whole) === input.size
          ? compute(input.shape)
          : sumRepeated(device, compute(whole), input.shape),
      );
    const da = () =>
      fit(a, [...batch, rows, terms], (shape) =>
        product(device, {
          label: "matmul da",
          left: factor(upstream, { columns, lines: "rows" }),
          right: factor(inBatch(device, b, batch), { columns, lines: "rows" }),
          size: [sizeOf(batch), rows, terms],
          terms: columns,
        }, shape));
    const db = () =>
      fit(b, [...batch, terms, columns], (shape) =>
        product(device, {
          label: "matmul db",
          left: factor(inBatch(device, a, batch), { columns: terms, lines: "columns" }),
          right: factor(upstream, { columns, lines: "columns" }),
          size: [sizeOf(batch), terms, columns],
          terms: rows,
        }, shape));
    return [needs[0] ? da() : null, needs[1] ? db() : null];
  },
};

/** What {@linkcode matmul} is held against. */
export const matmulCheck: OperationCheck<Record<never, never>> = {
  reference: {
    forward([a, b]) {
      const y = zeros(shapeOf([a.shape, b.shape]));
      visitTerms([a, b], (at) => y.data[at.y] += a.data[at.a] * b.data[at.b]);
      return y;
    },
    backward([a, b], dy) {
      const [da, db] = [zeros(a.shape), zeros(b.shape)];
      visitTerms([a, b], (at) => {
        da.data[at.a] += dy.data[at.y] * b.data[at.b];
        db.data[at.b] += dy.data[at.y] * a.data[at.a];
      });
      return [da, db];
    },
  },
  samples: [
    { shapes: [[3, 5], [5, 4]], params: {} },
    { shapes: [[1, 1], [1, 1]], params: {} },
    { shapes: [[1, 9], [9, 1]], params: {} },
    { shapes: [[33, 20], [20, 35]], params: {} },
    { shapes: [[70, 36], [36, 132]], params: {} },
    { shapes: [[20, 600], [600, 24]], params: {} },
    { shapes: [[3, 17, 6], [3, 6, 19]], params: {} },
    { shapes: [[3, 17, 6], [6, 20]], params: {} },
    { shapes: [[17, 6], [3, 6, 20]], params: {} },
    { shapes: [[2, 1, 5, 6], [3, 6, 4]], params: {} },
    { shapes: [[1, 2, 3], [1, 1, 3, 2]], params: {} },
    { shapes: [[256, 256], [256, 256]], params: {}, bench: true },
    { shapes: [[512, 512], [512, 512]], params: {}, bench: true },
    { shapes: [[16, 64, 64], [16, 64, 64]], params: {}, bench: true },
  ],
};
