/**
 * Writes HDF5 files of float32 arrays.
 *
 * @module
 */

import { hdf5Library, nameInMemory } from "./library.ts";

/** Texts by name; several where it is a list. */
export type TextAttributes = Readonly<Record<string, string | readonly string[]>>;

/** A group of a file. */
export interface GroupToWrite {
  /** What describes it. */
  readonly attributes: TextAttributes;
  /** Arrays by their path in it. */
  readonly arrays: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly data: Float32Array }
  >;
}

/** A file. */
export interface Hdf5ToWrite {
  /** What describes it. */
  readonly attributes: TextAttributes;
  /** Its groups by name. */
  readonly groups: ReadonlyMap<string, GroupToWrite>;
}

/** The bytes of a file. */
export async function writeHdf5(
  { attributes, groups }: Hdf5ToWrite,
): Promise<Uint8Array<ArrayBuffer>> {
  const { library, files } = await hdf5Library();
  const name = nameInMemory();
  const file = new library.File(name, "w");
  try {
    setAttributes(file, attributes);
    for (const [path, { attributes, arrays }] of groups) {
      const group = file.create_group(path);
      setAttributes(group, attributes);
      for (const [path, { shape, data }] of arrays) {
        const folders = path.split("/").slice(0, -1);
        folders.forEach((_, at) => {
          const folder = folders.slice(0, at + 1).join("/");
          if (group.get(folder) === null) group.create_group(folder);
        });
        group.create_dataset({ name: path, data, shape: [...shape], dtype: "<f4" });
      }
    }
    file.close();
    return files.readFile(name).slice() as Uint8Array<ArrayBuffer>;
  } finally {
    files.unlink(name);
  }
}

/** Texts of a fixed length, as h5py writes lists of bytes. */
function setAttributes(
  target: InstanceType<Awaited<ReturnType<typeof hdf5Library>>["library"]["Group"]>,
  attributes: TextAttributes,
): void {
  for (const [name, value] of Object.entries(attributes)) {
    const texts = typeof value === "string" ? [value] : value;
    const size = Math.max(1, ...texts.map((text) => new TextEncoder().encode(text).length));
    const shape = typeof value === "string" ? [] : [texts.length];
    target.create_attribute(
      name,
      typeof value === "string" ? value : [...value],
      shape,
      `S${size}`,
    );
  }
}
