import { assert, assertEquals } from "@std/assert";
import {
  geoJson,
  type OutlineFeature,
  outlinesToGeoJson,
} from "../../../../train/objects/formats/geojson.ts";
import { type Outline, tracedOutlines } from "../../../../train/objects/outline.ts";
import { drawLabels } from "../fixtures/drawings.ts";

const RAYS = 8;
/** A polygon as a network gives it, around a point in the middle of a pixel. */
function octagon(label: number, { x, y, probability }: Record<"x" | "y" | "probability", number>) {
  const corners = Array.from({ length: RAYS }, (_, ray) => {
    const angle = 2 * Math.PI * ray / RAYS;
    return [x + 0.5 + 4 * Math.cos(angle), y + 0.5 + 4 * Math.sin(angle)] as const;
  });
  return { label, parts: [corners], probability };
}
const OUTLINES: Outline[] = [
  octagon(1, { x: 20, y: 10, probability: Math.fround(0.9) }),
  octagon(2, { x: 40, y: 30, probability: Math.fround(0.12345) }),
];
const TRACED = tracedOutlines(drawLabels(["11.", "1.2", "..2", "2.."]));

/** Twice the area inside a closed ring; positive if it runs counter-clockwise, y being up. */
function twiceTheArea(ring: readonly (readonly [number, number])[]): number {
  return ring.slice(1).reduce((sum, [x, y], at) => sum + ring[at][0] * y - x * ring[at][1], 0);
}

function polygonOf({ geometry }: OutlineFeature) {
  assert(geometry.type === "Polygon");
  return geometry.coordinates;
}

Deno.test("outlinesToGeoJson() closes rings and turns them as GeoJSON wants outlines", () => {
  const { type, features } = outlinesToGeoJson([OUTLINES]);
  assertEquals([type, features.length], ["FeatureCollection", 2]);
  for (const feature of features) {
    const [ring, ...holes] = polygonOf(feature);
    assertEquals(holes, []);
    assertEquals(ring.length, RAYS + 1);
    assertEquals(ring[0], ring[RAYS]);
    assert(twiceTheArea(ring) > 0);
  }
  assertEquals(polygonOf(features[0])[0].slice(0, 3), [
    [24.5, 10.5],
    [23.328, 13.328],
    [20.5, 14.5],
  ]);
});

Deno.test("outlinesToGeoJson() writes an object of several parts as one feature", () => {
  const { features: [first, second] } = outlinesToGeoJson([TRACED]);
  assertEquals(polygonOf(first), [[[0, 0], [2, 0], [2, 1], [1, 1], [1, 2], [0, 2], [0, 0]]]);
  assertEquals(second.geometry, {
    plane: { c: -1, z: 0, t: 0 },
    type: "MultiPolygon",
    coordinates: [
      [[[2, 1], [3, 1], [3, 3], [2, 3], [2, 1]]],
      [[[0, 3], [1, 3], [1, 4], [0, 4], [0, 3]]],
    ],
  });
  assertEquals(first.properties, {
    ...{ objectType: "detection", name: "1", label: 1, frame: 0 },
    measurements: { area: 3 },
  });
  assertEquals(second.properties.measurements, { area: 3 });
  for (
    const [ring] of [...second.geometry.coordinates, ...[polygonOf(first)]] as [
      number,
      number,
    ][][][]
  ) {
    assert(twiceTheArea(ring) > 0);
  }
});

Deno.test("outlinesToGeoJson() names label, probability and frame", () => {
  const { features } = outlinesToGeoJson([OUTLINES, [], OUTLINES.slice(1)]);
  assertEquals(
    features.map(({ properties }) => properties),
    [[1, 0.9, 0], [2, 0.123, 0], [2, 0.123, 2]].map(([label, probability, frame]) => ({
      ...{ objectType: "detection", name: `${label}`, label, probability, frame } as const,
      // Half of 8 · 4² · sin 45°, of corners that are rounded.
      measurements: { area: 45.248, probability },
    })),
  );
  assertEquals(JSON.parse(JSON.stringify({ features })), { features });
});

Deno.test("outlinesToGeoJson() puts every frame on a time point of its own, as QuPath reads it", () => {
  const { features } = outlinesToGeoJson([OUTLINES.slice(0, 1), [], OUTLINES.slice(1)]);
  assertEquals(features.map(({ geometry }) => geometry.plane), [
    { c: -1, z: 0, t: 0 },
    { c: -1, z: 0, t: 2 },
  ]);
});

Deno.test("geoJson takes slice and time point from the frame where they are known", () => {
  const layout = geoJson.open({ pages: 2 });
  const labels = drawLabels(["1"]);
  const parts = [{ z: 3, t: 0 }, { z: 4, t: 0 }].map((plane) =>
    layout.add({ labels, outlines: tracedOutlines(labels), plane })
  );
  const text = [...parts, ...layout.end()].map((part) => new TextDecoder().decode(part)).join("");
  const { features } = JSON.parse(text);
  assertEquals(features.map(({ geometry }: OutlineFeature) => geometry.plane), [
    { c: -1, z: 3, t: 0 },
    { c: -1, z: 4, t: 0 },
  ]);
});

Deno.test("outlinesToGeoJson() writes holes as rings of their own", () => {
  const { features: [{ geometry, properties }] } = outlinesToGeoJson([
    tracedOutlines(drawLabels(["111", "1.1", "11."])),
  ]);
  assert(geometry.type === "Polygon");
  const [shell, hole] = geometry.coordinates;
  assert(twiceTheArea(shell) > 0 && twiceTheArea(hole) < 0);
  assertEquals([shell[0], hole[0]], [shell.at(-1), hole.at(-1)]);
  assertEquals(properties.measurements.area, 7);
});

Deno.test("outlinesToGeoJson() shows an object without any area as the pixel it is in", () => {
  const dot = { label: 4, parts: [new Array(8).fill([2.4, 3.6])] };
  const { features: [feature] } = outlinesToGeoJson([[dot]]);
  assertEquals(polygonOf(feature), [[[2, 3], [3, 3], [3, 4], [2, 4], [2, 3]]]);
});

Deno.test("outlinesToGeoJson() of nothing is an empty collection", () => {
  assertEquals(outlinesToGeoJson([]), { type: "FeatureCollection", features: [] });
});
