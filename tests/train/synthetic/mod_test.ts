import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { LabelImage, Plane } from "../../../train/images/image.ts";
import { syntheticStills, syntheticVideo } from "../../../train/synthetic/mod.ts";
import { keepWholeObjects, numberByAppearance } from "../../../train/synthetic/labels.ts";

const STILLS = syntheticStills({ seed: 1, count: 12, size: 96 });
const VIDEO = syntheticVideo({ seed: 1 });

/** Mean intensity of the pixels a test picks. */
function meanWhere(image: Plane, pick: (i: number) => boolean): number {
  const values = [...image.data].filter((_, i) => pick(i));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function areas({ data }: LabelImage): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of data) if (id > 0) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** Number of 4-connected pieces of equal id, by repeatedly taking the smaller index of neighbours. */
function pieces({ width, height, data }: LabelImage): number {
  const root = Array.from(data, (_, i) => i);
  const find = (i: number): number => root[i] === i ? i : (root[i] = find(root[i]));
  for (let i = 0; i < data.length; i++) {
    const right = i % width < width - 1 ? i + 1 : i;
    const below = i + width < width * height ? i + width : i;
    for (const j of [right, below]) if (data[j] === data[i]) root[find(j)] = find(i);
  }
  return root.filter((r, i) => r === i && data[i] > 0).length;
}

/** Mean squared difference of neighbouring pixels of the background: twice the noise variance. */
function roughness({ width, data }: Plane, { data: labels }: LabelImage): number {
  let sum = 0;
  let count = 0;
  for (let i = 1; i < data.length; i++) {
    if (i % width === 0 || labels[i] || labels[i - 1]) continue;
    sum += (data[i] - data[i - 1]) ** 2;
    count++;
  }
  return sum / count;
}

Deno.test("syntheticStills() gives the same bits for the same seed, others for another", () => {
  assertEquals(syntheticStills({ seed: 1, count: 12, size: 96 }), STILLS);
  const other = syntheticStills({ seed: 2, count: 1, size: 96 });
  assertNotEquals(other[0].image.data, STILLS[0].image.data);
  assertNotEquals(STILLS[1].labels.data, STILLS[0].labels.data);
  assertEquals(syntheticStills({ seed: 1, count: 2, size: 96 }), STILLS.slice(0, 2));
});

Deno.test("syntheticStills() look like a camera's: whole numbers above its offset, not saturated", () => {
  for (const { image, labels } of STILLS) {
    assertEquals([image.width, image.height, labels.width, labels.height], [96, 96, 96, 96]);
    assert(image.data.every((value) => Number.isInteger(value) && value > 60 && value < 65535));
  }
});

Deno.test("syntheticStills() number whole objects 1 to n", () => {
  for (const { labels } of STILLS) {
    const sizes = areas(labels);
    assertEquals([...sizes.keys()].sort((a, b) => a - b), [...sizes.keys()].map((_, i) => i + 1));
    assert([...sizes.values()].every((size) => size >= 8));
    assertEquals(pieces(labels), sizes.size);
  }
});

Deno.test("syntheticStills() are brighter inside every nucleus than in the background", () => {
  for (const { image, labels } of STILLS) {
    const background = meanWhere(image, (i) => labels.data[i] === 0);
    const deviation = Math.sqrt(roughness(image, labels) / 2);
    for (const id of areas(labels).keys()) {
      assert(meanWhere(image, (i) => labels.data[i] === id) > background + deviation);
    }
    const covered = labels.data.filter((id) => id > 0).length / labels.data.length;
    assert(covered > 0.02 && covered < 0.6, `${covered} of the image is nuclei`);
  }
});

Deno.test("syntheticStills() hold nuclei that touch", () => {
  const touching = STILLS.filter(({ labels: { width, data } }) =>
    data.some((id, i) => i % width > 0 && id > 0 && data[i - 1] > 0 && data[i - 1] !== id)
  );
  assert(touching.length >= 3, `only in ${touching.length} of ${STILLS.length} stills`);
});

Deno.test("syntheticVideo() gives the same bits for the same seed, others for another", () => {
  assertEquals(syntheticVideo({ seed: 1 }), VIDEO);
  const other = syntheticVideo({ seed: 2, frames: 1 });
  assertNotEquals(other.frames[0].data, VIDEO.frames[0].data);
  assertNotEquals(other.truth[0].data, VIDEO.truth[0].data);
});

Deno.test("syntheticVideo() has one track per id, and every id in the truth only during it", () => {
  const { truth, tracks } = VIDEO;
  assertEquals(tracks.map(({ id }) => id), tracks.map((_, i) => i + 1));
  truth.forEach((labels, t) => {
    assertEquals(pieces(labels), areas(labels).size);
    for (const id of areas(labels).keys()) {
      assert(id <= tracks.length && tracks[id - 1].begin <= t && t <= tracks[id - 1].end);
    }
  });
  for (const { id, begin, end } of tracks) {
    assert(areas(truth[begin]).has(id) && areas(truth[end]).has(id));
  }
});

Deno.test("syntheticVideo() keeps the id of an object that moves: neighbouring frames overlap", () => {
  const { truth } = VIDEO;
  let kept = 0;
  let all = 0;
  for (let t = 1; t < truth.length; t++) {
    const before = areas(truth[t - 1]);
    for (const [id, area] of areas(truth[t])) {
      if (!before.has(id) || area < 60) continue;
      const common = truth[t].data.filter((v, i) => v === id && truth[t - 1].data[i] === id).length;
      all++;
      if (common > 0.5 * Math.min(area, before.get(id)!)) kept++;
    }
  }
  assert(all > 300 && kept / all > 0.97, `${kept} of ${all} overlap`);
});

Deno.test("syntheticVideo() lets nuclei divide, enter and leave", () => {
  const seen = { divisions: 0, entries: 0, exits: 0 };
  for (const seed of [1, 2, 3]) {
    const { tracks, truth } = seed === 1 ? VIDEO : syntheticVideo({ seed });
    const last = truth.length - 1;
    const daughters = tracks.filter(({ parent }) => parent > 0);
    const mothers = new Set(daughters.map(({ parent }) => parent));
    assert(mothers.size >= 1 && mothers.size <= 2, `${mothers.size} divisions`);
    for (const { begin, parent } of daughters) assertEquals(tracks[parent - 1].end, begin - 1);
    seen.divisions += mothers.size;
    seen.entries += tracks.filter(({ begin, parent }) => begin > 0 && parent === 0).length;
    seen.exits += tracks.filter(({ id, end }) => end < last && !mothers.has(id)).length;
  }
  assert(seen.entries > 0 && seen.exits > 0, JSON.stringify(seen));
});

Deno.test("syntheticVideo() changes the pictures with the gap, never the truth", () => {
  const options = { seed: 4, frames: 12, size: 96 };
  const [near, far] = [0, 1].map((gap) => syntheticVideo({ ...options, gap }));
  assertEquals(far.truth, near.truth);
  assertEquals(far.tracks, near.tracks);

  /** Standard deviation over mean, along the video, of a figure of each frame. */
  const variation = (values: number[]) => {
    const mean = values.reduce((a, b) => a + b) / values.length;
    return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) / mean;
  };
  const signals = ({ frames, truth }: typeof near) =>
    frames.map((frame, t) =>
      meanWhere(frame, (i) => truth[t].data[i] > 0) -
      meanWhere(frame, (i) => truth[t].data[i] === 0)
    );
  assert(variation(signals(far)) > 2 * variation(signals(near)), "the lamp does not flicker more");
  const noise = ({ frames, truth }: typeof near) =>
    Math.sqrt(roughness(frames[0], truth[0])) / signals({ frames, truth, tracks: [] })[0];
  assert(noise(far) > 2 * noise(near), "the gap adds no noise");
});

Deno.test("syntheticVideo() can be one frame, tiny, or empty of divisions", () => {
  const { frames, truth, tracks } = syntheticVideo({ seed: 5, frames: 1, size: 16 });
  assertEquals([frames.length, truth.length, frames[0].data.length], [1, 1, 256]);
  assert(tracks.every(({ begin, end, parent }) => begin === 0 && end === 0 && parent === 0));
  assertEquals(syntheticVideo({ seed: 5, frames: 0, size: 16 }).frames, []);
});

Deno.test("keepWholeObjects() keeps the largest piece and drops slivers", () => {
  const rows = [
    "11111.1.",
    "11111...",
    "......22",
    "33333.22",
    "33333...",
  ];
  const data = Uint32Array.from(rows.join(""), (c) => Number(c === "." ? 0 : c));
  const kept = keepWholeObjects({ width: 8, height: 5, data });
  assertEquals([...areas(kept)], [[1, 10], [3, 10]]);
  assertEquals(kept.data[6], 0);
});

Deno.test("numberByAppearance() numbers objects once for all images", () => {
  const image = (...ids: number[]) => ({ width: 3, height: 1, data: Uint32Array.from(ids) });
  const { images, numbers } = numberByAppearance([image(0, 9, 4), image(7, 4, 0)]);
  assertEquals(images.map(({ data }) => [...data]), [[0, 1, 2], [3, 2, 0]]);
  assertEquals([...numbers], [[9, 1], [4, 2], [7, 3]]);
});
