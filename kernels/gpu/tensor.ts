/**
 * A tensor: a shape and a GPU buffer.
 *
 * @module
 */

import { type Shape, sizeOf } from "./shape.ts";

/** The element types a tensor can hold. */
export type DType = "f32" | "u32";

/** The array type that holds elements of a {@linkcode DType} on the CPU. */
export type TypedArrayOf<D extends DType> = D extends "f32" ? Float32Array<ArrayBuffer>
  : Uint32Array<ArrayBuffer>;

/**
 * A tensor in GPU memory: contiguous, row-major, images as NCHW.
 *
 * Tensors are made by a `Device` or by an operation and freed by the scope they were made in. Their
 * buffers are padded with undefined elements to a multiple of 256 bytes, so kernels may read and
 * write whole `vec4`s.
 */
export class Tensor<D extends DType = DType> {
  /** Extent along each axis. */
  readonly shape: Shape;
  /** Element type. */
  readonly dtype: D;
  #buffer: GPUBuffer | null;
  #freed = false;

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
    if (this.#freed) throw new TypeError("Cannot use a tensor: its scope has ended");
    if (this.#buffer === null) throw new TypeError("Cannot use a tensor: it was only planned");
    return this.#buffer;
  }

  /** Whether its buffer has gone back to the device. */
  get freed(): boolean {
    return this.#freed;
  }

  /** Marks the tensor as freed; only a `Device` calls this, which also gives its buffer back. */
  release(): void {
    this.#buffer = null;
    this.#freed = true;
  }
}
