// Arrays of HDF5 files: all of them, to the bit; or the file is refused.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readHdf5 } from "../../../../train/models/import/hdf5.ts";
import { type ArrayToWrite, hdf5File } from "../../fixtures/models/hdf5_file.ts";

const FEW: Record<string, ArrayToWrite> = {
  "a/b/kernel:0": { shape: [2, 3], values: [1, -2, 3.5, 1e-30, 0, 65504] },
  "a/b/bias:0": { shape: [1], values: [0.1] },
  "top": { shape: [0], values: [] },
};

Deno.test("readHdf5() lists the arrays of all groups, with their shapes and values", async () => {
  const arrays = await readHdf5(hdf5File(FEW), "few.h5");
  assertEquals([...arrays.keys()].toSorted(), Object.keys(FEW).toSorted());
  for (const [path, { shape, values }] of Object.entries(FEW)) {
    assertEquals(arrays.get(path)!.shape, shape);
    assertEquals(arrays.get(path)!.values(), Float32Array.from(values));
  }
});

Deno.test("readHdf5() finds every layer of a large group", async () => {
  const many: Record<string, ArrayToWrite> = {};
  for (let i = 0; i < 100; i++) many[`layer_${i}/bias:0`] = { shape: [1], values: [i] };
  const arrays = await readHdf5(hdf5File(many), "many.h5");
  assertEquals(arrays.size, 100);
  for (let i = 0; i < 100; i++) assertEquals(arrays.get(`layer_${i}/bias:0`)!.values()[0], i);
});

Deno.test("readHdf5() reads from the middle of a buffer", async () => {
  const file = hdf5File(FEW);
  const inside = new Uint8Array(file.length + 24);
  inside.set(file, 16);
  const arrays = await readHdf5(inside.subarray(16, 16 + file.length), "inside.h5");
  assertEquals(arrays.get("a/b/bias:0")!.values(), Float32Array.of(0.1));
});

Deno.test("readHdf5() refuses values that are not finite", async () => {
  for (const value of [NaN, Infinity]) {
    const file = hdf5File({ "a/bias:0": { shape: [2], values: [1, value] } });
    const array = (await readHdf5(file, "n.h5")).get("a/bias:0")!;
    assertThrows(
      () => array.values(),
      SyntaxError,
      "Cannot read n.h5: a/bias:0 holds values that are not finite",
    );
  }
});

Deno.test("readHdf5() refuses values that are no floating-point numbers", async () => {
  const file = hdf5File({ "bias:0": { shape: [1], values: [1] } });
  // The datatype message begins with class and version: 1 is a float, 0 a whole number.
  const at = file.findIndex((_, i) =>
    file[i] === 0x11 && file[i + 1] === 0x20 && file[i + 2] === 31
  );
  file[at] = 0x10;
  const array = (await readHdf5(file, "i.h5")).get("bias:0")!;
  assertThrows(() => array.values(), SyntaxError, "Cannot read i.h5: bias:0 holds values of type");
});

/** Where the entries of the leaves of groups are, the innermost group first: 40 bytes each. */
function entriesOf(file: Uint8Array): number[] {
  const isLeaf = (at: number) => [0x53, 0x4e, 0x4f, 0x44].every((byte, i) => file[at + i] === byte);
  return [...file.keys()].filter(isLeaf).map((at) => at + 8);
}

/** A file with the address that an entry leads to taken from another entry. */
function relinked(file: Uint8Array<ArrayBuffer>, { from, to }: { from: number[]; to: number }) {
  const changed = file.slice();
  for (const entry of from) changed.set(file.subarray(to + 8, to + 16), entry + 8);
  return changed;
}

Deno.test("readHdf5() refuses groups in a circle, and fans of groups, without walking them to the end", async () => {
  const file = hdf5File(FEW);
  const [, ofA, ofRoot] = entriesOf(file);
  const circle = relinked(file, { from: [ofA], to: ofRoot });
  const says = "Cannot read x.h5: it is damaged or cut short";
  await assertRejects(() => readHdf5(circle, "x.h5"), SyntaxError, says);
  // Eight groups, each of which holds all eight again: 8 ** 8 paths lead on.
  const names = [..."abcdefgh"];
  const array = { shape: [1], values: [1] };
  const wide = hdf5File({
    ...Object.fromEntries(names.map((name) => [`top/${name}/x`, array])),
  });
  const entries = entriesOf(wide);
  const [ofTop, ofFile] = entries.slice(-2);
  const fan = relinked(wide, { from: names.map((_, i) => ofTop + 40 * i), to: ofFile });
  const start = performance.now();
  await assertRejects(() => readHdf5(fan, "x.h5"), SyntaxError, says);
  assert(performance.now() - start < 5000, "the fan was walked");
});

Deno.test("readHdf5() refuses an array that is larger than the file explains before it is read", async () => {
  const file = hdf5File({ "a/kernel:0": { shape: [37, 41], values: new Float32Array(37 * 41) } });
  const view = new DataView(file.buffer);
  const at = [...file.keys()].find((i) =>
    i + 16 <= file.length && view.getBigUint64(i, true) === 37n &&
    view.getBigUint64(i + 8, true) === 41n
  )!;
  for (
    const [rows, columns] of [[2n ** 31n, 2n ** 20n], [37n, 1_000_000n], [
      2n ** 32n - 1n,
      2n ** 32n - 1n,
    ]]
  ) {
    view.setBigUint64(at, rows, true);
    view.setBigUint64(at + 8, columns, true);
    const array = (await readHdf5(file, "x.h5")).get("a/kernel:0")!;
    const says = `its ${file.length} bytes cannot hold the`;
    assertThrows(() => array.values(), SyntaxError, says);
  }
});

Deno.test("readHdf5() refuses a file that is not HDF5, or cut off", async () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  for (const content of ["", "HDF", "\x89PNG\r\n\x1a\n", "x".repeat(3000)]) {
    await assertRejects(
      () => readHdf5(bytes(content), "x.h5"),
      SyntaxError,
      "Cannot read x.h5: it is no HDF5 file; give the weights that Keras saved",
    );
  }
  const file = hdf5File(FEW);
  for (let length = 8; length < 96; length += 8) {
    await assertRejects(() => readHdf5(file.slice(0, length), "x.h5"), SyntaxError, "cut short");
  }
});

Deno.test("readHdf5() survives any changed byte: it reads the file or refuses it", async () => {
  const file = hdf5File(FEW);
  for (let at = 0; at < file.length; at += 3) {
    const changed = file.slice();
    changed[at] ^= 0xff;
    try {
      const arrays = await readHdf5(changed, "c.h5");
      for (const { values, shape } of arrays.values()) if (shape.length < 3) values();
    } catch (error) {
      assert(error instanceof SyntaxError, `byte ${at}: ${error}`);
      assert(error.message.startsWith("Cannot read c.h5: "), error.message);
    }
  }
});
