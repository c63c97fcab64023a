import { assertEquals } from "@std/assert";
import { rayPolygons } from "../../../nn/labels/stardist/polygons.ts";
import { polygonsToGeoJson } from "../../../train/export/geojson.ts";

const RAYS = 8;
const VERTICES = rayPolygons({
  count: 2,
  rays: RAYS,
  prob: new Float32Array(2),
  points: Int32Array.of(10, 20, 30, 40),
  dist: new Float32Array(2 * RAYS).fill(4),
});

Deno.test("polygonsToGeoJson() closes rings and turns them as GeoJSON wants outlines", () => {
  const frame = { vertices: VERTICES, rays: RAYS, prob: Float32Array.of(0.9, 0.8) };
  const { type, features } = polygonsToGeoJson([frame]);
  assertEquals([type, features.length], ["FeatureCollection", 2]);
  for (const { geometry } of features) {
    const [ring, ...holes] = geometry.coordinates;
    assertEquals(holes, []);
    assertEquals(ring.length, RAYS + 1);
    assertEquals(ring[0], ring[RAYS]);
    const twice = ring.slice(1).reduce(
      (sum, [x, y], at) => sum + ring[at][0] * y - x * ring[at][1],
      0,
    );
    assertEquals(twice > 0, true);
  }
  assertEquals(features[0].geometry.coordinates[0].slice(0, 3), [
    [24.5, 10.5],
    [23.328, 13.328],
    [20.5, 14.5],
  ]);
});

Deno.test("polygonsToGeoJson() names label, probability and frame", () => {
  const frames = [
    { vertices: VERTICES, rays: RAYS, prob: Float32Array.of(0.9, 0.8) },
    { vertices: new Float32Array(), rays: RAYS, prob: new Float32Array() },
    { vertices: VERTICES.subarray(2 * RAYS), rays: RAYS, prob: Float32Array.of(0.12345) },
  ];
  const { features } = polygonsToGeoJson(frames);
  const objectType = "detection";
  assertEquals(features.map(({ properties }) => properties), [
    { objectType, label: 1, probability: 0.9, frame: 0 },
    { objectType, label: 2, probability: 0.8, frame: 0 },
    { objectType, label: 1, probability: 0.123, frame: 2 },
  ]);
  assertEquals(JSON.parse(JSON.stringify({ features })), { features });
});

Deno.test("polygonsToGeoJson() of nothing is an empty collection", () => {
  assertEquals(polygonsToGeoJson([]), { type: "FeatureCollection", features: [] });
});
