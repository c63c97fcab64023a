/**
 * Uniforms by name: what a dispatch gives, laid out as the `struct Params` of its shader says.
 *
 * @module
 */

/**
 * Values by the names of the members of a shader's `struct Params`; a table takes its numbers in order.
 *
 * @category Device
 */
export type Uniforms = Readonly<Record<string, number | ArrayLike<number>>>;

/** One member of a `struct Params`. */
interface Member {
  readonly name: string;
  /** What its numbers are. */
  readonly type: "u32" | "i32" | "f32";
  /** Where it begins, in words of 4 bytes. */
  readonly at: number;
  /** How many numbers it holds if it is a table, which is an `array<vec4f, N>`. */
  readonly table: number | null;
}

/** The members of a shader's `struct Params`, in their order. */
export type ParamsLayout = readonly Member[];

const STRUCT = /\bstruct\s+Params\s*\{([^}]*)\}/;
const MEMBER = /(\w+)\s*:\s*(?:(u32|i32|f32)|array<\s*vec4f\s*,\s*(\d+)\s*>|([^,<]+(?:<[^>]*>)?))/g;
const COMMENT = /\/\/.*$|\/\*[\s\S]*?\*\//gm;
/** A member of vectors begins at a multiple of as many words. */
const VECTOR = 4;

/**
 * Reads the members of `struct Params` out of a shader's text; none if it has no such struct.
 *
 * @throws {TypeError} If a member is neither a number of 32 bits nor an `array<vec4f, N>`.
 */
export function paramsLayout({ label, shader }: { label: string; shader: string }): ParamsLayout {
  const [, body = ""] = shader.replace(COMMENT, "").match(STRUCT) ?? [];
  const layout: Member[] = [];
  let end = 0;
  for (const [, name, scalar, vectors, other] of body.matchAll(MEMBER)) {
    if (other !== undefined) {
      throw new TypeError(
        `Cannot dispatch ${label}: member ${name} of struct Params is ${other.trim()}; ` +
          "give u32, i32, f32 or array<vec4f, N>",
      );
    }
    const table = scalar === undefined ? Number(vectors) * VECTOR : null;
    const at = table === null ? end : Math.ceil(end / VECTOR) * VECTOR;
    layout.push({ name, type: (scalar ?? "f32") as Member["type"], at, table });
    end = at + (table ?? 1);
  }
  return layout;
}

/**
 * The values as words of 32 bits, as the struct lays them out.
 *
 * @throws {TypeError} If the names given are not those of the members.
 * @throws {RangeError} If a table has not as many numbers as the struct says, or a whole number is
 * none.
 */
export function paramWords(
  layout: ParamsLayout,
  { label, uniforms }: { label: string; uniforms: Uniforms },
): number[] {
  if (Object.keys(uniforms).length !== layout.length) refuseNames(layout, { label, uniforms });
  const words: number[] = [];
  for (const { name, type, at, table } of layout) {
    const value = uniforms[name];
    if (value === undefined) refuseNames(layout, { label, uniforms });
    const numbers = typeof value === "number" ? [value] : value;
    if ((typeof value === "number") !== (table === null) || numbers.length !== (table ?? 1)) {
      throw new RangeError(
        `Cannot dispatch ${label}: ${numbers.length} numbers given for ${name} of struct Params, ` +
          `which takes ${table ?? 1}`,
      );
    }
    if (type !== "f32" && !Number.isInteger(numbers[0])) {
      throw new RangeError(
        `Cannot dispatch ${label}: ${name} of struct Params is ${
          numbers[0]
        }, expected a whole number`,
      );
    }
    while (words.length < at) words.push(0);
    for (let i = 0; i < numbers.length; i++) words.push(wordOf(numbers[i], type));
  }
  return words;
}

const BITS = new Uint32Array(1);
const FLOAT = new Float32Array(BITS.buffer);

function wordOf(value: number, type: Member["type"]): number {
  if (type !== "f32") return value >>> 0;
  FLOAT[0] = value;
  return BITS[0];
}

function refuseNames(
  layout: ParamsLayout,
  { label, uniforms }: { label: string; uniforms: Uniforms },
): never {
  const given = Object.keys(uniforms).join(", ");
  const members = layout.map(({ name }) => name).join(", ");
  throw new TypeError(
    `Cannot dispatch ${label}: its uniforms are { ${given} }, the struct Params of its shader has ` +
      `{ ${members} }; give every member by its name`,
  );
}
