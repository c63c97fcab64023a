import { assertEquals } from "@std/assert";
import { unzipSync } from "fflate";
import { Random } from "../../../../train/images/random.ts";
import { zipFiles, ZipLayout } from "../../../../train/objects/formats/zip.ts";

const random = new Random(8);

function bytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => random.integer(5));
}

Deno.test("zipFiles() packs what another program unpacks", () => {
  const files = { "a.roi": bytes(1000), "empty": new Uint8Array(), "größe/ø.bin": bytes(70_000) };
  const entries = Object.entries(files).map(([name, bytes]) => ({ name, bytes }));
  const zip = zipFiles(entries);
  assertEquals(unzipSync(zip), files);
  assertEquals(zip.length < 71_000 / 2, true);
  assertEquals(zipFiles(entries), zip);
});

Deno.test("zipFiles() of nothing is the end record alone", () => {
  assertEquals(zipFiles([]), Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(18)));
});

Deno.test("ZipLayout counts more files than 16 bits hold as Zip64 does", () => {
  const layout = new ZipLayout();
  const count = 65_536;
  const [first] = Array.from(
    { length: count },
    (_, i) => layout.add({ name: `${i}`, bytes: new Uint8Array() }),
  );
  const end = layout.end();
  const view = new DataView(end.buffer);
  const at = (signature: number) =>
    end.findLastIndex((_, i) => i + 4 <= end.length && view.getUint32(i, true) === signature);
  const [record, locator, last] = [at(0x06064b50), at(0x07064b50), at(0x06054b50)];
  assertEquals([last, locator, record].map((place) => end.length - place), [22, 42, 98]);
  assertEquals([view.getUint16(last + 8, true), view.getUint32(last + 16, true)], [
    0xffff,
    0xffff_ffff,
  ]);
  assertEquals(view.getBigUint64(record + 24, true), BigInt(count));
  assertEquals(view.getBigUint64(record + 40, true), BigInt(record));
  // The list begins where the files end, and the record where the list does.
  const offset = view.getBigUint64(record + 48, true);
  assertEquals(view.getBigUint64(locator + 8, true), offset + BigInt(record));
  assertEquals(first[0], 0x50);
});

Deno.test("ZipLayout gives the place of a file beyond 4 GiB as Zip64 does", () => {
  const begin = 2 ** 32 + 5;
  const layout = new ZipLayout({ begin });
  const first = layout.add({ name: "a", bytes: bytes(9) });
  layout.add({ name: "b", bytes: bytes(9) });
  const end = layout.end();
  const view = new DataView(end.buffer);
  // The list: a record of 46 bytes, the name, and a field of 4 + 8 bytes for the place.
  for (const [i, offset] of [begin, begin + first.length].entries()) {
    const at = i * (46 + 1 + 12);
    assertEquals(view.getUint32(at, true), 0x02014b50);
    assertEquals([view.getUint16(at + 30, true), view.getUint32(at + 42, true)], [12, 0xffff_ffff]);
    assertEquals([view.getUint16(at + 47, true), view.getUint16(at + 49, true)], [1, 8]);
    assertEquals(view.getBigUint64(at + 51, true), BigInt(offset));
  }
  assertEquals(view.getUint32(end.length - 22 + 16, true), 0xffff_ffff);
});
