/**
 * What a shader binds, read out of its text, and whether a dispatch gives it that.
 *
 * The layout of a pipeline is made from this, not derived by the driver: a binding that the shader
 * declares and does not use is then harmless, and what does not fit is known before anything is
 * recorded. A driver would refuse it later, and the whole batch of commands with it.
 *
 * @module
 */

import { IS_HALF, type Tensor } from "../tensor.ts";
import { SEEN_BY_COMPUTE } from "../usage.ts";

/** What stands at a binding. */
export type BindingKind = "uniform" | "read" | "write" | "texture";

/** One binding of group 0. */
export interface Binding {
  /** Its name in the shader. */
  readonly name: string;
  /** Its number. */
  readonly at: number;
  /** What it is. */
  readonly kind: BindingKind;
  /** Whether the shader takes something else there than floats: halves, or bits that may hold them. */
  readonly takesHalves: boolean;
}

const COMMENT = /\/\/.*$|\/\*[\s\S]*?\*\//gm;
const FLOATS = /f32|vec\df/;
/** Attributes in either order, address space, name and type. */
const DECLARATION =
  /((?:@(?:group|binding)\(\s*\d+u?\s*\)\s*){2})var\s*(?:<([^>]*)>)?\s*(\w+)\s*:\s*([^;]+);/g;

/**
 * The bindings of a shader, by their numbers from 0.
 *
 * @throws {TypeError} If one is neither a buffer nor a texture that holds a tensor, if a number is
 * missing between them, or if binding 0 is not `var<uniform> p: Params`.
 */
export function bindingsOf({ label, shader }: { label: string; shader: string }): Binding[] {
  const fail = (what: string) => {
    throw new TypeError(`Cannot dispatch ${label}: ${what}`);
  };
  const bindings: Binding[] = [];
  for (const match of shader.replace(COMMENT, "").matchAll(DECLARATION)) {
    const [, attributes, space, name, type] = match;
    const at = Number(attributes.match(/binding\(\s*(\d+)/)?.[1]);
    const kind = kindOf(space, type.trim());
    if (kind === null) {
      fail(
        `its binding ${at}, ${name}, is ${type.trim()}; give storage buffers, ` +
          "texture_storage_2d<rgba32float, read> or, at binding 0, var<uniform> p: Params",
      );
    } else if ((kind === "uniform") !== (at === 0)) {
      fail(`its binding ${at} is ${name}; binding 0 is for var<uniform> p: Params alone`);
    } else {
      const bits = kind === "texture" ? shader.includes("unpack2x16float") : !FLOATS.test(type);
      bindings.push({ name, at, kind, takesHalves: bits });
    }
  }
  bindings.sort((a, b) => a.at - b.at);
  const first = bindings[0]?.at ?? 0;
  bindings.forEach(({ at }, i) => {
    if (first > 1 || at !== first + i) {
      fail(
        `its bindings are ${bindings.map(({ at }) => at).join(", ")}; count from 1 without gaps`,
      );
    }
  });
  return bindings;
}

function kindOf(space: string | undefined, type: string): BindingKind | null {
  const words = space?.split(",").map((word) => word.trim()) ?? [];
  if (words[0] === "uniform") return type === "Params" ? "uniform" : null;
  if (words[0] === "storage") return words[1] === "read_write" ? "write" : "read";
  return /^texture_storage_2d<\s*rgba32float\s*,\s*read\s*>$/.test(type) ? "texture" : null;
}

/** The layout of the group that has these bindings. */
export function groupLayout(bindings: readonly Binding[]): GPUBindGroupLayoutDescriptor {
  return {
    entries: bindings.map(({ at, kind }): GPUBindGroupLayoutEntry => {
      const entry = { binding: at, visibility: SEEN_BY_COMPUTE };
      if (kind === "texture") {
        return { ...entry, storageTexture: { access: "read-only", format: "rgba32float" } };
      }
      const types = { uniform: "uniform", read: "read-only-storage", write: "storage" } as const;
      return { ...entry, buffer: { type: types[kind] } };
    }),
  };
}

/**
 * Checks that a dispatch gives what its shader binds.
 *
 * @throws {TypeError} If it gives more, fewer or others, one that is stored as halves where the shader
 * takes floats, or the same tensor to be written and for something else.
 */
export function checkBindings(
  bindings: readonly Binding[],
  { label, tensors, textures = [] }: {
    label: string;
    tensors: readonly Tensor[];
    textures?: readonly Tensor[];
  },
): void {
  const bound = bindings.filter(({ kind }) => kind !== "uniform");
  const given = [...tensors, ...textures];
  const fits = bound.length === given.length &&
    bound.every(({ kind }, i) => (kind === "texture") === (i >= tensors.length));
  if (!fits) {
    const listed = (isTexture: boolean) =>
      bound.filter(({ kind }) => (kind === "texture") === isTexture)
        .map(({ name }) => name).join(", ") || "none";
    throw new TypeError(
      `Cannot dispatch ${label}: ${tensors.length} tensors and ${textures.length} textures given, ` +
        `its shader binds tensors ${listed(false)} and textures ${listed(true)}`,
    );
  }
  bound.forEach(({ kind, name, takesHalves }, i) => {
    if (given[i].isHalf && !takesHalves) {
      throw new TypeError(`Cannot dispatch ${label}: ${name} ${IS_HALF}`);
    }
    if (kind !== "write") return;
    const other = tensors.findIndex((tensor, k) => k !== i && tensor.buffer === tensors[i].buffer);
    if (other < 0) return;
    const what = tensors[other].offset === tensors[i].offset ? "the same tensor" : "one block";
    throw new TypeError(
      `Cannot dispatch ${label}: ${what} is given as ${name}, which is written, and as ` +
        bound[other].name,
    );
  });
}
