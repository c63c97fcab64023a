import { assert, assertEquals, assertMatch } from "@std/assert";
import { tracksText, TrackWatcher } from "../../../../../train/jobs/train/seeds/track_watcher.ts";
import { type Disc, discs } from "../../../objects/fixtures/movies.ts";
import { tinyConfig, trainToEnd, withTinyData } from "../../../fixtures/tiny_run.ts";

Deno.test("TrackWatcher gives the tracks of frames as they come, and what to show of them", async () => {
  const frames = [0, 1, 2, 3, 4].map((t): Disc[] => [
    { y: 50, x: 50, r: 6, id: 1 + t },
    ...(t === 2 ? [{ y: 20, x: 80, r: 4, id: 30 }] : []),
  ]);
  const watcher = new TrackWatcher({ title: "v", total: 5 });
  for (const [time, list] of frames.entries()) {
    const labels = discs(list);
    await watcher.add({ ...labels, time, image: { ...labels, data: new Float32Array(10000) } });
  }
  const tracked = await watcher.end();
  assertEquals(tracked.tracks.map(({ length }) => length), [5, 1]);
  assertEquals(tracked.shown.map(({ time }) => time), [0, 2, 4]);
  assertEquals(
    tracksText(tracked),
    "2 tracks in v, 0 divisions; 1 appears and 1 is lost away from the edge; the median length is 3 of " +
      "5 frames",
  );
});

Deno.test("train() with track and stabilise reports tracks, and how far frames have moved", async () => {
  await withTinyData(async ({ data, runs }) => {
    const out = `${runs}/run`;
    const small = { control: false, warmup: 2, rounds: 1, validateEvery: 2 };
    const config = tinyConfig(data, { ...small, track: true, stabilise: true });
    const events = await trainToEnd({ config, out });
    const notes = events.flatMap((event) => event.type === "note" ? [event.text] : []);
    for (const stage of ["baseline", "consistent"]) {
      assert(
        notes.some((note) => note.startsWith(`${stage}: `) && /\btracks? in /.test(note)),
        stage,
      );
    }
    assert(notes.some((note) => /registered; all frames show \d+x\d+ of its 32x32/.test(note)));
    const shifts = (await Deno.readTextFile(`${out}/shifts.csv`)).trim().split("\n");
    assertEquals(shifts[0], "video,frame,y,x,peak");
    assertEquals(shifts[1], "video-0,0,0,0,1");
    assertEquals(shifts.length, 1 + 5);
    const page = await Deno.readTextFile(`${out}/report.html`);
    assertMatch(page, /<h2>Tracks<\/h2>/);
    assert(page.includes("Outlines below are those of the consistent model."));
    const linesOf = async (name: string) =>
      (await Deno.readTextFile(`${out}/${name}`)).trim().split("\n").map((line) => line.split(","));
    const [head, ...tracks] = await linesOf("tracks.csv");
    assertEquals(head, ["track", "parent", "first", "last", "length", "gaps", "begin", "end"]);
    const [columns, ...objects] = await linesOf("objects.csv");
    assertEquals([columns[0], columns[1], columns.at(-1)], ["frame", "track", "put_back"]);
    const note = notes.find((note) => note.startsWith("consistent: "))!;
    assertEquals(tracks.length, Number(/consistent: (\d+) tracks? in/.exec(note)![1]));
    assertEquals(new Set(objects.map(([, track]) => track)), new Set(tracks.map(([id]) => id)));
    const { results } = JSON.parse(await Deno.readTextFile(`${out}/results.json`));
    assertEquals("tracked" in results.baseline, false);
  }, { stills: 4 });
});
