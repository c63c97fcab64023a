/**
 * Writes the wire format of Protocol Buffers, as far as ONNX models need it.
 *
 * @module
 */

/** A field: its number, and text, bytes, a whole number, or a message of fields. */
export type Field = readonly [number: number, value: FieldValue];
/** What a field can hold. */
export type FieldValue = string | number | Uint8Array<ArrayBuffer> | readonly Field[];

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Encodes a message; a field that repeats is given once for each value. */
export function encodeMessage(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  return join(fields.flatMap(([number, value]) => {
    if (typeof value === "number") return [tag(number, VARINT), varint(value)];
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

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
