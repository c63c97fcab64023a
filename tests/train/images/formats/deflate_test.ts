import { assert, assertEquals, assertThrows } from "@std/assert";
import { deflateSync, inflateSync } from "node:zlib";
import { deflate, inflate } from "../../../../train/images/formats/deflate.ts";
import { Random } from "../../../../train/images/random.ts";

/** Runs, noise and text-like bytes: what deflate's kinds of blocks are for. */
function contents(): Record<string, Uint8Array<ArrayBuffer>> {
  const random = new Random(5);
  const bytes = (length: number, of: number) =>
    Uint8Array.from({ length }, () => random.integer(of));
  return {
    empty: new Uint8Array(0),
    one: Uint8Array.of(7),
    runs: new Uint8Array(70_000).fill(3),
    noise: bytes(3000, 256),
    few: bytes(5000, 5),
  };
}

/** A stream of zlib's, of a level (0 stores, 9 packs most). */
function packed(content: Uint8Array, level: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(deflateSync(content, { level }));
}

Deno.test("inflate() and zlib give the same bytes, with and without bytes behind the stream", () => {
  const random = new Random(7);
  for (const [kind, content] of Object.entries(contents())) {
    for (const level of [0, 1, 6, 9]) {
      const stream = packed(content, level);
      for (const more of [0, 1, 2, 3, 4, 5, 100]) {
        const padded = new Uint8Array(stream.length + more).map(() => random.integer(256));
        padded.set(stream);
        const message = `${kind} ${level} ${more}`;
        assertEquals(inflate(padded, content.length), content, message);
        assertEquals(inflate(padded, content.length + 9), content, message);
      }
    }
  }
});

Deno.test("zlib reads what deflate() packs", () => {
  for (const [kind, content] of Object.entries(contents())) {
    assertEquals(new Uint8Array(inflateSync(deflate(content))), content, kind);
    assertEquals(inflate(deflate(content), content.length), content, kind);
  }
});

Deno.test("inflate() holds no more than asked for", () => {
  for (const [kind, content] of Object.entries(contents())) {
    if (content.length === 0) continue;
    for (const level of [0, 6]) {
      for (const most of [0, 1, content.length - 1].filter((most) => most < content.length)) {
        assertThrows(
          () => inflate(packed(content, level), most),
          RangeError,
          `more than ${most} bytes`,
          kind,
        );
      }
    }
  }
});

Deno.test("inflate() refuses every truncation", () => {
  for (const [kind, content] of Object.entries(contents())) {
    for (const level of [0, 6]) {
      const stream = packed(content, level);
      for (let length = 0; length < stream.length; length += stream.length > 99 ? 17 : 1) {
        const message = `${kind} ${level} ${length}`;
        assertThrows(
          () => inflate(stream.subarray(0, length), content.length),
          SyntaxError,
          "",
          message,
        );
      }
    }
  }
});

Deno.test("inflate() gives wrong bytes for no flipped bit, and right ones where zlib does", () => {
  const random = new Random(11);
  let refused = 0;
  for (const [kind, content] of Object.entries(contents())) {
    for (let round = 0; round < 300; round++) {
      const stream = packed(content, round % 2 === 0 ? 6 : 0);
      stream[random.integer(stream.length)] ^= 1 << random.integer(8);
      const result = (read: () => Uint8Array): Uint8Array | null => {
        try {
          return new Uint8Array(read());
        } catch {
          refused++;
          return null;
        }
      };
      const maxOutputLength = Math.max(1, content.length);
      const expected = result(() => inflateSync(stream, { maxOutputLength }));
      const found = result(() => inflate(stream, maxOutputLength));
      // A stored block says its length twice, and zlib alone looks at both.
      assertEquals(found, expected ?? (found && content), `${kind} ${round}`);
    }
  }
  assert(refused > 2000, "most flipped bits must matter");
});
