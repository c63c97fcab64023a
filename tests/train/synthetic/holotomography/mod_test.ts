import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import type { LabelImage, Plane } from "../../../../train/images/image.ts";
import {
  syntheticHolotomographyMovie,
  syntheticHolotomographyStills,
  type SyntheticStack,
} from "../../../../train/synthetic/mod.ts";

const small = { size: 48, depth: 12 };

const idsOf = ({ data }: LabelImage) => [...new Set(data)].filter((id) => id > 0).toSorted();

/** Mean of a plane over labelled pixels less the mean over the pixels two steps beside objects. */
function contrastOf({ data, width, height }: Plane, labels: LabelImage): number {
  const isLabelled = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && labels.data[y * width + x] > 0;
  const near = [[-2, 0], [2, 0], [0, -2], [0, 2]];
  const [inside, beside]: [number[], number[]] = [[], []];
  data.forEach((value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (isLabelled(x, y)) inside.push(value);
    else if (near.some(([dx, dy]) => isLabelled(x + dx, y + dy))) beside.push(value);
  });
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return mean(inside) - mean(beside);
}

Deno.test("syntheticHolotomographyStills() repeats itself; a longer series begins with a shorter", () => {
  const two = syntheticHolotomographyStills({ seed: 3, count: 2, ...small });
  assertEquals(syntheticHolotomographyStills({ seed: 3, count: 1, ...small }), two.slice(0, 1));
  const [other] = syntheticHolotomographyStills({ seed: 4, count: 1, ...small });
  assertNotEquals(other.planes[0].data, two[0].planes[0].data);
});

Deno.test("syntheticHolotomographyStills() has whole numbers near the medium's index", () => {
  const [{ planes, focus }] = syntheticHolotomographyStills({ seed: 1, count: 1, ...small });
  assertEquals(planes.length, 12);
  for (const { width, height, data } of planes) {
    assertEquals([width, height, data.length], [48, 48, 48 * 48]);
    assert(data.every((value) => Number.isInteger(value) && value > 13000 && value < 14500));
  }
  assert(Number.isInteger(focus) && focus >= 0 && focus < 12);
});

Deno.test("syntheticHolotomographyStills() shows nucleoli best in the focus plane", () => {
  const stills = syntheticHolotomographyStills({ seed: 2, count: 8 });
  assert(new Set(stills.map(({ focus }) => focus)).size > 3, "the focus varies");
  const mean = (offset: number) => {
    const seen = stills.filter(({ focus }) => focus + offset >= 0 && focus + offset < 24);
    const values = seen.map(({ planes, focus, labels }) =>
      contrastOf(planes[focus + offset], labels)
    );
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const inFocus = mean(0);
  assert(inFocus > 40, `nucleoli are brighter than what is around them: ${inFocus}`);
  for (const offset of [-6, -4, 4, 6]) {
    assert(mean(offset) < 0.6 * inFocus, `${offset} planes away: ${mean(offset)} of ${inFocus}`);
  }
});

Deno.test("syntheticHolotomographyStills() numbers objects 1 to n and puts one dot into each", () => {
  for (const target of ["nucleoli", "nuclei"] as const) {
    const stills = syntheticHolotomographyStills({
      seed: 5,
      count: 2,
      target,
      dotRadius: 0,
      size: 64,
    });
    for (const { labels, dots } of stills) {
      const ids = idsOf(labels);
      assert(ids.length > 1);
      assertEquals(Math.max(...ids), ids.length);
      assertEquals(idsOf(dots), ids);
      assertEquals(dots.data.filter((id) => id > 0).length, ids.length, "single pixels");
      dots.data.forEach((id, i) => id > 0 && assertEquals(labels.data[i], id));
    }
  }
});

Deno.test("syntheticHolotomographyStills() has nucleoli inside nuclei, and dots of a radius", () => {
  const given = { seed: 6, count: 3, ...small };
  const nucleoli = syntheticHolotomographyStills({ ...given, dotRadius: 1 });
  const nuclei = syntheticHolotomographyStills({ ...given, target: "nuclei" });
  nucleoli.forEach(({ labels, dots, planes }, k) => {
    assertEquals(planes, nuclei[k].planes, "the images do not depend on what is labelled");
    const ids = [...labels.data.keys()].filter((i) => labels.data[i] > 0);
    const inside = ids.filter((i) => nuclei[k].labels.data[i] > 0).length;
    assert(inside >= 0.9 * ids.length, `${inside} of ${ids.length}`);
    const dotted = dots.data.filter((id) => id > 0).length;
    assert(dotted > 3 * idsOf(labels).length && dotted <= 5 * idsOf(labels).length);
  });
});

Deno.test("syntheticHolotomographyMovie() moves slowly and keeps ids", () => {
  const movie = syntheticHolotomographyMovie({ seed: 1, frames: 5, ...small, size: 64 });
  assertEquals(movie.length, 5);
  movie.slice(1).forEach(({ labels, focus }, t) => {
    const before = movie[t];
    assert(Math.abs(focus - before.focus) <= 3);
    let [both, sum] = [0, 0];
    labels.data.forEach((id, i) => {
      if (id > 0 && before.labels.data[i] === id) both++;
      sum += (id > 0 ? 1 : 0) + (before.labels.data[i] > 0 ? 1 : 0);
    });
    assert(2 * both / sum > 0.5, `Dice of neighbouring frames: ${2 * both / sum}`);
  });
  assertNotEquals(movie[0].labels, movie[4].labels);
});

Deno.test("syntheticHolotomographyMovie() is worse to see with the gap, of the same objects", () => {
  const given = { seed: 2, frames: 3, ...small, size: 64 };
  const near = syntheticHolotomographyMovie({ ...given, gap: 0 });
  const far = syntheticHolotomographyMovie(given);
  assertEquals(far.map(({ labels }) => labels), near.map(({ labels }) => labels));
  const seen = (movie: SyntheticStack[]) =>
    movie.reduce((sum, { planes, focus, labels }) => sum + contrastOf(planes[focus], labels), 0);
  assert(seen(far) < 0.95 * seen(near), `${seen(far)} of ${seen(near)}`);
});

Deno.test("syntheticHolotomographyStills() refuses sizes of no use", () => {
  for (const wrong of [{ size: 8 }, { size: 40.5 }, { depth: 0 }, { depth: NaN }]) {
    assertThrows(
      () => syntheticHolotomographyStills({ seed: 1, ...wrong }),
      RangeError,
      "Cannot draw stacks",
    );
  }
});
