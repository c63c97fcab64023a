/**
 * A writer of small HDF5 files, for tests: groups and float32 arrays in the oldest layout, which is
 * the one h5py and Keras write (superblock 0, symbol tables, object headers of version 1, contiguous
 * values). By the HDF5 File Format Specification, version 2.0.
 */

/** An array to write: its values, row-major. */
export interface ArrayToWrite {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A group's content by name, names without a slash. */
interface Tree {
  [name: string]: Tree | ArrayToWrite;
}

const UNDEFINED = 0xffff_ffff_ffff_ffffn;
/** A leaf of a group's tree holds up to twice this number of names; 4 is the library's default. */
const LEAF_K = 4;
/** A node of a group's tree holds up to twice this number of leaves. */
const INTERNAL_K = 16;

/** The bytes of a file while it is put together; numbers are little-endian. */
class Bytes {
  #view = new DataView(new ArrayBuffer(1024));
  length = 0;

  /** Makes room at a multiple of 8, filled with zeros; gives its address. */
  allocate(size: number): number {
    const address = Math.ceil(this.length / 8) * 8;
    this.length = address + size;
    if (this.length > this.#view.byteLength) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(new Uint8Array(this.#view.buffer));
      this.#view = new DataView(larger.buffer);
    }
    return address;
  }

  /** Writes fields one after the other: `[bytes, value]` or text. */
  put(address: number, fields: readonly (readonly [1 | 2 | 4 | 8, number | bigint] | string)[]) {
    let at = address;
    for (const field of fields) {
      if (typeof field === "string") {
        const text = new TextEncoder().encode(field);
        new Uint8Array(this.#view.buffer).set(text, at);
        at += text.length;
        continue;
      }
      const [size, value] = field;
      if (size === 8) this.#view.setBigUint64(at, BigInt(value), true);
      else if (size === 4) this.#view.setUint32(at, Number(value), true);
      else if (size === 2) this.#view.setUint16(at, Number(value), true);
      else this.#view.setUint8(at, Number(value));
      at += size;
    }
  }

  putFloats(address: number, values: ArrayLike<number>) {
    for (let i = 0; i < values.length; i++) this.#view.setFloat32(address + 4 * i, values[i], true);
  }

  get file(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#view.buffer as ArrayBuffer, 0, this.length).slice();
  }
}

/** A file that holds arrays by path, with the groups that the paths go through. */
export function hdf5File(arrays: Readonly<Record<string, ArrayToWrite>>): Uint8Array<ArrayBuffer> {
  const bytes = new Bytes();
  const superblock = bytes.allocate(96);
  const root = writeGroup(bytes, treeOf(arrays));
  bytes.put(superblock, [
    [8, 0x0a1a0a0d_46444889n],
    [4, 0], // versions of superblock, free space and root
    [4, 0x00_08_08_00], // version of shared headers; addresses and lengths of 8 bytes
    [2, LEAF_K],
    [2, INTERNAL_K],
    [4, 0],
    [8, 0],
    [8, UNDEFINED],
    [8, bytes.length],
    [8, UNDEFINED],
    ...rootEntry(root),
  ]);
  return bytes.file;
}

function treeOf(arrays: Readonly<Record<string, ArrayToWrite>>): Tree {
  const root: Tree = {};
  for (const [path, array] of Object.entries(arrays)) {
    const names = path.split("/");
    const last = names.pop()!;
    let group = root;
    for (const name of names) group = (group[name] ??= {}) as Tree;
    group[last] = array;
  }
  return root;
}

function isArray(item: Tree | ArrayToWrite): item is ArrayToWrite {
  return Array.isArray(item.shape);
}

interface GroupAddress {
  readonly header: number;
  readonly tree: number;
  readonly heap: number;
}

/** The symbol table entry of a group: its header, and its tree and heap as cached. */
function rootEntry({ header, tree, heap }: GroupAddress): [4 | 8, number][] {
  return [[8, 0], [8, header], [4, 1], [4, 0], [8, tree], [8, heap]];
}

/** A group: a heap of names, leaves of entries sorted by name, and a tree over the leaves. */
function writeGroup(bytes: Bytes, group: Tree): GroupAddress {
  const names = Object.keys(group).toSorted();
  const items = names.map((name) => {
    const item = group[name];
    return isArray(item) ? writeArray(bytes, item) : writeGroup(bytes, item).header;
  });
  const heap = bytes.allocate(32);
  // The heap starts with an empty name, which the tree's first key points to.
  const room = (name: string) => Math.ceil((name.length + 1) / 8) * 8;
  const size = names.reduce((sum, name) => sum + room(name), 8);
  const text = bytes.allocate(size);
  bytes.put(heap, ["HEAP", [4, 0], [8, size], [8, 1], [8, text]]);
  let offset = 8;
  const offsets = names.map((name) => {
    const at = offset;
    bytes.put(text + at, [name]);
    offset += room(name);
    return at;
  });
  const tree = bytes.allocate(24 + 8 + 2 * INTERNAL_K * 16);
  const leaves: [8, number][] = [];
  for (let start = 0; start < names.length; start += 2 * LEAF_K) {
    const count = Math.min(2 * LEAF_K, names.length - start);
    const leaf = bytes.allocate(8 + 2 * LEAF_K * 40);
    bytes.put(leaf, ["SNOD", [2, 1], [2, count]]);
    for (let i = 0; i < count; i++) {
      bytes.put(leaf + 8 + 40 * i, [[8, offsets[start + i]], [8, items[start + i]]]);
    }
    leaves.push([8, leaf], [8, offsets[start + count - 1]]);
  }
  if (leaves.length > 4 * INTERNAL_K) throw new RangeError("Too many names for one tree node");
  const node = [[1, 0], [1, 0], [2, leaves.length / 2], [8, UNDEFINED], [8, UNDEFINED]] as const;
  bytes.put(tree, ["TREE", ...node, [8, 0], ...leaves]);
  const header = bytes.allocate(16 + 24);
  bytes.put(header, [...headerStart(1, 24), ...message(0x11, 16), [8, tree], [8, heap]]);
  return { header, tree, heap };
}

/** An array: dataspace, datatype and layout, then the values. */
function writeArray(bytes: Bytes, { shape, values }: ArrayToWrite): number {
  const data = bytes.allocate(4 * values.length);
  bytes.putFloats(data, values);
  const space = 8 + 8 * shape.length;
  const size = 8 + space + (8 + 24) + (8 + 24);
  const header = bytes.allocate(16 + size);
  bytes.put(header, [
    ...headerStart(3, size),
    ...message(0x1, space),
    [1, 1],
    [1, shape.length],
    [2, 0],
    [4, 0],
    ...shape.map((extent) => [8, extent] as const),
    ...message(0x3, 24),
    // IEEE float: class 1, little-endian, sign at bit 31, exponent 8 bits from 23, mantissa 23.
    [4, 0x00_1f_20_11],
    [4, 4],
    [2, 0],
    [2, 32],
    [4, 0x17_00_08_17],
    [4, 127],
    [4, 0],
    ...message(0x8, 24),
    [1, 3],
    [1, 1],
    [8, data],
    [8, 4 * values.length],
  ]);
  return header;
}

function headerStart(messages: number, size: number): (readonly [1 | 2 | 4, number])[] {
  return [[1, 1], [1, 0], [2, messages], [4, 1], [4, size], [4, 0]];
}

function message(type: number, size: number): (readonly [2 | 4, number])[] {
  return [[2, type], [2, size], [4, 0]];
}
