/**
 * Products of matrices, one or a batch of them, whose factors lie in memory in either direction: so one
 * kernel serves the product and the gradients to both of its factors.
 *
 * @module
 */

import type { Device } from "../../gpu/device.ts";
import { type Shape, sizeOf } from "../../gpu/shape.ts";
import type { Tensor } from "../../gpu/tensor.ts";
import { sumSlabs } from "../reduce.ts";
import type { Product } from "./problem.ts";
import { smallProduct } from "./small_product.ts";
import { tiledProduct } from "./tiled_product.ts";

/** Rows and columns from which on a tile is worth its workgroup memory. */
const LEAST_SIDE = 8;

/**
 * Computes a product.
 *
 * @param shape Shape of the result, which holds its elements matrix by matrix and row by row.
 */
export function product(device: Device, what: Product, shape: Shape): Tensor<"f32"> {
  const [, rows, columns] = what.size;
  const { slabs, run } = Math.min(rows, columns) < LEAST_SIDE
    ? smallProduct(what)
    : tiledProduct(what);
  using scope = device.scope();
  const partial = device.empty(slabs.count === 1 ? shape : [slabs.count, sizeOf(shape)]);
  run(device, partial);
  return scope.keep(slabs.count === 1 ? partial : sumSlabs(device, { partial, shape }));
}
