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
  pool.release(first, 257);
  assertEquals(pool.acquire(512), first);
  assertEquals(made.map(({ size }) => size), [512]);
});

Deno.test("BufferPool never hands out a buffer twice, nor one of another size", () => {
  const { pool, made } = poolWith();
  const held = [pool.acquire(4), pool.acquire(4), pool.acquire(1024)];
  assertEquals(new Set(held).size, 3);
  held.forEach((buffer) => pool.release(buffer, buffer.size));
  assertEquals(new Set([pool.acquire(256), pool.acquire(256), pool.acquire(256)]).size, 3);
  assertEquals(made.map(({ size }) => size), [256, 256, 1024, 256]);
});

Deno.test("BufferPool counts what is allocated, in use, and the peak", () => {
  const { pool } = poolWith();
  const [a, b] = [pool.acquire(256), pool.acquire(1024)];
  assertEquals(pool.memory, { allocated: 1280, inUse: 1280, peak: 1280 });
  pool.release(b, 1024);
  assertEquals(pool.memory, { allocated: 1280, inUse: 256, peak: 1280 });
  pool.trim();
  assertEquals(pool.memory, { allocated: 256, inUse: 256, peak: 1280 });
  pool.release(a, 256);
  assertEquals(pool.acquire(4), a);
});

Deno.test("BufferPool.trim() destroys what is free and nothing that is in use", () => {
  const { pool, made } = poolWith();
  const [held, freed] = [pool.acquire(256), pool.acquire(256)];
  pool.release(freed, 256);
  pool.trim();
  assertEquals(made.map(({ destroyed }) => destroyed), [false, true]);
  assertEquals(held.destroyed, false);
  assertEquals(pool.acquire(256) === freed, false);
});

Deno.test("BufferPool gives free buffers back before it refuses", () => {
  const { pool, made } = poolWith({ bufferBytes: 3 * MEBIBYTE, totalBytes: 4 * MEBIBYTE });
  pool.release(pool.acquire(3 * MEBIBYTE), 3 * MEBIBYTE);
  pool.acquire(2 * MEBIBYTE);
  assertEquals(made.map(({ destroyed }) => destroyed), [true, false]);
  assertEquals(pool.memory.allocated, 2 * MEBIBYTE);
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
  pool.release(held, 2 * MEBIBYTE);
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
