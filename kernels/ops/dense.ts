/**
 * Fully connected layer: every output is a weighted sum of all inputs of a row, plus a bias.
 *
 * The result and both large gradients are the same product of two matrices, read in different
 * directions.
 *
 * @module
 */

import { type NdArray, type Operation, type OperationCheck, zeros } from "../operation.ts";
import { product } from "../parts/matrix/product.ts";
import { sumSlabs } from "../parts/reduce.ts";
import { formatShape, type Shape } from "../gpu/shape.ts";

function denseShape([x, w, b]: readonly Shape[]): Shape {
  const both = `Cannot run dense: x is ${formatShape(x)}, w is ${formatShape(w)}`;
  const [n, inputs, ...pixel] = x;
  if (!(n > 0 && inputs > 0) || pixel.some((extent) => extent !== 1)) {
    throw new RangeError(`${both}: x must be [n,in], or an image of one pixel`);
  }
  if (w.length !== 2 || !(w[0] > 0)) throw new RangeError(`${both}: w must be [out,in]`);
  if (w[1] !== inputs) throw new RangeError(`${both}: x has ${inputs} values, w expects ${w[1]}`);
  if (b.length !== 1 || b[0] !== w[0]) {
    throw new RangeError(`${both}: b is ${formatShape(b)}, expected [${w[0]}]`);
  }
  return [n, w[0], ...pixel];
}

function referenceForward([x, w, b]: readonly NdArray[]): NdArray {
  const y = zeros(denseShape([x.shape, w.shape, b.shape]));
  const [outputs, inputs] = w.shape;
  y.data.forEach((_, at) => {
    const [row, o] = [Math.floor(at / outputs), at % outputs];
    y.data[at] = b.data[o];
    for (let i = 0; i < inputs; i++) {
      y.data[at] += x.data[row * inputs + i] * w.data[o * inputs + i];
    }
  });
  return y;
}

function referenceBackward([x, w, b]: readonly NdArray[], dy: NdArray): NdArray[] {
  const [dx, dw, db] = [zeros(x.shape), zeros(w.shape), zeros(b.shape)];
  const [outputs, inputs] = w.shape;
  dy.data.forEach((g, at) => {
    const [row, o] = [Math.floor(at / outputs), at % outputs];
    db.data[o] += g;
    for (let i = 0; i < inputs; i++) {
      dx.data[row * inputs + i] += g * w.data[o * inputs + i];
      dw.data[o * inputs + i] += g * x.data[row * inputs + i];
    }
  });
  return [dx, dw, db];
}

/**
 * y = x · wᵀ + b for x `[n, in]`, w `[out, in]`, b `[out]`; x `[n, in, 1, 1]` keeps its axes.
 *
 * @category Operations
 */
export const dense: Operation<Record<never, never>, ["x", "weight", "bias"]> = {
  name: "dense",
  inputs: ["x", "weight", "bias"],
  shape: denseShape,
  forward(device, [x, weight, bias]) {
    const [outputs, inputs] = weight.shape;
    return product(device, {
      label: "dense",
      left: { tensor: x, matrix: 0, line: inputs, term: 1 },
      right: { tensor: weight, matrix: 0, line: inputs, term: 1 },
      terms: inputs,
      size: [1, x.shape[0], outputs],
      bias,
    }, denseShape([x.shape, weight.shape, bias.shape]));
  },
  backward(device, { inputs: [x, weight, bias], dy, needs }) {
    const [outputs, inputs] = weight.shape;
    const [n] = x.shape;
    using scope = device.scope();
    const gradients = [
      () =>
        product(device, {
          label: "dense dx",
          left: { tensor: dy, matrix: 0, line: outputs, term: 1 },
          right: { tensor: weight, matrix: 0, line: 1, term: inputs },
          terms: outputs,
          size: [1, n, inputs],
        }, x.shape),
      () =>
        product(device, {
          label: "dense dw",
          left: { tensor: dy, matrix: 0, line: 1, term: outputs },
          right: { tensor: x, matrix: 0, line: 1, term: inputs },
          terms: n,
          size: [1, outputs, inputs],
        }, weight.shape),
      () => sumSlabs(device, { partial: dy, shape: bias.shape }),
    ];
    return gradients.map((compute, i) => needs[i] ? scope.keep(compute()) : null);
  },
};

/** What {@linkcode dense} is held against. */
export const denseCheck: OperationCheck<Record<never, never>> = {
  reference: { forward: referenceForward, backward: referenceBackward },
  samples: [
    { shapes: [[3, 8], [2, 8], [2]], params: {} },
    { shapes: [[1, 1], [1, 1], [1]], params: {} },
    { shapes: [[2, 7, 1, 1], [1, 7], [1]], params: {} },
    { shapes: [[5, 600], [3, 600], [3]], params: {} },
    { shapes: [[300, 3], [2, 3], [2]], params: {} },
    { shapes: [[2, 3], [700, 3], [700]], params: {} },
    { shapes: [[17, 30], [21, 30], [21]], params: {} },
    { shapes: [[40, 520], [24, 520], [24]], params: {} },
    { shapes: [[32, 128], [10, 128], [10]], params: {}, bench: true },
  ],
};
