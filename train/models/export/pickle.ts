/**
 * Writes Python's pickle format, protocol 2, as far as saved modules of PyTorch need it.
 *
 * @module
 */

/** A Python object: a list of the bytes that make it on the unpickler's stack. */
export type Pickled = readonly Uint8Array[];

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const code = (letter: string): number => letter.charCodeAt(0);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A little-endian number of four bytes behind an opcode. */
function long(opcode: string, value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(5));
  view.setUint8(0, code(opcode));
  view.setUint32(1, value, true);
  return new Uint8Array(view.buffer);
}

/** A text. */
export function text(value: string): Pickled {
  const content = utf8(value);
  return [long("X", content.length), content];
}

/** A whole number from 0 to 2^31 − 1. */
export function whole(value: number): Pickled {
  if (!(Number.isInteger(value) && value >= 0 && value < 2 ** 31)) {
    throw new RangeError(`Cannot pickle ${value}: expected a whole number of 31 bits`);
  }
  return [value < 256 ? bytes(code("K"), value) : long("J", value)];
}

/** True or false. */
export function truth(value: boolean): Pickled {
  return [bytes(value ? 0x88 : 0x89)];
}

/** A class or function by its module and name. */
export function named(module: string, name: string): Pickled {
  return [utf8(`c${module}\n${name}\n`)];
}

/** A tuple. */
export function tuple(items: readonly Pickled[]): Pickled {
  return [utf8("("), ...items.flat(), utf8("t")];
}

/** What a function gives for a tuple of arguments. */
export function called(callee: Pickled, args: Pickled): Pickled {
  return [...callee, ...args, utf8("R")];
}

/** What the reader knows by a persistent id. */
export function persistent(id: Pickled): Pickled {
  return [...id, utf8("Q")];
}

/** An object of a class with attributes. */
export function object(of: Pickled, attributes: Iterable<readonly [string, Pickled]>): Pickled {
  const items = [...attributes].flatMap(([name, value]) => [...text(name), ...value]);
  // An empty tuple of arguments, the new object, an empty dictionary, its items, and the state set.
  return [...of, utf8(")"), bytes(0x81), utf8("}("), ...items, utf8("ub")];
}

/** The whole file of an object. */
export function encodePickle(value: Pickled): Uint8Array<ArrayBuffer> {
  const parts = [bytes(0x80, 2), ...value, utf8(".")];
  const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}
