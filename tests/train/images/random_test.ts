import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../../train/images/random.ts";

/** Mean and variance of what a generator draws. */
function moments(draw: () => number, count = 20000): { mean: number; variance: number } {
  const values = Array.from({ length: count }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return { mean, variance };
}

Deno.test("Random.nextUint32() follows xoshiro128**", () => {
  // From the state 1, 2, 3, 4 with Python's integers:
  //   M = 2**32 - 1; rotl = lambda x, k: ((x << k) | (x >> (32 - k))) & M; s = [1, 2, 3, 4]
  //   for _ in range(6):
  //     print(rotl(s[1] * 5 & M, 7) * 9 & M); t = s[1] << 9 & M
  //     s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3]; s[2] ^= t; s[3] = rotl(s[3], 11)
  const random = Random.from([1, 2, 3, 4]);
  const drawn = Array.from({ length: 6 }, () => random.nextUint32());
  assertEquals(drawn, [11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
});

Deno.test("Random repeats with its seed and continues from its state", () => {
  const [a, b] = [new Random(5), new Random(5)];
  for (let i = 0; i < 10; i++) assertEquals(a.nextUint32(), b.nextUint32());
  const copy = Random.from(JSON.parse(JSON.stringify(a.state)));
  for (let i = 0; i < 10; i++) assertEquals(copy.normal(), a.normal());
});

Deno.test("Random gives other numbers for other seeds and streams", () => {
  const firsts = [0, 1, 2, 2 ** 31, -1].flatMap((seed) =>
    [0, 1, 2].map((stream) => new Random(seed, stream).nextUint32())
  );
  assertEquals(new Set(firsts).size, 15);
});

Deno.test("Random.next(), uniform() and integer() are even within their bounds", () => {
  const random = new Random(1);
  const { mean, variance } = moments(() => random.next());
  assertAlmostEquals(mean, 0.5, 0.01);
  assertAlmostEquals(variance, 1 / 12, 0.002);
  const counts = new Array(5).fill(0);
  for (let i = 0; i < 5000; i++) {
    const value = random.uniform(-2, 3);
    assert(value >= -2 && value < 3);
    counts[random.integer(5)]++;
  }
  for (const count of counts) assert(Math.abs(count - 1000) < 150, `counts ${counts}`);
});

Deno.test("Random.chance() is never true at 0 and always at 1", () => {
  const random = new Random(2);
  for (let i = 0; i < 1000; i++) assert(!random.chance(0) && random.chance(1));
});

Deno.test("Random.normal() and poisson() have the right mean and variance", () => {
  const random = new Random(3);
  const normal = moments(() => random.normal());
  assertAlmostEquals(normal.mean, 0, 0.03);
  assertAlmostEquals(normal.variance, 1, 0.05);
  for (const rate of [0, 0.3, 4, 29, 31, 400]) {
    const { mean, variance } = moments(() => random.poisson(rate), 10000);
    assertAlmostEquals(mean, rate, 5 * Math.sqrt(rate / 10000) + 1e-9);
    // Rounding the normal numbers adds 1/12.
    assertAlmostEquals(variance, rate, 0.1 * rate + 0.1);
  }
});

Deno.test("Random.permutation() holds every number once, every order equally often", () => {
  const random = new Random(4);
  const orders = new Map<string, number>();
  for (let i = 0; i < 2400; i++) {
    const order = random.permutation(4);
    assertEquals([...order].sort(), [0, 1, 2, 3]);
    orders.set(order.join(), (orders.get(order.join()) ?? 0) + 1);
  }
  assertEquals(orders.size, 24);
  for (const count of orders.values()) assert(Math.abs(count - 100) < 50, `${count}`);
  assertEquals([random.permutation(0).length, ...random.permutation(1)], [0, 0]);
});
