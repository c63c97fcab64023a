import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { LabelImage } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import { overlapOf } from "../../../../train/objects/overlap.ts";
import { type Descent, TrackingMeter } from "../../../../train/objects/scores/tracking.ts";

/** A row of a track file: number, first and last frame, parent. */
type Row = readonly [track: number, first: number, last: number, parent: number];

/** The images of tracks: each object has three pixels at the slot of its track. */
function imagesOf(
  slots: readonly ReadonlyMap<number, readonly number[]>[],
  width: number,
): LabelImage[] {
  return slots.map((objects) => {
    const data = new Uint32Array(3 * width);
    for (const [id, pixels] of objects) for (const at of pixels) data[at] = id;
    return { width: 3 * width, height: 1, data };
  });
}

function scoresOf(
  truth: { rows: readonly Row[]; images: readonly LabelImage[] },
  labels: { rows: readonly Row[]; images: readonly LabelImage[] },
) {
  const descents = (rows: readonly Row[]): Descent[] =>
    rows.map(([track, , , parent]) => ({ track, parent }));
  const meter = new TrackingMeter({ truth: descents(truth.rows), labels: descents(labels.rows) });
  truth.images.forEach((image, number) => {
    const overlap = overlapOf(image, labels.images[number]);
    meter.add({ number, overlap, all: { truth: overlap.first.ids, labels: overlap.second.ids } });
  });
  return meter.scores;
}

/** Random tracks of some frames, with parents that end before their children begin. */
function randomRows(random: Random, { count = 6, frames = 7 }): Row[] {
  const rows: Row[] = [];
  for (let track = 1; track <= count; track++) {
    const mother = rows.find(([, , end]) => end + 1 < frames && random.chance(0.4));
    const first = mother ? mother[2] + 1 : random.integer(frames);
    const last = first + random.integer(frames - first);
    const parent = mother && random.chance(0.8) ? mother[0] : 0;
    rows.push([track, first, last, parent]);
  }
  return rows;
}

/**
 * AOGM by its definition, on sets of texts: vertices `t:id`, edges `t:id>t:id`. Every pixel is looked at by
 * itself, and edges come from the rows of the track files.
 */
function faultsByDefinition(
  truth: { rows: readonly Row[]; images: readonly LabelImage[] },
  labels: { rows: readonly Row[]; images: readonly LabelImage[] },
) {
  const edgesOf = (rows: readonly Row[]) => {
    const edges = new Map<string, string>();
    for (const [id, first, last, parent] of rows) {
      for (let t = first; t < last; t++) edges.set(`${t}:${id}>${t + 1}:${id}`, "link");
      const mother = rows.find(([other]) => other === parent);
      if (mother) edges.set(`${mother[2]}:${parent}>${first}:${id}`, "parent");
    }
    return edges;
  };
  const matches: [reference: string, computed: string][] = [];
  const [references, computed] = [new Set<string>(), new Set<string>()];
  truth.images.forEach((image, t) => {
    const ids = new Set(image.data);
    const found = labels.images[t].data;
    found.forEach((id) => id && computed.add(`${t}:${id}`));
    for (const id of ids) {
      if (id === 0) continue;
      references.add(`${t}:${id}`);
      const under = [...found].filter((_, at) => image.data[at] === id);
      for (const other of new Set(under)) {
        const share = under.filter((value) => value === other).length / under.length;
        if (other !== 0 && share > 0.5) matches.push([`${t}:${id}`, `${t}:${other}`]);
      }
    }
  });
  const times = (vertex: string) => matches.filter(([, other]) => other === vertex).length;
  const alone = new Map(matches.filter(([, other]) => times(other) === 1).map(([a, b]) => [b, a]));
  const ours = [...edgesOf(labels.rows)].flatMap(([edge, kind]) => {
    const [from, to] = edge.split(">").map((vertex) => alone.get(vertex));
    return from && to ? [[`${from}>${to}`, kind] as const] : [];
  });
  const theirs = edgesOf(truth.rows);
  const known = new Map<string, string>(ours);
  return {
    vertices: references.size,
    edges: theirs.size,
    NS: [...computed].reduce((sum, vertex) => sum + Math.max(0, times(vertex) - 1), 0),
    FN: references.size - matches.length,
    FP: [...computed].filter((vertex) => times(vertex) === 0).length,
    ED: ours.filter(([edge]) => !theirs.has(edge)).length,
    EA: [...theirs.keys()].filter((edge) => !known.has(edge)).length,
    EC: ours.filter(([edge, kind]) => theirs.has(edge) && theirs.get(edge) !== kind).length,
  };
}

/** Where each track has its pixels, frame by frame; a computed object may cover two slots. */
function slotsOf(
  random: Random,
  rows: readonly Row[],
  { frames, slots }: { frames: number; slots: number },
): Map<number, number[]>[] {
  return Array.from({ length: frames }, (_, t) => {
    const free = [...random.permutation(slots)];
    return new Map(
      rows.filter(([, first, last]) => first <= t && t <= last).map(([id]) => {
        const own = [free.pop()!, ...(slots > 6 && random.chance(0.3) ? [free.pop()!] : [])];
        return [id, own.flatMap((slot) => [0, 1, 2].map((i) => 3 * slot + i))];
      }),
    );
  });
}

/**
 * The truth with faults: a daughter that goes on as her mother, other parents, two objects that change places
 * in a frame, and one that covers another, which is put elsewhere.
 */
function damaged(
  random: Random,
  rows: readonly Row[],
  slots: readonly ReadonlyMap<number, number[]>[],
): { rows: Row[]; slots: Map<number, number[]>[] } {
  const names = new Map(rows.map(([id]) => [id, id]));
  const kept: Row[] = [];
  for (const [id, first, last, parent] of rows) {
    const mother = kept.findIndex(([other, , end]) => other === parent && end + 1 === first);
    if (mother >= 0 && random.chance(0.3)) {
      names.set(id, parent);
      kept[mother] = [parent, kept[mother][1], last, kept[mother][3]];
    } else kept.push([id, first, last, random.chance(0.7) ? parent : 0]);
  }
  // Whoever descended from a mother that now goes on has none.
  const ends = new Map(kept.map(([id, , last]) => [id, last]));
  const own = kept.map((
    [id, first, last, parent],
  ): Row => [id, first, last, (ends.get(parent) ?? Infinity) < first ? parent : 0]);
  const renamed = slots.map((objects) => {
    const list = [...objects].map(([id, pixels]): [number, number[]] => [names.get(id)!, pixels]);
    const [a, b] = [random.integer(list.length || 1), random.integer(list.length || 1)];
    const fault = a === b ? 1 : random.next();
    if (fault < 0.3) [list[a][1], list[b][1]] = [list[b][1], list[a][1]];
    else if (fault < 0.5) {
      list[a][1] = [...list[a][1], ...list[b][1]];
      list[b][1] = [39, 40, 41];
    }
    return new Map(list);
  });
  return { rows: own, slots: renamed };
}

Deno.test("TrackingMeter counts faults of random graphs as the definition does", () => {
  const random = new Random(11);
  const seen = { NS: 0, FN: 0, FP: 0, ED: 0, EA: 0, EC: 0 };
  for (let round = 0; round < 150; round++) {
    const [frames, slots] = [7, 14];
    const truthRows = randomRows(random, { frames });
    const truthSlots = slotsOf(random, truthRows, { frames, slots: 6 });
    const truth = { rows: truthRows, images: imagesOf(truthSlots, slots) };
    const rows = randomRows(random, { frames });
    const own = random.chance(0.2)
      ? { rows, slots: slotsOf(random, rows, { frames, slots }) }
      : damaged(random, truthRows, truthSlots);
    const labels = { rows: own.rows, images: imagesOf(own.slots, slots) };
    const { faults, reference, TRA, LNK } = scoresOf(truth, labels);
    const { vertices, edges, ...expected } = faultsByDefinition(truth, labels);
    assertEquals(faults, expected);
    assertEquals([reference.vertices, reference.edges], [vertices, edges]);
    const { NS, FN, FP, ED, EA, EC } = expected;
    const links = ED + 1.5 * EA + EC;
    const all = 10 * vertices + 1.5 * edges;
    assertAlmostEquals(TRA!, Math.max(0, 1 - (5 * NS + 10 * FN + FP + links) / all), 1e-12);
    if (edges > 0) assertAlmostEquals(LNK!, Math.max(0, 1 - links / (1.5 * edges)), 1e-12);
    for (const kind of Object.keys(seen) as (keyof typeof seen)[]) seen[kind] += faults[kind];
  }
  assertEquals(Object.values(seen).every((count) => count > 20), true, JSON.stringify(seen));
});

/** Rows of one image each: an id for each frame, every track at its own pixel. */
function line(...tracks: number[][]): LabelImage[] {
  return tracks[0].map((_, t) => ({
    width: tracks.length,
    height: 1,
    data: Uint32Array.from(tracks, (ids) => ids[t]),
  }));
}

Deno.test("TrackingMeter finds a division of which an edge is of the wrong kind", () => {
  const truth = {
    rows: [[1, 0, 1, 0], [2, 2, 3, 1], [3, 2, 3, 1]] as Row[],
    images: line([1, 1, 2, 2], [0, 0, 3, 3]),
  };
  const labels = {
    rows: [[1, 0, 3, 0], [2, 2, 3, 0]] as Row[],
    images: line([1, 1, 1, 1], [0, 0, 2, 2]),
  };
  const { faults, CT, TF, id_switches, unbroken } = scoresOf(truth, labels);
  assertEquals(faults, { NS: 0, FN: 0, FP: 0, ED: 0, EA: 1, EC: 1 });
  // Of the daughters one is followed from her first to her last frame; all are followed wholly.
  assertAlmostEquals(CT!, 2 * 1 / (3 + 2));
  assertEquals([TF, unbroken, id_switches.switches, id_switches.steps], [1, 1, 0, 3]);
});

Deno.test("TrackingMeter takes a track with a gap for two, of which one descends from the other", () => {
  const truth = { rows: [[1, 0, 3, 0]] as Row[], images: line([1, 1, 1, 1]) };
  const gap = { rows: [[7, 0, 3, 0]] as Row[], images: line([7, 0, 7, 7]) };
  const split = { rows: [[7, 0, 0, 0], [8, 2, 3, 7]] as Row[], images: line([7, 0, 8, 8]) };
  const [one, two] = [scoresOf(truth, gap), scoresOf(truth, split)];
  assertEquals(one.faults, { NS: 0, FN: 1, FP: 0, ED: 1, EA: 2, EC: 0 });
  assertEquals([two.faults, two.TRA, two.CT, two.TF], [one.faults, one.TRA, one.CT, one.TF]);
});

Deno.test("TrackingMeter counts changes of number, and the longest part that is followed", () => {
  const truth = {
    rows: [[1, 0, 5, 0], [2, 0, 5, 0]] as Row[],
    images: line([1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2]),
  };
  const labels = {
    rows: [[1, 0, 5, 0], [2, 0, 5, 0]] as Row[],
    images: line([1, 1, 2, 2, 2, 2], [2, 2, 1, 1, 0, 1]),
  };
  const { id_switches, TF, CT, unbroken } = scoresOf(truth, labels);
  assertEquals(id_switches, { rate: 2 / 8, switches: 2, steps: 8 });
  assertAlmostEquals(TF!, (4 / 6 + 2 / 6) / 2);
  assertEquals([CT, unbroken], [0, 0]);
});

Deno.test("TrackingMeter without anything gives no figures, and refuses tables that do not fit", () => {
  const none = new TrackingMeter({ truth: [], labels: [] }).scores;
  assertEquals([none.TRA, none.LNK, none.CT, none.TF, none.unbroken], [
    null,
    null,
    null,
    null,
    null,
  ]);
  const truth = { rows: [[1, 0, 0, 0]] as Row[], images: line([1]) };
  assertThrows(
    () => scoresOf({ ...truth, rows: [[2, 0, 0, 0]] }, truth),
    RangeError,
    "the table of the truth has no track 1",
  );
  assertThrows(
    () => scoresOf(truth, { ...truth, rows: [[1, 0, 0, 5]] }),
    RangeError,
    "begins before any image has shown its parent 5",
  );
});
