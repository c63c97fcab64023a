// The pool's own rules, on buffers that are nothing but their size.
import { assertEquals, assertThrows } from "@std/assert";
import { OutOfMemoryError } from "../../../../kernels/gpu/errors.ts";
import { BufferPool, paddedBytes } from "../../../../kernels/gpu/memory/pool.ts";

const MEBIBYTE = 1024 * 1024;

interface Buffer {
  readonly size: number;
  destroyed: boolean;
}

/** A pool that writes down what it makes. */
function poolWith(
  { bufferBytes = MEBIBYTE, totalBytes = 4 * MEBIBYTE, reservedBytes = 0 } = {},
): { pool: BufferPool<Buffer>; made: Buffer[] } {
  const made: Buffer[] = [];
  const pool = new BufferPool<Buffer>({
    create: (size) => {
      made.push({ size, destroyed: false });
      return made.at(-1)!;
    },
    destroy: (buffer) => buffer.destroyed = true,
    limits: { bufferBytes, totalBytes, reservedBytes },
  });
  return { pool, made };
}

Deno.test("paddedBytes() is the next multiple of 256, and never 0", () => {
  assertEquals([0, 1, 256, 257, 1000].map(paddedBytes), [256, 256, 256, 512, 1024]);
});

Deno.test("BufferPool hands a released buffer out again to any request of its padded size", () => {
  const { pool, made } = poolWith();
  const first = pool.acquire(257);
  pool.release(first);
  assertEquals(pool.acquire(512), first);
  assertEquals(made.map(({ size }) => size), [512]);
});

Deno.test("BufferPool never hands out a buffer twice, nor one of more than twice the size", () => {
  const { pool, made } = poolWith();
  const held = [pool.acquire(4), pool.acquire(4), pool.acquire(1024)];
  assertEquals(new Set(held.map(({ buffer }) => buffer)).size, 3);
  held.forEach((buffer) => pool.release(buffer));
  const again = [pool.acquire(256), pool.acquire(256), pool.acquire(256)];
  assertEquals(new Set(again.map(({ buffer }) => buffer)).size, 3);
  assertEquals(made.map(({ size }) => size), [256, 256, 1024, 256]);
});

Deno.test("BufferPool hands out the smallest free buffer that serves, and counts all of it", () => {
  const { pool, made } = poolWith();
  const held = [pool.acquire(1024), pool.acquire(768), pool.acquire(2048)];
  held.forEach((pooled) => pool.release(pooled));
  const small = pool.acquire(512);
  assertEquals([small.buffer.size, small.bytes], [768, 768]);
  assertEquals(pool.acquire(600).bytes, 1024);
  assertEquals(pool.memory, { allocated: 3840, inUse: 1792, peak: 3840 });
  assertEquals(pool.acquire(600).bytes, 768, "2048 is more than twice of it");
  pool.release(small);
  assertEquals(pool.acquire(512, { leastShare: 1 }).bytes, 512, "of just this size");
  assertEquals(pool.acquire(768), small);
  assertEquals(made.map(({ size }) => size), [1024, 768, 2048, 768, 512]);
});

Deno.test("BufferPool allocates nothing more for what is asked for again and again", () => {
  const { pool } = poolWith();
  const sizes = [3000, 1800, 900, 2600, 700, 3000, 500, 1200];
  const round = () => {
    const held = sizes.slice(0, 4).map((size) => pool.acquire(size));
    held.slice(1).forEach((pooled) => pool.release(pooled));
    const more = sizes.slice(4).map((size) => pool.acquire(size));
    [held[0], ...more].forEach((pooled) => pool.release(pooled));
  };
  round();
  round();
  const { allocated } = pool.memory;
  for (let i = 0; i < 10; i++) round();
  assertEquals(pool.memory.allocated, allocated);
});

Deno.test("BufferPool counts what is allocated, in use, and the peak", () => {
  const { pool } = poolWith();
  const [a, b] = [pool.acquire(256), pool.acquire(1024)];
  assertEquals(pool.memory, { allocated: 1280, inUse: 1280, peak: 1280 });
  pool.release(b);
  assertEquals(pool.memory, { allocated: 1280, inUse: 256, peak: 1280 });
  pool.trim();
  assertEquals(pool.memory, { allocated: 256, inUse: 256, peak: 1280 });
  pool.release(a);
  assertEquals(pool.acquire(4), a);
});

Deno.test("BufferPool.trim() destroys what is free and nothing that is in use", () => {
  const { pool, made } = poolWith();
  const [held, freed] = [pool.acquire(256), pool.acquire(256)];
  pool.release(freed);
  pool.trim();
  assertEquals(made.map(({ destroyed }) => destroyed), [false, true]);
  assertEquals(held.buffer.destroyed, false);
  assertEquals(pool.acquire(256).buffer === freed.buffer, false);
});

Deno.test("BufferPool gives free buffers back before it refuses", () => {
  const { pool, made } = poolWith({ bufferBytes: 3 * MEBIBYTE, totalBytes: 4 * MEBIBYTE });
  pool.release(pool.acquire(3 * MEBIBYTE));
  pool.acquire(1.25 * MEBIBYTE);
  assertEquals(made.map(({ destroyed }) => destroyed), [true, false]);
  assertEquals(pool.memory.allocated, 1.25 * MEBIBYTE);
  assertEquals(pool.memory.peak, 3 * MEBIBYTE);
});

Deno.test("BufferPool refuses one buffer over the adapter's limit, with the number and a remedy", () => {
  const { pool, made } = poolWith({ bufferBytes: MEBIBYTE });
  pool.acquire(MEBIBYTE);
  assertThrows(
    () => pool.acquire(MEBIBYTE + 1),
    OutOfMemoryError,
    "Cannot allocate 1.0 MiB on the GPU: the adapter's limit for one buffer is 1 MiB; " +
      "lower the patch or tile size, the batch size or the base width",
  );
  assertEquals(made.length, 1);
  assertEquals(pool.memory.inUse, MEBIBYTE, "a refused request is not in use");
});

Deno.test("BufferPool refuses more than the limit for all, and goes on afterwards", () => {
  const { pool } = poolWith({ bufferBytes: 2 * MEBIBYTE, totalBytes: 3 * MEBIBYTE });
  const held = pool.acquire(2 * MEBIBYTE);
  assertThrows(
    () => pool.acquire(2 * MEBIBYTE),
    OutOfMemoryError,
    "Cannot allocate 2.0 MiB on the GPU: the memory limit is 3 MiB",
  );
  pool.release(held);
  assertEquals(pool.acquire(2 * MEBIBYTE), held);
});

Deno.test("BufferPool counts memory that is held elsewhere against the limit", () => {
  const { pool } = poolWith({ totalBytes: 3 * MEBIBYTE, reservedBytes: 2 * MEBIBYTE });
  pool.acquire(MEBIBYTE);
  assertThrows(() => pool.acquire(4), OutOfMemoryError, "the memory limit is 3 MiB");
  assertEquals(pool.memory.peak, MEBIBYTE);
});

Deno.test("BufferPool refuses a size that is not a number", () => {
  const { pool } = poolWith();
  assertThrows(() => pool.acquire(NaN), RangeError, "Cannot allocate NaN bytes on the GPU");
  assertThrows(() => pool.acquire(-4), RangeError, "Cannot allocate -4 bytes on the GPU");
  assertEquals(pool.memory, { allocated: 0, inUse: 0, peak: 0 });
});
