// The stream of pairs: both classes in every batch, alike in all but focus, and the same every time.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { defaultAugmentation } from "../../../../train/learn/patches/augment.ts";
import { noAugmentation } from "../../fixtures/no_augmentation.ts";
import type { LabelledStack, ZSequence } from "../../../../train/images/series/z_stack.ts";
import { type FocusBatchSettings, FocusStream } from "../../../../train/learn/focus/batches.ts";
import { fakeLabels, fakeSequence } from "../../fixtures/fake_sequence.ts";

const defaultFocusBatchSettings: FocusBatchSettings = {
  ...{ seed: 1, pairs: 4, patch: 128, low: 1, high: 99.8, tolerance: 1 },
  augmentation: {
    ...defaultAugmentation,
    elastic: { ...defaultAugmentation.elastic, probability: 0 },
  },
};

/** A sequence whose pixels say where they are: 1000 t + 10 z + a little for row and column. */
function spokenSequence(
  { length, depth, width, height }: {
    length: number;
    depth: number;
    width: number;
    height: number;
  },
): ZSequence {
  const names = Array.from({ length }, (_, t) => `stack ${t}`);
  const plane = (t: number, z: number) => {
    const data = Float32Array.from(
      { length: width * height },
      (_, i) => 1000 * t + 10 * z + Math.floor(i / width) / 100 + (i % width) / 10_000,
    );
    return Promise.resolve({ width, height, data });
  };
  return { path: "s", name: "s", length, depth, width, height, names, notes: [], plane };
}

function settings(change: Partial<FocusBatchSettings> = {}): FocusBatchSettings {
  return {
    ...defaultFocusBatchSettings,
    augmentation: noAugmentation,
    // Minimum and maximum of each stack become 0 and 1, so that pixels can be read back.
    low: 0,
    high: 100,
    pairs: 3,
    patch: 8,
    ...change,
  };
}

/** Where the patches of a batch come from, by their first pixels; for the stack at time 0. */
async function placesOf(
  stream: FocusStream,
  { depth, width, height }: Pick<ZSequence, "depth" | "width" | "height">,
) {
  const { images, targets } = await stream.next();
  const area = stream.side ** 2;
  const brightest = 10 * (depth - 1) + (height - 1) / 100 + (width - 1) / 10_000;
  return [...targets!].map((target, i) => {
    const value = images[i * area] * brightest;
    const z = Math.floor(value / 10 + 1e-4);
    return { target, z, within: value - 10 * z };
  });
}

Deno.test("FocusStream draws as many planes in focus as out of focus, within the tolerance", async () => {
  const depth = 9;
  const sequence = spokenSequence({ length: 1, depth, width: 12, height: 12 });
  for (
    const { plane, tolerance, low, high } of [
      { plane: 4, tolerance: 1, low: 3, high: 5 },
      { plane: 0, tolerance: 2, low: 0, high: 2 },
      { plane: 8, tolerance: 0, low: 8, high: 8 },
      { plane: 1, tolerance: 3, low: 0, high: 4 },
    ]
  ) {
    const stream = new FocusStream([{ sequence, t: 0, plane }], settings({ tolerance }));
    const [near, far] = [new Set<number>(), new Set<number>()];
    for (let batch = 0; batch < 40; batch++) {
      const places = await placesOf(stream, sequence);
      assertEquals(places.map(({ target }) => target), [1, 0, 1, 0, 1, 0]);
      for (const { target, z } of places) (target === 1 ? near : far).add(z);
    }
    const planes = Array.from({ length: depth }, (_, z) => z);
    const inside = planes.filter((z) => z >= low && z <= high);
    assertEquals([...near].toSorted((a, b) => a - b), inside);
    assertEquals([...far].toSorted((a, b) => a - b), planes.filter((z) => !inside.includes(z)));
  }
});

Deno.test("FocusStream cuts both planes of a pair at the same place", async () => {
  const sequence = spokenSequence({ length: 1, depth: 5, width: 30, height: 20 });
  const stream = new FocusStream([{ sequence, t: 0, plane: 2 }], settings());
  const seen = new Set<string>();
  for (let batch = 0; batch < 10; batch++) {
    const places = await placesOf(stream, sequence);
    for (let i = 0; i < places.length; i += 2) {
      assert(Math.abs(places[i].within - places[i + 1].within) < 1e-3, JSON.stringify(places));
      seen.add(places[i].within.toFixed(3));
    }
  }
  assert(seen.size > 10, `only ${seen.size} places`);
});

Deno.test("FocusStream visits every stack once a round", async () => {
  const sequence = spokenSequence({ length: 6, depth: 4, width: 8, height: 8 });
  const asked: number[] = [];
  const noting = {
    ...sequence,
    plane: (t: number, z: number) => {
      asked.push(t);
      return sequence.plane(t, z);
    },
  };
  const stacks = sequence.names.map((_, t) => ({ sequence: noting, t, plane: 1 }));
  const stream = new FocusStream(stacks, settings({ pairs: 1, tolerance: 0 }));
  for (let round = 0; round < 3; round++) {
    const visited: number[] = [];
    for (let i = 0; i < 6; i++) {
      await stream.next();
      visited.push(asked.at(-1)!);
    }
    assertEquals(visited.toSorted(), [0, 1, 2, 3, 4, 5]);
  }
});

Deno.test("FocusStream gives the same batches for the same seed, others for another", async () => {
  const stacks = fakeLabels(fakeSequence({ length: 3, depth: 6, side: 16, seed: 2 }));
  const batches = async (seed: number) => {
    const stream = new FocusStream(stacks, { ...defaultFocusBatchSettings, pairs: 2, seed });
    assertEquals(stream.side, 16);
    return [await stream.next(), await stream.next()];
  };
  assertEquals(await batches(1), await batches(1));
  assert((await batches(1))[0].images.join() !== (await batches(2))[0].images.join());
});

Deno.test("FocusStream takes whole planes where they are smaller than the patch", () => {
  const wide = {
    sequence: spokenSequence({ length: 1, depth: 4, width: 40, height: 9 }),
    t: 0,
    plane: 1,
  };
  const large = {
    sequence: spokenSequence({ length: 1, depth: 7, width: 50, height: 60 }),
    t: 0,
    plane: 1,
  };
  assertEquals(new FocusStream([large, wide], settings({ patch: 64 })).side, 9);
  assertEquals(new FocusStream([large], settings({ patch: 64 })).side, 50);
  assertEquals(new FocusStream([large, wide], settings({ patch: 7 })).side, 7);
});

Deno.test("FocusStream refuses stacks that it cannot learn from, by name", () => {
  const sequence = spokenSequence({ length: 2, depth: 3, width: 8, height: 8 });
  const refuse = (stacks: LabelledStack[], says: string) =>
    assertThrows(() => new FocusStream(stacks, settings()), RangeError, says);
  refuse([], "Cannot train: there is no stack whose plane in focus is known");
  refuse(
    [{ sequence, t: 1, plane: 1 }],
    "Cannot train on stack 1: all of its 3 planes count as in focus with a tolerance of 1",
  );
  refuse([{ sequence, t: 0, plane: 3 }], "stack 0: its plane in focus is 3, it has planes 0 to 2");
  refuse([{ sequence, t: 0, plane: -1 }], "its plane in focus is -1");
  refuse([{ sequence, t: 0, plane: 0.5 }], "its plane in focus is 0.5");
});

Deno.test("FocusStream hands on the error of a plane that cannot be read", async () => {
  const sequence = spokenSequence({ length: 1, depth: 5, width: 8, height: 8 });
  const plane = () => Promise.reject(new SyntaxError("Cannot read s.tif: it is damaged"));
  const stream = new FocusStream(
    [{ sequence: { ...sequence, plane }, t: 0, plane: 2 }],
    settings(),
  );
  await assertRejects(() => stream.next(), SyntaxError, "Cannot read s.tif");
});

Deno.test("FocusStream goes on from where it stood, in the middle of a round too", async () => {
  const stacks = fakeLabels(fakeSequence({ length: 3, depth: 6, side: 16, seed: 2 }));
  const stream = () => new FocusStream(stacks, { ...defaultFocusBatchSettings, pairs: 2 });
  const whole = stream();
  await whole.next();
  const state = JSON.parse(JSON.stringify(whole.state));
  const rest = [await whole.next(), await whole.next()];
  const resumed = stream();
  resumed.restore(state);
  assertEquals([await resumed.next(), await resumed.next()], rest);
});
