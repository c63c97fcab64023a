/**
 * Arrays as numpy's `.npy` files, version 1.0.
 *
 * @module
 */

import type { NamedArray } from "../../../nn/safetensors.ts";

const PREFIX = [0x93, ..."NUMPY"].map((byte) =>
  typeof byte === "number" ? byte : byte.charCodeAt(0)
);
/** Values begin at a multiple of it. */
const ALIGNMENT = 64;

/** An array of float32 values. */
export function encodeNpy({ shape, data }: NamedArray): Uint8Array<ArrayBuffer> {
  const extents = shape.map((size) => `${size},`).join(" ");
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${extents}), }`;
  const start = PREFIX.length + 4;
  const values = Math.ceil((start + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(values + data.byteLength);
  file.set([...PREFIX, 1, 0]);
  new DataView(file.buffer).setUint16(PREFIX.length + 2, values - start, true);
  file.set(new TextEncoder().encode(text.padEnd(values - start - 1) + "\n"), start);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), values);
  return file;
}
