import { assert, assertEquals } from "@std/assert";
import {
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
    type: "MultiPolygon",
    coordinates: [
      [[[2, 1], [3, 1], [3, 3], [2, 3], [2, 1]]],
      [[[0, 3], [1, 3], [1, 4], [0, 4], [0, 3]]],
    ],
  });
  assertEquals(first.properties, { objectType: "detection", label: 1, frame: 0 });
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
  const objectType = "detection";
  assertEquals(features.map(({ properties }) => properties), [
    { objectType, label: 1, probability: 0.9, frame: 0 },
    { objectType, label: 2, probability: 0.123, frame: 0 },
    { objectType, label: 2, probability: 0.123, frame: 2 },
  ]);
  assertEquals(JSON.parse(JSON.stringify({ features })), { features });
});

Deno.test("outlinesToGeoJson() of nothing is an empty collection", () => {
  assertEquals(outlinesToGeoJson([]), { type: "FeatureCollection", features: [] });
});
