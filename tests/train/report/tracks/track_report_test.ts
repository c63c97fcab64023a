import { assert, assertEquals } from "@std/assert";
import { fillGaps } from "../../../../train/objects/sequence/fill_gaps.ts";
import { Tracker } from "../../../../train/objects/sequence/track.ts";
import type { TrackRecord } from "../../../../train/objects/sequence/track_record.ts";
import { drawLineage, familiesOf } from "../../../../train/report/tracks/lineage.ts";
import { movieEnd, movieFrame, movieHead } from "../../../../train/report/tracks/movie.ts";
import { ReportCollector } from "../../../../train/report/tracks/report_data.ts";
import { TRACK_COLOURS, trackColour } from "../../../../train/report/tracks/track_colours.ts";
import { lengthBars } from "../../../../train/report/tracks/track_plots.ts";
import { renderTrackReport } from "../../../../train/report/tracks/track_report.ts";
import { type Disc, discs } from "../../objects/fixtures/movies.ts";

/** One that is missed in frame 3, and a mother that divides in frame 4. */
const MOVIE = Array.from({ length: 9 }, (_, t): Disc[] => [
  ...(t === 3 ? [] : [{ y: 30, x: 20 + 2 * t, r: 5, id: 1 }]),
  ...(t < 4 ? [{ y: 70, x: 50, r: 7, id: 2 }] : [
    { y: 70, x: 44 - t, r: 5, id: 3 },
    { y: 70, x: 56 + t, r: 5, id: 4 },
  ]),
]);

async function collected() {
  const tracker = new Tracker();
  const tracked = MOVIE.map((list, t) => tracker.add({ ...discs(list), name: `t${t}` }));
  const collector = new ReportCollector(MOVIE.length);
  for await (const frame of fillGaps(tracked, { fill: "copy", maxGap: 2 })) {
    const image = { ...frame, data: Float32Array.from(frame.data, (id) => 10 * id) };
    collector.add({ ...frame, images: [image] }, (track) => tracker.tracks[track - 1].parent);
  }
  return { tracker, chosen: collector.chosen };
}

Deno.test("ReportCollector keeps the first, middle and last frame, and what happens", async () => {
  const { chosen: { shown, events, series } } = await collected();
  assertEquals(shown.map(({ time }) => time), [0, 4, 8]);
  assertEquals(
    events.map(({ kind, tracks, frames }) => [kind, tracks, frames.map(({ time }) => time)]),
    [["put back", [1], [1, 2, 3, 4, 5]], ["division", [2, 3, 4], [2, 3, 4, 5, 6]]],
  );
  const { x, y, width, height } = events[1].window;
  assert(x < 44 && x + width > 56 && y < 70 && y + height > 70);
  assertEquals(series.map(({ track, areas }) => [track, areas.length]), [
    [1, 9],
    [3, 5],
    [4, 5],
    [2, 4],
  ]);
  assertEquals(series[0].means[0], [0, 10]);
});

Deno.test("renderTrackReport() shows tracks in their colours, and puts nothing in that is not text", async () => {
  const { tracker, chosen } = await collected();
  const data = {
    title: "<b>&",
    frames: 9,
    putBack: 1,
    step: 1.5,
    tracks: tracker.tracks,
    ...chosen,
  };
  const page = renderTrackReport(data);
  assert(page.includes("Tracks of &lt;b&gt;&amp;") && !page.includes("<script"));
  for (const text of ["Track 2 divides into 3 and 4", "track back", "Lineage tree of 4 tracks"]) {
    assert(page.includes(text), text);
  }
  for (const text of ["<b>9</b> frames", "<b>1</b> division<", "<b>1</b> object put back"]) {
    assert(page.includes(text), text);
  }
  for (const track of [1, 2, 3, 4]) assert(page.includes(`stroke="${trackColour(track)}"`));
  const nothing = { ...data, tracks: [], shown: [], events: [], series: [], step: null };
  assert(!renderTrackReport(nothing).includes("<section>"));
});

Deno.test("familiesOf() puts families with most divisions first, whole or not at all", () => {
  const record = (track: number, parent: number): TrackRecord => ({
    ...{ track, parent, first: 0, last: 3, length: 4, gaps: 0, begin: "first", end: "last" },
  });
  const small = [
    record(1, 0),
    record(2, 0),
    record(3, 2),
    record(4, 2),
    record(5, 3),
    record(6, 3),
  ];
  assertEquals(
    familiesOf(small).map((family) => family.map(({ track }) => track)),
    [[2, 3, 5, 6, 4], [1]],
  );
  const many = Array.from({ length: 200 }, (_, i) => record(i + 1, 0));
  assertEquals(familiesOf(many).flat().length, 80);
  assertEquals(drawLineage([]), undefined);
});

Deno.test("a movie is a page with a script for each frame, whose text JSON can read", () => {
  const labels = discs([{ y: 50, x: 50, r: 9, id: 12 }]);
  const frame = movieFrame(
    {
      name: "</script><b>",
      labels,
      image: { ...labels, data: new Float32Array(10000) },
      putBack: new Set([12]),
    },
    { low: 0, high: 1 },
  );
  const page = movieHead({ title: "a<b", ...labels }) + frame + movieEnd();
  assertEquals(page.match(/<script class="frame"/g)?.length, 1);
  assert(page.includes("a&lt;b") && page.includes('viewBox="0 0 100 100"'));
  const text = frame.slice(frame.indexOf(">") + 1, frame.lastIndexOf("</script>"));
  const { name, picture, paths } = JSON.parse(text);
  assertEquals(name, "</script><b>");
  assert(picture.startsWith("data:image/png;base64,"));
  assertEquals([paths[0][0], paths[0][2]], [12, 1]);
  assert(page.includes(JSON.stringify(TRACK_COLOURS)));
});

Deno.test("lengthBars() draws a bar for every length that tracks have", () => {
  const bars = (lengths: number[]) => {
    const svg = lengthBars(lengths, { id: "l", description: "lengths" });
    return svg.match(/<path d="[^"]*" fill="#56b4e9"/g)?.length ?? 0;
  };
  assertEquals(bars([3, 3, 5]), 2);
  assertEquals(bars([]), 0);
});

Deno.test("pages fill objects in their tracks' colours where there is no picture", () => {
  const labels = discs([{ y: 50, x: 50, r: 9, id: 2 }]);
  const shown = (image: typeof labels | null) => {
    const plane = image && { ...image, data: Float32Array.from(image.data) };
    return renderTrackReport({
      ...{ title: "t", frames: 1, putBack: 0, step: null, tracks: [], events: [], series: [] },
      shown: [{ time: 0, labels, image: plane, putBack: new Set<number>() }],
    });
  };
  assert(shown(null).includes(`style="fill:${TRACK_COLOURS[1]}"`));
  assert(!shown(labels).includes("fill:#56b4e9"));
  const frame = movieFrame({ name: "t", labels }, { low: 0, high: 1 });
  assert(!("picture" in JSON.parse(frame.slice(frame.indexOf(">") + 1, frame.lastIndexOf("</s")))));
});

Deno.test("ReportCollector shows a gap of one track once, and bars keep their fill", async () => {
  const frames = Array.from({ length: 7 }, (_, t) =>
    discs([
      { y: 60, x: 50, r: 6, id: 2 },
      ...(t === 2 || t === 3 ? [] : [{ y: 30, x: 20 + 2 * t, r: 5, id: 1 }]),
    ]));
  const tracker = new Tracker();
  const tracked = frames.map((frame, t) => tracker.add({ ...frame, name: `t${t}` }));
  const collector = new ReportCollector(frames.length);
  for await (const frame of fillGaps(tracked, { fill: "copy", maxGap: 2 })) {
    collector.add({ ...frame, images: [] }, () => 0);
  }
  const { events } = collector.chosen;
  assertEquals(events.map(({ kind, tracks }) => [kind, tracks]), [["put back", [1]]]);
  const page = renderTrackReport({
    ...{ title: "t", frames: 7, putBack: 2, step: null, tracks: tracker.tracks },
    ...collector.chosen,
  });
  // A style for all paths of a panel would hide the bars of its plots.
  assert(page.includes('fill="#56b4e9"'));
  assert(!/\.panel path \{[^}]*fill/.test(page) && page.includes(".lineage path"));
});
