import { assert, assertEquals } from "@std/assert";
import type { TrackReportData } from "../../../../train/report/data.ts";
import { comparedTracks } from "../../../../train/report/tracks/compared_tracks.ts";

/** Tracks of one frame each, as a model gives them that loses everything. */
function trackedIn(count: number): TrackReportData {
  const tracks = Array.from({ length: count }, (_, i) => ({
    ...{ track: i + 1, parent: 0, first: i, last: i, length: 1, gaps: 0 },
    ...{ begin: "appeared", end: "lost" } as const,
  }));
  return {
    ...{ title: "v", tracks, frames: 200, putBack: 0, step: null },
    ...{ shown: [], events: [], series: [] },
  };
}

Deno.test("comparedTracks() shows lineage and lengths of the last two models side by side", () => {
  const page = `${
    comparedTracks({
      tracks: [
        { stage: "baseline", tracked: trackedIn(3) },
        { stage: "control", tracked: trackedIn(120) },
        { stage: "consistent", tracked: trackedIn(90) },
      ],
    })
  }`;
  assertEquals(page.match(/<h3>\w+<\/h3>/g), [
    ...["<h3>Control</h3>", "<h3>Consistent</h3>"],
    ...["<h3>Control</h3>", "<h3>Consistent</h3>"],
  ]);
  // Both trees have one axis of time, and only the last model's tracks are in the table.
  assertEquals(page.match(/>frame \d+</g), [
    ...[">frame 0<", ">frame 119<"],
    ...[">frame 0<", ">frame 119<"],
  ]);
  assert(page.includes("40 other tracks are not drawn."));
  assert(page.includes("10 other tracks are in tracks.csv."));
  const ids = page.match(/ id="[^"]*"/g) ?? [];
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("comparedTracks() gives the lengths of both models the same axes", () => {
  const page = `${
    comparedTracks({
      tracks: [
        { stage: "control", tracked: trackedIn(8) },
        { stage: "consistent", tracked: trackedIn(11) },
      ],
    })
  }`;
  const lengths = page.slice(page.indexOf("Lengths of tracks"));
  const ticks = [...lengths.matchAll(/text-anchor="end"[^>]*>(\d+)</g)].map(([, tick]) => tick);
  assertEquals(ticks, [...["0", "3", "6", "9", "12"], ...["0", "3", "6", "9", "12"]]);
});

Deno.test("comparedTracks() draws a single model as any video, and nothing where nothing was tracked", () => {
  const page = `${comparedTracks({ tracks: [{ stage: "baseline", tracked: trackedIn(3) }] })}`;
  assertEquals(page.match(/Lineage tree of 3 tracks/g)?.length, 1);
  assert(!page.includes("<h3>"));
  assertEquals(comparedTracks({ tracks: [] }), undefined);
  const none = { stage: "consistent", tracked: trackedIn(0) } as const;
  assert(!`${comparedTracks({ tracks: [none, none] })}`.includes("Lineage"));
});
