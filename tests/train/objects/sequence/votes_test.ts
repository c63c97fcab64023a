import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { Random } from "../../../../train/images/random.ts";
import { type ScoredFrame, votesOver } from "../../../../train/objects/sequence/votes.ts";

/** A frame one pixel high whose pixels are these ids. */
function frame(ids: number[], scores: Record<number, number>): ScoredFrame {
  return {
    ...{ width: ids.length, height: 1, data: Uint32Array.from(ids) },
    scores: new Map(Object.entries(scores).map(([id, score]) => [Number(id), score])),
  };
}

async function votesOf(frames: ScoredFrame[]): Promise<Map<number, number>[]> {
  const voted = await Array.fromAsync(votesOver(frames));
  return voted.map(({ votes }) => new Map(votes));
}

Deno.test("votesOver() weighs scores 1, 0.7 and 0.4, whatever ids the object has", async () => {
  const scores = [0.1, 0.9, 0.5, 0.3, 0.8, 0.2];
  const frames = scores.map((score, t) => frame([0, t + 5, t + 5, 0], { [t + 5]: score }));
  const votes = await votesOf(frames);
  const weights = [1, 0.7, 0.4];
  scores.forEach((_, t) => {
    let [sum, weight] = [0, 0];
    for (let other = Math.max(0, t - 2); other <= Math.min(5, t + 2); other++) {
      sum += weights[Math.abs(other - t)] * scores[other];
      weight += weights[Math.abs(other - t)];
    }
    assertAlmostEquals(votes[t].get(t + 5)!, sum / weight, 1e-12);
  });
});

Deno.test("votesOver() counts 0 behind a break of the chain, and nothing beyond the ends", async () => {
  const there = () => frame([1, 1, 0, 0], { 1: 1 });
  const gone = frame([0, 0, 0, 0], {});
  const votes = await votesOf([there(), gone, there(), there()]);
  // Frames 1 and 2 after it: a break, so 0 for both though frame 2 shows it again.
  assertAlmostEquals(votes[0].get(1)!, 1 / 2.1, 1e-12);
  assertAlmostEquals(votes[2].get(1)!, (1 + 0.7) / (1 + 0.7 + 0.7 + 0.4), 1e-12);
  assertAlmostEquals((await votesOf([there()]))[0].get(1)!, 1, 1e-12);
  assertEquals(await votesOf([]), []);
});

Deno.test("votesOver() links best partners only, from an intersection over union of 0.3 on", async () => {
  // Object 1 covers both parts of what splits: its best partner is the larger part.
  const [whole, parts] = [
    frame([1, 1, 1, 1, 1, 0], { 1: 1 }),
    frame([2, 2, 2, 3, 3, 0], { 2: 0.5, 3: 0.5 }),
  ];
  const [first, second] = await votesOf([whole, parts]);
  assertAlmostEquals(first.get(1)!, (1 + 0.7 * 0.5) / 1.7, 1e-12);
  assertAlmostEquals(second.get(2)!, (0.5 + 0.7) / 1.7, 1e-12);
  assertAlmostEquals(second.get(3)!, 0.5 / 1.7, 1e-12);
  const far = await votesOf([
    frame([1, 1, 1, 1, 0, 0, 0], { 1: 1 }),
    frame([0, 0, 0, 1, 1, 1, 1], { 1: 1 }),
  ]);
  assertAlmostEquals(far[0].get(1)!, 1 / 1.7, 1e-12);
});

Deno.test("votesOver() keeps five frames at most, and gives what all at once would give", async () => {
  const random = new Random(4);
  const frames = Array.from({ length: 12 }, () => {
    const ids = Array.from(
      { length: 30 },
      (_, i) => random.chance(0.7) ? 1 + Math.floor(i / 6) : 0,
    );
    const scores = Object.fromEntries([1, 2, 3, 4, 5].map((id) => [id, random.next()]));
    return frame(ids, scores);
  });
  const alive = new Set<number>();
  let most = 0;
  async function* counted() {
    for (const [t, one] of frames.entries()) {
      alive.add(t);
      most = Math.max(most, alive.size);
      yield await Promise.resolve({ ...one, t });
    }
  }
  const votes: Map<number, number>[] = [];
  for await (const { t, votes: found } of votesOver(counted())) {
    alive.delete(t);
    votes.push(new Map(found));
  }
  assertEquals(votes, await votesOf(frames));
  assertEquals(most, 3);
  await assertRejects(
    () => votesOf([frame([1], { 1: 1 }), frame([1, 1], { 1: 1 })]),
    RangeError,
  );
});

Deno.test("votesOver() gives frames beyond a gap no say", async () => {
  const scores = [0.9, 0.1, 0.8, 0.3, 0.5];
  const frames = (times: number[]) =>
    scores.map((score, i) => ({ ...frame([0, 1, 1, 0], { 1: score }), time: times[i] }));
  const parts = [...await votesOf(frames([0, 1, 2, 3, 4]).slice(0, 2))];
  parts.push(...await votesOf(frames([0, 1, 2, 3, 4]).slice(2)));
  assertEquals(await votesOf(frames([0, 1, 7, 8, 9])), parts);
  assertEquals(
    await votesOf(frames([3, 4, 5, 6, 7])),
    await votesOf(scores.map((score) => frame([0, 1, 1, 0], { 1: score }))),
  );
});
