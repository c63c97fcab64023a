/**
 * The safetensors format: an 8-byte length, a JSON header, raw little-endian values. PyTorch and
 * others read and write it, and weights keep their OIHW layout.
 *
 * @module
 */

import { formatShape, type Shape, sizeOf } from "../kernels/shape.ts";

/** One array of a safetensors file. */
export interface NamedArray {
  /** Extent along each axis. */
  readonly shape: Shape;
  /** Values, row-major. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** The content of a safetensors file. */
export interface SafeTensors {
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Arrays by name. */
  readonly tensors: ReadonlyMap<string, NamedArray>;
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const LENGTH_BYTES = 8;

/** Encodes arrays as float32, with the header padded so that the values are aligned to 8 bytes. */
export function encodeSafeTensors({ metadata, tensors }: SafeTensors): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const bytes = sizeOf(shape) * 4;
    if (data.byteLength !== bytes) {
      throw new RangeError(
        `Cannot encode ${name}: shape ${formatShape(shape)} with ${data.length} values`,
      );
    }
    header[name] = { dtype: "F32", shape: [...shape], data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  file.set(text, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * Decodes a safetensors file of float32 arrays.
 *
 * @param name The file's name, for errors.
 * @throws {SyntaxError} If the file is damaged or holds another number type.
 */
export function decodeSafeTensors(file: Uint8Array<ArrayBuffer>, name: string): SafeTensors {
  const fail = (what: string): never => {
    throw new SyntaxError(
      `Cannot read ${name}: ${what}; give a safetensors file of float32 arrays`,
    );
  };
  if (file.length < LENGTH_BYTES) fail(`it has ${file.length} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  const start = LENGTH_BYTES + headerBytes;
  if (!(start <= file.length)) fail("its header is longer than the file");
  const { __metadata__: metadata = {}, ...entries } = parseHeader(
    file.subarray(LENGTH_BYTES, start),
    fail,
  );
  const tensors = new Map<string, NamedArray>();
  for (const [key, entry] of Object.entries(entries as Record<string, HeaderEntry>)) {
    const { dtype, shape, data_offsets: [from, to] = [0, -1] } = entry ?? {};
    if (dtype !== "F32") fail(`${key} has type ${dtype}`);
    if (!Array.isArray(shape) || to - from !== sizeOf(shape) * 4 || start + to > file.length) {
      fail(`the values of ${key} are missing or damaged`);
    }
    const bytes = file.slice(start + from, start + to);
    tensors.set(key, { shape, data: new Float32Array(bytes.buffer) });
  }
  return { metadata: metadata as Record<string, string>, tensors };
}

function parseHeader(
  bytes: Uint8Array,
  fail: (what: string) => never,
): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof header === "object" && header !== null) return header as Record<string, unknown>;
  } catch {
    // Falls through to the one message below.
  }
  return fail("its header is not JSON");
}
