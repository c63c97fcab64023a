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

/** What is wrong with a tensor where halves cannot be taken, and what to do. */
export const IS_HALF = "is stored as halves; see asFloats()";

/**
 * Tensors that lie side by side in one buffer, so that one kernel can go through all of them.
 *
 * @category Tensors
 */
export interface TensorBlock {
  /** All of them and what pads them, as one tensor; it is freed with the last of them. */
  readonly whole: Tensor<"f32">;
  /** The tensors in their order, each from a multiple of 256 bytes on. */
  readonly parts: readonly Tensor<"f32">[];
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
  /** Whether its floats are stored as halves (f16): in half of the memory, with 11 bits each. */
  readonly isHalf: boolean;
  #buffer: GPUBuffer | null;
  #block: TensorBlock | null = null;
  #offset = 0;
  /** Why it can be used no more; null while it can. */
  #end: string | null = null;

  /** Wraps a buffer; use a `Device` to make tensors. A null buffer stands for planned memory. */
  constructor(
    shape: Shape,
    dtype: D,
    buffer: GPUBuffer | null,
    { isHalf = false }: { isHalf?: boolean } = {},
  ) {
    this.shape = shape;
    this.dtype = dtype;
    this.isHalf = isHalf;
    this.#buffer = buffer;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The bytes that the elements take, without padding. */
  get byteLength(): number {
    return this.size * (this.isHalf ? 2 : 4);
  }

  /** The block that it is a part of; null if its buffer is its own. */
  get block(): TensorBlock | null {
    return this.#block;
  }

  /** Bytes of its buffer that lie before it: of a part of a block those of the parts before it. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * The GPU buffer, of which it begins at {@linkcode Tensor.offset}.
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

  /** Puts it into a buffer; only a `Device` calls this, which also copies what it holds. */
  moveTo(
    buffer: GPUBuffer | null,
    { block, offset }: { block: TensorBlock; offset: number },
  ): void {
    this.#buffer = buffer;
    this.#block = block;
    this.#offset = offset;
  }

  /**
   * Marks the tensor as freed, and why; only a `Device` calls this, which also gives its buffer back.
   */
  release(why: string): void {
    this.#buffer = null;
    this.#end ??= why;
  }
}
