import { assert, assertEquals } from "@std/assert";
import { measureHost, shortest } from "../../../bench/host/measure.ts";

/** Keeps the processor busy. */
function work(turns: number): number {
  let sum = 0;
  for (let i = 0; i < turns; i++) sum += Math.sqrt(i);
  return sum;
}

Deno.test("shortest() grows with the work, takes off what is besides, and divides by units", async () => {
  const repeats = { atLeast: 20, fewest: 4 };
  const [small, large] = [() => work(2e6), () => work(2e7)];
  const [one, ten] = [
    (await shortest({ run: small }, repeats)).ms,
    (await shortest({ run: large }, repeats)).ms,
  ];
  assert(ten > 4 * one && ten < 25 * one, `${one} and ${ten}`);
  const { ms: rest } = await shortest({ run: large, besides: small, units: 9 }, repeats);
  assert(rest > 0.4 * one && rest < 2.5 * one, `${one} and ${rest}`);
});

Deno.test("measureHost() counts no time in which the process waits", async () => {
  const job = {
    ...{ name: "waiting", sentence: "", unit: "call" },
    async *parts() {
      await Promise.resolve();
      const run = () => new Promise((resolve) => setTimeout(resolve, 50));
      yield { part: "all", at: "", megabytes: 1, run };
    },
  };
  const [{ ms, mbs, job: name }] = await Array.fromAsync(
    measureHost(job, { atLeast: 1, fewest: 2 }),
  );
  assertEquals(name, "waiting");
  assert(ms < 25, `${ms}`);
  assertEquals(mbs, 1 / (ms / 1000));
});

Deno.test("shortest() counts the main thread by itself", async () => {
  const worker = new Worker(new URL("./busy_worker.ts", import.meta.url), { type: "module" });
  const elsewhere = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.onmessage = () => resolve();
    worker.postMessage(4e7);
    return promise;
  };
  const { ms, main } = await shortest({ run: elsewhere }, { atLeast: 1, fewest: 2 });
  worker.terminate();
  assert(ms > 20 && main < ms / 2, `${ms} and ${main}`);
});
