/**
 * Writes the wire format of Protocol Buffers, as far as graphs of ONNX and TensorFlow need it.
 *
 * @module
 */

/**
 * A field: its number, and text, bytes, a whole number (as a bigint where it may be negative), or a message
 * of fields.
 */
export type Field = readonly [number: number, value: FieldValue];
/** What a field can hold. */
export type FieldValue = string | number | bigint | Uint8Array<ArrayBuffer> | readonly Field[];

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Encodes a message; a field that repeats is given once for each value. */
export function encodeMessage(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  return join(fields.flatMap(([number, value]) => {
    if (typeof value === "number") return [tag(number, VARINT), varint(value)];
    if (typeof value === "bigint") return [tag(number, VARINT), signed(value)];
    const bytes = typeof value === "string"
      ? new TextEncoder().encode(value)
      : value instanceof Uint8Array
      ? value
      : encodeMessage(value);
    return [tag(number, LENGTH_DELIMITED), varint(bytes.length), bytes];
  }));
}

function tag(number: number, type: number): Uint8Array<ArrayBuffer> {
  return varint(8 * number + type);
}

/** Seven bits a byte, the lowest first; all but the last byte have their highest bit set. */
function varint(value: number): Uint8Array<ArrayBuffer> {
  if (!(Number.isSafeInteger(value) && value >= 0)) {
    throw new RangeError(`Cannot encode ${value}: expected a whole number from 0`);
  }
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(128 + rest % 128);
  return Uint8Array.of(...bytes, rest);
}

/** The same of a number of 64 bits in two's complement. */
function signed(value: bigint): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(128n + rest % 128n));
  return Uint8Array.of(...bytes, Number(rest));
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
