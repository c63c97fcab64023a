/**
 * A tensor: a shape and a GPU buffer.
 *
 * @module
 */

import { type Shape, sizeOf } from "./shape.ts";

/**
 * The element types a tensor can hold.
 *
 * @category Tensors
 */
export type DType = "f32" | "u32";

/**
 * The array type that holds elements of a {@linkcode DType} on the CPU.
 *
 * @category Tensors
 */
export type TypedArrayOf<D extends DType> = D extends "f32" ? Float32Array<ArrayBuffer>
  : Uint32Array<ArrayBuffer>;

const ARRAYS = { f32: "Float32Array", u32: "Uint32Array" } as const;

/**
 * Checks that values are an array that tensors take, and of a type if one is given. Arrays of other
 * pages and frames count as well.
 *
 * @returns The type of their elements.
 * @throws {TypeError} If they are another kind of array, such as a `Float64Array` or a plain one.
 */
export function checkValues(values: unknown, dtype?: DType): DType {
  const kind = Object.prototype.toString.call(values).slice("[object ".length, -1);
  const given: DType | null = kind === ARRAYS.f32 ? "f32" : kind === ARRAYS.u32 ? "u32" : null;
  if (given && (dtype === undefined || dtype === given)) return given;
  const expected = dtype ? `a ${ARRAYS[dtype]}` : "a Float32Array or a Uint32Array";
  throw new TypeError(`Cannot fill a tensor with a value of kind ${kind}: give ${expected}`);
}

/**
 * A tensor in GPU memory: contiguous, row-major, images as NCHW.
 *
 * Tensors are made by a `Device` or by an operation and freed by the scope they were made in. Their
 * buffers are padded with undefined elements to a multiple of 256 bytes, so kernels may read and
 * write whole `vec4`s.
 *
 * @category Tensors
 */
export class Tensor<D extends DType = DType> {
  /** Extent along each axis. */
  readonly shape: Shape;
  /** Element type. */
  readonly dtype: D;
  #buffer: GPUBuffer | null;
  /** Why it can be used no more; null while it can. */
  #end: string | null = null;

  /** Wraps a buffer; use a `Device` to make tensors. A null buffer stands for planned memory. */
  constructor(shape: Shape, dtype: D, buffer: GPUBuffer | null) {
    this.shape = shape;
    this.dtype = dtype;
    this.#buffer = buffer;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The bytes that the elements take, without padding. */
  get byteLength(): number {
    return this.size * 4;
  }

  /**
   * The GPU buffer.
   *
   * @throws {TypeError} If the tensor has been freed or was only planned.
   */
  get buffer(): GPUBuffer {
    if (this.#end !== null) throw new TypeError(`Cannot use a tensor: ${this.#end}`);
    if (this.#buffer === null) throw new TypeError("Cannot use a tensor: it was only planned");
    return this.#buffer;
  }

  /** Whether its buffer has gone back to the device. */
  get freed(): boolean {
    return this.#end !== null;
  }

  /**
   * Marks the tensor as freed, and why; only a `Device` calls this, which also gives its buffer back.
   */
  release(why: string): void {
    this.#buffer = null;
    this.#end ??= why;
  }
}
