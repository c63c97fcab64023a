/**
 * The safetensors format: an 8-byte length, a JSON header, raw little-endian values. PyTorch and
 * others read and write it, and weights keep their OIHW layout.
 *
 * @module
 */

import { formatShape, type Shape, sizeOf } from "../kernels/gpu/shape.ts";

/**
 * One array of a safetensors file.
 *
 * @category Weights
 */
export interface NamedArray {
  /** Extent along each axis. */
  readonly shape: Shape;
  /** Values, row-major. */
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * The content of a safetensors file.
 *
 * @category Weights
 */
export interface SafeTensors {
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Arrays by name. */
  readonly tensors: ReadonlyMap<string, NamedArray>;
}

interface Entry {
  readonly key: string;
  readonly shape: Shape;
  readonly from: number;
  readonly to: number;
}

const LENGTH_BYTES = 8;

/**
 * Encodes arrays as float32, with the header padded so that the values are aligned to 8 bytes.
 *
 * @category Weights
 */
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
 * The values must fill the rest of the file without gap or overlap, as the format demands: whatever
 * was cut off or changed shows.
 *
 * @param name The file's name, for errors.
 * @throws {SyntaxError} If the file is damaged or holds another number type.
 * @category Weights
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
  if (!(start <= file.length)) {
    fail(`its header of ${headerBytes} bytes is longer than the file of ${file.length}`);
  }
  const header = parseHeader(file.subarray(LENGTH_BYTES, start)) ?? fail("its header is not JSON");
  const { __metadata__: metadata = {}, ...fields } = header;
  if (!isTextByKey(metadata)) return fail("its metadata is not text by key");
  const entries = Object.entries(fields).map(([key, field]) => parseEntry(key, { field, fail }));
  const end = [...entries].sort((a, b) => a.from - b.from || a.to - b.to).reduce(
    (at, { key, from, to }) =>
      from === at ? to : fail(`the values of ${key} do not start at ${at}`),
    0,
  );
  if (start + end !== file.length) {
    fail(`its header describes ${end} bytes of values, ${file.length - start} are there`);
  }
  const tensors = new Map<string, NamedArray>();
  for (const { key, shape, from, to } of entries) {
    const bytes = file.slice(start + from, start + to);
    tensors.set(key, { shape, data: new Float32Array(bytes.buffer) });
  }
  return { metadata, tensors };
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextByKey(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}

function isListOfSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function parseHeader(bytes: Uint8Array): JsonObject | null {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isObject(header) ? header : null;
  } catch {
    return null;
  }
}

function parseEntry(
  key: string,
  { field, fail }: { field: unknown; fail: (what: string) => never },
): Entry {
  if (!isObject(field)) return fail(`the entry of ${key} is not an object`);
  const { dtype, shape, data_offsets: offsets } = field;
  if (dtype !== "F32") return fail(`${key} has type ${dtype}`);
  if (!isListOfSizes(shape)) return fail(`the shape of ${key} is ${JSON.stringify(shape)}`);
  if (!isListOfSizes(offsets) || offsets.length !== 2) {
    return fail(`the offsets of ${key} are ${JSON.stringify(offsets)}`);
  }
  const [from, to] = offsets;
  if (to - from !== sizeOf(shape) * 4) {
    return fail(`${key} has shape ${formatShape(shape)} in ${to - from} bytes`);
  }
  return { key, shape, from, to };
}
