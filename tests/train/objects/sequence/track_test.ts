import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { IGNORED_LABEL, type LabelImage } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import { Tracker, type TrackSettings } from "../../../../train/objects/sequence/track.ts";
import { trackObjects } from "../../../../train/objects/sequence/track_objects.ts";
import { type Disc, discs, drifting, pairsOf, shuffled } from "../fixtures/movies.ts";

/** Tracks a movie whose numbers are shuffled, and checks that each true number is one track. */
function assertFollowed(
  truth: readonly LabelImage[],
  settings: Partial<TrackSettings> = {},
): Tracker {
  const random = new Random(5);
  const tracker = new Tracker(settings);
  const tracks = new Map<number, number>();
  truth.forEach((frame, t) => {
    for (const [id, track] of pairsOf(frame, tracker.add(shuffled(frame, random)))) {
      const known = tracks.get(id) ?? track;
      assertEquals(track, known, `disc ${id} in frame ${t}`);
      tracks.set(id, known);
    }
  });
  assertEquals(new Set(tracks.values()).size, tracks.size, "two discs have one track");
  return tracker;
}

/** A movie of discs that are where a function of time says. */
function movie(frames: number, at: (t: number) => Disc[], size = { width: 100, height: 100 }) {
  return Array.from({ length: frames }, (_, t) => discs(at(t), size));
}

Deno.test("Tracker gives the same tracks whatever the numbers of objects", () => {
  const truth = drifting({ count: 30, spread: 3 });
  const all = [1, 2, 3].map((seed) => {
    const [random, tracker] = [new Random(seed), new Tracker()];
    return truth.map((frame) => tracker.add(shuffled(frame, random)).data);
  });
  assertEquals(all[1], all[0]);
  assertEquals(all[2], all[0]);
});

Deno.test("Tracker follows objects that move by themselves", () => {
  const tracker = assertFollowed(drifting({ count: 36, frames: 8, spread: 3 }));
  assertEquals(tracker.tracks.length, 36);
});

Deno.test("Tracker takes off a drift that is larger than the distance between objects", () => {
  for (const drift of [{ y: 70, x: -20 }, { y: -15, x: 90 }]) {
    const truth = drifting({ count: 36, frames: 2, drift, side: 500 });
    const seen = truth.map(({ data }) => new Set(data));
    // Discs that leave are gone, all others keep their numbers.
    assert(seen[0].intersection(seen[1]).size > 20);
    assertFollowed(truth);
  }
});

Deno.test("Tracker lets objects pass each other", () => {
  assertFollowed(movie(9, (t) => [
    { y: 44, x: 10 + 10 * t, r: 4, id: 1 },
    { y: 54, x: 90 - 10 * t, r: 4, id: 2 },
  ]));
});

Deno.test("Tracker keeps twins apart that lie side by side", () => {
  assertFollowed(movie(6, (t) => [
    { y: 40 + t, x: 40 + 2 * t, r: 5, id: 1 },
    { y: 40 + t, x: 51 + 2 * t, r: 5, id: 2 },
  ]));
});

Deno.test("Tracker goes on over gaps up to maxGap, and no farther", () => {
  const truth = movie(8, (t) => [
    { y: 30, x: 20 + 3 * t, r: 5, id: 1 },
    ...(t === 3 || t === 4 ? [] : [{ y: 70, x: 20 + 3 * t, r: 5, id: 2 }]),
  ]);
  const followed = assertFollowed(truth);
  const [, second] = followed.tracks;
  assertEquals([second.first, second.last, second.length, second.gaps], [0, 7, 8, 2]);
  const strict = new Tracker({ maxGap: 1 });
  truth.forEach((frame) => strict.add(frame));
  assertEquals(
    strict.tracks.map(({ first, last, begin, end }) => [first, last, begin, end]),
    [[0, 7, "first", "last"], [0, 2, "first", "lost"], [5, 7, "appeared", "last"]],
  );
});

Deno.test("Tracker counts frames that are missing as a gap", () => {
  const frames = movie(6, (t) => [{ y: 50, x: 20 + 4 * t, r: 5, id: 1 }])
    .map((frame, time) => ({ ...frame, time }));
  const near = new Tracker();
  [0, 1, 4, 5].forEach((t) => near.add(frames[t]));
  assertEquals(near.tracks.map(({ length, gaps }) => [length, gaps]), [[6, 2]]);
  const far = new Tracker({ maxGap: 1 });
  [0, 1, 4, 5].forEach((t) => far.add(frames[t]));
  assertEquals(far.tracks.map(({ first, last }) => [first, last]), [[0, 1], [4, 5]]);
});

/** A mother until frame 2, two daughters where she was after frames that are missing or empty. */
function cutDivision(dark: number): LabelImage[] {
  return movie(6 + dark, (t) => {
    if (t >= 3 && t < 3 + dark) return [];
    const edge = { y: 80, x: 3, r: 6, id: 9 };
    return t < 3 ? [{ y: 50, x: 50, r: 8, id: 1 }, edge] : [
      { y: 50, x: 42, r: 6, id: 2 },
      { y: 50, x: 58, r: 6, id: 3 },
      edge,
    ];
  });
}

Deno.test("Tracker links nothing over a cut: no division, and ends say that they are at it", () => {
  const kinds = ({ tracks }: Tracker) =>
    tracks.map(({ parent, begin, end }) => `${parent} ${begin} ${end}`).sort();
  for (const maxGap of [0, 2]) {
    for (const isEmpty of [true, false]) {
      const follow = (dark: number) => {
        const tracker = new Tracker({ maxGap });
        cutDivision(dark).forEach((frame, time) => {
          if (isEmpty || frame.data.some((id) => id > 0)) tracker.add({ ...frame, time });
        });
        return kinds(tracker);
      };
      const name = `maxGap ${maxGap}, ${isEmpty ? "empty" : "missing"} frames`;
      const divided = ["0 first divided", "0 first last", "1 divided last", "1 divided last"];
      assertEquals(follow(maxGap), divided, name);
      const cut = ["0 cut last", "0 cut last", "0 entered last", "0 first cut", "0 first left"];
      assertEquals(follow(maxGap + 1), cut, name);
      assertEquals(follow(maxGap + 4), cut, name);
    }
  }
  // What is lost while others go on was lost, and so is what never comes back.
  const lone = new Tracker();
  movie(9, (t) => t < 3 ? [{ y: 50, x: 50, r: 8, id: 1 }] : []).forEach((frame) => lone.add(frame));
  assertEquals(kinds(lone), ["0 first lost"]);
});

Deno.test("Tracker sees a division: the mother ends, two daughters begin", () => {
  const truth = movie(
    6,
    (t) =>
      t < 3 ? [{ y: 50, x: 50, r: 8, id: 1 }, { y: 15, x: 80, r: 7, id: 4 }] : [
        { y: 50, x: 40 - t, r: 6, id: 2 },
        { y: 50, x: 60 + t, r: 6, id: 3 },
        { y: 15, x: 80, r: 7, id: 4 },
      ],
  );
  const { tracks } = assertFollowed(truth);
  assertEquals(
    tracks.map(({ parent, first, last, begin, end }) => [parent, first, last, begin, end]),
    [
      [0, 0, 5, "first", "last"],
      [0, 0, 2, "first", "divided"],
      [2, 3, 5, "divided", "last"],
      [2, 3, 5, "divided", "last"],
    ],
  );
  const plain = new Tracker({ divisions: false });
  truth.forEach((frame) => plain.add(frame));
  assertEquals(plain.tracks.every(({ parent }) => parent === 0), true);
});

Deno.test("Tracker does not take a newcomer beside an object for its daughter", () => {
  const truth = movie(6, (t) => [
    { y: 50, x: 50, r: 7, id: 1 },
    ...(t < 3 ? [] : [{ y: 50, x: 68, r: 7, id: 2 }]),
  ]);
  assertEquals(assertFollowed(truth).tracks.map(({ parent }) => parent), [0, 0]);
});

Deno.test("Tracker tells what enters and leaves at the edge from what appears and is lost", () => {
  const truth = movie(8, (t) => [
    ...(t < 2 ? [] : [{ y: 20, x: 5 * (t - 2), r: 4, id: 1 }]),
    ...(t > 4 ? [] : [{ y: 50, x: 96 + t, r: 4, id: 2 }]),
    ...(t < 4 ? [] : [{ y: 80, x: 50, r: 4, id: 3 }]),
    ...(t > 3 ? [] : [{ y: 50, x: 20, r: 4, id: 4 }]),
  ]);
  const kinds = assertFollowed(truth).tracks.map(({ begin, end }) => `${begin} ${end}`).sort();
  assertEquals(kinds, ["appeared last", "entered last", "first left", "first lost"]);
});

Deno.test("Tracker takes one frame, empty frames, huge numbers and ignored pixels", () => {
  const one = new Tracker();
  const frame = { width: 4, height: 1, data: Uint32Array.of(70000, 0, IGNORED_LABEL, 4e9) };
  assertEquals([...one.add(frame).data], [1, 0, IGNORED_LABEL, 2]);
  assertEquals(one.tracks.map(({ begin, end }) => [begin, end]), [["first", "last"], [
    "first",
    "last",
  ]]);
  const blank = { width: 4, height: 1, data: new Uint32Array(4) };
  assertEquals([...new Tracker().add(blank).data], [0, 0, 0, 0]);
  const late = new Tracker();
  [blank, blank, frame, blank].forEach((image) => late.add(image));
  assertEquals(late.tracks.map(({ first, last }) => [first, last]), [[2, 2], [2, 2]]);
});

Deno.test("Tracker refuses frames of another size, times that do not ascend and wrong settings", () => {
  const tracker = new Tracker();
  tracker.add({ width: 2, height: 1, data: new Uint32Array(2), time: 3 });
  const other = { width: 1, height: 2, data: new Uint32Array(2), time: 4 };
  assertThrows(() => tracker.add(other), RangeError, "frame 4 is 2x1");
  const early = { width: 2, height: 1, data: new Uint32Array(2), time: 3 };
  assertThrows(() => tracker.add(early), RangeError, "frame 3 comes after frame 3");
  assertThrows(() => new Tracker({ maxGap: -1 }), RangeError, "max-gap is -1");
  assertThrows(() => new Tracker({ reach: 0 }), RangeError, "reach is 0");
});

Deno.test("trackObjects() passes on what frames carry, and fails as Tracker does", async () => {
  const frames = [1, 2].map((id) => ({
    width: 1,
    height: 1,
    data: Uint32Array.of(id),
    name: `n${id}`,
  }));
  const tracked = await Array.fromAsync(trackObjects(frames));
  assertEquals(tracked.map(({ name, data, time }) => [name, data[0], time]), [["n1", 1, 0], [
    "n2",
    1,
    1,
  ]]);
  const wrong = [frames[0], { ...frames[1], width: 2, data: new Uint32Array(2) }];
  await assertRejects(() => Array.fromAsync(trackObjects(wrong)), RangeError);
});

/** An object that is cut in two in some frames, beside one that stays; after a while it divides for good. */
function cutMovie(cut: readonly number[], { divides = 99 } = {}): LabelImage[] {
  return movie(10, (t) => [
    { y: 15, x: 80, r: 7, id: 9 },
    ...(t >= divides
      ? [{ y: 50, x: 42 - t, r: 6, id: 2 }, { y: 50, x: 60 + t, r: 6, id: 3 }]
      : [{ y: 50, x: 50, r: 9, id: 1 }]),
  ]).map((frame, t) => {
    if (!cut.includes(t)) return frame;
    const data = frame.data.map((id, at) =>
      id !== 1 ? id : at % 100 === 50 ? 0 : at % 100 < 50 ? 1 : 2
    );
    return { ...frame, data };
  });
}

async function tracksOf(frames: readonly LabelImage[], settings: Partial<TrackSettings> = {}) {
  const going = trackObjects(frames, settings);
  const tracked: LabelImage[] = [];
  for (;;) {
    const step = await going.next();
    if (step.done) return { tracked, tracks: step.value };
    tracked.push(step.value);
  }
}

Deno.test("trackObjects() takes an object that is cut in two for up to maxGap frames for one", async () => {
  for (const cut of [[4], [4, 5]]) {
    const { tracked, tracks } = await tracksOf(cutMovie(cut));
    assertEquals(tracks.filter(({ parent }) => parent > 0), []);
    const [whole] = tracks.filter(({ length, begin }) => length === 10 && begin === "first")
      .filter(({ track }) => tracked[0].data[50 * 100 + 50] === track);
    assertEquals([whole.gaps, whole.last, whole.end], [0, 9, "last"]);
    // The track is in every frame, cut or not; the other piece appeared and is lost.
    assert(tracked.every(({ data }) => data.includes(whole.track)));
    const pieces = tracks.filter(({ begin }) => begin === "appeared");
    assertEquals(pieces.map(({ first, length, end }) => [first, length, end]), [
      [cut[0], cut.length, "lost"],
    ]);
    assertEquals(tracks.length, 3);
    // Every number in the frames is that of a track, in its frames.
    for (const [t, { data }] of tracked.entries()) {
      for (const id of new Set(data)) {
        if (id === 0) continue;
        const track = tracks.find(({ track }) => track === id)!;
        assert(track.first <= t && t <= track.last, `track ${id} in frame ${t}`);
      }
    }
  }
});

Deno.test("trackObjects() sees the division after a cut, and takes a longer cut for one", async () => {
  const after = (await tracksOf(cutMovie([3], { divides: 6 }))).tracks;
  const mother = after.find(({ end }) => end === "divided")!;
  assertEquals([mother.first, mother.last, mother.gaps], [0, 5, 0]);
  assertEquals(after.filter(({ parent }) => parent === mother.track).map(({ first }) => first), [
    6,
    6,
  ]);
  const long = (await tracksOf(cutMovie([3, 4, 5, 6]))).tracks;
  assertEquals(long.filter(({ parent }) => parent > 0).map(({ first }) => first), [3, 3]);
  const strict = (await tracksOf(cutMovie([4]), { maxGap: 0 })).tracks;
  assertEquals(strict.filter(({ parent }) => parent > 0).length, 2);
});

Deno.test("trackObjects() fills no gap and changes no track where two daughters stay apart", async () => {
  const { tracks } = await tracksOf(cutMovie([], { divides: 3 }));
  assertEquals(tracks.map(({ begin, end }) => `${begin} ${end}`).sort(), [
    "divided last",
    "divided last",
    "first divided",
    "first last",
  ]);
});
